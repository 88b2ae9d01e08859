"""Several runs side by side, and sweeps: what was set differently, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from core.training.comparing import RunComparison, RunFigures
from core.training.records import EvaluationFact, Run
from core.training.sweep import SweepResult, Trial
from ui.markup import Child, Html, badge, join, table, tag
from ui.present import numbers
from ui.present.data_parts import act, link, quiet
from ui.present.plan_settings import EDITABLE, said_value
from ui.present.run import TONE, started
from ui.words import Voice


def choose(runs: Sequence[Run], voice: Voice) -> Html:
    """Runs to tick, and the button that puts them side by side."""
    if len(runs) < 2:
        return quiet(voice("compare_runs.few"))
    boxes = (
        tag(
            "label",
            tag("input", type="checkbox", name_="runs", value=run.id),
            tag("span", tag("b", run.plan.name), " ", tag("small", started(run))),
            badge(voice(f"status.{run.status}"), TONE[run.status]),
        )
        for run in runs
    )
    button = act("compare", voice("compare_runs.do"), primary=True)
    listed = tag("div", *boxes, class_="dt-ticks", role="group", aria_label=voice("train.runs"))
    return tag("div", listed, tag("div", button, class_="dt-actions"), data_form="1")


def comparison(found: RunComparison, voice: Voice) -> Html:
    """Figures first, then the settings that differ."""
    head = ["", *(run.name for run in found.runs)]
    figures = [(name, *values) for name, values in _figures(found.runs, voice)]
    settings = [
        (
            voice(f"plan.{row.field}") if row.field in EDITABLE else row.field,
            *(said_value(row.field, value, voice) for value in row.values),
        )
        for row in found.settings
    ]
    told: list[Html] = []
    if not found.same_data:
        told.append(tag("p", voice("compare_runs.other_data"), class_="dt-warning"))
    if not settings:
        told.append(quiet(voice("compare_runs.same")))
    parts = [tag("h4", voice("compare_runs.results"), aria_level=2), table(head, figures), *told]
    if settings:
        parts += [tag("h4", voice("compare_runs.settings"), aria_level=2), table(head, settings)]
    return tag("section", *parts, class_="dt-compared")


def _figures(runs: Sequence[RunFigures], voice: Voice) -> list[tuple[str, list[Child]]]:
    def loss(value: float | None) -> str:
        return numbers.loss(value, voice)

    lowest = min((r.best_loss for r in runs if r.best_loss is not None), default=None)
    best: list[Child] = [
        tag("b", loss(run.best_loss))
        if run.best_loss is not None and run.best_loss == lowest
        else loss(run.best_loss)
        for run in runs
    ]
    rows: list[Child] = [_count(run.train_rows, voice) for run in runs]
    tokens: list[Child] = [_count(run.train_tokens, voice) for run in runs]
    return [
        (
            voice("compare_runs.status"),
            [badge(voice(f"status.{run.status}"), TONE[run.status]) for run in runs],
        ),
        (voice("run.best"), best),
        (voice("compare_runs.validation"), [loss(run.last_validation_loss) for run in runs]),
        (voice("compare_runs.loss"), [loss(run.last_loss) for run in runs]),
        (voice("plan.steps"), [numbers.count(run.steps) for run in runs]),
        (voice("run.took"), [numbers.duration(run.seconds, voice) for run in runs]),
        (voice("run.speed"), [numbers.rate(run.tokens_per_s, voice) for run in runs]),
        (voice("compare_runs.train_rows"), rows),
        (voice("compare_runs.train_tokens"), tokens),
        (voice("compare_runs.evaluation"), [_verdict(run.evaluations, voice) for run in runs]),
    ]


def _count(value: int | None, voice: Voice) -> str:
    return voice("not_measured") if value is None else numbers.count(value)


def _verdict(evaluations: Sequence[EvaluationFact], voice: Voice) -> str:
    if not evaluations:
        return voice("none")
    newest = evaluations[0]
    if newest.base is None or newest.tuned is None:
        return voice.said(newest.verdict)
    base, tuned = numbers.points(newest.base, voice), numbers.points(newest.tuned, voice)
    return f"{base} → {tuned}"


# -- sweeps ---------------------------------------------------------------------------------------


def sweeps(found: Sequence[SweepResult], names: dict[str, str], voice: Voice) -> Html:
    """Each sweep with its trials, the best first, and what that means."""
    if not found:
        return quiet(voice("sweeps.none"))
    return join(_sweep(one, names, voice) for one in found)


def _sweep(found: SweepResult, names: dict[str, str], voice: Voice) -> Html:
    fields = list(found.sweep.varied)
    head = [
        voice("sweeps.run"),
        *(voice(f"plan.{name}") for name in fields),
        voice("compare_runs.status"),
        voice("run.best"),
        voice("run.took"),
        "",
    ]
    rows = (_trial(found, trial, names, voice) for trial in found.trials)
    title = tag("header", tag("b", found.sweep.plan.name), _made(found, voice))
    sentence = tag("p", voice.said(found.sentence), class_="dt-sentence")
    return tag("section", title, sentence, table(head, rows), class_="dt-card dt-sweep")


def _made(found: SweepResult, voice: Voice) -> Html:
    told = voice("sweeps.runs", n=len(found.sweep.run_ids), day=numbers.day(found.sweep.created))
    return tag("span", told, class_="dt-quiet")


def _trial(
    found: SweepResult, trial: Trial, names: dict[str, str], voice: Voice
) -> tuple[Child, ...]:
    is_best = trial.run_id == found.best
    loss = numbers.loss(trial.best_loss, voice)
    use = act("clone", voice("sweeps.use"), id=trial.run_id) if is_best else None
    return (
        link("open", names.get(trial.run_id, trial.run_id), id=trial.run_id),
        *(said_value(name, value, voice) for name, value in trial.values.items()),
        badge(voice(f"status.{trial.status}"), TONE[trial.status]),
        tag("b", loss) if is_best else loss,
        numbers.duration(trial.seconds, voice) if trial.seconds is not None else "",
        use,
    )
