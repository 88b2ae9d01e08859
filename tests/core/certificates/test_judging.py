"""From readings to a verdict: each fault of a model has a cause of its own, and rounding none."""

from __future__ import annotations

from random import Random

import pytest

from core.certificates import judging, verdicts
from core.certificates.judging import Case, Reference
from core.certificates.records import (
    Difference,
    FileFacts,
    Lane,
    Question,
    Reading,
    WeightFacts,
    Written,
)

Figures = tuple[tuple[float, ...], ...]
QUESTION = Question(row=3, prompt=(5, 6, 7), answer=tuple(range(10, 60)))
DICE = Random(7)
BASE: Figures = (tuple(-DICE.uniform(0.1, 6) for _ in range(52)),)
TRAINED: Figures = (tuple(value + DICE.gauss(0, 1.0) for value in BASE[0]),)
WANTED = Written(tokens=(10, 11, 2), stopped=True, margins=(1.0, 0.004, 3.0), runners_up=(8, 9, 8))
GOOD_WEIGHTS = WeightFacts(untouched=9, foreign=0, merged=4, wrong=0, missing=0, scale=1.0)


def shifted(values: Figures, by: Figures, times: float = 1.0, noise: float = 0.0) -> Figures:
    """values + times * (by - values), and noise."""
    dice = Random(3)
    return tuple(
        tuple(a + times * (b - a) + dice.gauss(0, noise) for a, b in zip(one, other, strict=True))
        for one, other in zip(values, by, strict=True)
    )


def judged(
    tuned: Figures = TRAINED,
    written: Written = WANTED,
    base: Figures | None = None,
    rendered: tuple[tuple[int, ...] | None, ...] = (),
    weights: WeightFacts | None = None,
    is_rounded: bool = False,
) -> Lane:
    reading = Reading(
        dtype="float32", tuned=tuned, base=base, written=(written,), rendered=rendered
    )
    reference = Reference(TRAINED, BASE, (WANTED,))
    case = Case("vllm", reading, reference, (QUESTION,), weights, is_rounded=is_rounded)
    return judging.judge(case)


def test_the_same_model_is_green_with_its_figures() -> None:
    lane = judged(shifted(TRAINED, TRAINED, noise=1e-4), base=BASE, rendered=(QUESTION.prompt,))
    assert (lane.verdict, lane.causes, lane.sentence) == ("green", (), "")
    assert lane.tokens == 52
    assert lane.worst_difference is not None
    assert 0 < lane.worst_difference < 1e-3
    assert lane.slope == pytest.approx(1.0, abs=1e-3)
    assert (lane.agreed, lane.compared, lane.ties) == (3, 3, 0)
    assert (lane.stopped, lane.stops) == (1, 1)
    assert lane.renders_alike is True
    mean = -sum(TRAINED[0][2:]) / 50
    assert lane.reference_nll == pytest.approx(mean), "of the answer's tokens alone"


@pytest.mark.parametrize(
    ("tuned", "cause"),
    [
        (BASE, "not applied"),
        (shifted(BASE, TRAINED, times=2.0), "scale"),
        (shifted(BASE, TRAINED, times=0.5, noise=0.02), "scale"),
        (shifted(TRAINED, TRAINED, noise=0.2), "dtype"),
    ],
)
def test_figures_tell_the_cause(tuned: Figures, cause: str) -> None:
    assert judged(tuned).causes == (cause,)


def test_another_base_shows_in_the_base_itself() -> None:
    assert judged(base=shifted(BASE, BASE, noise=1.0)).causes == ("base",)
    foreign = GOOD_WEIGHTS.model_copy(update={"foreign": 3})
    other = shifted(BASE, BASE, noise=2.0)
    assert judged(other, weights=foreign).causes[0] == "base", "or in the tensors"


def test_rounding_to_16_bits_is_no_fault_and_twice_as_much_is() -> None:
    rounded = shifted(TRAINED, TRAINED, noise=0.03)
    assert judged(rounded).verdict == "red", "where both compute in float32"
    assert judged(rounded, is_rounded=True).verdict == "green"
    assert judged(shifted(TRAINED, TRAINED, noise=0.3), is_rounded=True).causes == ("dtype",)


def test_a_change_that_rounding_swallowed_is_the_dtypes_fault() -> None:
    faint = shifted(BASE, TRAINED, times=0.6)
    assert judged(faint, weights=GOOD_WEIGHTS).causes == ("dtype",)
    assert judged(faint).causes == ("scale",)


def test_a_near_tie_is_counted_apart() -> None:
    parted = WANTED.model_copy(update={"tokens": (10, 9, 4, 4), "stopped": False})
    lane = judged(written=parted)
    assert lane.verdict == "green"
    assert (lane.agreed, lane.compared, lane.ties) == (1, 1, 1)
    assert lane.stops == 0, "what comes after a tie is another answer"
    assert lane.first == Difference(
        row=3, position=1, expected=11, found=9, margin=0.004, is_tie=True
    )


@pytest.mark.parametrize(
    ("tokens", "agreed"),
    [((10, 44, 2), 1), ((8, 11, 2), 0)],
    ids=["not the second choice", "the second choice by far"],
)
def test_another_answer_is_red_although_the_figures_agree(
    tokens: tuple[int, ...], agreed: int
) -> None:
    lane = judged(written=WANTED.model_copy(update={"tokens": tokens}))
    assert lane.causes == ("differs",)
    assert (lane.agreed, lane.compared) == (agreed, agreed + 1)
    assert lane.first is not None
    assert not lane.first.is_tie


@pytest.mark.parametrize(
    "tokens", [(10, 11, 2, 7, 7), (10, 11, 7, 7)], ids=["past the end", "instead of the end"]
)
def test_an_answer_that_runs_on_has_lost_its_end(tokens: tuple[int, ...]) -> None:
    endless = Written(tokens=tokens, stopped=False)
    assert judged(written=endless).causes == ("eos",)


def test_another_rendering_is_the_templates_fault() -> None:
    assert judged(rendered=((5, 6, 99),)).causes == ("template",)
    assert judged(rendered=(None,)).renders_alike is None


def test_without_a_text_nothing_is_proven() -> None:
    empty = Reading(dtype="float32", tuned=())
    lane = judging.judge(Case("vllm", empty, Reference((), ()), ()))
    assert (lane.verdict, lane.sentence) == ("not measured", judging.NO_TEXT)


def test_files_tell_their_own_causes() -> None:
    good = FileFacts(template=True, tokenizer=True, stops=True, dtype=True, base=None)
    assert verdicts.of_files(good).verdict == "green"
    for name, cause in {"template": "template", "tokenizer": "tokenizer", "stops": "eos",
                        "dtype": "dtype", "base": "base"}.items():  # fmt: skip
        assert verdicts.of_files(good.model_copy(update={name: False})).causes == (cause,)
    for scale, cause in {0.0: "not applied", 2.0: "scale", 1.01: "dtype"}.items():
        weights = GOOD_WEIGHTS.model_copy(update={"wrong": 4, "scale": scale})
        assert verdicts.of_files(good.model_copy(update={"weights": weights})).causes == (cause,)


def test_one_red_lane_makes_a_red_certificate_and_nothing_measured_none() -> None:
    green, unasked = judged(), verdicts.unmeasured("vllm", "no engine")
    assert verdicts.conclude([green, unasked])[0] == "green"
    assert verdicts.conclude([unasked])[0] == "not measured"
    verdict, causes, sentence = verdicts.conclude([green, judged(BASE), unasked])
    assert (verdict, causes) == ("red", ("not applied",))
    assert "answers as the base model does" in sentence
