"""Put what was measured of data into sentences, in the person's language."""

from __future__ import annotations

from core.assistant.names import LANGUAGES, LEAKS, PARTS, pick
from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.results_data import (
    ChangesSeen,
    DataChanged,
    DataDeleted,
    DataResult,
    DataSeen,
    DatasetsListed,
    LeaksSeen,
    RowSeen,
    TokensSeen,
)

GATHERED = frozenset(("whatsapp", "slack", "telegram", "discord", "wechat"))
"""Formats whose records are messages, of which several make a conversation."""
TOLD_LANGUAGES = 3
RARE = 0.01
"""Share of the rows below which a language is not told of by name."""
OTHER = "other"


def tell(result: DataResult, language: Language) -> str:
    """A result as the assistant says it."""
    match result:
        case DataSeen():
            return data(result, language)
        case DataChanged():
            return changed(result, language)
        case DataDeleted():
            return deleted(result, language)
        case ChangesSeen():
            return changes(result, language)
        case LeaksSeen():
            return leaks(result, language)
        case RowSeen():
            return row(result, language)
        case TokensSeen():
            return tokens(result, language)
        case DatasetsListed():
            return datasets(result, language)


def line(result: DataResult, language: Language) -> str:
    """The same in a few words, for the line of its tool."""
    match result:
        case DataSeen():
            return f"{result.name}: {result.usable} / {result.rows}"
        case DataChanged():
            return f"{result.data.name}: {result.data.usable} / {result.data.rows}"
        case DataDeleted():
            return result.name
        case LeaksSeen():
            return f"{result.leaked} / {result.held_out}"
        case DatasetsListed():
            return str(result.total)
        case _:
            return tell(result, language)


def data(seen: DataSeen, language: Language) -> str:
    """What is in a file, the choice that is the person's, and what is most worth fixing."""
    parts = [_usable(seen, language), *_shape(seen, language)]
    if not seen.inspected:
        parts.append(reply("data_reading", language))
    if seen.questions:
        question = seen.questions[0]
        words = question.zh if language == "zh" else question.en
        key = "data_question_told" if question.chosen in words else "data_question"
        parts.append(reply(key, language, question=words, chosen=question.chosen))
    if seen.advice:
        parts.append(reply("data_advice", language, advice=seen.advice[0]))
        if len(seen.advice) > 1:
            parts.append(reply("data_more", language, count=len(seen.advice) - 1))
    return joined(parts, language)


def _usable(seen: DataSeen, language: Language) -> str:
    facts = {"file": seen.source_name, "usable": seen.usable, "rows": seen.rows}
    if seen.format in GATHERED:
        return reply("data_gathered", language, **facts)
    return reply("data_all" if seen.usable == seen.rows else "data", language, **facts)


def _shape(seen: DataSeen, language: Language) -> list[str]:
    parts = []
    if seen.rejected:
        parts.append(reply("data_rejected", language, rejected=seen.rejected))
    if seen.duplicates:
        parts.append(reply("data_duplicates", language, duplicates=seen.duplicates))
    if seen.first_error:
        parts.append(reply("data_problem", language, problem=seen.first_error))
    shape = {"multi_turn": seen.multi_turn, "with_system": seen.with_system}
    key = "data_shape" if any(shape.values()) else "data_languages"
    parts.append(reply(key, language, languages=languages(seen.languages, language), **shape))
    if seen.classes:
        parts.append(reply("data_classes", language, classes=seen.classes))
    if seen.with_tools:
        parts.append(reply("data_tools", language, with_tools=seen.with_tools))
    return parts


def languages(counts: dict[str, int], language: Language) -> str:
    """The commonest languages with their rows; rare and unheard-of ones together."""
    shown = [
        f"{count:,} {pick(LANGUAGES, name, language)}" for name, count in main_languages(counts)
    ]
    return ("、" if language == "zh" else ", ").join(shown)


