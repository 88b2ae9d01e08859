"""Open Assistant's trees of replies: nested in one record, or flat with parents by id."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from core.data.formats.draft import Draft, as_it_is
from core.data.formats.fields import GROUP_KEYS, unused_keys
from core.data.formats.roles import role_of
from core.data.formats.shape import Answers, Format, Numbered, Talk
from core.data.problems import Path

FLAT_KEYS = ("message_id", "text", "role")
TREE_KEYS = ("message_tree_id", "tree_state", "prompt", "replies")
KNOWN = frozenset(
    {
        "deleted",
        "detoxify",
        "emojis",
        "labels",
        "message_tree_id",
        "parent_message_id",
        "rank",
        "replies",
        "review_count",
        "review_result",
        "role",
        "split",
        "tags",
        "text",
        "tree_state",
        *GROUP_KEYS,
    }
)
"""What Open Assistant says of a message; none of it is dialogue but its role and text."""
UNRANKED = 1_000_000
"""Where a reply without a rank stands: after all that have one."""


def _is_message(value: Any) -> bool:
    return isinstance(value, dict) and "text" in value and "role" in value


def _is_left_out(message: Mapping[str, Any]) -> bool:
    """Whether Open Assistant's moderators or reviewers took a message out."""
    return message.get("deleted") is True or message.get("review_result") is False


def _rank(message: Mapping[str, Any]) -> float:
    rank = message.get("rank")
    known = isinstance(rank, int | float) and not isinstance(rank, bool)
    return rank if known and rank is not None and rank == rank else UNRANKED


def fits_tree(record: Any) -> bool:
    """Whether a record is a prompt with replies under it."""
    if not isinstance(record, dict):
        return False
    prompt = record.get("prompt")
    if isinstance(prompt, dict):
        return "replies" in prompt and _is_message(prompt)
    return isinstance(record.get("replies"), list) and _is_message(record)


def convert_tree(record: Any, _: Answers) -> Iterable[Talk]:
    """The path of best-ranked replies; the other branches are counted."""
    if not fits_tree(record):
        return (as_it_is(record),)
    inside = isinstance(record.get("prompt"), dict)
    message: Any = record["prompt"] if inside else record
    here: Path = ("prompt",) if inside else ()
    draft, places = Draft(), [here]
    if _is_left_out(message):
        draft.note("tree_prompt_left_out", here)
    while True:
        draft.say(_role(message), message.get("text"), (*here, "text"))
        draft.found += unused_keys(message, KNOWN, here, "replies[]" if draft.messages[1:] else "")
        best = _best(draft, message.get("replies"), (*here, "replies"))
        if best is None:
            break
        here = (*here, "replies", best)
        places.append(here)
        message = message["replies"][best]
    _end_on_reply(draft, places)
    talk = draft.talk(record if inside else _beside(record), TREE_KEYS)
    top = record["prompt"] if inside else record
    tree = record.get("message_tree_id") or top.get("message_id")
    return (talk._replace(group=str(tree)) if isinstance(tree, str) else talk,)


def _order(message: Mapping[str, Any], replies: Iterable[Any]) -> tuple[bool, float]:
    """Follow-up questions that were answered come first, then what is ranked best."""
    asked = role_of(message.get("role")) == "user"
    return asked and all(not _is_message(r) or _is_left_out(r) for r in replies), _rank(message)


def _end_on_reply(draft: Draft, places: list[Path]) -> None:
    """Leave a last question out that nobody answered."""
    last = draft.messages[-1]
    if len(draft.messages) > 1 and last["role"] == "user":
        draft.messages.pop()
        draft.origins.pop()
        draft.note("tree_branch_left_out", places[-1])


def _role(message: Mapping[str, Any]) -> Any:
    return role_of(message.get("role")) or message.get("role")


def _best(draft: Draft, replies: Any, here: Path) -> int | None:
    """The number of the reply to go on with; the others are noted."""
    if not isinstance(replies, list):
        return None
    wanted = [i for i, r in enumerate(replies) if _is_message(r) and not _is_left_out(r)]
    best = min(wanted, key=lambda i: _order(replies[i], _below(replies[i])), default=None)
    for index in range(len(replies)):
        if index != best:
            draft.note("tree_branch_left_out", (*here, index))
    return best


