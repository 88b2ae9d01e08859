"""Batches: many questions through all contenders in a process of its own, resumed after any end."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from core.comparing.answering import Answered
from core.comparing.folder import ComparingFolder
from core.comparing.prompts import Item
from core.data.jobs import JobFolder, end_program, run_program, state_of
from core.disk import last_record, write_atomic
from core.errors import RunError, disk_errors
from core.identifiers import new_id, now
from core.messages import Record
from core.serving.contenders import MOST_LANES, Contender
from core.serving.records import Sampling
from core.settings import Settings
from core.workspace import Workspace

BatchStatus = Literal["running", "done", "failed", "cancelled"]
PROGRAM = "core.comparing.batch_program"
ITEMS: TypeAdapter[tuple[Item, ...]] = TypeAdapter(tuple[Item, ...])
LOST = "The batch ended without a word."


class BatchRequest(Record):
    """What is asked of whom."""

    name: str
    """Where the questions come from, in words: a file's name, or a part of the data."""
    contenders: tuple[Contender, ...]
    titles: tuple[str, ...]
    sampling: Sampling = Sampling()
    concurrency: int = 8
    """Requests under way at each server."""
    run_id: str = ""
    """The run that it is about; "" for none."""
    part: Literal["", "test", "validation"] = ""
    """The held-out part that the questions are, where they are one: it can be evaluated."""
    created: str = ""
    """ISO time, UTC."""
    items: int = 0
    """How many questions there are."""


class BatchProgress(Record):
    """How far it is."""

    phase: str
    """What happens now, in words."""
    done: int = 0
    """Answers had, of all contenders."""
    total: int | None = None
    failed: int = 0
    cached: int = 0
    seconds: float | None = None
    """Of asking, up to now or to the end of it; None before."""
    tokens: int = 0
    """Generated in this attempt, without what was had before."""


class Batch(Record):
    """One batch, as it stands now."""

    id: str
    request: BatchRequest
    status: BatchStatus
    progress: BatchProgress
    problem: str = ""
    where: str = ""
    fix: str = ""


@dataclass(frozen=True)
class BatchFolder(JobFolder):
    """The files of one batch: what the app and the batch program share."""

    @classmethod
    def of(cls, workspace: Workspace, batch_id: str) -> BatchFolder:
        return cls(ComparingFolder.of(workspace).batch(batch_id))

    @property
    def items(self) -> Path:
        return self.root / "items.json"

    @property
    def answers(self) -> Path:
        """One answer a line; a later line for the same question and contender counts."""
        return self.root / "answers.jsonl"


def start(
    workspace: Workspace, settings: Settings, request: BatchRequest, items: Sequence[Item]
) -> Batch:
    """Start a batch; returns at once.

    Raises RunError for no contender or more than can be read side by side.
    """
    if not 1 <= len(request.contenders) <= MOST_LANES:
        raise RunError(
            f"{len(request.contenders)} models can't be put side by side: 2 to {MOST_LANES} can.",
            fix="Choose who answers.",
        )
    folder = BatchFolder.of(workspace, new_id("bat"))
    write_atomic(folder.items, ITEMS.dump_json(tuple(items)))
    asked = request.model_copy(update={"created": now(), "items": len(items)})
    write_atomic(folder.request, asked.model_dump_json(indent=1))
    return _launch(workspace, settings, folder)


def resume(workspace: Workspace, settings: Settings, batch_id: str) -> Batch:
    """Go on with a batch that was cancelled or failed, or has answers that failed.

    What was answered is not asked again. Raises RunError while it runs.
    """
    batch = status(workspace, batch_id)
    if batch.status == "running":
        raise RunError("This batch is still running.", batch_id, "Wait for it, or cancel it.")
    folder = BatchFolder.of(workspace, batch_id)
    for path in (folder.result, folder.process, folder.cancelled):
        path.unlink(missing_ok=True)
    return _launch(workspace, settings, folder)


def _launch(workspace: Workspace, settings: Settings, folder: BatchFolder) -> Batch:
    write_atomic(folder.progress, BatchProgress(phase="starting").model_dump_json() + "\n")
    given = {}
    if settings.vllm_python:
        given["DUOTUNE_VLLM_PYTHON"] = str(settings.vllm_python)
    if settings.offline:
        given["HF_HUB_OFFLINE"] = "1"
    run_program(PROGRAM, workspace, folder, given)
    return status(workspace, folder.root.name)


def status(workspace: Workspace, batch_id: str) -> Batch:
    """How a batch stands now; raises RunError when there is none of this name."""
    folder = BatchFolder.of(workspace, batch_id)
    try:
        request = BatchRequest.model_validate_json(folder.request.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError("There is no such batch.", batch_id, "Start it again.") from error
    state, result = state_of(folder, LOST)
    progress = last_record(folder.progress, BatchProgress) or BatchProgress(phase="starting")
    return Batch(
        id=batch_id,
        request=request,
        status=state,
        progress=progress,
        problem=result.problem if result else "",
        where=result.where if result else "",
        fix=result.fix if result else "",
    )


def list_batches(workspace: Workspace) -> tuple[Batch, ...]:
    """All readable batches, newest first."""
    found = []
    for path in sorted(ComparingFolder.of(workspace).batches.glob("bat-*"), reverse=True):
        with suppress(RunError, OSError):
            found.append(status(workspace, path.name))
    return tuple(found)


def items(workspace: Workspace, batch_id: str) -> tuple[Item, ...]:
    """The questions of a batch; raises RunError when they can't be read."""
    path = BatchFolder.of(workspace, batch_id).items
    try:
        return ITEMS.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RunError(
            "The questions of this batch can't be read.", str(path), "Start it again."
        ) from error


def answers(workspace: Workspace, batch_id: str) -> dict[tuple[str, int], Answered]:
    """The newest answer of each contender to each question.

    A line that was cut short by a kill is passed over, and its question asked again.
    """
    path = BatchFolder.of(workspace, batch_id).answers
    found: dict[tuple[str, int], Answered] = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            one = Answered.model_validate_json(line)
        except ValidationError:
            continue
        found[one.item, one.contender] = one
    return found


def cancel(workspace: Workspace, batch_id: str) -> Batch:
    """End a batch; what it has stays. Nothing happens to one that has ended."""
    if status(workspace, batch_id).status == "running":
        end_program(BatchFolder.of(workspace, batch_id))
    return status(workspace, batch_id)


def delete(workspace: Workspace, batch_id: str) -> Batch:
    """Remove a batch with its answers; raises RunError while it runs."""
    batch = status(workspace, batch_id)
    if batch.status == "running":
        raise RunError("This batch is still running.", batch_id, "Wait for it, or cancel it.")
    folder = BatchFolder.of(workspace, batch_id)
    with disk_errors(folder.root, "delete a folder"):
        shutil.rmtree(folder.root)
    return batch
