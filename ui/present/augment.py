"""Proposals for more training rows: what they cost, what came of it, and a card for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from urllib.parse import urlsplit

from core.data.augment.balancing import Growth
from core.data.augment.context import Chosen
from core.data.augment.paraphrase import Cost
from core.data.augment.proposals import Proposals
from core.data.augment.records import HARD, FilterVerdict, Proposal
from core.data.augment.tally import AugmentProgress, Outcome
from core.data.augment.turns import user_turns
from core.data.records import Example
from core.settings import EndpointSetting
from ui.markup import Html, badge, facts, join, table, tag
from ui.present import numbers
from ui.words import Voice

SHOWN = 50
"""Cards on one page."""
SHARES = frozenset({"language", "values"})
OUTCOME_COUNTS = ("asked", "skipped", "proposed", "sound", "repeated")


def cost(chosen: Chosen, found: Cost, endpoint: EndpointSetting, voice: Voice) -> Html:
    """What rewording will take and where the texts go, told before anything is sent."""
    calls = voice(
        "augment.cost.calls.text",
        n=numbers.count(found.calls),
        model=endpoint.model,
        most=numbers.count(found.calls_at_most),
    )
    tokens = voice(
        "augment.cost.tokens.text",
        prompt=numbers.count(found.prompt_tokens),
        reply=numbers.count(found.reply_tokens),
    )
    lines: list[tuple[str, str]] = [
        (voice("augment.cost.calls"), calls),
        (voice("augment.cost.tokens"), tokens),
    ]
    if found.judge_calls:
        most = voice("augment.cost.judge.text", n=numbers.count(found.judge_calls))
        lines.append((voice("augment.cost.judge"), most))
    if chosen.left_out:
        reasons = (voice(f"augment.left_out.{why}", n=n) for why, n in chosen.left_out.items())
        lines.append((voice("augment.cost.left_out"), ", ".join(reasons)))
    host = urlsplit(endpoint.base_url).netloc.rpartition("@")[2]
    note = tag("p", voice("augment.privacy", host=host), class_="dt-note")
    head = tag("header", tag("b", voice("augment.title")))
    return tag("div", head, facts(lines), note, class_="dt-card")


def growth(plan: Growth, labels: Mapping[str, str], voice: Voice) -> Html:
    """What small classes lack and how much of it is planned; `labels` are classes by row id."""
    if not plan.lacking:
        return tag("p", voice("augment.growth.none"), class_="dt-quiet")
    planned = dict.fromkeys(plan.lacking, 0)
    for name, count in plan.variants.items():
        planned[labels[name]] += count
    columns = ("label", "lacking", "planned", "short")
    head = [voice(f"augment.growth.{name}") for name in columns]
    rows = (
        (label, numbers.count(n), numbers.count(planned[label]), str(plan.short.get(label, 0)))
        for label, n in plan.lacking.items()
    )
    title = tag("h4", voice("augment.growth"), aria_level=2)
    return tag("div", title, table(head, rows, numbers=3))


def progress(now: AugmentProgress, voice: Voice) -> Html:
    """How far it is, in one line."""
    return tag("p", voice("augment.progress", **now.model_dump()), class_="dt-quiet")


def outcome(found: Outcome, voice: Voice) -> Html:
    """What was made, what speaks against it, and why some rows have no reply."""
    lines: list[tuple[str, str]] = [
        (voice(f"augment.outcome.{name}"), numbers.count(getattr(found, name)))
        for name in OUTCOME_COUNTS
    ]
    lines += [
        (voice(f"augment.filter.{name}"), numbers.count(n))
        for name, n in found.failed_filters.items()
    ]
    reasons = [
        tag("li", voice("augment.outcome.failures.line", why=voice.said(why), n=n))
        for why, n in found.failures.items()
    ]
    end = None
    if found.gave_up:
        end = tag("p", voice("augment.outcome.gave_up", why=voice.said(found.gave_up)))
    elif not found.finished:
        end = tag("p", voice("augment.outcome.stopped"), class_="dt-note")
    failed = tag("h4", voice("augment.outcome.failures"), aria_level=2) if reasons else None
    head = tag("header", tag("b", voice("augment.outcome")))
    listed = tag("ul", join(reasons)) if reasons else None
    return tag("div", head, facts(lines), failed, listed, end, class_="dt-card")


def cards(found: Proposals, parents: Mapping[str, Example], voice: Voice) -> Html:
    """A card for each proposal, those that nobody has decided about first."""
    listed = sorted(found.by_id.values(), key=lambda p: (p.accepted is not None, not p.sound))
    if not listed:
        return tag("p", voice("augment.proposals.none"), class_="dt-quiet")
    notes = []
    if len(listed) > SHOWN:
        notes.append(voice("augment.proposals.page", shown=SHOWN, n=numbers.count(len(listed))))
    if found.damaged:
        notes.append(voice("augment.proposals.damaged", n=found.damaged))
    told = join(tag("p", note, class_="dt-quiet") for note in notes)
    shown = join(card(one, parents.get(one.parent_id), voice) for one in listed[:SHOWN])
    return tag("div", told, shown, class_="dt-proposals")


def card(proposal: Proposal, parent: Example | None, voice: Voice) -> Html:
    """One proposal: before and after, what each filter says, and two buttons to decide."""
    origin = voice("augment.row.gone")
    if parent is not None:
        origin = voice("augment.row", row=parent.row)
    by = voice(f"augment.method.{proposal.method}", by=proposal.made_by)
    head = tag(
        "header", tag("b", origin), tag("span", by, class_="dt-quiet"), _state(proposal, voice)
    )
    return tag(
        "article",
        head,
        tag("dl", join(_texts(proposal, parent, voice)), class_="dt-facts"),
        tag("p", join(_filter(verdict, voice) for verdict in proposal.verdicts)),
        _buttons(proposal, voice),
        class_="dt-card dt-proposal",
        data_id=proposal.id,
    )


def _state(proposal: Proposal, voice: Voice) -> Html:
    if proposal.accepted is not None:
        name = "accepted" if proposal.accepted else "rejected"
        return badge(voice(f"augment.state.{name}"), "good" if proposal.accepted else "plain")
    name = "sound" if proposal.sound else "doubtful"
    return badge(voice(f"augment.state.{name}"), "live" if proposal.sound else "warn")


def _texts(proposal: Proposal, parent: Example | None, voice: Voice) -> list[Html]:
    after = user_turns(proposal.conversation)
    before = user_turns(parent.conversation) if parent else ("",) * len(after)
    shown = []
    for old, new in zip(before, after, strict=False):
        told = _marked(old, new) if proposal.method == "noise" else new
        shown.append(tag("div", tag("dt", voice("augment.before")), tag("dd", old)))
        shown.append(tag("div", tag("dt", voice("augment.after")), tag("dd", told)))
    answer = tag("dd", proposal.conversation.reference, class_="dt-quiet")
    return [*shown, tag("div", tag("dt", voice("augment.answer")), answer)]


def _marked(old: str, new: str) -> Html:
    """The new text with what differs marked: noise is easily overlooked."""
    steps = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return join(
        new[start:end] if step == "equal" else tag("mark", new[start:end])
        for step, _, _, start, end in steps
        if end > start
    )


def _filter(verdict: FilterVerdict, voice: Voice) -> Html:
    name = "untold" if verdict.passed is None else "passed" if verdict.passed else "failed"
    tone = {"untold": "plain", "passed": "good", "failed": "bad"}[name]
    words = [voice(f"augment.filter.{verdict.name}"), _number(verdict)]
    why = ": ".join(filter(None, [voice(f"augment.told.{name}"), voice.said(verdict.detail)]))
    label = badge(" ".join(filter(None, words)), tone)
    shown = None if verdict.passed or not verdict.detail else tag("small", f" {verdict.detail} ")
    return tag("span", label, shown, " ", title=why)


def _number(verdict: FilterVerdict) -> str:
    if verdict.number is None:
        return ""
    if verdict.name in SHARES:
        return f"{verdict.number:.0%}"
    if verdict.name == "length":
        return f"×{verdict.number:.2g}"
    return f"{verdict.number:.3g}"


def _buttons(proposal: Proposal, voice: Voice) -> Html:
    """`data-decide` says what a click on it asks for: accept, reject or undo."""
    if proposal.accepted is not None:
        names: Sequence[str] = ("undo",)
    else:
        names = ("reject",) if HARD & set(proposal.failed) else ("accept", "reject")
    words = {name: voice(f"augment.{name}") for name in names}
    return tag(
        "div",
        join(
            tag("button", word, type="button", data_decide=name, data_id=proposal.id)
            for name, word in words.items()
        ),
        class_="dt-actions",
    )
