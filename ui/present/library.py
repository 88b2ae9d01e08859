"""The models that the person keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from core.library_actions import Deletion, Shelved
from core.lineage import Lineage
from ui.markup import Child, Html, badge, facts, join, tag
from ui.present import certificate, export, lineage, numbers
from ui.present.data_parts import act, danger, fold, quiet
from ui.present.leaving import Leaving
from ui.words import Voice


class Shown(NamedTuple):
    """A model with how it can leave."""

    shelved: Shelved
    leaving: Leaving


def library(found: Sequence[Shown], voice: Voice, going: Deletion | None = None) -> Html:
    """Every model with where it comes from, what proves it, and where it lies.

    `going` names what deleting one of them takes with it: that is asked in its card.
    """
    if not found:
        return quiet(voice("library.empty"))
    return join(
        _model(one, voice, going if going and going.name == one.leaving.name else None)
        for one in found
    )


def _model(shown: Shown, voice: Voice, going: Deletion | None) -> Html:
    found = shown.shelved
    entry = found.kept.entry
    marks = [] if found.kept.is_whole else [badge(voice("library.damaged"), "bad")]
    marks += [badge(voice("library.served"), "good")] if found.is_served else []
    marks += [badge(voice("library.origin.imported"))] if entry.origin == "imported" else []
    folds = [
        act("try", voice("library.try"), id=entry.name) if found.kept.is_whole else None,
        export.folded(shown.leaving, voice),
        certificate.folded(shown.leaving, voice),
        _label(found, voice),
        _remove(entry.name, voice),
        _delete(entry.name, voice, going),
    ]
    return tag(
        "section",
        tag("header", tag("b", entry.name), *marks),
        tag("p", lineage.line(found.lineage, voice), class_="dt-lineage"),
        facts(_facts(found, voice)),
        tag("div", *folds, class_="dt-folds"),
        class_="dt-card",
        data_key=entry.name,
    )


def _facts(found: Shelved, voice: Voice) -> list[tuple[str, Child]]:
    entry, best = found.kept.entry, found.kept.entry.result
    unknown = voice("library.unknown")
    shown: list[tuple[str, Child]] = [
        (voice("run.model"), entry.base_model or unknown),
        (voice("library.size"), numbers.gigabytes(entry.bytes)),
        (voice("library.kept"), numbers.day(entry.kept_at)),
        (voice("library.retention"), retention(found.lineage, voice)),
        (voice("library.folder"), tag("code", f"{found.kept.folder}/{entry.model_folder}")),
    ]
    if entry.origin == "trained":
        shown[1:1] = [
            (voice("library.data"), entry.dataset_name or entry.dataset_id),
            (voice("library.run"), entry.run_name),
            (voice("run.best"), numbers.loss(best.best_loss if best else None, voice)),
        ]
    if entry.imported_from:
        shown.append((voice("library.imported_from"), tag("code", entry.imported_from)))
    if found.lineage.evaluations:
        verdict = voice.said(found.lineage.evaluations[0].verdict)
        shown.append((voice("library.verdict"), verdict))
    if entry.remarks:
        said = voice.sentences(voice.said(remark) for remark in entry.remarks)
        shown.append((voice("library.remarks"), said))
    if entry.note:
        shown.append((voice("runs.note"), entry.note))
    return shown


def retention(found: Lineage, voice: Voice) -> str:
    """How long a model is kept, and what becomes of its run."""
    if found.run is None:
        return voice("library.retention.ever")
    if found.run.status in ("deleted", "cleared"):
        return voice("library.retention.run_gone")
    if found.run.clears_at:
        return voice("library.retention.run_clears", day=numbers.day(found.run.clears_at))
    return voice("library.retention.ever")


def deletion_lines(going: Deletion, voice: Voice) -> list[str]:
    """What deleting a model takes with it, a line each."""
    told = [voice("library.deletes.size", size=numbers.gigabytes(going.bytes))]
    if going.certificates:
        told.append(voice("library.deletes.certificates", n=len(going.certificates)))
    if going.exports:
        names = ", ".join(going.exports)
        told.append(voice("library.deletes.exports", n=len(going.exports), names=names))
    if going.stay:
        told.append(voice("library.deletes.stay", places=", ".join(going.stay)))
    if going.is_last:
        told.append(voice("library.deletes.last"))
    return told


def _label(found: Shelved, voice: Voice) -> Html:
    entry = found.kept.entry
    fields = (
        tag(
            "label",
            tag("span", voice("library.label.name")),
            tag("input", name_="name", value=entry.name, maxlength=60),
        ),
        tag(
            "label",
            tag("span", voice("library.label.note")),
            tag("textarea", entry.note, name_="note", rows=3),
            class_="dt-wide",
        ),
        act("label", voice("library.label.do"), primary=True, id=entry.name),
    )
    return fold(voice("library.label"), tag("div", *fields, class_="dt-fields", data_form="1"))


def _remove(name: str, voice: Voice) -> Html:
    return fold(
        voice("library.remove"),
        tag("p", voice("library.remove.hint")),
        danger("remove", voice("library.remove.do"), name),
    )


def _delete(name: str, voice: Voice, going: Deletion | None) -> Html:
    """First a button that looks what goes with it, then that, then the button that does it."""
    if going is None:
        return act("look-delete", voice("library.deletes"), id=name)
    lines = tag("ul", join(tag("li", line) for line in deletion_lines(going, voice)))
    sure = danger("delete", voice("library.deletes.do"), name)
    return fold(voice("library.deletes"), lines, sure, is_open=True)
