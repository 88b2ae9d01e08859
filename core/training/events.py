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


class TrainerReady(Event):
    """The model is loaded and everything that the plan left open is decided."""

    kind: Literal["trainer_ready"] = "trainer_ready"
    settings: dict[str, str]
    """What every `auto` of the plan came to, by field name."""
    device: str
    """What it trains on, in words, such as `cpu` or a GPU's name."""
    parameters: int
    """Weights of the model, those of an adapter included."""
    trainable: int
    """Weights that training changes."""


class Heartbeat(Event):
    """The trainer lives, though it had nothing else to say: a long phase is told from a dead one.

    Comes after every `journal.QUIET_S` without another event, so a live trainer is never silent
    for longer than twice `journal.QUIET_MOST_S`.
    """

    kind: Literal["heartbeat"] = "heartbeat"
    phase: Phase
    seconds: float
    """Since the phase began."""
    rss_mb: float | None
    """Main memory that the process holds now, MiB; None when it could not be measured."""
    gpu_mb: float | None
    """GPU memory in use at most since the last logged step, MiB; None without a GPU."""


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
    rss_mb: float | None = None
    """Main memory that the process holds now, MiB."""
    gpu_mb: float | None = None
    """GPU memory in tensors at most since the last logged step, MiB; None without a GPU."""
    gpu_reserved_mb: float | None = None
    """GPU memory that torch took from the driver for it at most, MiB: what other programs miss."""
    metrics: dict[str, float] = Field(default_factory=dict)
    """What else TRL measured of these steps, by its names: entropy, rewards/margins, ..."""


class Evaluated(Event):
    """Validation loss was measured."""

    kind: Literal["evaluated"] = "evaluated"
    step: int
    loss: float
    metrics: dict[str, float] = Field(default_factory=dict)
    """What else TRL measured, by its names without eval_."""


class EarlyStopped(Event):
    """Validation loss did not get better for as long as the plan allows; the best is kept."""

    kind: Literal["early_stopped"] = "early_stopped"
    step: int
    best_step: int


class CheckpointSaved(Event):
    """A checkpoint with a manifest of hashes is complete on disk."""

    kind: Literal["checkpoint_saved"] = "checkpoint_saved"
    step: int
    name: str


class WarningRaised(Event):
    """Something the person should know that does not stop the run."""

    kind: Literal["warning_raised"] = "warning_raised"
    message: str


class AfterCare(Record):
    """What was measured of a finished model, as it was read back from disk."""

    tensors: int
    """Weights on disk that the model was seen to hold bit by bit after loading."""
    update_norm: float | None
    """Frobenius norm of the change of all weights; None when it was not measured."""
    prompts: int
    """Held-out texts that were looked at; trained ones when nothing is held out."""
    changed: int
    """Of these, those where base and tuned prefer another token somewhere in the answer."""
    asked: int
    """Prompts that the model answered until it stopped or the limit was reached."""
    stopped: int
    """Of these, those whose answer it ended by itself."""
    limit_tokens: int
    """The longest that an answer was allowed to get."""
    seconds: float


class RunSucceeded(Event):
    """What was trained is saved, loads, and was checked."""

    kind: Literal["run_succeeded"] = "run_succeeded"
    step: int
    best_step: int | None
    """Step of the kept adapter; None when validation loss was never measured."""
    best_loss: float | None
    seconds: float
    """Wall time of this attempt."""
    changes_model: bool
    """False when the adapter leaves the base model's outputs exactly as they were."""
    aftercare: AfterCare | None = None
    """None in runs from before this was measured."""
    peak_rss_mb: float | None = None
    """The most main memory that the process ever held, MiB; None where the system can't tell."""
    peak_gpu_mb: float | None = None
    """The most GPU memory that torch took from the driver, MiB; None without a GPU."""


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
    | Heartbeat
    | TrainerReady
    | DataPrepared
    | StepLogged
    | Evaluated
    | EarlyStopped
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
