"""Dialogues between named speakers, or between speakers without a name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from core.data.formats.fields import around, unused_keys
from core.data.formats.shape import Answers, Format, Talk, said
from core.data.formats.speakers import (
    RUNS_JOINED,
    Spoken,
    ask_assistant,
    choose_assistant,
    is_text,
    join_runs,
    tally,
)
from core.data.problems import Finding, Path
from core.data.records import Question

ALTERNATED = Finding("speakers_alternated")
ABSENT = Finding("assistant_absent")
SYSTEM_KEYS = ("system", "system_prompt")
SILENCE = "__ SILENCE __"
"""PersonaChat's first line where the other side speaks first."""


class Shape(NamedTuple):
    """The keys under which a format writes its turns."""

    lists: tuple[str, ...]
    texts: tuple[str, ...]
    speakers: tuple[str, ...] = ()
    """Empty for formats whose turns name no speaker."""
    only: frozenset[str] = frozenset()
    """Speakers of which one must occur, for formats that look like others."""


SHAPES = {
    "crosswoz": Shape(("messages",), ("content",), ("role",), frozenset({"usr", "sys"})),
    "kdconv": Shape(("messages",), ("message",)),
    "multiwoz": Shape(("turns", "utterances"), ("utterance", "text"), ("speaker",)),
    "multiwoz-log": Shape(("log",), ("text",)),
    "dailydialog": Shape(("dialog", "dialogue", "utterances", "lines"), ()),
    "roleplay": Shape(
        ("dialogue", "dialog", "dialogues", "conversation", "turns", "utterances", "对话"),
        ("text", "utterance", "content", "message", "sentence", "value", "line", "内容", "台词"),
        ("role", "speaker", "name", "character", "from", "sender", "author", "user", "角色"),
    ),
}


class Turn(NamedTuple):
    """One turn as the record writes it."""

    speaker: str
    text: Any
    path: Path
    unused: tuple[Finding, ...] = ()
    """Other keys of the turn, which say what no conversation holds."""


def _find(shape: Shape, value: object) -> str:
    """The key of a record's turns; "" when it is not of this shape."""
    if not isinstance(value, dict):
        return ""
    return next((key for key in shape.lists if _are_turns(shape, value.get(key))), "")


def _are_turns(shape: Shape, turns: object) -> bool:
    if not isinstance(turns, list) or not turns:
        return False
    if not shape.texts:
        return all(isinstance(turn, str) for turn in turns)
    if not any(isinstance(turn, dict) and _key(turn, shape.texts) for turn in turns):
        return False
    named = [_speaker(turn, shape.speakers) for turn in turns]
    if not shape.speakers:
        # Turns that do name a speaker are another format's, which can tell who says what.
        return not any(_speaker(turn, SHAPES["roleplay"].speakers[:3]) for turn in turns)
    return any(named) and (not shape.only or not shape.only.isdisjoint(map(str.casefold, named)))


def _key(turn: dict[str, Any], keys: Sequence[str]) -> str:
    return next((key for key in keys if key in turn), "")


def _speaker(turn: object, keys: Sequence[str]) -> str:
    if not isinstance(turn, dict):
        return ""
    names = (turn.get(key) for key in keys)
    named = (name for name in names if isinstance(name, str) or _is_small(name))
    return next((str(name)[:200].strip() for name in named), "")


def _is_small(name: object) -> bool:
    return type(name) is int and abs(name) < 1_000_000


def _turns(shape: Shape, key: str, record: dict[str, Any]) -> list[Turn]:
    found = []
    for index, turn in enumerate(record[key]):
        text = _key(turn, shape.texts) if isinstance(turn, dict) else ""
        path: Path = (key, index, text) if text else (key, index)
        content = turn[text] if isinstance(turn, dict) and text else turn
        unused = _unused(shape, turn, path)
        found.append(Turn(_speaker(turn, shape.speakers), content, path, unused))
    return found


def _unused(shape: Shape, turn: object, path: Path) -> tuple[Finding, ...]:
    if not isinstance(turn, dict):
        return ()
    named = (key for key in shape.speakers if _speaker(turn, (key,)))
    used = {next(named, ""), *map(str, path[2:])}
    return tuple(unused_keys(turn, used, path[:2]))


def fits(shape: Shape, value: Any) -> bool:
    """Whether a record is of a shape."""
    return bool(_find(shape, value))


def convert(shape: Shape, value: Any, answers: Answers) -> Iterator[Talk]:
    """A record's dialogue, seen from the side of the assistant."""
    key = _find(shape, value)
    if not key:
        yield Talk({}, found=(Finding("turns_not_found"),))
        return
    turns = _turns(shape, key, value)
    spoken, found = _by_turns(turns) if not shape.speakers else _by_names(turns, answers)
    messages, origins, joined = join_runs(spoken)
    used = {key}
    system = next((name for name in SYSTEM_KEYS if is_text(value.get(name))), "")
    if system and messages[0]["role"] != "system":
        messages, origins = [said("system", value[system]), *messages], ((system,), *origins)
        used.add(system)
    beside = around(value, used)
    unused = [finding for turn in turns for finding in turn.unused]
    yield Talk(
        beside.row | {"messages": messages},
        origins,
        (*found, *([RUNS_JOINED] if joined else []), *beside.found, *unused),
        beside.group,
    )


