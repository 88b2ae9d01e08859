"""What the callbacks of the Data room share, and how its list of datasets is drawn."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import gradio as gr

from core.data.jobs import Job
from core.data.records import Dataset
from core.disk import sha256_text
from core.models import catalog
from ui.files import lend
from ui.markup import join, tag
from ui.present import data_jobs
from ui.present import dataset as shown
from ui.rooms.data.shelf import Shelf
from ui.services import Services
from ui.visit import Visit
from ui.words import Voice

Drawn = dict[Any, Any]
"""Widgets and what they show from now on."""


class Part(Protocol):
    """A part of the room that shows the chosen dataset."""

    def outputs(self) -> list[Any]:
        """The widgets that `draw` may set."""

    def draw(self, dataset: Dataset, voice: Voice) -> Drawn:
        """What they show of a dataset."""


@dataclass(frozen=True)
class Chosen:
    """The widgets that say which dataset is shown."""

    dataset: Any
    """The dropdown."""
    stamp: Any
    """Changes when the dataset has to be drawn again."""
    following: Any
    """The job that this page waits for."""
    ended: Any
    """The job that ended last while this page waited for it."""


@dataclass(frozen=True)
class Look:
    """What the room shows now."""

    value: str | None
    """The dataset."""
    listed: list[Any]
    """The dropdown, and notes below it."""
    job: str
    running: Job | None
    ended: Job | None
    """The job that was followed, once it has ended."""


class DataRoom:
    """The verbs, and the shelf that keeps what they gave."""

    def __init__(self, services: Services) -> None:
        self.actions = services.actions
        self.watch = services.watch
        self.shelf = Shelf(services.actions, services.watch)

    def draw(self, visit: Visit, chosen: str | None, following: str | None) -> list[Any]:
        """The list of datasets, the newest chosen while nothing else is; drawn by the clock.

        The room's own clock ticks while a job is followed, and sees how it ends.
        """
        value = self._value(chosen)
        busy = following is not None or _running(self.actions.jobs(), value) is not None
        return [*self._list(value, visit.voice), gr.Timer(active=busy)]

    def look(self, visit: Visit, chosen: str | None, following: str | None) -> Look:
        """Which dataset is to be shown, and how the work on it stands."""
        jobs = self.actions.jobs()
        ended = self._ended(jobs, following)
        made = ended.result.dataset_id if ended and ended.result else None
        follows = ended is not None and chosen == ended.dataset_id
        value = self._value(made if follows and made else chosen)
        running = _running(jobs, value)
        return Look(
            value=value,
            listed=self._list(value, visit.voice),
            job=data_jobs.job(running or (ended if follows else None), visit.voice),
            running=running,
            ended=ended,
        )

    def _value(self, wanted: str | None) -> str | None:
        ids = [one.id for one in self.watch.datasets()]
        return wanted if wanted in ids else next(iter(ids), None)

    def _list(self, value: str | None, voice: Voice) -> list[Any]:
        datasets = self.watch.datasets()
        self.shelf.keep_only(one.id for one in datasets)
        notes = [shown.damaged(self.watch.damaged_datasets(), voice)]
        if not datasets:
            notes.append(tag("p", voice("data.none"), class_="dt-quiet"))
        choices = [(_title(one, voice), one.id) for one in datasets]
        return [gr.Dropdown(choices=choices, value=value), join(notes)]

    def _ended(self, jobs: tuple[Job, ...], following: str | None) -> Job | None:
        found = next((job for job in jobs if job.id == following), None)
        return found if found and found.status != "running" else None

    def model_names(self) -> list[str]:
        """Base models to choose from."""
        return [model.name for model in self.actions.models()]

    def default_model(self) -> str:
        """The base model that a plan would start with."""
        return catalog.default_model(self.actions.settings)

    def offer_file(self, file: Path, name: str) -> str | None:
        """A copy of a file where the browser may fetch it; None for an empty one."""
        if not file.exists() or not file.stat().st_size:
            return None
        key = sha256_text(f"{file} {file.stat().st_mtime_ns}")[:16]
        copy = self.actions.workspace.exchange / f"out-{key}" / name
        if not copy.exists():
            # Made aside: two pages may offer it at once, and none may fetch half of it.
            aside = lend(self.actions.workspace, file)
            copy.parent.mkdir(parents=True, exist_ok=True)
            aside.replace(copy)
            shutil.rmtree(aside.parent)  # where two names are of one file, nothing was moved
        return str(copy)


def _running(jobs: Sequence[Job], dataset_id: str | None) -> Job | None:
    found = (job for job in jobs if job.dataset_id == dataset_id and job.status == "running")
    return next(found, None)


def _title(dataset: Dataset, voice: Voice) -> str:
    usable = f"{dataset.name} ({dataset.summary.usable:,})"
    if dataset.change is None or dataset.parent is None:
        return usable
    kind = dataset.change.kind.replace(" ", "_")
    return f"{usable} · {voice(f'data.kind.{kind}')}"
