"""The dataset inside the conversation: what it is, what is worth fixing, and what only you know."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from typing import Any

from core.assistant.names import LANGUAGES, pick
from core.assistant.telling_data import main_languages
from core.data.advice import Advice, advise
from core.data.advice_matters import Said
from core.data.records import Dataset, Question, Split
from core.data.repairing import harmless, offers
from core.data.versions import RowChange
from ui.markup import Html, badge, facts, join, tag
from ui.present import numbers
from ui.present.data_split import split_bar
from ui.present.data_versions import marked
from ui.words import Voice

OPTIONS = 6
"""Buttons for a question; other answers can be said."""
LABELS = 6
TOLD_CHANGES = 5
TOLD_PLACES = 3
TONE = {"error": "bad", "warning": "warn", "note": "plain"}
CHANGED = {"changed": "warn", "added": "good", "removed": "bad"}


def card(dataset: Dataset, split: Split | None, voice: Voice) -> Html:
    """The counts that decide what happens next, the worst matters, and open choices."""
    return tag(
        "div",
        tag("header", tag("b", dataset.name), badge(_formats(dataset))),
        _version(dataset, voice),
        facts(_facts(dataset, voice)),
        tag("p", voice("card.data.reading"), class_="dt-note") if not dataset.inspected else None,
        _questions(dataset, voice),
        _advice(dataset, voice),
        split_bar(split, voice) if split else None,
        class_="dt-card dt-data-card",
    )


def act(label: str, said: str, verb: str, arguments: dict[str, Any], look: str = "") -> Html:
    """A button that says something for the person and does exactly this; see `chat_acts.js`."""
    payload = json.dumps({"text": said, "verb": verb, "arguments": arguments}, ensure_ascii=False)
    code = urlsafe_b64encode(payload.encode()).decode()
    looks = f"dt-button dt-act dt-do-{code} {look}".strip()
    return tag("button", label, type="button", class_=looks)


# -- what it is -----------------------------------------------------------------------------------


def _formats(dataset: Dataset) -> str:
    return ", ".join(dataset.formats) or dataset.format


def _facts(dataset: Dataset, voice: Voice) -> list[tuple[str, str]]:
    s = dataset.summary
    usable = f"{numbers.count(s.usable)} {voice('data.of_rows', rows=numbers.count(s.rows))}"
    shown = [(voice("card.data.file"), _file(dataset, voice)), (voice("data.usable"), usable)]
    if len(dataset.formats) > 1:
        mixed = _listed(dataset.formats.items())
        shown.append((voice("card.data.mixed"), mixed))
    for name in ("rejected", "duplicates"):
        if count := getattr(s, name):
            shown.append((voice(f"data.{name}"), numbers.count(count)))
    shown.append((voice("data.languages"), _languages(s.languages, voice)))
    if s.labels:
        shown.append((voice("card.data.classes"), _classes(s.labels, voice)))
    return shown


def _file(dataset: Dataset, voice: Voice) -> str:
    encoding = dataset.encoding
    if "encoding_guessed" in dataset.problem_counts:
        encoding = voice("card.data.guessed", encoding=encoding)
    parts = (dataset.source_name, dataset.container, encoding)
    return " · ".join(part for part in parts if part)


def _languages(counts: dict[str, int], voice: Voice) -> str:
    named = [(pick(LANGUAGES, name, voice.language), n) for name, n in main_languages(counts)]
    return _listed(named) or voice("none")


def _classes(labels: dict[str, int], voice: Voice) -> str:
    told = sorted(labels.items(), key=lambda item: -item[1])
    more = len(told) - LABELS
    words = _listed(told[:LABELS])
    shown = voice("card.data.more", n=numbers.count(more)) if more > 0 else ""
    return f"{numbers.count(len(told))}: {words}{shown}"


def _listed(counts: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{name} {numbers.count(count)}" for name, count in counts)


def _version(dataset: Dataset, voice: Voice) -> Html | None:
    """How it was made from another version, with the way back."""
    change = dataset.change
    if change is None or dataset.parent is None or change.kind == "rows removed":
        return None
    counts = change.model_dump(include={"changed", "added", "removed"})
    told = voice("card.data.version", **{k: numbers.count(n) for k, n in counts.items()})
    label = voice("card.data.undo")
    back = act(label, label, "undo", {"dataset_id": dataset.id})
    return tag("div", tag("p", told), tag("div", back, class_="dt-actions"), class_="dt-matter")


# -- what only the person knows -------------------------------------------------------------------


def _questions(dataset: Dataset, voice: Voice) -> Html | None:
    if not dataset.questions:
        return None
    asked = (_question(dataset, question, voice) for question in dataset.questions)
    return tag("section", tag("h4", voice("card.data.yours")), *asked, class_="dt-matters")


def _question(dataset: Dataset, question: Question, voice: Voice) -> Html:
    words = question.zh if voice.language == "zh" else question.en
    options = list(dict.fromkeys((question.chosen, *question.options)))[:OPTIONS]
    given = (_option(dataset, question, one, voice) for one in options if one)
    more = len(question.options) - OPTIONS
    rest = tag("span", voice("card.data.say_other"), class_="dt-quiet") if more > 0 else None
    return tag("div", tag("p", words), tag("div", *given, rest, class_="dt-actions"),
               class_="dt-matter")  # fmt: skip


def _option(dataset: Dataset, question: Question, option: str, voice: Voice) -> Html:
    label = voice.known(f"data.option.{option}", option)
    if option == question.chosen:
        return tag("span", "✓ ", label, class_="dt-chosen")
    known = voice.known(f"question.{question.id}", voice("question.other", question="{question}",
                                                         answer="{answer}"))  # fmt: skip
    said = known.replace("{question}", question.id).replace("{answer}", label)
    arguments = {"answers": {question.id: option}, "dataset_id": dataset.id}
    return act(label, said, "answer", arguments)


# -- what is worth fixing -------------------------------------------------------------------------


def _advice(dataset: Dataset, voice: Voice) -> Html | None:
    found = advise(dataset)
    if not found:
        return tag("p", voice("card.data.fine"), class_="dt-quiet")
    codes = [offer.code for offer in harmless(offers(dataset))]
    every = None
    if codes:
        label = voice("act.mend_all")
        arguments = {"codes": codes, "dataset_id": dataset.id}
        button = act(label, label, "repair", arguments, "dt-primary")
        every = tag("div", button, class_="dt-actions")
    items = join(tag("li", _matter(dataset, one, voice)) for one in found)
    title = tag("h4", voice("card.data.advice"))
    return tag("section", title, tag("ol", items), every, class_="dt-matters")


def _matter(dataset: Dataset, advice: Advice, voice: Voice) -> Html:
    def say(words: Said) -> str:
        return words.in_language(voice.language)

    mark = badge(voice(f"severity.{advice.severity}"), TONE[advice.severity])
    told = tag("p", mark, " ", tag("b", say(advice.found)), " ", say(advice.cost))
    button = None
    if advice.mends and not advice.asks:
        label = voice(_label(advice))
        said = f"{label}{voice('card.colon')}{say(advice.found)}"
        arguments = {"codes": list(advice.mends), "dataset_id": dataset.id}
        button = tag("div", act(label, said, "repair", arguments), class_="dt-actions")
    hint = voice("card.data.fill") if advice.asks else say(advice.fix)
    fix = tag("p", hint, class_="dt-quiet") if hint else None
    return tag("div", told, fix, button, class_="dt-matter")


def _label(advice: Advice) -> str:
    if advice.removes:
        return "act.take_out"
    return "act.mask" if advice.repair == "mask_private" else "act.mend"


# -- what a repair changed ------------------------------------------------------------------------


def changes(dataset: Dataset, found: Sequence[RowChange], voice: Voice) -> Html:
    """The first rows that differ from the version before, with what went and what came."""
    shown = join(_change(one, voice) for one in found[:TOLD_CHANGES])
    more = len(found) - TOLD_CHANGES
    rest = tag("p", voice("card.changes.more", n=numbers.count(more)), class_="dt-quiet")
    head = tag("header", tag("b", voice("card.changes", name=dataset.name)))
    label = voice("card.data.undo")
    back = act(label, label, "undo", {"dataset_id": dataset.id})
    return tag(
        "div", head, shown, rest if more > 0 else None, tag("div", back, class_="dt-actions"),
        class_="dt-card dt-data-card",
    )  # fmt: skip


def _change(change: RowChange, voice: Voice) -> Html:
    kind = badge(voice(f"data.change.{change.kind}"), CHANGED[change.kind])
    head = tag("p", tag("b", voice("data.row.title", row=change.row)), " ", kind)
    places = []
    for place in change.places[:TOLD_PLACES]:
        before, after = marked(place.before or "", place.after or "")
        places += [tag("p", before, class_="dt-before"), tag("p", after, class_="dt-after")]
    return tag("div", head, *places, class_="dt-matter")
