"""One row of a dataset as a dialogue, with which turns are learned from."""

from __future__ import annotations

from core.data.records import Example, Part
from core.messages import Message
from ui.markup import Html, badge, join, tag
from ui.words import Voice


def dialogue(
    example: Example,
    part: Part | None,
    place: tuple[int, int],
    voice: Voice,
    is_split: bool = True,
) -> Html:
    """The row's turns; `place` is its number among all usable rows, and how many those are."""
    where = voice(f"part.{part}") if part else voice("data.row.no_part")
    head = tag(
        "header",
        tag("h3", voice("data.row.title", row=example.row), aria_level=2),
        badge(where, "live" if part == "train" else "plain") if is_split else None,
        *(badge(name) for name in example.tags),
        tag("span", voice("data.row.place", n=place[0], total=place[1]), class_="dt-quiet"),
    )
    turns = join(
        [
            *(_turn(message, voice) for message in example.conversation.messages),
            *(_turn(message, voice, "data.worse") for message in example.rejected or ()),
        ]
    )
    return tag("article", head, tag("ol", turns, class_="dt-turns"), class_="dt-dialogue")


def _turn(message: Message, voice: Voice, known_as: str = "data.learned") -> Html:
    learned = None
    if message.role == "assistant":
        learned = voice("data.context" if message.weight == 0 else known_as)
    calls = join(
        tag(
            "pre",
            tag("b", voice("data.tool_call", name=call.name)),
            " ",
            call.arguments,
            class_="dt-call",
        )
        for call in message.tool_calls
    )
    return tag(
        "li",
        tag(
            "span",
            voice(f"role.{message.role}"),
            tag("em", learned) if learned else None,
            class_="dt-role",
        ),
        tag("div", tag("p", message.content) if message.content else None, calls),
        class_=f"dt-turn dt-turn-{message.role}",
    )
