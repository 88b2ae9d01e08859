"""What masks hide in a dataset, by type, with the way back and the way to make it final."""

from __future__ import annotations

from core.data.mask_keys import Forgotten
from core.data.records import Dataset
from core.data.unmasking import Hidden, Unmasked
from ui.markup import Html, tag
from ui.present import numbers
from ui.present.data_parts import act, quiet
from ui.words import Voice

STRICT = frozenset({"card", "iban", "cn_id", "secret"})
"""Types of which no valid value may stand in a row that is trained on."""


def masks(dataset: Dataset, hidden: Hidden | None, voice: Voice) -> Html | str:
    """The counts by type, what no key knows, and what can be done; "" where nothing is masked."""
    if hidden is None:
        return ""
    return tag(
        "div",
        tag("h4", voice("data.masks"), aria_level=2),
        _types(hidden, voice),
        quiet(_counted("data.masks.count", hidden, voice)) if hidden.rows else None,
        quiet(voice("data.masks.strict")) if STRICT & hidden.values.keys() else None,
        _unknown(hidden, voice),
        _state(hidden, voice),
        _choices(dataset, hidden, voice),
        class_="dt-version dt-masks",
    )


def ask(voice: Voice) -> Html:
    """A button instead of the counts, where they take a while."""
    return tag(
        "div",
        tag("h4", voice("data.masks"), aria_level=2),
        tag("p", act("masks", voice("data.masks.ask")), class_="dt-ask"),
        class_="dt-version dt-masks",
    )


def _types(hidden: Hidden, voice: Voice) -> Html | None:
    if not hidden.values:
        return None
    items = (
        tag("li", voice.known(f"data.pii.{kind}", kind), " ", tag("b", numbers.count(count)))
        for kind, count in hidden.values.items()
    )
    return tag("ul", *items, class_="dt-inline")


def _counted(key: str, hidden: Hidden, voice: Voice) -> str:
    values = sum(hidden.values.values())
    return voice(key, values=some("value", values, voice), rows=some("row", hidden.rows, voice))


def _unknown(hidden: Hidden, voice: Voice) -> Html | None:
    if not hidden.unknown_rows or hidden.final_since:
        return None
    return quiet(voice("data.masks.unknown", rows=some("row", hidden.unknown_rows, voice)))


def _state(hidden: Hidden, voice: Voice) -> Html | None:
    """Why no value can be put back."""
    if hidden.final_since and hidden.unknown_rows:
        rows = some("row", hidden.unknown_rows, voice)
        return tag("p", voice("data.masks.final", date=hidden.final_since[:10], rows=rows))
    if not hidden.problem:
        return None
    told = (voice.said(hidden.problem), hidden.where, voice.said(hidden.fix))
    return tag("div", *(tag("p", line) for line in told), class_="dt-trouble")


def _choices(dataset: Dataset, hidden: Hidden, voice: Voice) -> Html | None:
    if hidden.problem or not hidden.rows:
        return None
    is_back = dataset.change is not None and dataset.change.kind == "unmasked"
    back = None if is_back else act("unmask", voice("data.masks.unmask"))
    summary = tag("summary", voice("data.masks.forget"), class_="dt-button")
    command = f"duotune unmask {dataset.id} --export-key FILE"
    body = tag(
        "div",
        tag("p", voice("data.masks.forget.what")),
        tag("p", voice("data.masks.forget.copy"), " ", tag("code", command)),
        act("forget", voice("data.masks.forget.do")),
    )
    final = tag("details", summary, body, class_="dt-mend")
    return tag("div", back, final, class_="dt-actions")


# -- afterwards -----------------------------------------------------------------------------------


def unmasked(done: Unmasked, voice: Voice) -> str:
    """What came back, and what did not and why."""
    told = [
        voice(
            "data.masks.done",
            values=some("value", done.values, voice),
            rows=some("row", done.rows, voice),
        )
    ]
    if not done.is_new:
        told.append(voice("data.masks.same", name=done.dataset.name))
    if done.held_values:
        values = some("value", done.held_values, voice)
        told.append(
            voice("data.masks.held", values=values, rows=some("row", done.held_rows, voice))
        )
    if done.unknown_rows:
        told.append(voice("data.masks.unknown", rows=some("row", done.unknown_rows, voice)))
    if done.equal_rows:
        told.append(voice("data.masks.equal", rows=some("row", done.equal_rows, voice)))
    return "\n".join(told)


def forgotten(done: Forgotten, voice: Voice) -> str:
    """For how many versions the key is gone."""
    return voice("data.masks.forgotten", versions=some("version", len(done.versions), voice))


def some(what: str, count: int, voice: Voice) -> str:
    """A number of values, rows or versions in words."""
    key = f"data.masks.{what}" if count == 1 else f"data.masks.{what}s"
    return voice(key, n=numbers.count(count))
