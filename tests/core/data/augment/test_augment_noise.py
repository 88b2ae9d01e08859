"""Noise is off, repeatable, and never touches what must survive."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.data.augment.noise import NEIGHBOURS, NoiseKind, NoiseRequest, make_noise, noisy
from core.data.augment.proposals import ProposalFile
from core.data.augment.turns import user_turns
from core.errors import DataError
from tests.core.data.augment.augmenting import context_of, example

TEXT = "Hello there, where is my Order A-1234? I don't know!"
ALL: tuple[NoiseKind, ...] = ("case", "punctuation", "width", "typos")


def test_it_is_off_by_default() -> None:
    assert noisy(example(TEXT, "Yes."), [TEXT], NoiseRequest()) == ()


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("text", [TEXT, "你好，我的订单 A-1234 在哪里？iPhone 坏了！"])
def test_each_kind_changes_the_text_and_keeps_its_values(kind: NoiseKind, text: str) -> None:
    row = example(text, "Yes.")
    request = NoiseRequest(kinds=(kind,), copies=5)
    copies = noisy(row, [text], request)
    assert copies == noisy(row, [text], request)
    assert (
        copies != noisy(row, [text], NoiseRequest(kinds=(kind,), copies=5, seed=8))
        or kind != "typos"
    )
    assert any(copy != (text,) for copy in copies)
    assert all("A-1234" in copy for (copy,) in copies)


def test_typos_hit_a_neighbouring_key_and_keep_the_case() -> None:
    assert set(NEIGHBOURS["a"]) == set("sqwz")
    assert set(NEIGHBOURS["p"]) == set("ol")
    ((text,),) = noisy(example("WWWW", "Yes."), ["WWWW WWWW"], NoiseRequest(kinds=("typos",)))
    (hit,) = [c for c in text if c not in "W "]
    assert hit.lower() in NEIGHBOURS["w"]
    assert hit.isupper()


def test_a_text_without_letters_gets_no_typo() -> None:
    assert noisy(example("？！", "Yes."), ["？！"], NoiseRequest(kinds=("typos",))) == (("？！",),)


def test_copies_are_proposals_for_a_person(tmp_path: Path) -> None:
    rows = [example(TEXT, "Yes."), example("？？", "What?")]
    held_out = example("Is this a test?", "It is.")
    context, file = context_of(rows, [held_out]), ProposalFile(tmp_path / "p.jsonl")
    request = NoiseRequest(kinds=("typos",), copies=2)
    outcome = make_noise(rows, request, context, file)
    assert (outcome.proposed, outcome.sound, outcome.repeated) == (2, 2, 2)
    proposals = file.read().undecided
    assert {p.method for p in proposals} == {"noise"}
    assert all("A-1234" in user_turns(p.conversation)[0] for p in proposals)
    again = make_noise(rows, request, context, file)
    assert (again.proposed, again.repeated) == (0, 4)
    with pytest.raises(DataError, match="train part"):
        make_noise([held_out], request, context, file)
