"""The verbs about more rows and about even classes: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ValidationError

from core.data import jobs, splitting, store, versions
from core.data.augment.balancing import train_pairs
from core.data.augment.context import Context
from core.data.augment.paraphrase import Cost
from core.data.augment.planning import AugmentOptions, AugmentPlan, AugmentRequest, make_plan
from core.data.augment.proposals import ProposalFile, Proposals, with_accepted
from core.data.augment.records import Proposal
from core.data.augment.running import augment_endpoint
from core.data.augment.tally import Outcome
from core.data.augment.working import judge_endpoint
from core.data.jobs import Job, JobFolder
from core.data.records import Change, Dataset, Example
from core.data.tasks.balance import Balance, Capped, cap, measure, usual_limit
from core.errors import DataError
from core.settings import EndpointSetting, Settings
from core.workspace import Workspace


@dataclass(frozen=True)
class Augmentation:
    """An augmentation as it stands now."""

    job: Job
    proposals: Proposals
    outcome: Outcome | None
    """None until it has ended, or when it was killed."""


@dataclass(frozen=True)
class BalancePlan:
    """How rows of the train part are spread over classes, and which would be left out."""

    balance: Balance
    capped: Capped


@dataclass(frozen=True)
class AugmentActions:
    """The verbs about augmentation and balance, over one workspace and its settings."""

    workspace: Workspace
    settings: Settings

    def augmentation_plan(
        self, dataset_id: str, request: AugmentRequest, judged: bool = False
    ) -> AugmentPlan:
        """Which rows an augmentation would take, what it costs, and what small classes lack.

        Raises DataError when there is nothing to do.
        """
        return make_plan(self._context(dataset_id), AugmentOptions.of(request, judged))

    def augmentation_cost(
        self, dataset_id: str, request: AugmentRequest, judged: bool = False
    ) -> Cost:
        """What an augmentation will take, told before anything is sent; raises the same."""
        return self.augmentation_plan(dataset_id, request, judged).cost

    def augment_endpoint(self) -> EndpointSetting:
        """Where the texts of rows would be sent. Raises SettingError when no endpoint is set."""
        return augment_endpoint(self.settings)

    def start_augmentation(
        self, dataset_id: str, request: AugmentRequest, judged: bool = False
    ) -> Job:
        """Make proposals for more rows of the train part in the background.

        Raises DataError when there is nothing to do, SettingError without an endpoint.
        """
        options = AugmentOptions.of(request, judged)
        secrets = self._secrets(options)
        make_plan(self._context(dataset_id), options)
        given = options.model_dump(mode="json", exclude_none=True)
        return jobs.start(self.workspace, "augment", dataset_id, given, secrets)

    def resume_job(self, job_id: str) -> Job:
        """Go on with work on data that was cancelled or failed; what it kept is not done again.

        Raises DataError when there is no such job, SettingError without the endpoint it needs.
        """
        request = jobs.request_of(self.workspace, job_id)
        secrets = {}
        if request.kind == "augment":
            secrets = self._secrets(AugmentOptions.model_validate(request.options))
        return jobs.resume(self.workspace, job_id, secrets)

    def augmentation(self, job_id: str) -> Augmentation:
        """The proposals of an augmentation as they stand now, and what it did.

        Raises DataError when there is no such augmentation.
        """
        job, folder = self._job(job_id)
        try:
            outcome = Outcome.model_validate_json(folder.outcome.read_bytes())
        except (OSError, ValidationError):
            outcome = None
        ended = job.status != "running"
        return Augmentation(job, ProposalFile(folder.proposals).read(), outcome if ended else None)

    def proposal_parents(self, job_id: str) -> dict[str, Example]:
        """The rows that an augmentation's proposals were made from, by their ids."""
        job, folder = self._job(job_id)
        wanted = {one.parent_id for one in ProposalFile(folder.proposals).read().by_id.values()}
        examples = store.load_examples(self.workspace, job.dataset_id)
        return {example.id: example for example in examples if example.id in wanted}

    def decide_proposals(
        self, job_id: str, ids: Iterable[str], accepted: bool | None
    ) -> tuple[Proposal, ...]:
        """Accept or reject proposals, or take that back with None; the last word holds.

        Raises DataError, with nothing decided, when one is not there or may not be accepted.
        """
        _, folder = self._job(job_id)
        return ProposalFile(folder.proposals).decide_all(ids, accepted)

    def accept_augmentation(self, job_id: str) -> Dataset:
        """Add the accepted proposals to the train part, as a new dataset version.

        What was held out stays held out. Raises DataError when none adds a row.
        """
        job, folder = self._job(job_id)
        dataset = store.load(self.workspace, job.dataset_id)
        examples = store.load_examples(self.workspace, dataset.id)
        split = splitting.frozen_split(self.workspace, dataset.id)
        rows = with_accepted(examples, split, ProposalFile(folder.proposals).read())
        added = len(rows) - len(examples)
        if not added:
            raise DataError(
                "No proposal was accepted that adds a row.",
                job_id,
                "Look at the proposals, and accept those that are right.",
            )
        change = Change(kind="augmented", added=added)
        return versions.save_examples(self.workspace, dataset, rows, change)

    def balance_plan(self, dataset_id: str, limit: int | None = None) -> BalancePlan:
        """Which rows of the train part to leave out, so that no class has more than `limit`.

        Without a limit, the usual one: three times the smallest class, but not less than the
        median class. Raises DataError when the rows have no classes.
        """
        pairs = train_pairs(self._context(dataset_id))
        if not pairs:
            raise DataError(
                "The rows of the train part have no classes.",
                dataset_id,
                "Classes are labels, or short answers that repeat; other data has no balance.",
            )
        measured = measure(pairs)
        return BalancePlan(measured, cap(pairs, limit or usual_limit(measured)))

    def balance(self, dataset_id: str, limit: int | None = None) -> Dataset:
        """Leave out rows of large classes of the train part, as a new dataset version.

        What was held out stays held out. Raises DataError when there is nothing to leave out.
        """
        capped = self.balance_plan(dataset_id, limit).capped
        if not capped.left_out:
            raise DataError(
                f"No class has more than {capped.limit} rows in the train part.",
                dataset_id,
                "Choose a smaller limit, or let small classes grow by augmentation.",
            )
        dataset = store.load(self.workspace, dataset_id)
        split = splitting.frozen_split(self.workspace, dataset_id)
        gone = frozenset(capped.left_out)
        kept = [e for e in store.load_examples(self.workspace, dataset_id) if e.id not in gone]
        change = Change(kind="balanced", removed=len(gone))
        rows = with_accepted(kept, split, Proposals())  # in their parts, and nothing else
        return versions.save_examples(self.workspace, dataset, rows, change)

    def _context(self, dataset_id: str) -> Context:
        examples = store.load_examples(self.workspace, dataset_id)
        return Context(examples, splitting.frozen_split(self.workspace, dataset_id))

    def _job(self, job_id: str) -> tuple[Job, JobFolder]:
        job = jobs.status(self.workspace, job_id)
        if job.kind != "augment":
            raise DataError(
                "This job makes no proposals.", job_id, "Choose a job that augments a dataset."
            )
        return job, JobFolder(self.workspace.job(job_id))

    def _secrets(self, options: AugmentOptions) -> dict[str, str]:
        """Endpoints for the job's process: its environment, never its folder."""
        if options.noise is not None:
            return {}
        secrets = _variables("DUOTUNE_AUGMENT", augment_endpoint(self.settings))
        if options.judged:
            secrets |= _variables("DUOTUNE_JUDGE", judge_endpoint(self.settings))
        return secrets


def _variables(prefix: str, endpoint: EndpointSetting) -> dict[str, str]:
    return {
        f"{prefix}_URL": endpoint.base_url,
        f"{prefix}_MODEL": endpoint.model,
        f"{prefix}_KEY": endpoint.api_key.get_secret_value(),
    }
