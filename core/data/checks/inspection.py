"""Everything about the texts of a conversation that is not its structure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.data.checks.characters import check_hidden, check_mojibake
from core.data.checks.disclaimers import check_disclaimers
from core.data.checks.markup import check_markup
from core.data.checks.placeholders import check_placeholders
from core.data.checks.privacy import check_private, without_escapes
from core.data.checks.provenance import check_notice
from core.data.checks.replies import check_edges, check_replies, check_wordless
from core.data.checks.said import Said, Topic
from core.data.checks.texts import check_loop, check_lost, check_tokens
from core.data.problems import Finding, Path
from core.messages import Conversation, Message

CHECKS = (
    check_loop,
    check_lost,
    check_mojibake,
    check_hidden,
    check_placeholders,
    check_markup,
    check_disclaimers,
    check_wordless,
    check_edges,
    check_notice,
    check_private,
)
"""What is looked for in every text; clean text must cost little."""


@dataclass(frozen=True)
class InspectOptions:
    """What to inspect for."""

    special_tokens: frozenset[str] = frozenset()
    """The control tokens of the model that is to be tuned; those of common families are known."""
    privacy: bool = True
    """Whether to look for personal data and secrets."""


DEFAULT = InspectOptions()


def inspect_conversation(
    conversation: Conversation, options: InspectOptions = DEFAULT
) -> list[Finding]:
    """Everything to say about the texts of a conversation, at ("messages", i, "content")."""
    found: list[Finding] = []
    topic = Topic(conversation)
    checks = CHECKS if options.privacy else CHECKS[:-1]
    for index, turn in enumerate(conversation.messages):
        if turn.content:
            said = Said(turn.content, ("messages", index, "content"), turn.role, topic)
            check_tokens(said, options.special_tokens, found)
            for check in checks:
                check(said, found)
        for said in spoken_arguments(turn, ("messages", index), topic):
            check_tokens(said, options.special_tokens, found)
            if options.privacy:
                check_private(said, found)
    check_replies(conversation, found)
    return found


def spoken_arguments(turn: Message, place: Path, topic: Topic) -> Iterator[Said]:
    """The arguments of a turn's calls, which are learned like text."""
    for number, call in enumerate(turn.tool_calls):
        path = (*place, "tool_calls", number, "function", "arguments")
        yield Said(without_escapes(call.arguments), path, turn.role, topic)
