"""News of models that were exported, proven, or asked many questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from core.assistant import results_library, telling_library
from core.assistant.records import AssistantSaid, CardShown, Item, Language
from core.assistant.replies import reply
from core.certificates.certifications import Certification
from core.comparing.batch import Batch
from core.errors import RunError
from core.exporting.records import Export
from core.wording import said

if TYPE_CHECKING:
    from core.actions import Actions

Departed: TypeAlias = Export | Certification | Batch


def departures(actions: Actions) -> tuple[Departed, ...]:
    """All such work, running or ended, newest first of each kind."""
    return (*actions.exports(), *actions.certifications(), *actions.batches())


def departed(actions: Actions, record: Departed, language: Language) -> list[Item]:
    """The message for what ended, and its card."""
    match record:
        case Export():
            return export_ended(actions, record, language)
        case Certification():
            return certification_ended(actions, record, language)
        case Batch():
            return [AssistantSaid(text=batch_ended(record, language))]


def export_ended(actions: Actions, found: Export, language: Language) -> list[Item]:
    """Where it lies, or why it was not made."""
    names = {found.run_id: name_of(actions, found.run_id)}
    seen = results_library.exports_seen((found,), names)
    text = telling_library.export(seen.exports[0], language)
    return [AssistantSaid(text=text), CardShown(card="export", id=found.id)]


def certification_ended(actions: Actions, found: Certification, language: Language) -> list[Item]:
    """What was proven, or why nothing could be."""
    card = CardShown(card="certification", id=found.id)
    if found.proved is None:
        name = name_of(actions, found.request.name)
        seen = results_library.certification_seen(found, name)
        return [AssistantSaid(text=telling_library.certification(seen, language)), card]
    try:
        made = actions.certificate(found.proved.certificate_id)
    except RunError:  # deleted with its model meanwhile: there is nothing to tell of it
        return []
    text = telling_library.certificate(results_library.certificate_seen(made), language)
    return [AssistantSaid(text=text), card]


def batch_ended(found: Batch, language: Language) -> str:
    """How many answers there are, or why there are none."""
    seen = found.progress
    facts = {"name": found.request.name, "done": seen.done, "failed": seen.failed}
    if found.status == "done":
        return reply("batch_partly" if seen.failed else "batch_done", language, **facts)
    texts = {name: said(getattr(found, name), language) for name in ("problem", "fix")}
    return reply("batch_failed", language, **facts, **texts).rstrip()


def name_of(actions: Actions, source_id: str) -> str:
    """What a person calls a run; a model of the library is called by its name anyway."""
    return next((run.plan.name for run in actions.runs() if run.id == source_id), source_id)
