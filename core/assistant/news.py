"""News: runs and evaluations that ended since the conversation last looked, each told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.assistant import chats, telling
from core.assistant.records import AssistantSaid, CardShown, Chat, Item, Language
from core.assistant.replies import joined, reply
from core.assistant.results import RunSeen, evaluation_seen, report_seen, run_seen
from core.training.records import Run

if TYPE_CHECKING:
    from core.actions import Actions
    from eval.records import Evaluation

ENDED_RUN = frozenset(("succeeded", "failed", "stopped", "interrupted"))
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
        known = tuple(_ended(actions.runs(), actions.evaluations()))
        chats.save_memory(
            actions.workspace, chat_id, memory.model_copy(update={"announced": known})
        )


def _tell(actions: Actions, chat_id: str) -> Chat | None:
    memory = chats.load_memory(actions.workspace, chat_id)
    if memory.announced is None:
        begin(actions, chat_id)
        return None
    runs, evaluations = actions.runs(), actions.evaluations()
    ended = _ended(runs, evaluations)
    new = [key for key in ended if key not in memory.announced]
    if not new:
        return None
    chat = chats.load(actions.workspace, chat_id)
    items: list[Item] = []
    names = {run.id: run.plan.name for run in runs}
    for key in reversed(new):
        record = ended[key]
        if isinstance(record, Run):
            items += run_ended(run_seen(record), chat.language)
        else:
            name = names.get(record.request.run_id, "")
            items += evaluation_ended(actions, record, name, chat.language)
    if chat.items[-len(items) :] != tuple(items):  # equal: killed between the two files
        chat = chat.model_copy(update={"items": (*chat.items, *items)})
        chats.save(actions.workspace, chat)
    told = memory.model_copy(update={"announced": (*memory.announced, *new)})
    chats.save_memory(actions.workspace, chat_id, told)
    return chat


def _ended(
    runs: tuple[Run, ...], evaluations: tuple[Evaluation, ...]
) -> dict[str, Run | Evaluation]:
    """What has ended, newest first; a run that was resumed ends again under another key."""
    ended: dict[str, Run | Evaluation] = {
        f"{each.id}:{each.status}": each for each in evaluations if each.status in ENDED_EVALUATION
    }
    for run in runs:
        if run.status in ENDED_RUN:
            ended[f"{run.id}:{run.attempt}:{run.status}"] = run
    return ended


def run_ended(seen: RunSeen, language: Language) -> list[Item]:
    """The message and the card for a run that ended."""
    text = telling.run(seen, language)
    if seen.status == "succeeded" and seen.changes_model:
        text = joined((text, reply("next_compare", language)), language)
    return [AssistantSaid(text=text), CardShown(card="run", id=seen.id)]


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
