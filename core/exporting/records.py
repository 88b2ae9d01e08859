"""Export and what it is made from: a tuned model on its way out of the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from core.certificates.certify import Wish
from core.certificates.records import Verdict
from core.data.jobs import JobFolder, JobStatus
from core.messages import Record

Kind = Literal["adapter", "merged", "zip", "gguf", "hub"]
Content = Literal["adapter", "merged"]
"""What is in it: the adapter alone, or a whole model."""
GgufType = Literal["f32", "f16", "bf16", "q8_0", "auto"]
"""What llama.cpp's own converter writes without further programs."""
Phase = Literal[
    "starting", "writing", "certifying", "describing", "packing", "converting", "uploading"
]


class DataFact(Record):
    """The data that a model was trained on, as its card tells of it."""

    dataset_id: str
    name: str
    split_fingerprint: str
    train: int | None = None
    """Rows of each part; None where the data was deleted since."""
    validation: int | None = None
    test: int | None = None
    languages: dict[str, int] = Field(default_factory=dict)
    source_sha256: str = ""
    licence: str = ""
    """As the person gives it; "" where nobody said."""


class Figure(Record):
    """One measured figure of an evaluation, with its interval."""

    name: str
    base: float | None
    tuned: float | None
    difference: float | None
    low: float | None
    """Ends of the 95% interval of the difference; None when it could not be computed."""
    high: float | None
    pairs: int


class ReportFact(Record):
    """A finished evaluation, as a card tells of it."""

    report_id: str
    created: str
    verdict: str
    rubric: str
    figures: tuple[Figure, ...]


class HubTarget(Record):
    """Where an export is uploaded to."""

    repo: str
    """`owner/name`."""
    private: bool = True
    overwrite: bool = False
    """Whether a repository that is there already may be written to."""


class ExportRequest(Record):
    """What is to be exported, and how."""

    id: str
    kind: Kind
    content: Content
    source: Literal["run", "library"]
    source_id: str
    name: str
    """Of the folder or file that is made."""
    directory: Path
    """Where it is to stand."""
    gguf_type: GgufType = "f16"
    hub: HubTarget | None = None
    override: str = ""
    """Who takes it out although its certificate is red; "" when nobody does."""
    wish: Wish = Wish()
    data: DataFact | None = None
    reports: tuple[ReportFact, ...] = ()
    created: str


class ExportProgress(Record):
    """How far it is."""

    phase: Phase
    told: str = ""
    """What is done now, in words."""
    done: int = 0
    """Bytes."""
    total: int | None = None


class Made(Record):
    """What an export came to."""

    path: str
    """The folder or file; "" where it went to a hub and nothing stays here."""
    bytes: int
    files: dict[str, str]
    """SHA-256 by name."""
    made_at: str
    certificate_id: str
    verdict: Verdict
    url: str = ""
    notes: tuple[str, ...] = ()
    """What the person must know of it."""


class Export(Record):
    """One export, as it stands now."""

    id: str
    request: ExportRequest
    status: JobStatus
    phase: Phase
    told: str
    done: int
    total: int | None
    made: Made | None
    """None until it is done."""
    certificate_id: str = ""
    """The newest one, also of an export that it stopped."""
    problem: str = ""
    where: str = ""
    fix: str = ""

    @property
    def run_id(self) -> str:
        """The run, or the library's entry, that it comes from."""
        return self.request.source_id


@dataclass(frozen=True)
class ExportFolder(JobFolder):
    """The files of one export: what the app and its program share."""

    @property
    def made(self) -> Path:
        return self.root / "made.json"

    @property
    def work(self) -> Path:
        """What is only needed while it is made."""
        return self.root / "work"


def aside(request: ExportRequest) -> Path:
    """Where an export is built, on the disk that it will stand on."""
    return request.directory / f".{request.name}.{request.id}"
