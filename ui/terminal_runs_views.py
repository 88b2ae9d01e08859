"""Pure: runs, their comparison and log lines, as tables and lines for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from core.lineage import Lineage
from core.training.comparing import RunComparison, RunFigures
from core.training.continuing import words_of
from core.training.logs import LogSearch
from core.training.notices import notices
from core.training.records import EvaluationFact, Run
from ui.present import lineage
from ui.words import Voice

NOT_MEASURED = "not measured"


def runs_view(runs: Sequence[Run]) -> RenderableType:
    """All runs, newest first, and what must be known of some."""
    if not runs:
        return Text("No runs yet. `duotune train FILE` starts one.")
    ids = Column("Run", no_wrap=True)  # whole, because they are typed again
    table = Table(ids, "Name", "Status", "Step", "Loss", "Validation loss")
    for run in runs:
        table.add_row(
            run.id,
            Text(run.plan.name),
            _standing(run),
            f"{run.step}/{run.total_steps if run.total_steps is not None else '?'}",
            _loss(run.loss),
            _loss(run.validation_loss),
        )
    told = [Text(sentence, style="yellow") for run in runs for sentence in notices(run)]
    return Group(table, *told)


def queue_view(waiting: Sequence[Run]) -> RenderableType:
    """The runs that wait, in their order."""
    if not waiting:
        return Text("No run waits.")
    table = Table("Place", Column("Run", no_wrap=True), "Name", "Waits for")
    for run in waiting:
        table.add_row(str(run.place), run.id, Text(run.plan.name), Text(run.waits_for))
    return table


def run_line(run: Run) -> Text:
    """One run in one line, with why it failed and what to do."""
    if run.status == "queued":
        return Text(f"{run.id} ({run.plan.name}): queued, place {run.place}. {run.waits_for}")
    text = f"{run.id} ({run.plan.name}): {run.status} at step {run.step}"
    if run.total_steps is not None:
        text += f" of {run.total_steps}"
    if run.result and run.result.best_loss is not None:
        text += f"; best validation loss {run.result.best_loss:.4f} at step {run.result.best_step}"
    if run.failure:
        parts = (run.failure.problem, run.failure.where, run.failure.fix)
        text += "\n" + "\n".join(part for part in parts if part)
    return Text("\n".join([text, *notices(run)]))


def run_view(run: Run) -> Group:
    """Everything of one run: how it stands, its figures, its plan's main choices, the note."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in _facts(run):
        table.add_row(Text(name, style="dim"), Text(value))
    return Group(run_line(run), table)


def lineage_line(found: Lineage) -> Text:
    """Where a run comes from and what came of it."""
    return Text(lineage.line(found, Voice("en")), style="dim")


def _facts(run: Run) -> list[tuple[str, str]]:
    plan = run.plan
    facts = [
        ("Base model", plan.base_model),
        ("Data", plan.dataset_id),
        ("Method", f"{plan.method}, {plan.objective}"),
        ("Started", run.created),
        ("Attempt", f"{run.attempt}, from step {run.start_step}"),
        ("Epoch", f"{run.epoch:.2f} of {plan.epochs:g}" if run.epoch is not None else "none yet"),
        ("Training loss", _loss(run.loss) or NOT_MEASURED),
        ("Validation loss", _loss(run.validation_loss) or NOT_MEASURED),
        ("Tokens per second", _whole(run.tokens_per_s)),
    ]
    if run.is_at_work:
        facts += [
            ("Phase", run.phase or run.status),
            ("Time left", words_of(run.eta_s) if run.eta_s is not None else NOT_MEASURED),
            ("Main memory", _memory(run.rss_mb)),
            ("GPU memory", _memory(run.gpu_mb)),
            ("Runs on", ", ".join(run.slots) or "not known"),
            ("Last sign of life", f"{words_of(run.last_sign_s or 0.0)} ago"),
        ]
    facts += [("Last checkpoint", run.last_checkpoint or "none")]
    facts += [("Kept in the library as", ", ".join(run.kept_as))] if run.kept_as else []
    facts += [("Cleared away on", run.clears_at[:10])] if run.clears_at else []
    facts += [("Note", run.note)] if run.note else []
    return facts


def comparison_view(found: RunComparison) -> Group:
    """Runs side by side."""
    heads = [Column(Text(f"{run.name}\n{run.id}"), overflow="fold") for run in found.runs]
    table = Table("", *heads)
    for name, values in _rows(found.runs):
        table.add_row(name, *(Text(value) for value in values))
    table.add_section()
    for row in found.settings:
        table.add_row(row.field, *(Text(_value(value)) for value in row.values))
    told = []
    if not found.settings:
        told.append(Text("All settings that decide what is trained are the same."))
    if not found.same_data:
        told.append(
            Text(
                "They were trained on other data or another split, so their validation losses do "
                "not compare.",
                style="yellow",
            )
        )
    return Group(table, *told)


def _rows(runs: Sequence[RunFigures]) -> list[tuple[str, list[str]]]:
    return [
        ("Status", [run.status for run in runs]),
        ("Best validation loss", [_loss(run.best_loss) or NOT_MEASURED for run in runs]),
        ("Last validation loss", [_loss(run.last_validation_loss) or NOT_MEASURED for run in runs]),
        ("Last training loss", [_loss(run.last_loss) or NOT_MEASURED for run in runs]),
        ("Steps", [str(run.steps) for run in runs]),
        ("Time", [words_of(run.seconds) if run.seconds else NOT_MEASURED for run in runs]),
        ("Tokens per second", [_whole(run.tokens_per_s) for run in runs]),
        ("Training rows", [_whole(run.train_rows) for run in runs]),
        ("Evaluation", [_verdict(run.evaluations) for run in runs]),
    ]


def _verdict(evaluations: Sequence[EvaluationFact]) -> str:
    if not evaluations:
        return "none"
    newest = evaluations[0]
    if newest.base is None or newest.tuned is None:
        return newest.verdict
    return f"{100 * newest.base:.1f} to {100 * newest.tuned:.1f}. {newest.verdict}"


def found_view(found: LogSearch) -> Group:
    """Lines of a log with their numbers."""
    lines = [Text(f"{line.number:>8}  {line.text}") for line in found.lines]
    left = found.found - len(found.lines)
    more = f"; the {left} before these are left out" if left else ""
    lines.append(Text(f"{found.found} of {found.searched} lines{more}.", style="dim"))
    return Group(*lines)


def _standing(run: Run) -> str:
    if run.status == "queued":
        return f"queued ({run.place})"
    return f"{run.status}, not responding" if run.is_silent else run.status


def _loss(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _whole(value: float | None) -> str:
    return NOT_MEASURED if value is None else f"{value:,.0f}"


def _memory(mib: float | None) -> str:
    return NOT_MEASURED if mib is None else f"{mib:,.0f} MiB"


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
