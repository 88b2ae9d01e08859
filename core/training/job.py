"""What the trainer program is told beside the plan, and which process was started for it."""

from __future__ import annotations

from typing import Any

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


class Launch(Record):
    """The process that was started for an attempt."""

    attempt: int
    process: ProcessId
