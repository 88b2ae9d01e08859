"""The verbs about data: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.data import excluding, jobs, repairing, splitting, store, versions
from core.data.ingest import Progress, read_file
from core.data.jobs import Job
from core.data.leaks import LeakReport
from core.data.problems import NoUsableRows
from core.data.records import Dataset, Example, ReadChoices, Split
from core.data.repairing import RepairOffer
from core.data.report import Beside, CheckReport, check_file, leaks_against
from core.data.versions import RowChange
from core.errors import DataError
from core.mask_actions import MaskActions
from core.models import catalog, readers
from core.models.readers import ModelReader
from core.training.learning import Totals, totals
from core.training.token_counts import Histogram, counted, sample_histogram
from core.training.token_view import TokenView, show_row

MAX_LENGTH = 1024
"""Tokens a row, until a plan says otherwise."""
LARGE_FILE = 16 << 20
"""Bytes; the texts of a larger file are read by a job, so that nobody waits for a page."""


def _silent(*_: object) -> None:
    return None


@dataclass(frozen=True)
class DataActions(MaskActions):
    """The verbs about data, over one workspace and its settings."""

    def check_file(
        self,
        file: Path,
        choices: ReadChoices | None = None,
        against: Path | None = None,
        model: str | None = None,
        progress: Progress = _silent,
        dedupe: bool = True,
    ) -> CheckReport:
        """Read a file and say everything about it; nothing is kept.

        `against` is a file with held-out rows that this one must not overlap with; with `model`,
        what this base model would not learn of the rows is said too. With `structure_only` in the
        choices the texts are not read, and without `dedupe` not compared either. Raises
        NoUsableRows only when the file can't be read as rows at all, ModelError when the model
        can't be used.
        """
        beside = Beside(against, self._reader(model) if model else None)
        return check_file(file, choices or ReadChoices(), beside, progress, dedupe)

    def import_data(
        self,
        file: Path,
        name: str | None = None,
        choices: ReadChoices | None = None,
        progress: Progress = _silent,
    ) -> Dataset:
        """Read a file, list every problem in it, and keep its good rows as a dataset version.

        Raises DataError when no row can be used; the error lists why.
        """
        checked = read_file(file, name, choices, progress)
        return versions.keep(self.workspace, checked, file)

    def import_mended(
        self,
        file: Path,
        name: str | None,
        choices: ReadChoices | None,
        codes: Sequence[str] | None,
        progress: Progress = _silent,
    ) -> Dataset:
        """As `import_data`, then mended as `repair` does; no codes mend nothing.

        A file of which no row can be used as it is, is mended while it is read. Raises DataError
        when a named code can't be mended, or still no row can be used.
        """
        try:
            dataset = self.import_data(file, name, choices, progress)
        except NoUsableRows:
            if codes is not None and not codes:
                raise
            wanted = repairing.AUTOMATIC if codes is None else tuple(codes)
            mending = (choices or ReadChoices()).model_copy(update={"repairs": wanted})
            return self.import_data(file, name, mending, progress)
        if codes is None:
            codes = [offer.code for offer in repairing.harmless(self.repairs(dataset.id))]
        return self.repair(dataset.id, codes) if codes else dataset

    def import_quickly(self, file: Path, choices: ReadChoices | None = None) -> Dataset:
        """As `import_data`; the texts of a large file are read afterwards, by a job.

        Raises DataError when no row can be used.
        """
        choices = choices or ReadChoices()
        large = file.is_file() and file.stat().st_size > LARGE_FILE
        if not large:
            return self.import_data(file, choices=choices)
        quick = choices.model_copy(update={"structure_only": True})
        dataset = self.import_data(file, choices=quick)
        if not dataset.inspected:
            self.inspect(dataset.id)
        return dataset

    def answer(self, dataset_id: str, answers: dict[str, str]) -> Dataset:
        """Read a dataset's file again with the person's answers to its questions.

        Raises DataError when an answer is none of the options, or no row can be used then.
        """
        return versions.answer(self.workspace, self.dataset(dataset_id), answers)

    def inspect(self, dataset_id: str) -> Job:
        """Read the texts of a dataset in the background; returns the job that does it."""
        return jobs.start(self.workspace, "inspect", self.dataset(dataset_id).id)

    def jobs(self) -> tuple[Job, ...]:
        """Long work on data, newest first."""
        return jobs.list_jobs(self.workspace)

    def job(self, job_id: str) -> Job:
        return jobs.status(self.workspace, job_id)

    def cancel_job(self, job_id: str) -> Job:
        """End a piece of long work; what it has written so far stays."""
        return jobs.cancel(self.workspace, job_id)

    def datasets(self) -> tuple[Dataset, ...]:
        """All dataset versions, newest first."""
        return store.list_datasets(self.workspace)

    def damaged_datasets(self) -> tuple[DataError, ...]:
        """Why some datasets can't be listed."""
        return store.damaged_datasets(self.workspace)

    def dataset(self, dataset_id: str) -> Dataset:
        return store.load(self.workspace, dataset_id)

    def find_dataset(self, text: str) -> Dataset:
        """The dataset that a person means by an id, the start of one, a name, or `last`.

        Raises DataError when none or several fit.
        """
        found = self.datasets()
        if text == "last":
            matches = found[:1]
        else:
            matches = tuple(d for d in found if text in (d.id, d.name, d.source_name))
            matches = matches or tuple(d for d in found if text and d.id.startswith(text))
        if len(matches) != 1:
            problem = f"There is no dataset that fits '{text}'."
            if matches:
                problem = f"Several datasets fit '{text}': {len(matches)}."
            raise DataError(problem, fix="`duotune datasets` lists them with their ids.")
        return matches[0]

    def examples(self, dataset_id: str) -> Sequence[Example]:
        """The usable rows of a dataset, in file order."""
        return store.load_examples(self.workspace, dataset_id)

    def repairs(self, dataset_id: str) -> tuple[RepairOffer, ...]:
        """What can be mended in a dataset by itself, and how often."""
        return repairing.offers(self.dataset(dataset_id))

    def repair(
        self,
        dataset_id: str,
        codes: Sequence[str] | None = None,
        fills: Mapping[str, str] | None = None,
    ) -> Dataset:
        """Mend what these codes name (None: all that takes nothing away) as a new version.

        `fills` say what placeholders stand for. Raises DataError when a code can't be mended or
        nothing would change.
        """
        return repairing.repair(self.workspace, self.dataset(dataset_id), codes, fills)

    def changes(self, dataset_id: str) -> tuple[RowChange, ...]:
        """Row by row, how a version differs from its parent; empty for one without a parent."""
        return versions.changes(self.workspace, self.dataset(dataset_id))

    def undo(self, dataset_id: str) -> Dataset:
        """Go back to a version's parent; the version is deleted unless a run was trained on it.

        Raises DataError when it has no parent.
        """
        return versions.undo(self.workspace, self.dataset(dataset_id))

    def rejected_file(self, dataset_id: str) -> Path:
        """The rejected rows of a dataset, to be corrected and added again; may be empty."""
        return store.rejected_file(self.workspace, dataset_id)

    def add_rows(self, dataset_id: str, file: Path) -> Dataset:
        """Add the good rows of another file, such as corrected rejects, as a new version.

        Raises DataError when it holds no usable row that is new.
        """
        return versions.add_rows(self.workspace, self.dataset(dataset_id), file)

    def exclude_rows(self, dataset_id: str, rows: Collection[int]) -> Dataset:
        """The next version of a dataset, without these rows; raises DataError for none of them."""
        return excluding.exclude(self.workspace, self.dataset(dataset_id), rows)

    def correct_rows(self, dataset_id: str, answers: Mapping[int, str]) -> Dataset:
        """The next version of a dataset, with other last answers in these rows.

        Raises DataError when none of them is there, or an answer is empty.
        """
        return excluding.correct(self.workspace, self.dataset(dataset_id), answers)

    def split(self, dataset_id: str) -> Split:
        """The dataset's frozen split; made on first use, the same ever after."""
        return splitting.frozen_split(self.workspace, dataset_id)

    def leaks(self, dataset_id: str) -> LeakReport:
        """Overlap between what is trained on and what is held out."""
        return splitting.frozen_leaks(self.workspace, dataset_id)

    def leaks_against(self, dataset_id: str, file: Path) -> LeakReport:
        """Overlap between all rows of a dataset and a file with held-out rows.

        Raises NoUsableRows when the file can't be read as rows.
        """
        return leaks_against(self.examples(dataset_id), file)

    # -- what a model will learn --------------------------------------------------------------

    def example(self, dataset_id: str, row: int) -> Example:
        """The usable conversation of a row, as rows are counted in the file.

        Raises DataError when the row holds none.
        """
        examples = store.load_examples(self.workspace, dataset_id)
        if row in examples.rows:
            return examples[examples.nearest(row)]
        raise DataError(
            f"Row {row} holds no usable conversation.",
            dataset_id,
            "It was rejected, or left out as a duplicate: `duotune check` says why.",
        )

    def show_tokens(
        self, dataset_id: str, row: int, model: str | None = None, max_length: int = MAX_LENGTH
    ) -> TokenView:
        """A row token by token: what a base model learns of it, what is context, what is cut.

        Raises DataError when there is no such row, ModelError without the model's tokenizer,
        PlanError when its template can't show the row.
        """
        masker = self._reader(model).masker(max_length)
        return show_row(self.example(dataset_id, row), masker)

    def learning(
        self, dataset_id: str, model: str | None = None, max_length: int = MAX_LENGTH
    ) -> Totals:
        """What a base model would learn of a whole dataset, and every row of which it loses some.

        Reads every row: some seconds for ten thousand. Raises as `show_tokens` does.
        """
        masker = self._reader(model).masker(max_length)
        return totals(self.examples(dataset_id), masker)

    def token_histogram(
        self, dataset_id: str, model: str | None = None, max_length: int = MAX_LENGTH
    ) -> Histogram:
        """How long rows are in tokens: exact when they were counted, else from a sample."""
        reader = self._reader(model)
        examples = self.examples(dataset_id)
        known = counted(examples, reader, self._token_cache(dataset_id), max_length)
        return known if known.exact else sample_histogram(examples, reader, max_length)

    def count_tokens(self, dataset_id: str, model: str | None = None) -> Job:
        """Count every row's tokens in the background."""
        chosen = model or catalog.default_model(self.settings)
        options = {"model": chosen, "offline": self.settings.offline}
        return jobs.start(self.workspace, "tokens", self.dataset(dataset_id).id, options)

    def _token_cache(self, dataset_id: str) -> Path:
        return jobs.token_counts_file(self.workspace, dataset_id)

    def _reader(self, model: str | None) -> ModelReader:
        name = model or catalog.default_model(self.settings)
        found = catalog.resolve(name, None, self.settings)
        return readers.read(found, self.settings.offline)
