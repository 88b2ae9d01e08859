"""What happened during a run, one typed event per line of `events.jsonl`.

One writer (the trainer, which holds the run's lease), many readers by byte offset.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError

from core.disk import append_line
from core.messages import Record

Phase = Literal["loading", "preparing", "training", "evaluating", "saving", "checking"]


class Event(Record):
    """Common to all events."""

    attempt: int
    """1 for the first start of a run, one more for each resume."""
    at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class RunStarted(Event):
    """A trainer process took the run's lease."""

    kind: Literal["run_started"] = "run_started"
    pid: int
    from_step: int
    """0, or the step of the checkpoint it continues from."""
    total_steps: int | None = None


class PhaseChanged(Event):
    """The trainer does something else from now on."""

    kind: Literal["phase_changed"] = "phase_changed"
    phase: Phase
    detail: str = ""


class DataPrepared(Event):
    """Rows became token ids and loss masks."""

    kind: Literal["data_prepared"] = "data_prepared"
    train_rows: int
    validation_rows: int
    train_tokens: int
    supervised_tokens: int
    """Tokens of the training part that the loss is computed on."""
    cut_rows: tuple[int, ...]
    """Source rows longer than max_length, which were cut at the end."""
    dropped_rows: tuple[int, ...]
    """Source rows left without any supervised token after cutting."""
    total_steps: int
    """Optimizer steps the plan comes to."""


class StepLogged(Event):
    """The trainer finished an optimizer step."""

    kind: Literal["step_logged"] = "step_logged"
    step: int
    total: int
    epoch: float
    loss: float
    learning_rate: float
    grad_norm: float | None
    tokens_per_s: float | None
    """Training tokens per second since training began in this attempt."""
    eta_s: float | None
    """Seconds left, by the mean step time of this attempt."""


class Evaluated(Event):
    """Validation loss was measured."""

    kind: Literal["evaluated"] = "evaluated"
    step: int
    loss: float


class CheckpointSaved(Event):
    """A checkpoint with a manifest of hashes is complete on disk."""

    kind: Literal["checkpoint_saved"] = "checkpoint_saved"
    step: int
    name: str


class WarningRaised(Event):
    """Something the person should know that does not stop the run."""

    kind: Literal["warning_raised"] = "warning_raised"
    message: str


class RunSucceeded(Event):
    """The adapter is saved, loads, and was checked."""

    kind: Literal["run_succeeded"] = "run_succeeded"
    step: int
    best_step: int | None
    """Step of the kept adapter; None when validation loss was never measured."""
    best_loss: float | None
    seconds: float
    """Wall time of this attempt."""
    changes_model: bool
    """False when the adapter leaves the base model's outputs exactly as they were."""


class RunStopped(Event):
    """The person asked to stop; a checkpoint was saved first."""

    kind: Literal["run_stopped"] = "run_stopped"
    step: int


class RunFailed(Event):
    """The trainer stopped on an error."""

    kind: Literal["run_failed"] = "run_failed"
    problem: str
    where: str = ""
    fix: str = ""


AnyEvent = Annotated[
    RunStarted
    | PhaseChanged
    | DataPrepared
    | StepLogged
    | Evaluated
    | CheckpointSaved
    | WarningRaised
    | RunSucceeded
    | RunStopped
    | RunFailed,
    Field(discriminator="kind"),
]
EVENT: TypeAdapter[AnyEvent] = TypeAdapter(AnyEvent)


class Tail(NamedTuple):
    """Events read from an offset, and the offset to read from next time."""

    events: list[AnyEvent]
    offset: int
    damaged: int = 0
    """Lines that are no event, such as one cut short by a full disk."""


def append(path: Path, event: Event) -> None:
    """Append one event as one line."""
    append_line(path, event.model_dump_json())


def read(path: Path, offset: int = 0) -> Tail:
    """Events written since `offset` bytes; a half-written last line waits for the next read."""
    if not path.exists():
        return Tail([], offset)
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read()
    complete = data[: data.rfind(b"\n") + 1]
    events, damaged = [], 0
    for line in complete.splitlines():
        try:
            events.append(EVENT.validate_json(line))
        except ValidationError:
            damaged += 1
    return Tail(events, offset + len(complete), damaged)


def finish_last_line(path: Path) -> None:
    """End a line that a dying writer left open, so that the next event gets a line of its own."""
    if path.exists() and (data := path.read_bytes()) and not data.endswith(b"\n"):
        append_line(path, "")
