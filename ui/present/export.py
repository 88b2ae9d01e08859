"""Exports: what a model can be exported as, what was made of it, and what proves that."""

from __future__ import annotations

from collections.abc import Sequence

from core.certificates.records import Certificate
from core.errors import DuotuneError
from core.exporting.offers import Offer
from core.exporting.records import Export, Made
from core.exporting.snippets import Snippets
from ui.markup import Html, badge, facts, join, tag
from ui.present import certificate, numbers
from ui.present.data_parts import act, danger, fold, quiet
from ui.present.leaving import Leaving
from ui.words import Voice

STATUS_TONES = {"running": "live", "done": "good", "failed": "bad", "cancelled": "plain"}
GGUF_TYPES = ("f16", "q8_0", "bf16", "f32")


def folded(found: Leaving, voice: Voice) -> Html:
    """The fold with the form for a new export and all exports of a model."""
    if found.trouble is not None:
        form = join(tag("p", line) for line in voice.trouble(found.trouble))
    else:
        form = _form(found, voice)
    made = [card(one, voice, found.proofs.get(one.id), found.name) for one in found.exports]
    return fold(voice("exports.fold"), form, *made, stays=True)


def exports(found: Sequence[Export], voice: Voice) -> Html:
    """All exports, newest first."""
    if not found:
        return quiet(voice("exports.empty"))
    return join(card(one, voice) for one in found)


# -- a new one ------------------------------------------------------------------------------------


def _form(found: Leaving, voice: Voice) -> Html:
    chosen = next((one.kind for one in found.offers if not one.problem), None)
    targets = tag("div", *(_target(one, chosen, voice) for one in found.offers), role="radiogroup",
                  aria_label=voice("exports.as"), class_="dt-targets")  # fmt: skip
    given = tag("div", *_options(voice), class_="dt-fields")
    red = _blocked(found, found.red, voice) if found.red else None
    go = act("export", voice("exports.do"), primary=True, id=found.name) if chosen else None
    # a form of its own, or the choices of all cards on the page would exclude each other
    return tag(
        "form", targets, given, red, go, class_="dt-export", data_form=f"export {found.name}"
    )


def _target(offer: Offer, chosen: str | None, voice: Voice) -> Html:
    """What it is for, what it takes, or why it can't be done."""
    box = tag(
        "input", type="radio", name_="kind", value=offer.kind, checked=offer.kind == chosen,
        disabled=bool(offer.problem),
    )  # fmt: skip
    words = [
        tag("b", voice(f"exports.kind.{offer.kind}")),
        tag("span", voice(f"exports.for.{offer.kind}")),
    ]
    if offer.problem:
        error = DuotuneError(offer.problem, "", offer.fix)
        words.append(tag("small", voice.sentences(voice.trouble(error)), class_="dt-tone-warn"))
    else:
        words.append(tag("small", _takes(offer, voice)))
    return tag("label", box, tag("div", *words), class_="dt-target", data_kind=offer.kind)


def _takes(offer: Offer, voice: Voice) -> str:
    disk = voice(
        "exports.takes.disk",
        size=numbers.gigabytes(offer.disk), free=numbers.gigabytes(offer.disk_free),
    )  # fmt: skip
    if offer.memory is None:
        return disk
    memory = voice(
        "exports.takes.memory",
        size=numbers.gigabytes(offer.memory), free=numbers.gigabytes(offer.memory_free),
    )  # fmt: skip
    return voice.sentences([disk, memory])


def _options(voice: Voice) -> list[Html]:
    types = [
        tag("option", voice(f"exports.gguf.{name}"), value=name, selected=name == GGUF_TYPES[0])
        for name in GGUF_TYPES
    ]
    return [
        tag("label", tag("span", voice("exports.gguf")), tag("select", *types, name_="gguf"),
            class_="dt-only-gguf"),
        tag("label", tag("span", voice("exports.repo")),
            tag("input", name_="repo", placeholder="owner/name", maxlength=96),
            class_="dt-only-hub"),
        _tick("public", voice("exports.public"), class_="dt-only-hub"),
        _tick("overwrite", voice("exports.overwrite"), class_="dt-only-hub"),
        tag("label", tag("span", voice("exports.data_licence")),
            tag("input", name_="data_licence", placeholder="CC-BY-4.0", maxlength=80)),
        _tick("serve", voice("exports.serve"), checked=True),
    ]  # fmt: skip


