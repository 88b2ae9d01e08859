"""The terminal commands about more rows, even classes, and long work on data."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

import typer

from core.actions import Actions
from core.augment_actions import Augmentation
from core.data.augment.noise import NoiseKind, NoiseRequest
from core.data.augment.planning import AugmentPlan, AugmentRequest, GrowthRequest
from core.data.augment.records import HARD, ParaphraseRequest, Proposal
from core.data.jobs import Job
from core.data.records import Dataset
from core.errors import DataError
from ui import terminal_augment_views as views
from ui.terminal_cli import DatasetName, Json, cli, open_actions
from ui.terminal_follow import follow_job
from ui.terminal_output import Terminal, as_plain, terminal

JobName = Annotated[str, typer.Argument(help="A job's id, or 'last'.")]
NOISE_KINDS: tuple[str, ...] = get_args(NoiseKind)
MOST_VARIANTS = 10


class Accept(StrEnum):
    """Which proposals to accept without a look at each."""

    ALL = "all"
    SOUND = "sound"


@cli.command()
def augment(
    dataset: DatasetName,
    rows: Annotated[
        int | None,
        typer.Option(min=1, help="Rows to take: 100 for rewording, all for noise if left out."),
    ] = None,
    variants: Annotated[
        int | None, typer.Option(min=1, max=MOST_VARIANTS, help="New rows for each.")
    ] = None,
    noise: Annotated[
        str | None, typer.Option(help=f"Noise, not rewording: {', '.join(NOISE_KINDS)}, or all.")
    ] = None,
    grow: Annotated[
        int | None,
        typer.Option(min=0, help="Let classes grow to so many rows; 0: half of the median class."),
    ] = None,
    judge: Annotated[bool, typer.Option(help="Have a judge look at rewordings, too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Start without asking.")] = False,
    accept: Annotated[
        Accept | None, typer.Option(help="Add all proposals, or those no filter speaks against.")
    ] = None,
    json: Json = False,
) -> None:
    """Propose more training rows; says first what it costs and where texts are sent."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_dataset(dataset)
        request = read_request(rows, variants, noise, grow)
        plan = actions.augmentation_plan(found.id, request, judge)
        host = "" if noise is not None else _host(actions)
        if not yes and not _agreed(output, plan, host):
            if json:
                output.print_json(_told(plan, host))
            return
        job = follow_job(actions, actions.start_augmentation(found.id, request, judge), output)
        _show_end(actions, job, accept, output, _told(plan, host))


@cli.command()
def accept(
    job: JobName,
    which: Annotated[list[str], typer.Argument(help="Ids of proposals, or 'all', or 'sound'.")],
    json: Json = False,
) -> None:
    """Add proposals of an augmentation to the data, as a new version."""
    with terminal(json) as output:
        actions = open_actions()
        found = find_job(actions, job)
        made = accept_some(actions, found.id, which)
        output.show(made, views.made_line(made, actions.split(made.id)))


