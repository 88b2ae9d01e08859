"""How things stand: what a request may mean when it names nothing, and what can be done next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.assistant.records import Chat, Pending, ToolUsed
from core.assistant.replies import REPLIES
from core.assistant.results import (
    EvaluationSeen,
    RunSeen,
    evaluation_seen,
    run_seen,
)
from core.data.records import Dataset, Question
from core.data.repairing import RepairOffer, offers
from core.errors import RunError
from core.messages import Record
from core.training.plan import TrainingPlan

if TYPE_CHECKING:
    from core.actions import Actions
    from core.assistant.chats import Memory
    from core.training.records import Run
    from eval.records import Evaluation


STARTS = ("start_training", "start_sweep", "start_curve", "apply_remedy", "resume_run")
BADLY = ("failed", "interrupted")


class Situation(Record):
    """The facts that decide what an unnamed run, dataset or report is."""

    dataset_id: str | None = None
    """The dataset last checked in this conversation, else the newest."""
    dataset_name: str = ""
    questions: tuple[Question, ...] = ()
    """Choices about that dataset that are the person's."""
    repairs: tuple[RepairOffer, ...] = ()
    """What can be mended in it."""
    can_train: bool = True
    """It has enough rows."""
    can_undo: bool = False
    """It is a version that was made from another one."""
    is_masked: bool = False
    """Private values in it, or in the version it was made from, were masked."""
    is_inspected: bool = True
    """False while its texts are being read in the background."""
    newest: RunSeen | None = None
    live: RunSeen | None = None
    """The run under way."""
    finished: RunSeen | None = None
    """The newest run with a tuned model, whichever way its last attempt ended."""
    resumable: RunSeen | None = None
    extendable: RunSeen | None = None
    """The newest run that can be extended by more epochs."""
    ended_badly: RunSeen | None = None
    """The newest run, when the doctor has something to say about it."""
    preflight: str | None = None
    """The measurement that goes on."""
    run_names: tuple[str, ...] = ()
    dataset_names: tuple[str, ...] = ()
    """And ids, of all datasets, and of the files that they were read from."""
    kept_names: tuple[str, ...] = ()
    """Of models in the library."""
    evaluation: EvaluationSeen | None = None
    """The evaluation under way."""
    unfinished: EvaluationSeen | None = None
    """The newest evaluation when it ended early and no run is newer: it can go on."""
    report_id: str | None = None
    """The newest report of the newest finished run, else the newest report of all."""
    report_is_of_finished: bool = False
    pending: Pending | None = None
    set_aside: bool = False
    """A plan waited until something else was asked, and nothing was started since."""
    asked_untrained: bool = False
    """What the base model reaches without training was told in this conversation."""


def look(actions: Actions, chat: Chat, memory: Memory) -> Situation:
    """Read how things stand now."""
    datasets, runs, evaluations = actions.datasets(), actions.runs(), actions.evaluations()
    dataset = next((d for d in datasets if d.id == memory.dataset_id), None)
    dataset = dataset or (datasets[0] if datasets else None)
    seen = [run_seen(run) for run in runs]
    names = {run.id: run.name for run in seen}
    finished = next((run for run in seen if run.has_model), None)
    badly = bool(runs) and (runs[0].status in BADLY or runs[0].is_silent)
    live = next((e for e in evaluations if e.status in ("starting", "running")), None)
    done = [e for e in evaluations if e.status == "succeeded"]
    ended = _ended_early(runs, evaluations)
    own = [e for e in done if finished and e.request.run_id == finished.id]
    return Situation(
        **(_of_data(actions, dataset) if dataset else {}),
        newest=seen[0] if seen else None,
        live=next((run for run in seen if run.is_live), None),
        finished=finished,
        resumable=next((run for run in seen if run.can_resume), None),
        extendable=next((run for run in seen if run.can_extend), None),
        ended_badly=seen[0] if badly else None,
        preflight=next((p.id for p in actions.preflights() if p.status == "running"), None),
        run_names=tuple(names.values()),
        dataset_names=_names(datasets),
        kept_names=tuple(one.entry.name for one in actions.library()),
        evaluation=evaluation_seen(live, names.get(live.request.run_id, "")) if live else None,
        unfinished=evaluation_seen(ended, names.get(ended.request.run_id, "")) if ended else None,
        report_id=(own or done)[0].id if own or done else None,
        report_is_of_finished=bool(own),
        pending=chat.pending,
        set_aside=_set_aside(chat),
        asked_untrained=_asked_untrained(chat, dataset.id if dataset else None),
    )


def _names(datasets: tuple[Dataset, ...]) -> tuple[str, ...]:
    """What a sentence may call a dataset, each once."""
    return tuple(dict.fromkeys(n for d in datasets for n in (d.id, d.name, d.source_name)))


def _set_aside(chat: Chat) -> bool:
    """Whether the last plan gave way to another question, rather than being decided about."""
    for item in reversed(chat.items):
        if isinstance(item, ToolUsed) and item.verb in STARTS:
            if item.verb == "start_training":
                return item.status == "declined" and item.result in REPLIES["superseded"]
            if item.status == "done":
                return False
    return False


def _asked_untrained(chat: Chat, dataset_id: str | None) -> bool:
    """Whether the base model was tried on this dataset."""
    return any(
        isinstance(item, ToolUsed)
        and (item.verb, item.status) == ("need_for_training", "done")
        and item.arguments.get("tried", {}).get("dataset_id") == dataset_id
        for item in chat.items
    )


def _of_data(actions: Actions, dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset_id": dataset.id,
        "dataset_name": dataset.name,
        "questions": dataset.questions,
        "repairs": offers(dataset),
        "can_train": "rows_too_few" not in dataset.problem_counts,
        "can_undo": dataset.change is not None and dataset.change.kind != "rows removed",
        "is_masked": actions.was_masked(dataset.id),
        "is_inspected": dataset.inspected,
    }


def _ended_early(runs: tuple[Run, ...], evaluations: tuple[Evaluation, ...]) -> Evaluation | None:
    newest = next(iter(evaluations), None)
    if newest is None or newest.status not in ("failed", "interrupted", "stopped"):
        return None
    return newest if all(run.created <= newest.created for run in runs[:1]) else None


def waiting_plan(situation: Situation) -> TrainingPlan | None:
    """The plan that waits for the person, if one does."""
    return waiting_plan_of(situation.pending)


def waiting_plan_of(pending: Pending | None) -> TrainingPlan | None:
    """The plan in what waits; None when nothing does, or something else."""
    if pending is None or pending.verb != "start_training":
        return None
    return TrainingPlan.model_validate(pending.arguments["plan"])


def other_epochs(plan: TrainingPlan | None) -> int:
    """A number of epochs to suggest that is not the plan's own."""
    return 5 if plan is not None and plan.epochs == 3 else 3


def named_run(runs: tuple[Run, ...], text: str) -> Run:
    """The run that a person means by its id, the start of it, or its name.

    Raises RunError when none fits; of several with the same name it is the newest.
    """
    wanted = text.strip().casefold()
    exact = [run for run in runs if wanted in (run.id, run.plan.name.casefold())]
    near = exact or [run for run in runs if wanted and run.id.startswith(wanted)]
    if not near:
        raise RunError(
            f"No run is called '{text[:80]}'.", fix="Say 'list runs' to see their names."
        )
    return near[0]