def _tick(name: str, words: str, *, checked: bool = False, class_: str = "") -> Html:
    box = tag("input", type="checkbox", name_=name, value="yes", checked=checked)
    return tag("label", box, tag("span", words), class_=f"dt-tick-line {class_}".strip())


def _blocked(found: Leaving, red: Certificate, voice: Voice) -> Html:
    """A red certificate stops it, until somebody types the model's name and answers for it."""
    return tag(
        "div",
        tag("p", voice("exports.red", why=voice.said(red.sentence))),
        tag(
            "div",
            tag("label", tag("span", voice("exports.red.name", name=found.title)),
                tag("input", name_="confirm", autocomplete="off")),
            tag("label", tag("span", voice("exports.red.who")),
                tag("input", name_="override", maxlength=80)),
            class_="dt-fields",
        ),
        class_="dt-trouble", role="alert",
    )  # fmt: skip


# -- one that was started -------------------------------------------------------------------------


def card(export: Export, voice: Voice, proof: Certificate | None = None, model: str = "") -> Html:
    """One export as it stands now; with buttons where `model` says whose it is."""
    status = badge(voice(f"exports.status.{export.status}"), STATUS_TONES[export.status])
    head = tag("header", tag("b", voice(f"exports.kind.{export.request.kind}")), status)
    parts: list[Html | None] = [head]
    if export.made is not None:
        parts.append(_made(export.made, export.request.override, voice))
    if export.status == "running":
        parts.append(tag("p", _far(export, voice), role="status"))
        parts.append(_bar(export) if model else None)  # a chat message takes no widths
    if export.problem:
        error = DuotuneError(export.problem, export.where, export.fix)
        parts += [tag("p", text) for text in voice.trouble(error)]
    if proof is not None:
        title = tag("summary", voice("parity.show"))
        inside = certificate.inside(proof, voice)
        parts.append(tag("details", title, *inside, class_="dt-more", data_fold=proof.id))
    if model:
        parts.append(tag("div", *_buttons(export, model, voice), class_="dt-actions"))
    return tag("section", *parts, class_="dt-card dt-export-card")


def snippets(found: Snippets, voice: Voice) -> Html:
    """How to call a served model, to be copied."""
    return join(
        tag("figure", tag("figcaption", voice(f"exports.{name}")), tag("pre", tag("code", text)))
        for name, text in (("python", found.python), ("curl", found.curl))
    )


def _far(export: Export, voice: Voice) -> str:
    """What is done now, with how much of it."""
    told = voice.said(export.told) or voice("parity.starting")
    if not export.total or not export.done:
        return told
    done, total = numbers.gigabytes(export.done), numbers.gigabytes(export.total)
    return voice.sentences([told, voice("exports.far", done=done, total=total)])


def _bar(export: Export) -> Html | None:
    if not export.total:
        return None
    share = min(100.0, 100 * export.done / export.total)
    return tag("div", tag("div", style=f"width:{share:.1f}%"), class_="dt-progress")


def _made(made: Made, override: str, voice: Voice) -> Html:
    shown: list[tuple[str, Html | str]] = [
        (voice("exports.where"), tag("code", made.url or made.path)),
        (voice("exports.size"), numbers.gigabytes(made.bytes)),
        (voice("exports.made"), numbers.day(made.made_at)),
        (voice("parity.title"), certificate.line(made.verdict, voice)),
    ]
    notes = [tag("p", voice.said(note)) for note in made.notes]
    if made.verdict == "red":
        key = "exports.override" if override else "exports.red.since"
        notes.append(tag("p", voice(key, name=override)))
    return join([facts(shown), *notes])


def _buttons(export: Export, model: str, voice: Voice) -> list[Html]:
    if export.status == "running":
        return [act("cancel-export", voice("exports.cancel"), id=model, export=export.id)]
    found = []
    if export.made is not None and export.request.kind == "zip":
        found.append(act("fetch", voice("exports.fetch"), id=model, export=export.id))
    if export.made is not None and export.request.kind in ("adapter", "merged"):
        found.append(act("certify", voice("parity.again"), id=model, export=export.id))
    return [*found, danger("delete-export", voice("exports.delete"), model, export=export.id)]
