"""The models that the person keeps."""

from __future__ import annotations

from collections.abc import Sequence

from core.training.library import Kept
from ui.markup import Html, badge, facts, join, tag
from ui.present import numbers
from ui.present.data_parts import quiet
from ui.words import Voice


def library(kept: Sequence[Kept], voice: Voice) -> Html:
    """Every model with where it comes from, what proves it, and where it lies."""
    if not kept:
        return quiet(voice("library.empty"))
    return join(_model(one, voice) for one in kept)


def _model(kept: Kept, voice: Voice) -> Html:
    entry, best = kept.entry, kept.entry.result
    shown = [
        (voice("run.model"), entry.base_model),
        (voice("library.data"), entry.dataset_name or entry.dataset_id),
        (voice("library.run"), entry.run_name),
        (voice("run.best"), numbers.loss(best.best_loss if best else None, voice)),
        (voice("library.size"), numbers.gigabytes(entry.bytes)),
        (voice("library.kept"), numbers.day(entry.kept_at)),
        (voice("library.folder"), tag("code", f"{kept.folder}/{entry.model_folder}")),
    ]
    if entry.evaluations:
        shown.insert(4, (voice("library.verdict"), voice.said(entry.evaluations[0].verdict)))
    if entry.note:
        shown.append((voice("runs.note"), entry.note))
    damaged = None if kept.is_whole else badge(voice("library.damaged"), "bad")
    head = tag("header", tag("b", entry.name), damaged)
    return tag("section", head, facts(shown), _remove(entry.name, voice), class_="dt-card")


def _remove(name: str, voice: Voice) -> Html:
    sure = tag(
        "button", voice("library.remove.do"), type="button", class_="dt-button dt-danger",
        data_do="remove", data_name=name,
    )  # fmt: skip
    body = tag("div", tag("p", voice("library.remove.hint")), sure)
    summary = tag("summary", voice("library.remove"), class_="dt-button")
    return tag("details", summary, body, class_="dt-fold")
