"""More training rows and even classes: what is asked for, what it takes, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from core.augment_actions import Augmentation, BalancePlan
from core.data.augment.noise import NoiseKind
from core.data.augment.planning import AugmentPlan
from core.data.records import Example
from core.settings import EndpointSetting
from ui.markup import Html, join, tag
from ui.present import augment, numbers
from ui.present.data_parts import act, quiet, section, shares
from ui.words import Voice

WAYS = ("noise", "paraphrase", "growth")
USUAL = {"how": "noise", "rows": "100", "variants": "1", "noise": "typos"}


def more(
    values: Mapping[str, str], plan: Html | None, found: Html | None, balance: Html, voice: Voice
) -> Html:
    """The whole view: the form, what it takes, the proposals, and the classes."""
    given = {**USUAL, **values}
    ways = {name: voice(f"data.more.how.{name}") for name in WAYS}
    kinds = {name: voice(f"data.more.noise.{name}") for name in get_args(NoiseKind)}
    fields = (
        _select("how", voice("data.more.how"), ways, given),
        _select("noise", voice("data.more.noise"), kinds, given),
        _number("rows", voice("data.more.rows"), given),
        _number("variants", voice("data.more.variants"), given),
    )
    ask = act("augment-plan", voice("data.more.plan"))
    start = act("augment-start", voice("data.more.start"), primary=True) if plan else None
    form = tag(
        "div",
        tag("div", *fields, class_="dt-questions"),
        plan,
        tag("div", ask, start, class_="dt-actions"),
        data_form="1",
    )
    asked = section(voice("augment.title"), quiet(voice("data.more.hint")), form)
    return tag("div", asked, found, balance, class_="dt-more-rows")


def _select(name: str, words: str, options: Mapping[str, str], given: Mapping[str, str]) -> Html:
    listed = (
        tag("option", told, value=value, selected=given[name] == value)
        for value, told in options.items()
    )
    return tag("label", tag("span", words), tag("select", *listed, name_=name))


def _number(name: str, words: str, given: Mapping[str, str]) -> Html:
    field = tag("input", name_=name, value=given[name], type="number", min=1)
    return tag("label", tag("span", words), field)


def takes(
    plan: AugmentPlan, endpoint: EndpointSetting | None, labels: Mapping[str, str], voice: Voice
) -> Html:
    """What a plan comes to: rows and, where a model is asked, calls and tokens."""
    rows = quiet(voice("data.more.takes", n=numbers.count(len(plan.chosen.tasks))))
    cost = augment.cost(plan.chosen, plan.cost, endpoint, voice) if endpoint else None
    grown = augment.growth(plan.growth, labels, voice) if plan.growth else None
    return join([rows, grown, cost])


def proposals(found: Augmentation, parents: Mapping[str, Example], voice: Voice) -> Html:
    """What came of the last augmentation, card by card, and how to take it in."""
    undecided = sum(one.sound for one in found.proposals.undecided)
    accepted = len(found.proposals.accepted)
    buttons = [
        act("decide-sound", voice("data.more.accept_sound", n=numbers.count(undecided)))
        if undecided
        else None,
        act("augment-accept", voice("data.more.add", n=numbers.count(accepted)), primary=True)
        if accepted
        else None,
    ]
    outcome = augment.outcome(found.outcome, voice) if found.outcome else None
    cards = augment.cards(found.proposals, parents, voice)
    actions = tag("div", *buttons, class_="dt-actions") if any(buttons) else None
    shown = section(voice("data.more.proposals"), outcome, actions, cards)
    return tag("div", shown, data_job=found.job.id)


def ask_for_balance(voice: Voice) -> Html:
    """The classes are only counted when they are asked for."""
    ask = tag("p", act("balance-plan", voice("data.balance.ask")), class_="dt-ask")
    return section(voice("data.balance"), quiet(voice("data.balance.hint")), ask)


def balance(plan: BalancePlan, voice: Voice) -> Html:
    """How even the classes of the train part are, and what evening them would leave out."""
    found, capped = plan.balance, plan.capped
    told = voice("data.balance.ratio", n=len(found.counts), ratio=f"{found.ratio:.1f}")
    left_out = numbers.count(len(capped.left_out))
    what = voice("data.balance.cap", limit=numbers.count(capped.limit), n=left_out)
    button = act("balance", voice("data.balance.do")) if capped.left_out else None
    ask = tag("p", tag("span", what), button, class_="dt-ask")
    return section(voice("data.balance"), quiet(told), shares(found.counts, voice), ask)
