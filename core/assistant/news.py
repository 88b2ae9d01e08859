"""News: what ended since the conversation last looked, each told once, whatever kind of work."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from core.assistant import chats, telling
from core.assistant.news_models import Departed, departed, departures
from core.assistant.records import AssistantSaid, CardShown, Chat, Item, Language
from core.assistant.replies import joined, reply
from core.assistant.results import RunSeen, evaluation_seen, report_seen, run_seen
from core.assistant.results_data import data_seen
from core.assistant.results_runs import preflight_seen, sweep_seen
from core.assistant.situation import BADLY
from core.certificates.certifications import Certification
from core.comparing.batch import Batch
from core.data.jobs import Job
from core.errors import DataError, DuotuneError
from core.exporting.records import Export
from core.measuring import measurement
from core.training.preflight_folder import Preflight
from core.training.records import Run
from core.training.sweep import Sweep
from core.wording import said

if TYPE_CHECKING:
    from core.actions import Actions
    from eval.records import Evaluation

Ended: TypeAlias = "Run | Evaluation | Job | Preflight | Sweep | Departed"
ENDED_RUN = frozenset(("succeeded", "failed", "stopped", "interrupted"))
ENDED_JOB = frozenset(("done", "failed"))
ENDED_EVALUATION = frozenset(("succeeded", "failed", "interrupted"))


def news(actions: Actions, chat_id: str) -> Chat | None:
    """Append what newly ended, with what it measured and what to do next; None when nothing did.

    Also None while a turn is under way, which changes the same conversation: ask again later.
    Raises WorkspaceError when the conversation can't be saved.
    """
    with chats.turn(actions.workspace, chat_id, wait=False) as alone:
        if not alone:
            return None
        return _tell(actions, chat_id)


def begin(actions: Actions, chat_id: str) -> None:
    """Take everything that ended before a conversation began as known."""
    memory = chats.load_memory(actions.workspace, chat_id)
    if memory.announced is None:
        known = tuple(_ended(actions))
        chats.save_memory(
            actions.workspace, chat_id, memory.model_copy(update={"announced": known})
        )


def _tell(actions: Actions, chat_id: str) -> Chat | None:
    memory = chats.load_memory(actions.workspace, chat_id)
    if memory.announced is None:
        begin(actions, chat_id)
        return None
    ended = _ended(actions)
    new = [key for key in ended if key not in memory.announced]
    if not new:
        return None
    chat = chats.load(actions.workspace, chat_id)
    items: list[Item] = []
    for key in reversed(new):
        items += _items(actions, ended[key], chat.language)
    if chat.items[-len(items) :] != tuple(items):  # equal: killed between the two files
        chat = chat.model_copy(update={"items": (*chat.items, *items)})
        chats.save(actions.workspace, chat)
    told = memory.model_copy(update={"announced": (*memory.announced, *new)})
    for key in new:
        told = _followed(told, ended[key])
    chats.save_memory(actions.workspace, chat_id, told)
    return chat


def _ended(actions: Actions) -> dict[str, Ended]:
    """What has ended, newest first; a run that was resumed ends again under another key."""
    ended: dict[str, Ended] = {
        f"{each.id}:{each.status}": each
        for each in actions.evaluations()
        if each.status in ENDED_EVALUATION
    }
    for job in actions.jobs():
        if job.kind == "inspect" and job.status in ENDED_JOB:
            ended[f"{job.id}:{job.status}"] = job
    for one in (*actions.preflights(), *departures(actions)):
        if one.status in ENDED_JOB:
            ended[f"{one.id}:{one.status}"] = one
    runs = actions.runs()
    for sweep in actions.sweeps():
        own = [run for run in runs if run.id in sweep.run_ids]
        if own and all(run.status in ENDED_RUN for run in own):
            ended[f"{sweep.id}:ended"] = sweep
    for run in runs:
        if run.status in ENDED_RUN:
            ended[f"{run.id}:{run.attempt}:{run.status}"] = run
    return ended


def _items(actions: Actions, record: Ended, language: Language) -> list[Item]:
    match record:
        case Run():
            return run_ended(run_seen(record), language)
        case Preflight():
            return measured(actions, record, language)
        case Sweep():
            names = {run.id: run.plan.name for run in actions.runs()}
            seen = sweep_seen(actions.sweep_result(record.id), names)
            return [AssistantSaid(text=telling.tell(seen, language))]
        case Export() | Certification() | Batch():
            return departed(actions, record, language)
        case Job():
            return texts_read(actions, record, language)
        case _:
            names = {run.id: run.plan.name for run in actions.runs()}
            name = names.get(record.request.run_id, "")
            return evaluation_ended(actions, record, name, language)


def _followed(memory: chats.Memory, record: Ended) -> chats.Memory:
    """A conversation about a dataset goes on about the one that reading its texts made of it."""
    made = record.result.dataset_id if isinstance(record, Job) and record.result else None
    if not isinstance(record, Job) or made is None or memory.dataset_id != record.dataset_id:
        return memory
    return memory.model_copy(update={"dataset_id": made})


def texts_read(actions: Actions, job: Job, language: Language) -> list[Item]:
    """The message and the card for a dataset whose texts were read in the background."""
    result = job.result
    made = result.dataset_id if result and result.dataset_id else job.dataset_id
    try:
        dataset = actions.dataset(made)
    except DataError:  # deleted meanwhile: there is nothing to tell of it
        return []
    if job.status == "failed":
        why = {"problem": result.problem, "fix": result.fix} if result else {}
        texts = {name: said(text, language) for name, text in why.items()}
        told = reply("inspect_failed", language, name=dataset.name, **texts)
        return [AssistantSaid(text=told)]
    seen = data_seen(dataset, language)
    facts = {"name": seen.name, "usable": seen.usable, "rows": seen.rows}
    parts = [reply("inspected", language, **facts)]
    if seen.advice:
        parts.append(reply("data_advice", language, advice=seen.advice[0]))
    if not seen.too_few:
        parts.append(reply("inspected_next", language))
    text = joined(parts, language)
    return [AssistantSaid(text=text), CardShown(card="dataset", id=dataset.id)]


def run_ended(seen: RunSeen, language: Language) -> list[Item]:
    """The message and the card for a run that ended."""
    text = telling.run(seen, language)
    if seen.can_be_tried:
        text = joined((text, reply("next_compare", language)), language)
    if seen.status in BADLY:
        text = joined((text, reply("ask_why", language)), language)
    return [AssistantSaid(text=text), CardShown(card="run", id=seen.id)]


def measured(actions: Actions, found: Preflight, language: Language) -> list[Item]:
    """What a pre-flight came to, and what can be said next."""
    try:
        now = actions.preflight(found.id)
        seen = preflight_seen(now, measurement(actions, now.plan, now))
    except DuotuneError:  # its data or model was deleted meanwhile: it measured nothing of use
        return []
    return [AssistantSaid(text=telling.tell(seen, language))]


def evaluation_ended(
    actions: Actions, evaluation: Evaluation, run_name: str, language: Language
) -> list[Item]:
    """The message and the card for an evaluation that ended."""
    if evaluation.status == "succeeded":
        report = report_seen(actions.report(evaluation.id))
        text = telling.report(report, language)
        return [AssistantSaid(text=text), CardShown(card="report", id=evaluation.id)]
    text = telling.evaluation(evaluation_seen(evaluation, run_name), language)
    return [AssistantSaid(text=text), CardShown(card="evaluation", id=evaluation.id)]