def _below(message: Mapping[str, Any]) -> list[Any]:
    replies = message.get("replies")
    return replies if isinstance(replies, list) else []


def fits_flat(record: Any) -> bool:
    """Whether a record is one message of a flat tree."""
    return (
        isinstance(record, dict)
        and all(key in record for key in FLAT_KEYS)
        and ("parent_id" in record or "parent_message_id" in record)
        and "replies" not in record
    )


def gather_flat(rows: Sequence[Numbered], _: Answers) -> Iterator[Talk]:
    """One conversation a tree. A Talk's rows are those of its messages, in their order, and then
    those of the branches that were left out."""
    messages = [row for row in rows if fits_flat(row.value)]
    told = set[int]()
    known = {_id(row.value): row for row in messages if _id(row.value) is not None}
    replies: defaultdict[Any, list[Numbered]] = defaultdict(list)
    roots: list[Numbered] = []
    for row in messages:
        parent = _parent(row.value)
        if parent is None or parent not in known:
            roots.append(row)
        else:
            replies[parent].append(row)
    # Messages that answer each other in a circle hang on no root: the first of them is taken.
    for root in chain(roots, (row for row in messages if row.number not in told)):
        talk = _flat_talk(root, replies)
        told.update(talk.rows)
        yield talk


def _id(message: Mapping[str, Any]) -> str | int | None:
    value = message.get("message_id")
    return value if isinstance(value, str | int) else None


def _parent(message: Mapping[str, Any]) -> str | int | None:
    value = message.get("parent_id", message.get("parent_message_id"))
    return value if isinstance(value, str | int) else None


def _flat_talk(root: Numbered, replies: Mapping[Any, list[Numbered]]) -> Talk:
    draft, path, others = Draft(), [root], list[int]()
    seen = {root.number}
    if _is_left_out(root.value):
        draft.note("tree_prompt_left_out")
    while True:
        last = path[-1].value
        draft.say(_role(last), last.get("text"), ("text",))
        draft.found += unused_keys(last, KNOWN, ())
        below = [row for row in replies.get(_id(last), []) if row.number not in seen]
        seen.update(row.number for row in below)
        wanted = [row for row in below if not _is_left_out(row.value)]
        best = min(wanted, key=lambda row: _flat_order(row, replies), default=None)
        for row in below:
            if row is not best:
                draft.note("tree_branch_left_out")
                others += _numbers_below(row, replies, seen)
        if best is None:
            break
        path.append(best)
    _end_on_reply(draft, [()])
    group = root.value.get("message_tree_id") or _id(root.value) or ""
    talk = draft.talk(_beside(root.value), ())
    return talk._replace(rows=(*(row.number for row in path), *others), group=str(group))


def _flat_order(row: Numbered, replies: Mapping[Any, list[Numbered]]) -> tuple[bool, float]:
    return _order(row.value, [below.value for below in replies.get(_id(row.value), [])])


def _numbers_below(
    row: Numbered, replies: Mapping[Any, list[Numbered]], seen: set[int]
) -> list[int]:
    """A row and all that hang on it; each is put into `seen`, so that none comes twice."""
    numbers, open_rows = [], [row]
    while open_rows:
        row = open_rows.pop()
        numbers.append(row.number)
        below = [one for one in replies.get(_id(row.value), []) if one.number not in seen]
        seen.update(one.number for one in below)
        open_rows += below
    return numbers


def _beside(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a tree's first message says of the whole conversation."""
    return {key: message[key] for key in ("split", "tags") if message.get(key) is not None}


FORMATS = (
    Format("oasst-tree", "Open Assistant trees", "Open Assistant 对话树", fits_tree, convert_tree),
    Format(
        "oasst-flat",
        "Open Assistant messages",
        "Open Assistant 单条消息",
        fits_flat,
        gather=gather_flat,
    ),
)
