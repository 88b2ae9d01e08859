"""Chat and its items: what the person and the assistant said, typed, rebuilt from disk on load."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from core.messages import Record

Language = Literal["en", "zh"]
CardKind = Literal[
    "dataset", "changes", "row", "tokens", "plan", "run", "compared", "pair", "evaluation",
    "report", "models", "export", "certification",
]  # fmt: skip
"""A row and its tokens are named `DATASET:ROW`, runs side by side by their ids with blanks."""


class UserSaid(Record):
    """What the person wrote, and the files dropped with it."""

    kind: Literal["user_said"] = "user_said"
    text: str
    files: tuple[str, ...] = ()
    """File names as the person knows them."""


class AssistantSaid(Record):
    """What the assistant answered; it may still be growing."""

    kind: Literal["assistant_said"] = "assistant_said"
    text: str
    done: bool = True


class ToolUsed(Record):
    """A verb of `core.actions` that the assistant called."""

    kind: Literal["tool_used"] = "tool_used"
    call_id: str
    verb: str
    arguments: dict[str, Any]
    status: Literal["running", "waiting", "done", "failed", "declined"]
    """waiting: it needs the person's approval first."""
    result: str = ""
    """One line for the person."""
    seconds: float | None = None


class CardShown(Record):
    """A card for one record; its content is read from disk when drawn, so it is always current."""

    kind: Literal["card_shown"] = "card_shown"
    card: CardKind
    id: str


class Trouble(Record):
    """An error for the person: what happened, where, what to do."""

    kind: Literal["trouble"] = "trouble"
    problem: str
    where: str = ""
    fix: str = ""


Item = Annotated[
    UserSaid | AssistantSaid | ToolUsed | CardShown | Trouble, Field(discriminator="kind")
]


class Pending(Record):
    """An action that waits for the person: approved once, edited or declined."""

    call_id: str
    verb: str
    arguments: dict[str, Any]
    """For start_training: {"plan": TrainingPlan as JSON}."""
    warnings: tuple[str, ...] = ()


class Chat(Record):
    """A conversation with the assistant as the page shows it."""

    id: str
    language: Language = "en"
    """The language of the person's last message; replies and cards follow it."""
    driver: str = "offline"
    """Which driver answered last: `offline`, or the language model's name."""
    items: tuple[Item, ...] = ()
    pending: Pending | None = None


class Act(Record):
    """What a button on a card does: pressing it is the person's approval of exactly this."""

    verb: Literal["repair", "undo", "answer"]
    arguments: dict[str, Any]


class Said(Record):
    """One message from the person, with uploaded files as paths on this machine."""

    text: str
    files: tuple[str, ...] = ()
    act: Act | None = None
    """Set when a button was pressed; the text is what stands on it."""


class Decision(Record):
    """What the person decided about the pending action."""

    approved: bool
    arguments: dict[str, Any] | None = None
    """Edited arguments; None keeps the proposed ones."""
    reason: str = ""