@cli.command()
def balance(
    dataset: DatasetName,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Rows a class may keep for training.")
    ] = None,
    json: Json = False,
) -> None:
    """Leave out training rows of large classes, as a new version."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_dataset(dataset)
        plan = actions.balance_plan(found.id, limit)
        made = actions.balance(found.id, limit)
        output.show(made, views.balance_view(plan, made))


@cli.command("jobs")
def jobs_(json: Json = False) -> None:
    """List long work on data, newest first."""
    with terminal(json) as output:
        found = open_actions().jobs()
        output.show_all("jobs", found, views.jobs_view(found))


@cli.command()
def cancel(job: JobName, json: Json = False) -> None:
    """End a piece of long work on data; what it has written so far stays."""
    with terminal(json) as output:
        actions = open_actions()
        ended = actions.cancel_job(find_job(actions, job).id)
        output.show(ended, views.job_line(ended))


def read_request(
    rows: int | None, variants: int | None, noise: str | None, grow: int | None
) -> AugmentRequest:
    """What was said on the command line about how to make rows.

    Raises DataError when it does not fit together.
    """
    if grow is not None and (noise is not None or rows is not None or variants is not None):
        raise DataError(
            "--grow plans rows and variants by itself, and makes no noise.",
            fix="Leave --rows, --variants and --noise out.",
        )
    if grow is not None:
        return GrowthRequest(floor=grow or None)
    if noise is not None:
        return NoiseRequest(kinds=_kinds(noise), copies=_copies(variants), rows=rows)
    usual = ParaphraseRequest()
    return ParaphraseRequest(rows=rows or usual.rows, variants=variants or usual.variants)


def _kinds(text: str) -> tuple[Any, ...]:
    if text == "all":
        return NOISE_KINDS
    kinds = tuple(dict.fromkeys(kind.strip() for kind in text.split(",") if kind.strip()))
    for kind in kinds:
        if kind not in NOISE_KINDS:
            known = ", ".join(NOISE_KINDS)
            raise DataError(f"'{kind}' is no kind of noise.", fix=f"Choose among {known}.")
    return kinds


def _copies(variants: int | None) -> int:
    """Noisy copies of a row. Raises DataError for more than there may be."""
    if variants is not None and variants > 5:
        raise DataError(f"{variants} noisy copies of a row are too many.", fix="Ask for up to 5.")
    return variants or 1


def find_job(actions: Actions, text: str) -> Job:
    """The job that a person means. Raises DataError when there is none."""
    if text != "last":
        return actions.job(text)
    found = actions.jobs()
    if not found:
        raise DataError("There is no work on data yet.", fix="`duotune augment` starts some.")
    return found[0]


def accept_some(actions: Actions, job_id: str, which: list[str]) -> Dataset:
    """Accept proposals by id, or all, or the sound ones, and add them.

    'all' leaves out those that may not be accepted, and both those rejected before. Raises
    DataError when one may not be accepted, or no row is added.
    """
    ids = which
    if which in (["all"], ["sound"]):
        proposals = actions.augmentation(job_id).proposals.undecided
        ids = [one.id for one in proposals if _fits(one, which[0])]
    actions.decide_proposals(job_id, ids, True)
    return actions.accept_augmentation(job_id)


def _fits(proposal: Proposal, which: str) -> bool:
    return proposal.sound if which == "sound" else not HARD & set(proposal.failed)


def _agreed(output: Terminal, plan: AugmentPlan, host: str) -> bool:
    """Show the plan to a person and ask; without a person the answer is no."""
    if output.as_json:
        return False
    output.results.print(views.plan_view(plan, host))
    if not sys.stdin.isatty():
        output.say("Nothing was started: add --yes to start it.")
        return False
    return typer.confirm("Start it?", err=True)


def _host(actions: Actions) -> str:
    """Where texts would go, without a name or password that the address may hold."""
    return urlsplit(actions.augment_endpoint().base_url).netloc.rpartition("@")[2]


def show_resumed(actions: Actions, job_id: str, output: Terminal) -> None:
    """Go on with a job that was cancelled or failed, and watch it to its end.

    Raises DataError when it fails again.
    """
    job = follow_job(actions, actions.resume_job(job_id), output)
    _refuse_unfinished(job)
    if job.kind == "augment":
        found = actions.augmentation(job.id)
        parents = {} if output.as_json else actions.proposal_parents(job.id)
        output.show(job, views.augmentation_view(found, parents))
    else:
        output.show(job, views.job_line(job))


def _refuse_unfinished(job: Job) -> None:
    """Raises DataError for a job that failed, or that somebody cancelled meanwhile."""
    if job.status == "cancelled":
        fix = f"`duotune resume {job.id}` goes on; `duotune accept {job.id} sound` takes what is."
        raise DataError("The work was cancelled before its end.", job.id, fix)
    if job.status == "failed" and job.result:
        again = f"`duotune resume {job.id}` goes on: what is done is not done again."
        raise DataError(job.result.problem, job.result.where, f"{job.result.fix} {again}".strip())


def _show_end(
    actions: Actions, job: Job, accepted: Accept | None, output: Terminal, told: dict[str, Any]
) -> None:
    """How it ended, and the new version when proposals are accepted.

    Raises DataError when it failed: its proposals so far are kept.
    """
    _refuse_unfinished(job)
    found = actions.augmentation(job.id)
    if not output.as_json:
        output.results.print(views.augmentation_view(found, actions.proposal_parents(job.id)))
    if accepted and not found.proposals.by_id:
        raise DataError("No proposal was made.", job.id, _why(found))
    made = accept_some(actions, job.id, [accepted.value]) if accepted else None
    if output.as_json:
        output.print_json(told | _ended(found, made))
    elif made is not None:
        output.results.print(views.made_line(made, actions.split(made.id)))
    else:
        output.say(f"`duotune accept {job.id} sound` adds those that no filter speaks against.")


def _why(found: Augmentation) -> str:
    """Why there is no proposal, as the endpoint's failures tell."""
    failures = found.outcome.failures if found.outcome else {}
    told = (f"{count} rows: {why}" for why, count in failures.items())
    return " ".join(told) or "Take other rows, or more of them."


def _told(plan: AugmentPlan, host: str) -> dict[str, Any]:
    """The plan as JSON; what comes of it is put in later."""
    growth = plan.growth
    return {
        "cost": as_plain(plan.cost),
        "rows": len(plan.chosen.tasks),
        "left_out": plan.chosen.left_out,
        "lacking": growth.lacking if growth else {},
        "short": growth.short if growth else {},
        "sent_to": host,
        "job": None,
        "outcome": None,
        "proposals": [],
        "dataset": None,
    }


def _ended(found: Augmentation, made: Dataset | None) -> dict[str, Any]:
    return {
        "job": as_plain(found.job),
        "outcome": as_plain(found.outcome) if found.outcome else None,
        "proposals": as_plain(tuple(found.proposals.by_id.values())),
        "dataset": as_plain(made) if made else None,
    }
