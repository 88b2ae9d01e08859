"""Pure: records into tables and lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group
from rich.table import Column, Table
from rich.text import Text

from core.training.plan import TrainingPlan
from core.training.plan_diff import Difference
from core.training.recommend import Proposal
from eval.judge import trust
from eval.records import Comparison, Estimate, Report
from eval.wording import points

NOT_SHOWN = ("reasons", "description", "split_fingerprint", "template_sha256", "mask_sha256")
"""Of a plan: what is no setting to read."""


def proposal_view(proposal: Proposal) -> Group:
    """The plan with the reason for each setting, what to mind, and how long it may take."""
    warnings = [Text(warning, style="yellow") for warning in proposal.warnings]
    time = "Time: not measured yet on this machine."
    if proposal.seconds is not None:
        time = f"Time: about {proposal.seconds:,.0f} s. {proposal.basis or ''}"
    return Group(plan_view(proposal.plan), *warnings, Text(time))


def plan_view(plan: TrainingPlan) -> Group:
    """Every setting that was chosen, with its reason; those left at their default in one line."""
    table = Table("Setting", "Value", "Why")
    usual = []
    for name, field in TrainingPlan.model_fields.items():
        value = getattr(plan, name)
        if name in NOT_SHOWN or (value == field.default and not value):
            continue
        if value == field.default and name not in plan.reasons:
            usual.append(f"{name} {_plain(value)}")
        else:
            table.add_row(name, _plain(value), plan.reasons.get(name, ""))
    return Group(table, Text(f"As usual: {', '.join(usual)}.", style="dim"))


def differences_view(found: Sequence[Difference], before: str, after: str) -> Table | Text:
    """Settings that differ, side by side."""
    if not found:
        return Text("Nothing differs that decides what is trained.")
    table = Table("Setting", Column(Text(before)), Column(Text(after)))
    for difference in found:
        table.add_row(difference.field, _plain(difference.before), _plain(difference.after))
    return table


def _plain(value: object) -> str:
    """3 rather than 3.0, 0.0002 rather than 2e-04, and `none` for no value."""
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or "none"
    return str(value)


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
        name = trust.marked(result.text, result.kind, report.judging)
        table.add_row(*_estimate_row(name, result.estimate))
    warnings = [Text(f"Note: {warning}", style="yellow") for warning in report.warnings]
    return Group(Text(report.verdict.sentence, style="bold"), table, *warnings)


def _estimate_row(name: str, estimate: Estimate) -> tuple[str, ...]:
    interval = "not measured"
    if estimate.difference is not None:
        interval = points(estimate.difference)
        if estimate.low is not None and estimate.high is not None:
            interval += f" ({points(estimate.low)} to {points(estimate.high)})"
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
