"""Where the person is in the job: five steps, derived from what lies on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.data.records import Dataset
from core.training.records import Run
from eval.records import Evaluation, Report
from ui.markup import Html, join, tag
from ui.present import run as run_shown
from ui.present import verdict
from ui.words import Voice

State = Literal["done", "now", "next"]


@dataclass(frozen=True)
class Standing:
    """What there is so far; None for what there isn't."""

    dataset: Dataset | None = None
    plan_waits: bool = False
    run: Run | None = None
    served: bool = False
    """Whether base and tuned of that run can be talked to right now."""
    evaluation: Evaluation | None = None
    report: Report | None = None


def journey(standing: Standing, voice: Voice) -> Html:
    """The five steps with their state in words."""
    steps = (
        ("data", *_data(standing, voice)),
        ("plan", *_plan(standing, voice)),
        ("train", *_train(standing, voice)),
        ("compare", *_compare(standing, voice)),
        ("report", *_report(standing, voice)),
    )
    items = (
        tag(
            "li",
            tag("b", voice(f"journey.{name}")),
            tag("span", words),
            class_=f"dt-step-{state}",
            aria_current="step" if state == "now" else None,
        )
        for name, state, words in steps
    )
    return tag("ol", join(items), class_="dt-journey", aria_label=voice("journey.title"))


def _data(standing: Standing, voice: Voice) -> tuple[State, str]:
    if standing.dataset is None:
        return "now", voice("journey.data.next")
    rows = standing.dataset.summary.usable
    return "done", voice("journey.data.done", rows=rows, name=standing.dataset.source_name)


def _plan(standing: Standing, voice: Voice) -> tuple[State, str]:
    if standing.plan_waits:
        return "now", voice("journey.plan.now")
    if standing.run is not None:
        return "done", standing.run.plan.name
    return ("now" if standing.dataset else "next"), voice("journey.plan.next")


def _train(standing: Standing, voice: Voice) -> tuple[State, str]:
    run = standing.run
    if run is None or (standing.plan_waits and not run.is_live):
        return "next", voice("journey.train.next")
    words = f"{voice(f'status.{run.status}')} · {run_shown.progress(run, voice)}"
    return ("done" if run.has_model and not run.is_live else "now"), words


def _compare(standing: Standing, voice: Voice) -> tuple[State, str]:
    trained = standing.run is not None and standing.run.has_model
    if standing.served and trained:
        return ("done" if standing.report else "now"), voice("card.pair")
    return ("done" if standing.report else "next"), voice("journey.compare.next")


def _report(standing: Standing, voice: Voice) -> tuple[State, str]:
    live = standing.evaluation
    if live is not None and live.status in ("starting", "running"):
        total = live.total if live.total is not None else "?"
        return "now", voice("journey.report.now", done=live.done, total=total)
    if standing.report is not None:
        return "done", verdict.short(standing.report, voice)
    return "next", voice("journey.report.next")
