"""Criterion: one thing that an answer meets, does not meet, or reaches a level of."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from core.messages import Record
from eval.checks.kinds import Check, compares_with_reference

Kind = Literal["check", "judge", "scale"]
AppliesTo = Literal["final", "every_turn", "conversation"]
CriterionId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$")]
SCALE_LEVELS = (3, 5)
"""How many levels a scale may have; finer ones are not told apart reliably by any judge."""
LONGEST_TEXT = 4000


class Cap(Record):
    """A gate that leaves a score, but not a high one."""

    cap: float = Field(ge=0, le=1, allow_inf_nan=False)
    """The highest score that is left, as a share."""


class Criterion(Record):
    """One thing that an answer meets or does not meet, or of which it reaches a level."""

    id: CriterionId
    name: str = Field(default="", max_length=60)
    """What sentences and tables call it; left out, the id."""
    text: str = Field(min_length=1, max_length=LONGEST_TEXT)
    """What meeting it means, in a sentence; a judge is asked exactly this."""
    kind: Kind
    points: float = Field(default=1, allow_inf_nan=False)
    """What meeting it adds to the score; below 0 for something undesirable."""
    check: Check | None = None
    """How it is decided; for kind `check` only."""
    headline: bool = False
    """Whether the verdict sentence speaks of this one."""
    anchors: dict[int, str] | None = None
    """What each level of a scale means, 3 or 5 of them; for kind `scale` only."""
    gate: Literal["none", "fail"] | Cap = Field(default="none", exclude_if=lambda v: v == "none")
    """What is left of the score when it goes wrong, whatever the points; see `gate_cap`."""
    tags: tuple[str, ...] = Field(default=(), exclude_if=lambda v: v == ())
    applies_to: AppliesTo = Field(default="final", exclude_if=lambda v: v == "final")
    """The answer, each assistant turn (the answer among them), or all of them as one text."""
    draft: bool = Field(default=False, exclude_if=lambda v: v is False)
    """Written by a model, and no person has accepted it yet."""

    @model_validator(mode="before")
    @classmethod
    def _other_words(cls, value: Any) -> Any:
        """`binary` is another word for `judge`, and `weight` for `points`."""
        if not isinstance(value, dict):
            return value
        plain = dict(value)
        if plain.get("kind") == "binary":
            plain["kind"] = "judge"
        if "weight" in plain and "points" not in plain:
            plain["points"] = plain.pop("weight")
        return plain

    @field_validator("points")
    @classmethod
    def _not_zero(cls, value: float) -> float:
        if value == 0:
            raise ValueError("0 points would never count; leave the criterion out")
        return value

    @field_validator("anchors")
    @classmethod
    def _levels(cls, value: dict[int, str] | None) -> dict[int, str] | None:
        if value is None:
            return None
        if len(value) not in SCALE_LEVELS:
            raise ValueError(f"a scale has 3 or 5 levels, each with a text; here are {len(value)}")
        if empty := [level for level, text in value.items() if not text.strip()]:
            raise ValueError(f"level {empty[0]} has no text")
        return dict(sorted(value.items()))

    @model_validator(mode="after")
    def _parts_fit_kind(self) -> Criterion:
        if self.kind == "check" and self.check is None:
            raise ValueError("kind `check` needs a `check`, such as {type: exact}")
        if self.kind != "check" and self.check is not None:
            raise ValueError(f"kind `{self.kind}` takes no `check`")
        if self.kind == "scale" and self.anchors is None:
            raise ValueError("kind `scale` needs `anchors`: what each of its 3 or 5 levels means")
        if self.kind != "scale" and self.anchors is not None:
            raise ValueError(f"kind `{self.kind}` takes no `anchors`")
        if self.check and self.applies_to != "final" and compares_with_reference(self.check):
            raise ValueError(
                f"check `{self.check.type}` compares with the reference, which only the final "
                "answer has: leave out `applies_to`"
            )
        return self

    @property
    def label(self) -> str:
        """What to call it in a sentence."""
        return self.name or self.id.replace("_", " ").replace("-", " ")

    @property
    def levels(self) -> tuple[int, ...]:
        """Of a scale, lowest first; empty for every other kind."""
        return tuple(self.anchors or ())

    def level_value(self, level: int | None) -> float | None:
        """A level as a share: (level - lowest) / (highest - lowest); None for one it has not."""
        if level is None or level not in self.levels:
            return None
        lowest, highest = self.levels[0], self.levels[-1]
        return (level - lowest) / (highest - lowest)

    def gate_cap(self, value: float) -> float | None:
        """The highest score that is left with this value; None when the gate stays open.

        It closes when a criterion with points above 0 is not met at all (a scale: at its lowest
        level), and when one with points below 0 is met in full (a scale: at its highest level).
        """
        closed = value == 0 if self.points > 0 else value == 1
        if self.gate == "none" or not closed:
            return None
        return self.gate.cap if isinstance(self.gate, Cap) else 0.0
