"""Pure: records into tables and lines for the terminal."""

from __future__ import annotations

from rich.console import Group
from rich.table import Column, Table
from rich.text import Text

from core.models.catalog import ModelFacts
from core.training.recommend import Proposal
from core.training.records import Run
from eval.records import Comparison, CriterionResult, Estimate, Report


def proposal_view(proposal: Proposal) -> Group:
    """The plan with the reason for each setting."""
    table = Table("Setting", "Value", "Why")
    for name, value in proposal.plan.model_dump().items():
        if name not in ("reasons", "split_fingerprint", "description"):
            table.add_row(name, str(value), proposal.plan.reasons.get(name, ""))
    warnings = [Text(warning, style="yellow") for warning in proposal.warnings]
    return Group(table, *warnings)


def runs_view(runs: tuple[Run, ...]) -> Table | Text:
    """All runs, newest first."""
    if not runs:
        return Text("No runs yet. `duotune train FILE` starts one.")
    ids = Column("Run", no_wrap=True)  # whole, because they are typed again
    table = Table(ids, "Name", "Status", "Step", "Loss", "Validation loss")
    for run in runs:
        table.add_row(
            run.id,
            run.plan.name,
            run.status,
            f"{run.step}/{run.total_steps if run.total_steps is not None else '?'}",
            _number(run.loss),
            _number(run.validation_loss),
        )
    return table


def run_line(run: Run) -> Text:
    """One run in one line, with why it failed and what to do."""
    text = f"{run.id} ({run.plan.name}): {run.status} at step {run.step}"
    if run.total_steps is not None:
        text += f" of {run.total_steps}"
    if run.result and run.result.best_loss is not None:
        text += f"; best validation loss {run.result.best_loss:.4f} at step {run.result.best_step}"
    if run.failure:
        parts = (run.failure.problem, run.failure.where, run.failure.fix)
        text += "\n" + "\n".join(part for part in parts if part)
    return Text(text)


def models_view(models: tuple[ModelFacts, ...]) -> Table:
    """The catalog."""
    table = Table("Model", "Parameters", "Context", "Licence", "Note")
    for model in models:
        size = f"{model.parameters / 1e6:,.1f} M" if model.parameters else "not known"
        table.add_row(
            model.name, size, str(model.context or "not known"), model.licence or "", model.note
        )
    return table


def comparison_view(comparison: Comparison) -> Table:
    """One prompt with both answers, and the reference when there is one."""
    question = comparison.sample.prompt[-1].content if comparison.sample.prompt else ""
    table = Table(
        f"base: {_speed(comparison.base.tokens_per_s)}",
        f"tuned: {_speed(comparison.tuned.tokens_per_s)}",
        title=Text(question),
        expand=True,
        title_justify="left",
    )
    table.add_row(
        Text(comparison.base.text or comparison.base.error or ""),
        Text(comparison.tuned.text or comparison.tuned.error or ""),
    )
    if comparison.sample.reference:
        table.caption = Text(f"reference: {comparison.sample.reference}")
    return table


def report_view(report: Report) -> Group:
    """The verdict, then the numbers it stands on."""
    table = Table("Criterion", "Base", "Tuned", "Difference (95% interval)", "n", "Unscored")
    table.add_row(*_estimate_row("Rubric score", report.score))
    for result in report.criteria:
        table.add_row(*_criterion_row(result))
    warnings = [Text(f"Note: {warning}", style="yellow") for warning in report.warnings]
    return Group(Text(report.verdict.sentence, style="bold"), table, *warnings)


def _criterion_row(result: CriterionResult) -> tuple[str, ...]:
    return _estimate_row(result.text, result.estimate)


def _estimate_row(name: str, estimate: Estimate) -> tuple[str, ...]:
    interval = "not measured"
    if estimate.difference is not None:
        interval = f"{100 * estimate.difference:+.1f}"
        if estimate.low is not None and estimate.high is not None:
            interval += f" ({100 * estimate.low:+.1f} to {100 * estimate.high:+.1f})"
    unscored = f"{estimate.unscored_base} / {estimate.unscored_tuned}"
    return (
        name,
        _points(estimate.base),
        _points(estimate.tuned),
        interval,
        str(estimate.pairs),
        unscored,
    )


def _points(share: float | None) -> str:
    return "not measured" if share is None else f"{100 * share:.1f}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _speed(tokens_per_s: float | None) -> str:
    return "speed not measured" if tokens_per_s is None else f"{tokens_per_s:.0f} tokens/s"
