"""Whether a plan is worth training: the base model asked as it is, as a fold before the plan."""

from __future__ import annotations

from typing import NamedTuple

from core.errors import DuotuneError
from core.training.plan import TrainingPlan
from eval.around.records import Baseline
from eval.need.baselines import NAMES
from eval.need.records import MOST_ASKED, NeedForTraining
from eval.rendering.around import BASELINES
from eval.rendering.text import percent, span
from ui.markup import Html, table, tag
from ui.present import numbers
from ui.present.data_parts import act, fold, quiet
from ui.trials import Trial, Wish
from ui.words import Voice


class Asked(NamedTuple):
    """The plan whose base model would be asked, and how many questions there are."""

    plan: TrainingPlan
    available: int
    """Rows of the validation part."""


def need(asked: Asked, trial: Trial | None, voice: Voice) -> Html:
    """What asking would do, how far it is, or what came of it."""
    inside: list[Html | None]
    wish = trial.wish if trial else Wish(min(MOST_ASKED, asked.available))
    if trial is not None and not trial.is_over:
        told = voice.said(trial.doing) or voice("need.starting")
        going_on = tag("p", told, class_="dt-phase dt-job", role="status")
        inside = [_hint(asked, wish, voice), going_on]
    elif trial is not None:
        came = _found(trial.found, voice) if trial.found else None
        why_not = _trouble(trial.error, voice) if trial.error else None
        inside = [came or why_not, _form(asked, wish, voice, again=True)]
    elif not asked.available:
        inside = [quiet(voice("need.none"))]
    else:
        inside = [_hint(asked, wish, voice), _form(asked, wish, voice)]
    shown = fold(voice("need.title"), *inside, is_open=trial is not None, stays=True)
    return tag("div", shown, data_key=f"{asked.plan.dataset_id} {asked.plan.base_model}")


def _hint(asked: Asked, wish: Wish, voice: Voice) -> Html:
    questions = min(wish.limit, asked.available)
    return quiet(
        voice(
            "need.hint",
            model=asked.plan.base_model,
            n=numbers.count(questions),
            answers=numbers.count(len(NAMES) * questions),
        )
    )


def _form(asked: Asked, wish: Wish, voice: Voice, again: bool = False) -> Html:
    limit = tag("input", name_="limit", type="number", min=1, max=asked.available, value=wish.limit)
    system = tag(
        "textarea", wish.system_prompt, name_="system", rows=2,
        placeholder=voice("need.system.usual"),
    )  # fmt: skip
    return tag(
        "div",
        tag("label", tag("span", voice("need.limit")), limit),
        tag("label", tag("span", voice("need.system")), system, class_="dt-wide"),
        tag("div", act("need", voice("need.again" if again else "need.ask"), primary=not again)),
        class_="dt-fields",
        data_form="need",
    )


def _trouble(error: DuotuneError, voice: Voice) -> Html:
    lines = [tag("p", line) for line in voice.trouble(error)]
    return tag("div", *lines, class_="dt-trouble", role="alert")


# -- what came of it ------------------------------------------------------------------------------


def _found(found: NeedForTraining, voice: Voice) -> Html:
    sentence = found.sentence_zh if voice.language == "zh" else found.sentence
    names = ("way", "reaches", "interval", "questions", "unanswered")
    head = [voice(f"need.{name}") for name in names]
    results = found.baselines.results
    shown = table(head, (_row(one, voice) for one in results), numbers=4)
    notes = [note for one in results for note in _notes(one, voice)]
    told = tag("p", sentence, class_="dt-sentence", role="status")
    return tag("div", told, shown, *notes, class_="dt-need")


def _row(one: Baseline, voice: Voice) -> tuple[str, ...]:
    return (
        BASELINES[one.kind].in_(voice.language),
        percent(one.headline.base).in_(voice.language),
        span(percent(one.low), percent(one.high)).in_(voice.language),
        numbers.count(one.headline.pairs),
        numbers.count(one.left_out),
    )


def _notes(one: Baseline, voice: Voice) -> list[Html]:
    """What it was given beside the question, and why some got no answer."""
    notes = []
    note = one.note_zh if voice.language == "zh" else one.note
    if note:
        notes.append(tag("p", note, class_="dt-warning"))
    if one.added:
        given = tag("blockquote", one.added, class_="dt-given")
        notes.append(tag("div", quiet(voice("need.given")), given))
    if one.shown_rows:
        rows = ", ".join(str(row) for row in one.shown_rows)
        notes.append(quiet(voice("need.rows", rows=rows)))
    return notes