def main_languages(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Languages by their codes, the commonest first; the others of them as `other`, last.

    A few short texts are always taken for some rare language.
    """
    least = RARE * sum(counts.values())
    told = sorted(counts.items(), key=lambda item: -item[1])
    main = [(name, n) for name, n in told if n >= least and name in LANGUAGES and name != OTHER]
    main = main[:TOLD_LANGUAGES]
    rest = sum(counts.values()) - sum(n for _, n in main)
    return [*main, (OTHER, rest)] if rest else main


def changed(seen: DataChanged, language: Language) -> str:
    """What a repair, an answer or an undo made of the data, and the way back."""
    data = seen.data
    if seen.how == "answered":
        comma = "、" if language == "zh" else ", "
        facts = {"file": data.source_name, "usable": data.usable, "rows": data.rows}
        key = "answered_gathered" if data.format in GATHERED else "answered"
        return reply(key, language, answers=comma.join(seen.answers.values()), **facts)
    if seen.how == "unmasked":
        return _unmasked(seen, language)
    if seen.how == "undone":
        return reply("undone", language, name=data.name, usable=data.usable)
    counts = {"changed": seen.changed, "added": seen.added, "removed": seen.removed}
    done = reply("repaired", language, usable=data.usable, **counts)
    return joined((done, reply("repaired_undo", language)), language)


def _unmasked(seen: DataChanged, language: Language) -> str:
    """What came back, what did not and why, and the way back."""
    facts = {"values": seen.values, "rows": seen.changed}
    parts = [reply("unmasked", language, **facts)]
    if seen.held_values:
        held = {"values": seen.held_values, "rows": seen.held_rows}
        parts.append(reply("unmasked_held", language, **held))
    if seen.unknown_rows:
        parts.append(reply("unmasked_unknown", language, rows=seen.unknown_rows))
    if seen.removed:
        parts.append(reply("unmasked_equal", language, rows=seen.removed))
    way_back = reply("repaired_undo", language)
    same = reply("unmasked_same", language, name=seen.data.name)
    return joined([*parts, way_back if seen.is_new else same], language)


def deleted(seen: DataDeleted, language: Language) -> str:
    """That a dataset is gone, with how many versions."""
    key = "data_deleted_all" if seen.versions > 1 else "data_deleted"
    return reply(key, language, name=seen.name, versions=seen.versions)


def changes(seen: ChangesSeen, language: Language) -> str:
    if not seen.counts:
        return reply("changes_none", language)
    counts = {name: seen.counts.get(name, 0) for name in ("changed", "added", "removed")}
    return reply("changes", language, name=seen.name, **counts)


def leaks(seen: LeaksSeen, language: Language) -> str:
    """How rows are divided or compared, what leaks, and the plainest of it."""
    comma = "、" if language == "zh" else ", "
    kinds = comma.join(f"{pick(LEAKS, name, language)} {n}" for name, n in seen.counts.items())
    facts = {
        "name": seen.name, "file": seen.file, "train": seen.train, "held_out": seen.held_out,
        "leaked": seen.leaked, "kinds": kinds,
    }  # fmt: skip
    if seen.file:
        found = "leaks_file_found" if seen.leaked else "leaks_file_none"
        keys = ["leaks_file", found]
    else:
        keys = ["split", "leaks" if seen.leaked else "no_leaks"]
        facts |= {"validation": seen.validation, "test": seen.test}
    head = joined((reply(key, language, **facts) for key in keys), language)
    lines = [
        reply("leak_pair", language, held_out=held_out, train=train, text=text)
        for held_out, train, text in seen.pairs
    ]
    if (more := seen.leaked - len(seen.pairs)) > 0:
        lines.append(reply("leak_more", language, count=more))
    return "\n".join([head, *lines])


def row(seen: RowSeen, language: Language) -> str:
    part = reply("row_part", language, part=pick(PARTS, seen.part, language)) if seen.part else ""
    gap = " " if part and language == "en" else ""
    return reply("row", language, row=seen.row, turns=seen.turns, part=f"{gap}{part}")


def tokens(seen: TokensSeen, language: Language) -> str:
    facts = seen.model_dump(include={"row", "tokens", "supervised", "context"})
    parts = [reply("tokens", language, **facts)]
    if seen.cut:
        parts.append(reply("tokens_cut", language, cut=seen.cut))
    if not seen.ends_in_eos:
        parts.append(reply("tokens_endless", language))
    return joined(parts, language)


def datasets(seen: DatasetsListed, language: Language) -> str:
    """A list with its head."""
    if not seen.datasets:
        return reply("no_data", language)
    lines = [f"- {each.name}: {each.usable} / {each.rows}" for each in seen.datasets]
    return "\n".join([reply("datasets", language, total=seen.total), *lines])
