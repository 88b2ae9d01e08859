"""What waits for a decision as a card: a training plan as a form, other actions as a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.assistant.records import Pending
from core.training.plan import TrainingPlan
from core.training.recommend import Proposal
from ui.present import numbers
from ui.words import Voice

MAIN = ("name", "base_model", "epochs", "learning_rate", "rank", "alpha")
MORE = ("batch_size", "max_length", "max_steps", "seed")
EDITABLE = (*MAIN, *MORE)
TEXTS = ("name", "base_model")
WIDE = TEXTS
LIMITS: dict[str, dict[str, Any]] = TrainingPlan.model_json_schema()["properties"]

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
    models: Sequence[str]
    warnings: Sequence[str] = ()
    errors: Sequence[str] = ()
    can_decline: bool = True
    revised: bool = False
    """Whether it answers a change in the card, rather than showing what lies on disk."""


def value(card: Card, voice: Voice) -> Value:
    """The value of `components/plan_card.js` for a training plan."""
    shared = _shared_reasons(card.plan)
    settings = [_setting(name, card, shared, voice) for name in EDITABLE]
    return {
        "key": card.key,
        "title": voice("plan.title"),
        "badge": voice("plan.waits") if card.can_decline else "",
        "facts": [
            {"name": fact[0], "value": fact[1], "note": fact[2] if len(fact) > 2 else ""}
            for fact in _facts(card, voice)
        ],
        "settings": settings,
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
        "consequences": _consequences(card.proposal, voice),
        "revised": card.revised,
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
        "reasons": [],
        "warnings": [voice.said(warning) for warning in pending.warnings],
        "errors": [],
        "consequences": [voice.known(then, voice("approval.then.other"))],
        "revised": False,
        "labels": labels,
    }


def _facts(card: Card, voice: Voice) -> list[tuple[str, ...]]:
    """Name, value, and where the value comes from when that has to be said."""
    method = (voice("plan.method"), voice(f"plan.method.{card.plan.method}"))
    if card.proposal is None:
        return [method]
    rows = voice(
        "plan.rows",
        train=numbers.count(card.proposal.train_rows),
        validation=numbers.count(card.proposal.validation_rows),
        test=numbers.count(card.proposal.test_rows),
    )
    steps = voice("plan.about", value=numbers.count(card.proposal.steps))
    time = voice("plan.time.unknown")
    if card.proposal.seconds is not None:
        time = voice("plan.about", value=numbers.duration(card.proposal.seconds, voice))
    return [
        (voice("plan.data"), rows),
        method,
        (voice("plan.steps"), steps),
        (voice("plan.time"), time, voice.said(card.proposal.basis or "")),
    ]


def _consequences(proposal: Proposal | None, voice: Voice) -> list[str]:
    told = [voice(f"plan.then.{name}") for name in ("steps", "engine", "run")]
    if proposal is not None and proposal.test_rows:
        told.append(voice("plan.then.test", test=numbers.count(proposal.test_rows)))
    return told


def _shared_reasons(plan: TrainingPlan) -> dict[str, list[str]]:
    """Reasons that several settings have in common, so that they are said once."""
    names: dict[str, list[str]] = {}
    for name in EDITABLE:
        if reason := plan.reasons.get(name):
            names.setdefault(reason, []).append(name)
    return {reason: found for reason, found in names.items() if len(found) > 1}


def _setting(name: str, card: Card, shared: Mapping[str, Any], voice: Voice) -> Value:
    plan = card.plan
    reason = plan.reasons.get(name, "")
    why = ["" if reason in shared else voice.said(reason), _range(name, voice)]
    if name == "base_model":
        why[1] = voice("plan.why.base_model")
    overridden = name == "epochs" and plan.max_steps is not None
    if overridden:
        why = [voice("plan.epochs.overridden")]
    limits = _limits(name)
    return {
        "name": name,
        "label": voice(f"plan.{name}"),
        "value": _plain(getattr(plan, name)),
        "kind": "text" if name in TEXTS else limits.get("type", "number"),
        "min": limits.get("minimum"),
        "max": limits.get("maximum"),
        "placeholder": voice("plan.placeholder.max_steps") if name == "max_steps" else None,
        "options": list(card.models) if name == "base_model" else None,
        "why": " ".join(part for part in why if part),
        "more": name in MORE,
        "disabled": overridden,
        "wide": name in WIDE,
    }


def _limits(name: str) -> dict[str, Any]:
    """Bounds and type of a plan field, from the plan itself; optional fields keep theirs."""
    schema = LIMITS[name]
    return next((s for s in schema.get("anyOf", []) if s.get("type") != "null"), schema)


def _range(name: str, voice: Voice) -> str:
    limits = _limits(name)
    high = limits.get("maximum")
    if high is None:
        low = limits.get("minimum")
        return "" if low is None else voice("plan.range.from", low=low)
    if "exclusiveMinimum" in limits:
        return voice("plan.range.above", low=_plain(limits["exclusiveMinimum"]), high=_plain(high))
    return voice("plan.range", low=_plain(limits.get("minimum", 0)), high=_plain(high))


def _plain(number: Any) -> Any:
    """3 rather than 3.0, and 0.0002 rather than 2e-04."""
    if isinstance(number, float):
        return f"{number:.10f}".rstrip("0").rstrip(".")
    return number


def _labels(voice: Voice, *, can_decline: bool) -> dict[str, str]:
    names = ("more", "then", "approve", "busy", "reason", "send")
    labels = {name: voice(f"plan.{name}") for name in names}
    labels["decline"] = voice("plan.decline") if can_decline else ""
    return labels
