"""What the trainer program is told beside the plan, and which process was started for it."""

from __future__ import annotations

from typing import Any, Literal

from core.messages import Record
from core.models.catalog import ResolvedModel
from core.processes import ProcessId


class Job(Record):
    """The facts that a plan is carried out with on this machine; rewritten at each resume."""

    created: str
    """When the run was first started: ISO time, UTC."""
    attempt: int
    """1 for the first start, one more for each resume."""
    model: ResolvedModel
    chat_template_kwargs: dict[str, Any] | None
    """Known before the start for a local folder; the trainer finds out for a Hub model."""
    offline: bool
    """Never ask a model hub."""
    machine: str
    """What this machine is in words, so that speeds are compared only where they can be."""
    schedule_from: int = 0
    """The step at which the learning rate's schedule begins: where a run was extended last."""


LauncherName = Literal["local", "accelerate", "ray"]


class Launch(Record):
    """The handle of an attempt: what was started, so that any later app can ask and stop it."""

    attempt: int
    process: ProcessId
    """The trainer of a single-process run, or the supervisor of several workers."""
    launcher: LauncherName = "local"
    workers: int = 1
    host: str = ""
    """The machine that the process runs on; "" in records from before there were several."""
