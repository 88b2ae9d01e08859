"""Put what training and more data are worth into sentences and small tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core.assistant.names import STATUS, pick
from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.results_worth import (
    CurvePart,
    CurveSeen,
    CurveStarted,
    NeedSeen,
    WayTried,
    WorthResult,
)


def tell(result: WorthResult, language: Language) -> str:
    """A result as the assistant says it."""
    match result:
        case NeedSeen():
            return need(result, language)
        case CurveSeen():
            return curve(result, language)
        case CurveStarted():
            names = ("、" if language == "zh" else ", ").join(f"“{one}”" for one in result.runs)
            return reply("curve_started", language, count=len(result.runs), names=names)


def line(result: WorthResult, language: Language) -> str:
    """The same in a few words, for the line of its tool."""
    match result:
        case NeedSeen():
            return result.base_model
        case CurveSeen():
            return _sentence(result, language)
        case CurveStarted():
            return str(len(result.runs))


# -- is training needed ---------------------------------------------------------------------------


def need(seen: NeedSeen, language: Language) -> str:
    """What each way reaches, and what follows for training."""
    rows = [
        (
            _name(way, language),
            _share(way.level, language),
            _interval(way, language),
            f"{way.questions:,}",
            f"{way.no_answer:,}",
        )
        for way in seen.ways
    ]
    noted = ((way.note_zh if language == "zh" else way.note) for way in seen.ways)
    notes = [f"- {note}" for note in dict.fromkeys(noted) if note]
    parts = [_sentence(seen, language), _table("need_columns", rows, language)]
    parts += ["\n".join(notes)] if notes else []
    return "\n\n".join([*parts, _what_follows(seen, language)])


def _what_follows(seen: NeedSeen, language: Language) -> str:
    if seen.best is None or seen.best.level is None:
        return reply("need_unknown", language)
    if seen.best.level >= 1:
        return reply("need_none", language, way=_name(seen.best, language))
    return reply("need_some", language, way=_name(seen.best, language))


def _name(way: WayTried, language: Language) -> str:
    return way.name_zh if language == "zh" else way.name


# -- would more data help -------------------------------------------------------------------------


def curve(seen: CurveSeen, language: Language) -> str:
    """The curve with what it says; until it is there, what it lacks."""
    sentence = _sentence(seen, language)
    if seen.next == "nothing":
        rows = [
            (*_part(one, language), _share(one.level, language), _interval(one, language))
            for one in seen.parts
        ]
        follows = {True: "rising", False: "flat", None: "open"}[seen.still_rising]
        table = _table("curve_columns", rows, language, criterion=seen.criterion)
        return "\n\n".join([sentence, table, reply(f"curve_{follows}", language)])
    rows = [(*_part(one, language), *_lacks(one, language)) for one in seen.parts]
    table = _table("curve_missing_columns", rows, language)
    about = reply("curve_about", language, name=seen.run_name)
    parts = [joined((sentence, about), language), table]
    if seen.next in ("wait", "mend"):
        parts.append(reply(f"curve_{seen.next}", language, name=seen.next_name))
    return "\n\n".join(parts)


def _part(one: CurvePart, language: Language) -> tuple[str, str]:
    return f"{one.rows:,}", _share(one.share, language)


def _lacks(one: CurvePart, language: Language) -> tuple[str, str]:
    missing = reply("curve_missing", language)
    run = f"{one.run_name}: {pick(STATUS, one.status, language)}" if one.run_name else missing
    return run, reply("curve_evaluated", language) if one.is_evaluated else missing


# -- both -----------------------------------------------------------------------------------------


def _sentence(seen: NeedSeen | CurveSeen, language: Language) -> str:
    return seen.sentence_zh if language == "zh" else seen.sentence


def _share(given: float | None, language: Language) -> str:
    from eval.wording import percent

    return reply("not_measured", language) if given is None else percent(given)


def _interval(given: WayTried | CurvePart, language: Language) -> str:
    if given.low is None or given.high is None:
        return reply("not_measured", language)
    ends = {"low": _share(given.low, language), "high": _share(given.high, language)}
    return reply("worth_interval", language, **ends)


def _table(heads: str, rows: Sequence[Iterable[str]], language: Language, **facts: str) -> str:
    """A table in Markdown; `heads` names the reply that holds its columns."""
    escaped = {name: fact.replace("|", r"\|") for name, fact in facts.items()}
    columns = reply(heads, language, **escaped)
    marks = "|".join("---" for _ in columns.split(" | "))
    lines = (" | ".join(cell.replace("|", r"\|") for cell in row) for row in rows)
    return "\n".join([f"| {columns} |", f"|{marks}|", *(f"| {one} |" for one in lines)])