def _by_turns(turns: Sequence[Turn]) -> tuple[list[Spoken], list[Finding]]:
    roles = ("user", "assistant")
    spoken = [Spoken(roles[i % 2], turn.text, turn.path) for i, turn in enumerate(turns)]
    return spoken, [ALTERNATED]


def _by_names(turns: Sequence[Turn], answers: Answers) -> tuple[list[Spoken], list[Finding]]:
    """The assistant's turns and everybody else's; where it does not speak, the likeliest does."""
    prompt = int(_begins_with_prompt(turns))
    names = [turn.speaker for turn in turns[prompt:]]
    chosen, found = answers.get("assistant", ""), []
    if not chosen or chosen not in names:
        found = [ABSENT] if chosen else []
        chosen = choose_assistant(tally([filter(None, names)]))[0]
    if len({*names} - {chosen}) > 1:
        found.append(Finding("speakers_joined"))
    spoken = [Spoken("system", turn.text, turn.path) for turn in turns[:prompt]]
    spoken += [
        Spoken("assistant" if turn.speaker == chosen else "user", turn.text, turn.path)
        for turn in turns[prompt:]
    ]
    return spoken, found


def _begins_with_prompt(turns: Sequence[Turn]) -> bool:
    """Whether the first turn is a system prompt: of a speaker who says nothing else, to two."""
    first, rest = turns[0].speaker.casefold(), {turn.speaker.casefold() for turn in turns[1:]}
    return first in ("system", "系统") and first not in rest and len(rest) > 1


def ask(shape: Shape, records: Sequence[Any]) -> tuple[Question, ...]:
    """Which speaker is the assistant, where turns name their speakers."""
    if not shape.speakers:
        return ()
    dialogues = [
        [name for turn in turns[_begins_with_prompt(turns) :] if (name := turn.speaker)]
        for record in records
        if (key := _find(shape, record)) and (turns := _turns(shape, key, record))
    ]
    return ask_assistant(tally(dialogues))


# -- PersonaChat ---------------------------------------------------------------------------------


def fits_persona(value: Any) -> bool:
    """Whether a record has a dialogue's history with candidates, of which the last is the reply."""
    if not isinstance(value, dict):
        return False
    said_last = _last_utterance(value)
    return isinstance(said_last, dict) and all(
        isinstance(said_last.get(key), list) and said_last[key] for key in ("history", "candidates")
    )


def _last_utterance(value: dict[str, Any]) -> Any:
    """Every utterance repeats the history before it, so the last holds the whole dialogue."""
    utterances = value.get("utterances", [value])
    return utterances[-1] if isinstance(utterances, list) and utterances else None


def convert_persona(value: Any, _: Answers) -> Iterator[Talk]:
    """The persona as the system prompt, the history, and the true reply."""
    if not fits_persona(value):
        yield Talk({}, found=(Finding("turns_not_found"),))
        return
    last = _last_utterance(value)
    base: Path = ("utterances", len(value["utterances"]) - 1) if "utterances" in value else ()
    history = [
        (text, (*base, "history", i)) for i, text in enumerate(last["history"]) if text != SILENCE
    ]
    replies = len(last["candidates"])
    lines = [*history, (last["candidates"][-1], (*base, "candidates", replies - 1))]
    turns = [
        # Counted from the end: the reply is the assistant's, whoever began.
        Spoken("assistant" if (len(lines) - i) % 2 else "user", text, path)
        for i, (text, path) in enumerate(lines)
    ]
    persona = [line for line in _as_list(value.get("personality")) if is_text(line)]
    if persona:
        turns = [Spoken("system", "\n".join(persona), ("personality",)), *turns]
    messages, origins, _joined = join_runs(turns)
    beside = around(value, {"utterances", "history", "candidates", "personality", "utterance_idx"})
    group = beside.group or str(value.get("conv_id", ""))[:200]
    found = (Finding("candidates_left_out"),) if replies > 1 else ()
    yield Talk(
        beside.row | {"messages": messages}, origins, (ALTERNATED, *found, *beside.found), group
    )


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _format(name: str, en: str, zh: str) -> Format:
    shape = SHAPES[name]
    return Format(
        name, en, zh, partial(fits, shape), partial(convert, shape), ask=partial(ask, shape)
    )


FORMATS = (
    _format("crosswoz", "CrossWOZ (usr and sys)", "CrossWOZ（usr 与 sys）"),
    _format("kdconv", "KdConv (messages without speakers)", "KdConv（没有说话人的消息）"),
    Format("personachat", "PersonaChat", "PersonaChat", fits_persona, convert_persona),
    _format("multiwoz", "MultiWOZ or Taskmaster turns", "MultiWOZ 或 Taskmaster 轮次"),
    _format("multiwoz-log", "MultiWOZ log", "MultiWOZ 日志"),
    _format("dailydialog", "DailyDialog (texts said in turn)", "DailyDialog（轮流发言的文本）"),
    _format("roleplay", "Dialogue of named speakers", "有名字的说话人对话"),
)
