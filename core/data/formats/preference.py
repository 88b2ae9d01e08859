"""Pairs of a better and a worse answer: the better one ends the dialogue, the worse one is kept."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.data.formats.alpaca import AFTER, QUESTIONS, SYSTEMS, add_history, joined
from core.data.formats.draft import Draft, as_it_is
from core.data.formats.fields import first_key, is_empty, unused_keys
from core.data.formats.pairs import add_side
from core.data.formats.roles import role_of
from core.data.formats.shape import Answers, Format, Talk
from core.data.formats.tagged_text import add_tagged
from core.data.formats.turn_lists import ROLE_KEYS, add_turns, looks_like_turns
from core.data.problems import Path
from core.messages import answer_start

TURNS = ("conversations", "messages", "conversation")
LABELS = ("label", "kto_tag")
SCORES = ("score_chosen", "score_rejected", "chosen_score", "rejected_score", "margin")
INSIDE = ("messages", "tools", "parallel_tool_calls")
"""What OpenAI's `input` holds."""
OPENERS = ("system", "developer", "user")


def fits_pair(record: Any) -> bool:
    """Whether a record has a chosen and a rejected answer."""
    return (
        isinstance(record, dict)
        and record.get("chosen") is not None
        and record.get("rejected") is not None
    )


def convert_pair(record: Any, _: Answers) -> Iterable[Talk]:
    """What was asked, the chosen answer, and the rejected one beside it."""
    if not fits_pair(record):
        return (as_it_is(record),)
    draft = Draft()
    draft.note("preference_chosen_kept", ("rejected",))
    chosen = record["chosen"]
    whole = _is_whole(chosen)
    used = ["chosen", "rejected", *SCORES]
    if not whole:
        used += _add_asked(draft, record)
    _add_answer(draft, chosen, ("chosen",))
    if whole:
        used += [key for key in (*QUESTIONS, *TURNS) if _is_repeated(record.get(key), draft)]
    worse = _rejected(draft, record["rejected"], ("rejected",))
    used += draft.lead_with(record, SYSTEMS)
    return (_paired(draft.talk(record, used, "tools"), worse, ("rejected",)),)


def _is_repeated(asked: Any, draft: Draft) -> bool:
    """Whether a question beside a whole dialogue is said in that dialogue, too."""
    if is_empty(asked):
        return True
    other = Draft()
    if not add_side(other, asked, "", "user"):
        other.say("user", asked, ())
    said = [_content(turn) for turn in draft.messages]
    return all(_content(turn) in said for turn in other.messages)


def _content(turn: Any) -> Any:
    content = turn.get("content") if isinstance(turn, dict) else turn
    return content.strip() if isinstance(content, str) else content


def _rejected(draft: Draft, answer: Any, here: Path) -> list[Any]:
    """The turns of a rejected answer; none where it comes with another question than the chosen."""
    other = Draft()
    _add_answer(other, answer, here)
    said = {finding.code for finding in draft.found}
    draft.found += [finding for finding in other.found if finding.code not in said]
    if not _is_whole(answer):
        return other.messages
    start = answer_start([_role(turn) for turn in draft.messages])
    return other.messages[start:] if other.messages[:start] == draft.messages[:start] else []


def _role(turn: Any) -> str:
    return str(turn.get("role")) if isinstance(turn, dict) else ""


def _paired(talk: Talk, worse: list[Any], here: Path) -> Talk:
    """The conversation with a worse answer beside its last one."""
    return talk._replace(row={**talk.row, "rejected": worse}, rejected=here)


def _is_whole(chosen: Any) -> bool:
    """Whether a chosen answer brings what was asked with it."""
    if isinstance(chosen, str):
        return "\n\nHuman:" in chosen or chosen.startswith("Human:")
    if not looks_like_turns(chosen):
        return False
    first = chosen[0] if isinstance(chosen[0], dict) else {}
    return role_of(first.get(first_key(first, ROLE_KEYS) or "role")) in OPENERS


def _add_asked(draft: Draft, record: dict[str, Any]) -> list[str]:
    """Write down the question; the keys that it stood under."""
    key = first_key(record, TURNS)
    if key and isinstance(record[key], list):
        add_turns(draft, record[key], (key,))
        return [key]
    question = first_key(record, QUESTIONS)
    if question is None:
        return []
    used = ["history"] if record.get("history") is not None else []
    if used:
        add_history(draft, record["history"], ("history",))
    if not add_side(draft, record[question], question, "user"):
        keys = (question, *(key for key in AFTER if key in record and key != question))
        draft.say("user", *joined(record, keys))
        used += keys
    return [question, *used]


def _add_answer(draft: Draft, answer: Any, here: Path) -> None:
    if isinstance(answer, str) and _is_whole(answer) and add_tagged(draft, answer, here):
        return
    if not add_side(draft, answer, str(here[-1]), "assistant"):
        draft.say("assistant", answer, here)


def _label(record: dict[str, Any]) -> str | None:
    return next((key for key in LABELS if isinstance(record.get(key), bool)), None)


def fits_kto(record: Any) -> bool:
    """Whether a record is an answer with a true or false that says if it is wanted."""
    if not isinstance(record, dict) or _label(record) is None:
        return False
    return record.get("completion") is not None or first_key(record, TURNS) is not None


def convert_kto(record: Any, _: Answers) -> Iterable[Talk]:
    """The conversation; an answer that is marked as unwanted is an error."""
    label = _label(record) if fits_kto(record) else None
    if label is None:
        return (as_it_is(record),)
    draft = Draft()
    code = "preference_wanted_kept" if record[label] else "preference_unwanted"
    draft.note(code, (label,), key=label)
    used = [label, *_add_asked(draft, record), "completion"]
    if record.get("completion") is not None:
        _add_answer(draft, record["completion"], ("completion",))
    used += draft.lead_with(record, SYSTEMS)
    return (draft.talk(record, used, "tools"),)


def fits_openai(record: Any) -> bool:
    """Whether a record has OpenAI's `input` and `preferred_output`."""
    return (
        isinstance(record, dict)
        and record.get("preferred_output") is not None
        and record.get("input") is not None
    )


def convert_openai(record: Any, _: Answers) -> Iterable[Talk]:
    """The input's turns and the preferred output, the other one beside it."""
    if not fits_openai(record):
        return (as_it_is(record),)
    draft = Draft()
    asked = record["input"]
    inside = asked if isinstance(asked, dict) else {}
    turns = inside.get("messages")
    if isinstance(turns, list):
        add_turns(draft, turns, ("input", "messages"))
        draft.found += unused_keys(inside, INSIDE, ("input",))
    elif not add_side(draft, asked, "input", "user"):
        draft.say("user", asked, ("input",))
    _add_answer(draft, record["preferred_output"], ("preferred_output",))
    here = ("non_preferred_output",)
    draft.note("preference_chosen_kept", here)
    other = record.get("non_preferred_output")
    worse = None if other is None else _rejected(draft, other, here)
    keys = ("input", "preferred_output", "non_preferred_output")
    talk = draft.talk({**record, "tools": inside.get("tools", record.get("tools"))}, keys, "tools")
    return (talk if worse is None else _paired(talk, worse, here),)


FORMATS = (
    Format("preference", "Preference pairs", "偏好对", fits_pair, convert_pair),
    Format(
        "openai-preference", "OpenAI preference", "OpenAI 偏好格式", fits_openai, convert_openai
    ),
    Format("kto", "KTO answers with a label", "KTO 带标记的回答", fits_kto, convert_kto),
)
