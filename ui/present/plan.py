"""What waits for a decision as a card: a training plan as a form, other actions as a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.assistant.records import Pending
from core.models.licences import LicenceTerms
from core.training.plan import TrainingPlan
from core.training.recommend import Proposal
from ui.markup import Html
from ui.present import numbers, plan_fit
from ui.present.plan_fit import Room
from ui.present.plan_settings import Choices, groups, settings, shared_reasons
from ui.words import Voice

Value = dict[str, Any]
NOTHING: Value = {"key": "", "empty": ""}
"""The card's value while nothing waits."""


@dataclass(frozen=True)
class Card:
    """What a plan card is made of."""

    key: str
    """The card is built anew when this changes, and updated in place while it stays."""
    plan: TrainingPlan
    proposal: Proposal | None
    """What the plan would cost; None when it can't be carried out as it is."""
    choices: Choices = field(default_factory=Choices)
    warnings: Sequence[str] = ()
    errors: Sequence[str] = ()
    terms: LicenceTerms | None = None
    """The base model's licence; None while it is not known."""
    room: Room = field(default_factory=Room)
    tools: Html | str = ""
    """What else this page can do with the plan."""
    difference: Html | str = ""
    """How the plan differs from another one, where that was asked for."""
    can_decline: bool = True
    revised: bool = False
    """Whether it answers a change in the card, rather than showing what lies on disk."""
    serial: int | None = None
    """The number of the change that it answers, as the card counts them."""


def value(card: Card, voice: Voice) -> Value:
    """The value of `components/plan_card.js` for a training plan."""
    shared = shared_reasons(card.plan)
    return {
        "key": card.key,
        "title": voice("plan.title"),
        "badge": voice("plan.waits") if card.can_decline else "",
        "facts": _facts(card, voice),
        "settings": settings(card.plan, card.choices, voice),
        "groups": groups(voice),
        "reasons": [
            {
                "names": ("、" if voice.language == "zh" else ", ").join(
                    voice(f"plan.{name}") for name in names
                ),
                "text": voice.said(reason),
            }
            for reason, names in shared.items()
        ],
        "warnings": [voice.said(warning) for warning in card.warnings],
        "errors": list(card.errors),
        "licence": _licence(card, voice),
        "room": str(plan_fit.room(card.room, voice)),
        "tools": str(card.tools),
        "difference": str(card.difference),
        "consequences": _consequences(card.proposal, voice),
        "revised": card.revised,
        "serial": card.serial,
        "labels": _labels(voice, can_decline=card.can_decline),
    }


def question(pending: Pending, voice: Voice) -> Value:
    """The value of `components/plan_card.js` for any other action."""
    labels = _labels(voice, can_decline=True)
    labels |= {"approve": voice("approval.approve"), "then": voice("approval.then")}
    then = f"approval.then.{pending.verb}"
    arguments = {name: v for name, v in pending.arguments.items() if not isinstance(v, dict)}
    return {
        "key": pending.call_id,
        "title": voice.known(f"verb.{pending.verb}", pending.verb),
        "badge": voice("plan.waits"),
        "facts": [{"name": name, "value": str(v)} for name, v in arguments.items()],
        "settings": [],
        "groups": [],
        "reasons": [],
        "warnings": [voice.said(warning) for warning in pending.warnings],
        "errors": [],
        "licence": None,
        "room": "",
        "tools": "",
        "difference": "",
        "consequences": [voice.known(then, voice("approval.then.other"))],
        "revised": False,
        "labels": labels,
    }


def _facts(card: Card, voice: Voice) -> list[dict[str, str]]:
    """Name, value, and where the value comes from when that has to be said."""
    told = voice(
        "plan.method.told",
        method=voice(f"plan.option.method.{card.plan.method}"),
        objective=voice(f"plan.option.objective.{card.plan.objective}"),
    )
    method = _fact(voice("plan.method"), told)
    if card.proposal is None:
        return [method]
    rows = voice(
        "plan.rows",
        train=numbers.count(card.proposal.train_rows),
        validation=numbers.count(card.proposal.validation_rows),
        test=numbers.count(card.proposal.test_rows),
    )
    steps = voice("plan.about", value=numbers.count(card.proposal.steps))
    batch = voice("plan.effective_batch", n=card.plan.effective_batch)
    facts = [
        _fact(voice("plan.data"), rows),
        method,
        _fact(voice("plan.steps"), steps, batch),
        _time(card, card.proposal, voice),
    ]
    fit = card.room.fit
    if fit is not None and fit.cost is not None:
        cost = voice("plan.about", value=numbers.money(fit.cost, fit.currency))
        facts.append(_fact(voice("plan.cost"), cost))
    return facts


def _time(card: Card, proposal: Proposal, voice: Voice) -> dict[str, str]:
    seconds, basis = proposal.seconds, proposal.basis
    if card.room.fit is not None and card.room.fit.seconds is not None:
        seconds, basis = card.room.fit.seconds, card.room.fit.basis
    if seconds is None:
        return _fact(voice("plan.time"), voice("plan.time.unknown"))
    about = voice("plan.about", value=numbers.duration(seconds, voice))
    return _fact(voice("plan.time"), about, voice.said(basis or ""))


def _fact(name: str, value: str, note: str = "") -> dict[str, str]:
    return {"name": name, "value": value, "note": note}


def _licence(card: Card, voice: Voice) -> Value | None:
    """The question that a restricted licence puts; None where it puts none."""
    terms = card.terms
    if terms is None or not terms.must_be_accepted:
        return None
    return {
        "name": terms.name,
        "title": voice("licence.title", name=terms.name),
        "text": voice.said(terms.restrictions),
        "url": terms.url,
        "link": voice("model.more"),
        "accept": voice("licence.accept", name=terms.name, model=card.plan.base_model),
        "accepted": card.plan.licence_accepted == terms.name,
        "first": voice("licence.first"),
    }


def _consequences(proposal: Proposal | None, voice: Voice) -> list[str]:
    told = [voice(f"plan.then.{name}") for name in ("steps", "engine", "run")]
    if proposal is not None and proposal.test_rows:
        told.append(voice("plan.then.test", test=numbers.count(proposal.test_rows)))
    return told


def _labels(voice: Voice, *, can_decline: bool) -> dict[str, str]:
    names = ("more", "then", "approve", "busy", "reason", "send")
    labels = {name: voice(f"plan.{name}") for name in names}
    labels["decline"] = voice("plan.decline") if can_decline else ""
    return labels
