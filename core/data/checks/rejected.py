"""The rejected answer of a preference pair: read it, or say why the row has no pair to offer.

Nothing that is wrong with it costs the row: its chosen answer can be learnt all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.data.checks.characters import check_hidden, check_mojibake
from core.data.checks.inspection import DEFAULT, InspectOptions, spoken_arguments
from core.data.checks.markup import check_markup
from core.data.checks.placeholders import check_placeholders
from core.data.checks.privacy import TYPES, check_private
from core.data.checks.replies import check_edges
from core.data.checks.said import Said, Topic
from core.data.checks.texts import check_lost, check_tokens
from core.data.checks.turns import read_turn
from core.data.problems import ERRORS, Finding
from core.messages import Conversation, Message, answer_start

KEY = "rejected"
EMPTY = frozenset({"turn_empty", "content_missing"})
CHECKS = (
    check_lost,
    check_mojibake,
    check_hidden,
    check_placeholders,
    check_markup,
    check_edges,
    check_private,
)
"""What is looked for in a rejected answer, beside control tokens: what no text to train on may
hold. That it is a poor answer is what it is there for."""
BREAKING = frozenset({"rejected_private", "rejected_special_token", "rejected_unusable"})
PRIVATE = frozenset(TYPES) & ERRORS
"""Private values that a text may not be trained on with."""


def read_rejected(
    row: dict[str, Any], turns: Sequence[Message], found: list[Finding]
) -> tuple[Message, ...] | None:
    """The turns that stand in for the last answer; None, with the reason added, without a pair.

    An empty list says that there is a rejected answer, and that it answers another question.
    """
    written = row.get(KEY)
    if written is None:
        return None
    if not isinstance(written, list):
        found.append(Finding("rejected_unusable", (KEY,), {"why": "turn_not_object"}))
        return None
    start = answer_start([turn.role for turn in turns])
    if not written or start == len(turns):
        found.append(Finding("rejected_other_question", (KEY,)))
        return None
    inner: list[Finding] = []
    read = [read_turn(turn, (KEY, index), inner) for index, turn in enumerate(written)]
    answer = tuple(turn for turn in read if turn is not None)
    if reason := _reason(answer, inner):
        found.append(reason)
        return None
    found += inner
    if answer == tuple(turns[start:]):
        found.append(Finding("rejected_equals_chosen", (KEY,)))
        return None
    return answer


def _reason(answer: Sequence[Message], inner: Sequence[Finding]) -> Finding | None:
    """Why turns are no answer."""
    wrong = [finding.code for finding in inner if finding.code in ERRORS]
    if wrong and EMPTY.issuperset(wrong):
        return Finding("rejected_empty", (KEY,))
    if wrong:
        return Finding("rejected_unusable", (KEY,), {"why": wrong[0]})
    roles = [turn.role for turn in answer]
    if answer_start(roles) > 0 or roles[-1] != "assistant":
        return Finding("rejected_other_question", (KEY,))
    return None


def inspect_rejected(
    conversation: Conversation, rejected: Sequence[Message], options: InspectOptions = DEFAULT
) -> list[Finding]:
    """What to say about a rejected answer's texts, at ("rejected", i, "content").

    What could not be trained on is said as a warning about the pair: the row itself is usable.
    """
    found: list[Finding] = []
    topic = Topic(conversation)
    checks = CHECKS if options.privacy else CHECKS[:-1]
    for index, turn in enumerate(rejected):
        if turn.content:
            said = Said(turn.content, (KEY, index, "content"), turn.role, topic)
            check_tokens(said, options.special_tokens, found)
            for check in checks:
                check(said, found)
        for said in spoken_arguments(turn, (KEY, index), topic):
            check_tokens(said, options.special_tokens, found)
            if options.privacy:
                check_private(said, found)
    return [_softened(finding) for finding in found]


def _softened(finding: Finding) -> Finding:
    if finding.code not in ERRORS:
        return finding
    if finding.code in PRIVATE:
        return finding._replace(code="rejected_private")
    if finding.code == "special_token":
        return finding._replace(code="rejected_special_token")
    return Finding("rejected_unusable", finding.path, {"why": finding.code})


def breaks_pair(found: Sequence[Finding]) -> bool:
    """Whether a rejected answer, by what was found in it, must not be trained on."""
    return any(finding.code in BREAKING for finding in found)
