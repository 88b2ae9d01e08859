"""Whether more data would help: how far a run's learning curve is, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from core.errors import DuotuneError
from eval.curve.learning_curve import CurvePoint, LearningCurve
from eval.curve.standing import CurveRun, CurveStanding
from eval.records import Evaluation
from eval.rendering import charts
from eval.rendering.text import NOTHING, change, percent, span
from ui.markup import Html, badge, join, table, tag
from ui.present import numbers, verdict
from ui.present.data_parts import act, fold, quiet
from ui.present.run import TONE
from ui.words import Voice

WIDE, NARROW = 620, 300
"""Points that a picture is drawn for, on a screen and on a phone."""

AT_WORK = ("queued", "starting", "running", "stopping")


class Curve(NamedTuple):
    """A run's curve as it was looked at."""

    found: CurveStanding
    picture: Html
    """In both languages; "" while there is no curve."""


class Around(NamedTuple):
    """What else is known of the runs of a curve."""

    names: Mapping[str, str]
    """By run id."""
    newest: Mapping[str, Evaluation]
    """Each run's newest evaluation, however it stands."""


def ask(voice: Voice) -> Html:
    """The first step: nothing is looked for before it is asked."""
    return tag("p", act("curve", voice("curve.ask")), class_="dt-ask")


def looking(voice: Voice) -> Html:
    """That the runs are looked for right now."""
    told = tag("p", voice("curve.looking"), class_="dt-phase", role="status")
    return fold(voice("curve.title"), told, is_open=True, stays=True)


def refused(error: DuotuneError, voice: Voice) -> Html:
    """Why there can be no curve, and what to do."""
    lines = [tag("p", line) for line in voice.trouble(error)]
    told = tag("div", *lines, class_="dt-trouble", role="alert")
    return fold(voice("curve.title"), told, is_open=True, stays=True)


def picture(curve: LearningCurve) -> Html:
    """The curve as a line with intervals, in both languages and for both widths."""
    drawn = [(name, charts.levels(curve.points, width)) for name, width in
             (("wide", WIDE), ("narrow", NARROW))]  # fmt: skip
    return join(
        tag("div", Html(charts.for_page(svg)), class_=f"dt-{name}") for name, svg in drawn if svg
    )


def standing(curve: Curve, around: Around, voice: Voice) -> Html:
    """What there is and what is missing; with everything there, the curve."""
    found = curve.found
    sentence = found.sentence_zh if voice.language == "zh" else found.sentence
    shown: list[Html | None] = [tag("p", sentence, class_="dt-sentence", role="status")]
    if found.curve is None:
        shown += [_runs(found.runs, around, voice), *_missing(found.runs, voice)]
    else:
        shown += [_pictured(found.curve, curve.picture, voice), _points(found.curve, voice)]
    hint = quiet(voice("curve.hint"))
    return fold(voice("curve.title"), *shown, hint, is_open=True, stays=True)


# -- what is there --------------------------------------------------------------------------------


def _runs(runs: tuple[CurveRun, ...], around: Around, voice: Voice) -> Html:
    head = [voice(f"curve.{name}") for name in ("share", "rows", "run", "evaluation")]
    waits = any(one.status in AT_WORK for one in runs)
    rows = (
        (
            percent(one.share).in_(voice.language),
            numbers.count(one.rows),
            _run(one, around, voice),
            _evaluation(one, around, voice, waits),
        )
        for one in runs
    )
    return table(head, rows)


def _run(one: CurveRun, around: Around, voice: Voice) -> Html:
    if one.run_id is None:
        return badge(voice("curve.not_started"))
    shown = badge(voice(f"status.{one.status}"), TONE[one.status])
    return join([shown, " ", around.names.get(one.run_id, one.run_id)])


def _evaluation(one: CurveRun, around: Around, voice: Voice, waits: bool) -> Html:
    """That it is there, how far it is, or the button that gets it; `waits` until all have ended."""
    if one.report_id is not None:
        return badge(voice("curve.done"), "good")
    newest = around.newest.get(one.run_id) if one.run_id else None
    if newest is not None and newest.status in ("starting", "running"):
        return tag("span", verdict.progress(newest, voice), class_="dt-phase")
    if one.status not in ("", "succeeded", *AT_WORK):
        return quiet(voice("curve.ended"))
    if waits or not one.status:  # training needs the memory that an evaluation would take
        return quiet(voice("curve.after"))
    start = act("curve-evaluate", voice("curve.evaluate"), run=str(one.run_id))
    if newest is None or newest.status == "succeeded":  # that one was asked something else
        return start
    ended = badge(voice(f"status.{newest.status}"), verdict.EVALUATION_TONE[newest.status])
    why = quiet(voice.said(newest.problem)) if newest.problem else None
    return join([ended, " ", start, why])


def _missing(runs: tuple[CurveRun, ...], voice: Voice) -> list[Html]:
    missing = sum(one.run_id is None for one in runs)
    if not missing:
        return []
    start = act("curve-train", voice("curve.train", n=missing), primary=True)
    return [tag("div", start, class_="dt-actions"), quiet(voice("curve.train.note"))]


# -- the curve ------------------------------------------------------------------------------------


def _pictured(curve: LearningCurve, drawn: Html, voice: Voice) -> Html | None:
    if not drawn:
        return None
    told = voice("curve.picture", name=curve.criterion)
    return tag(
        "figure",
        tag("figcaption", told),
        tag("div", drawn, role="img", aria_label=told),
        class_=f"dt-levels dt-levels-{voice.language}",
    )


def _points(curve: LearningCurve, voice: Voice) -> Html:
    head = (
        voice("curve.share"), voice("curve.rows"), curve.criterion, voice("curve.interval"),
        voice("curve.more"),
    )  # fmt: skip
    return table(head, (_point(one, voice) for one in curve.points), numbers=3)


def _point(one: CurvePoint, voice: Voice) -> tuple[str, ...]:
    more = change(one.more) if one.more else NOTHING
    return (
        percent(one.share).in_(voice.language),
        numbers.count(one.rows),
        percent(one.tuned).in_(voice.language),
        span(percent(one.low), percent(one.high)).in_(voice.language),
        more.in_(voice.language),
    )
