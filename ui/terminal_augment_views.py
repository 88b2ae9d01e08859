"""Pure: augmentation, balance and long work on data, as tables and lines for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from core.augment_actions import Augmentation, BalancePlan
from core.data.augment.planning import AugmentPlan
from core.data.augment.records import Proposal
from core.data.augment.tally import Outcome
from core.data.augment.turns import user_turns
from core.data.jobs import Job
from core.data.records import Dataset, Example, Split
from ui.words import Voice

SHOWN_PROPOSALS, SHOWN_CLASSES = 20, 20
CUT = 120
STATUS_STYLE = {"running": "cyan", "done": "green", "failed": "red", "cancelled": "yellow"}
VOICE = Voice("en")


def plan_view(plan: AugmentPlan, host: str) -> Group:
    """What an augmentation will take and where texts go, told before anything is sent."""
    facts, cost = Table.grid(padding=(0, 2)), plan.cost
    facts.add_row("Rows", f"{len(plan.chosen.tasks):,} of the train part")
    if host:
        calls = f"{cost.calls:,}, at most {cost.calls_at_most:,}"
        facts.add_row("Calls", calls)
        tokens = f"about {cost.prompt_tokens:,} sent, {cost.reply_tokens:,} received"
        facts.add_row("Tokens", tokens)
        facts.add_row("Sent to", host)
    else:
        facts.add_row("Calls", "none: noise is made on this machine")
    if cost.judge_calls:
        facts.add_row("Judge", f"at most {cost.judge_calls:,} calls more")
    if left := plan.chosen.left_out:
        told = (VOICE(f"augment.left_out.{why}", n=n) for why, n in left.items())
        facts.add_row("Left out", ", ".join(told))
    return Group(facts, *_lacking(plan))


def _lacking(plan: AugmentPlan) -> list[RenderableType]:
    if plan.growth is None:
        return []
    table = Table("Class", "Lacks", "Still lacks if all are accepted")
    lacking = sorted(plan.growth.lacking.items(), key=lambda item: -item[1])
    for label, count in lacking[:SHOWN_CLASSES]:
        table.add_row(Text(label), f"{count:,}", f"{plan.growth.short.get(label, 0):,}")
    return [table, *_more(len(lacking) - SHOWN_CLASSES)]


def augmentation_view(found: Augmentation, parents: Mapping[str, Example]) -> Group:
    """What an augmentation did, and its proposals."""
    listed = sorted(found.proposals.by_id.values(), key=lambda one: not one.sound)
    head = job_line(found.job)
    if not listed:
        return Group(head, *_outcome(found.outcome), Text("There are no proposals."))
    table = Table(
        Column("Proposal", no_wrap=True), "Row", "Before", "After", "Against it", expand=True
    )
    for one in listed[:SHOWN_PROPOSALS]:
        table.add_row(*_proposal(one, parents.get(one.parent_id)))
    more = _more(len(listed) - SHOWN_PROPOSALS)
    return Group(head, *_outcome(found.outcome), table, *more)


def _proposal(one: Proposal, parent: Example | None) -> tuple[Text, ...]:
    before = " / ".join(user_turns(parent.conversation)) if parent else ""
    against = ", ".join(one.failed).replace("_", " ")
    row = str(parent.row) if parent else "?"
    after = " / ".join(user_turns(one.conversation))
    style = "green" if one.sound else "yellow"
    return (Text(one.id, style=style), *map(Text, (row, _cut(before), _cut(after), against)))


def _outcome(found: Outcome | None) -> list[RenderableType]:
    if found is None:
        return []
    facts = Table.grid(padding=(0, 2))
    facts.add_row("Rows asked", f"{found.asked:,}; {found.skipped:,} were asked before")
    made = f"{found.proposed:,}, {found.sound:,} of them sound; {found.repeated:,} repeated"
    facts.add_row("Proposals", made)
    if against := found.failed_filters:
        told = (f"{name.replace('_', ' ')} {n:,}" for name, n in against.items())
        facts.add_row("Against them", ", ".join(told))
    failures = [Text(f"{n:,} rows without a reply: {why}") for why, n in found.failures.items()]
    return [facts, *failures]


def balance_view(plan: BalancePlan, made: Dataset) -> Group:
    """Which classes were cut, and the version that came of it."""
    cut = plan.capped.by_label
    head = Text(f"{made.id}, made from {made.parent}: {sum(cut.values()):,} rows left out.")
    table = Table("Class", "Rows before", "Left out")
    for label, count in sorted(cut.items(), key=lambda item: -item[1])[:SHOWN_CLASSES]:
        table.add_row(Text(label), f"{plan.balance.counts[label]:,}", f"{count:,}")
    return Group(head, table, *_more(len(cut) - SHOWN_CLASSES))


def made_line(made: Dataset, split: Split) -> Text:
    """The version that came of accepted proposals."""
    added = made.change.added if made.change else 0
    sizes = f"{len(split.train):,} / {len(split.validation):,} / {len(split.test):,}"
    told = f"{made.id}, made from {made.parent}: {added:,} rows added to the train part."
    return Text(f"{told}\ntrain / validation / test = {sizes}")


def jobs_view(jobs: Sequence[Job]) -> Table | Text:
    """Long work on data, newest first."""
    if not jobs:
        return Text("No work on data yet.")
    columns = Column("Job", no_wrap=True), "Kind", Column("Dataset", no_wrap=True), "Status"
    table = Table(*columns, "How far")
    for job in jobs:
        status = Text(job.status, style=STATUS_STYLE[job.status])
        told = job.result.problem if job.result and job.result.problem else progress_words(job)
        table.add_row(job.id, job.kind, job.dataset_id, status, Text(told))
    return table


def job_line(job: Job) -> Text:
    """One job in a line."""
    return Text(f"{job.id} ({job.kind}): {job.status}", style=STATUS_STYLE[job.status])


def progress_words(job: Job) -> str:
    """How far a job is, in words."""
    now = job.progress
    of = f" of {now.total:,}" if now.total is not None else ""
    return f"{now.phase}: {now.done:,}{of} rows" if now.done else now.phase


def _more(left: int) -> list[Text]:
    return [Text(f"... and {left:,} more; --json lists all.")] if left > 0 else []


def _cut(text: str) -> str:
    return text if len(text) <= CUT else text[:CUT] + "…"
