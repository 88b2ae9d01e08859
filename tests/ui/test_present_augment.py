"""Proposals as cards: before and after, what speaks against them, and only what may be decided."""

from __future__ import annotations

from typing import get_args

from pydantic import SecretStr

from core.data.augment.balancing import grow
from core.data.augment.context import Chosen
from core.data.augment.paraphrase import estimate
from core.data.augment.proposals import Proposals
from core.data.augment.records import (
    FilterName,
    FilterVerdict,
    Method,
    Proposal,
    Task,
    make_proposal,
)
from core.data.augment.tally import AugmentProgress, Outcome
from core.data.augment.turns import reworded
from core.data.whole.texts import Frame
from core.settings import EndpointSetting
from tests.core.data.augment.augmenting import GOOD, PARENT, example
from ui.present import augment as shown
from ui.words import WORDS, Voice

EN, ZH = Voice("en"), Voice("zh")
ROW = example(row=3)
PASSED = FilterVerdict(name="length", passed=True, number=1.25)
FAILED = FilterVerdict(name="values", passed=False, number=0.5, detail="A-<1>")
HELD_OUT = FilterVerdict(name="held_out", passed=False, number=0.97)


def proposal(*verdicts: FilterVerdict, text: str = GOOD, method: Method = "paraphrase") -> Proposal:
    return make_proposal(
        ROW, reworded(ROW.conversation, (text,), Frame()), method, "writer", verdicts
    )


def test_a_card_shows_before_after_and_each_filter() -> None:
    told = shown.card(proposal(PASSED, FAILED), ROW, EN)
    assert PARENT[0] in told
    assert GOOD in told
    assert PARENT[1] in told
    assert "Length ×1.2" in told
    assert "Values kept 50%" in told
    assert "A-&lt;1&gt;" in told
    assert 'data-decide="accept"' in told
    assert 'data-decide="reject"' in told
    assert "From row 3" in told
    assert "look at it" in told
    assert "来自第 3 行" in shown.card(proposal(PASSED), ROW, ZH)


def test_only_what_may_be_decided_has_a_button() -> None:
    held_out = shown.card(proposal(HELD_OUT), ROW, EN)
    assert 'data-decide="accept"' not in held_out
    assert 'data-decide="reject"' in held_out
    accepted = shown.card(proposal().model_copy(update={"accepted": True}), ROW, EN)
    assert "accepted" in accepted
    assert 'data-decide="undo"' in accepted
    assert 'data-decide="reject"' not in accepted


def test_text_of_the_data_is_never_html_and_noise_is_marked() -> None:
    evil = "<script>alert(1)</script>"
    assert "<script>" not in shown.card(proposal(text=evil), ROW, EN)
    assert "<script>" not in shown.card(proposal(text=evil, method="noise"), ROW, EN)
    noise = PARENT[0].replace("order", "ordwr")
    assert "<mark>w</mark>" in shown.card(proposal(text=noise, method="noise"), ROW, EN)


def test_undecided_sound_ones_come_first_and_a_long_list_says_so() -> None:
    many = [proposal(FAILED, text=f"{GOOD} {n}") for n in range(shown.SHOWN)]
    many += [proposal(PASSED, text="Sound one")]
    found = Proposals(by_id={p.id: p for p in many}, damaged=2)
    told = shown.cards(found, {ROW.id: ROW}, EN)
    assert told.index("Sound one") < told.index(GOOD)
    assert "first 50 of 51" in told
    assert "be read: 2" in told
    assert "No proposals" in shown.cards(Proposals(), {}, EN)
    assert "row is gone" in shown.cards(found, {}, EN)


def test_the_cost_and_where_texts_go_are_told_before() -> None:
    task = Task(example=ROW, turns=PARENT[:1], variants=3)
    endpoint = EndpointSetting(
        base_url="https://me:pass@models.example/v1", model="writer", api_key=SecretStr("k")
    )
    told = shown.cost(Chosen((task,), {"too_long": 2}), estimate([task], judged=True), endpoint, EN)
    assert "1 to writer, at most 3" in told
    assert "sent to models.example" in told
    assert "me:pass" not in told
    assert "too long: 2" in told
    assert "at most 3" in told


def test_growth_progress_and_outcome() -> None:
    pairs = [(f"a{n}", "a") for n in range(20)] + [("b0", "b")]
    told = shown.growth(grow(pairs, floor=10), dict(pairs), EN)
    assert "<td>b</td>" in told
    assert ">9<" in told
    assert ">4<" in told
    assert "No class" in shown.growth(grow([]), {}, EN)
    now = AugmentProgress(done=3, total=9, proposed=7, sound=5, failed=1)
    assert "3 of 9" in shown.progress(now, EN)
    found = Outcome(
        asked=3, skipped=1, proposed=7, sound=5, repeated=2, failed_filters={"values": 2},
        failures={"The reply was cut at the token limit.": 1}, finished=False,
    )  # fmt: skip
    assert "nothing is asked twice" in shown.outcome(found, EN)
    assert "1 条：回复因达到 token 上限" in shown.outcome(found, ZH)
    gave_up = found.model_copy(update={"gave_up": "The model server failed (500): x"})
    assert "given up: The model server failed" in shown.outcome(gave_up, EN)


def test_every_filter_and_reason_has_words() -> None:
    wanted = [f"augment.filter.{name}" for name in get_args(FilterName)]
    wanted += [f"augment.method.{name}" for name in get_args(Method)]
    assert [key for key in wanted if key not in WORDS] == []
