"""Exports: what was made of a model, where it stands, and what proves it."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import DuotuneError
from core.exporting.records import Export, Made
from core.exporting.snippets import Snippets
from ui.markup import Html, badge, facts, join, tag
from ui.present import certificate, numbers
from ui.present.data_parts import quiet
from ui.words import Voice

STATUS_TONES = {"running": "live", "done": "good", "failed": "bad", "cancelled": "plain"}


def exports(found: Sequence[Export], voice: Voice) -> Html:
    """All exports, newest first."""
    if not found:
        return quiet(voice("exports.empty"))
    return join(card(one, voice) for one in found)


def card(export: Export, voice: Voice) -> Html:
    """One export as it stands now."""
    status = badge(voice(f"exports.status.{export.status}"), STATUS_TONES[export.status])
    head = tag("header", tag("b", voice(f"exports.kind.{export.request.kind}")), status)
    parts: list[Html | None] = [head]
    if export.made is not None:
        parts.append(_made(export.made, export.request.override, voice))
    if export.status == "running":
        parts.append(tag("p", voice.said(export.told)))
    if export.problem:
        error = DuotuneError(export.problem, export.where, export.fix)
        parts += [tag("p", text) for text in voice.trouble(error)]
    parts.append(_button(export, voice))
    return tag("section", *parts, class_="dt-card")


def snippets(found: Snippets, voice: Voice) -> Html:
    """How to call a served model, to be copied."""
    return join(
        tag("figure", tag("figcaption", voice(f"exports.{name}")), tag("pre", tag("code", text)))
        for name, text in (("python", found.python), ("curl", found.curl))
    )


def _made(made: Made, override: str, voice: Voice) -> Html:
    shown: list[tuple[str, Html | str]] = [
        (voice("exports.where"), tag("code", made.url or made.path)),
        (voice("exports.size"), numbers.gigabytes(made.bytes)),
        (voice("exports.made"), numbers.day(made.made_at)),
        (voice("parity.title"), certificate.line(made.verdict, voice)),
    ]
    notes = [tag("p", voice.said(note)) for note in made.notes]
    if made.verdict == "red":
        notes.append(tag("p", voice("exports.override", name=override)))
    return join([facts(shown), *notes])


def _button(export: Export, voice: Voice) -> Html:
    does = "cancel" if export.status == "running" else "delete"
    return tag(
        "button", voice(f"exports.{does}"), type="button", class_="dt-button",
        data_do=does, data_name=export.id,
    )  # fmt: skip
