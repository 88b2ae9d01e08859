"""When a run is stopped by what it logs, and when it is left alone."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from core.training.program.early_stopping import Patience
from core.training.program.guard import Diverged, Guard

VOCABULARY = 2048
LORA_AT_3E_2 = (6.4, 5.4, 5.5, 6.6, 7.0, 6.7, 24.1, 14.3, 15.5, 20.2, 15.3, 13.6, 15.7, 12.7, 11.0)
"""A real run of the starter, batch 1, at 150 times the recommended learning rate."""
AT_1E_3 = (5.8, 6.0, 5.9, 6.2, 5.3, 5.1, 5.5, 5.0, 4.9, 4.4, 4.8, 4.5, 4.6, 3.8, 3.9, 3.4, 3.1)


def stopped(
    losses: Sequence[float], norms: Sequence[float] | None = None
) -> tuple[int, Diverged] | None:
    """The step at which the guard stops a run, and what it says; None when it does not."""
    guard = Guard(max_grad_norm=1.0, vocabulary=VOCABULARY)
    for step, (loss, norm) in enumerate(zip(losses, norms or [1.0] * len(losses), strict=True), 1):
        try:
            guard.see(step, {"loss": loss, "grad_norm": norm})
        except Diverged as error:
            return step, error
    return None


def stopped_at(losses: Sequence[float], norms: Sequence[float] | None = None) -> int | None:
    found = stopped(losses, norms)
    return found[0] if found else None


def test_a_run_that_exploded_is_stopped_and_one_that_learnt_is_not() -> None:
    assert stopped_at((*LORA_AT_3E_2, 10.9, 11.2)) == 16
    assert stopped_at(AT_1E_3) is None


def test_a_loss_that_comes_back_above_where_it_began_is_stopped() -> None:
    learnt = [2.0 * 0.97**step + 0.3 for step in range(100)]
    assert stopped_at([*learnt, *[4.5] * 20]) == 110, "the tenth bad one in a row"
    assert stopped_at([*learnt, *[4.5] * 9, 0.4, *[4.5] * 9]) is None, "never ten in a row"
    assert stopped_at([*learnt, *[2.2] * 50]) is None, "not above where it began"


@pytest.mark.parametrize("kind", ["known and hard rows", "noisy", "learnt by heart"])
def test_healthy_noise_never_stops_a_run(kind: str) -> None:
    for seed in range(20):
        chance = random.Random(seed)
        losses = {
            "known and hard rows": [chance.choice((0.05, 5.0)) for _ in range(400)],
            "noisy": [2 * math.exp(chance.gauss(-0.5, 1.0)) for _ in range(400)],
            "learnt by heart": [
                (2 * math.exp(-step / 30) + 0.01) * math.exp(chance.gauss(0, 1))
                for step in range(400)
            ],
        }[kind]
        assert stopped_at(losses) is None, seed


@pytest.mark.parametrize("name", ["loss", "grad_norm"])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_number_is_stopped_at_once(name: str, value: float) -> None:
    guard = Guard()
    with pytest.raises(Diverged, match="at step 1") as caught:
        guard.see(1, {"loss": 1.0, "grad_norm": 1.0, name: value})
    assert "learning rate" in caught.value.fix


def test_no_signal_is_told_from_a_small_one() -> None:
    assert stopped_at([1.0] + [0.0] * 5, [1.0] + [0.0] * 5) == 4
    assert stopped_at([1e-5] * 50, [1e-6] * 50) is None, "known by heart, yet still learning"
    assert stopped_at([0.0, 1.0] * 20, [0.0, 1.0] * 20) is None


def test_a_gradient_is_judged_by_what_was_usual() -> None:
    usual = [1.0 + step % 7 for step in range(40)]
    assert stopped_at([1.0] * 60, usual + [5e4] * 20) == 50
    assert stopped_at([1.0] * 60, usual + [5e4] * 9 + usual[:11]) is None
    assert stopped_at([1.0] * 60, usual + [500.0] * 20) is None, "clipping copes with that"
    assert stopped_at([1.0] * 60, [5e4] * 60) is None, "it is this model's scale"


def test_a_guard_that_goes_on_remembers_how_the_run_began() -> None:
    history = [{"loss": 0.3, "step": step, "grad_norm": 1.0} for step in range(1, 30)]
    fresh, resumed = Guard(vocabulary=VOCABULARY), Guard(vocabulary=VOCABULARY)
    resumed.recall([{"loss": 3.0, "step": 0}, *history, {"eval_loss": 9.0, "step": 29}])
    for step in range(30, 39):
        for guard in (fresh, resumed):
            guard.see(step, {"loss": 2.5, "grad_norm": 1.0})
    assert not resumed.suspects, "it had begun at 3"
    assert fresh.losses.first == 2.5


def test_the_first_bad_step_is_told_so_that_what_was_saved_since_is_not_used() -> None:
    found = stopped([1.0] * 20 + [8.0] * 20)
    assert found is not None
    assert (found[0], found[1].since) == (30, 21)
    assert "above" in found[1].problem


# -- early stopping -------------------------------------------------------------------------------


def test_patience_counts_measurements_that_were_not_better() -> None:
    patience = Patience(2)
    told = [patience.runs_out(step, loss) for step, loss in enumerate((9.0, 2.0, 1.0, 1.0, 1.1))]
    assert told == [False, False, False, False, True]
    assert (patience.best_step, patience.best) == (2, 1.0)


def test_the_model_before_training_can_not_be_the_best() -> None:
    patience = Patience(1)
    assert not patience.runs_out(0, 0.5)
    assert not patience.runs_out(10, 0.9)
    assert patience.runs_out(20, 0.9)


def test_patience_is_kept_over_a_resume_and_begins_anew_when_it_had_run_out() -> None:
    history = [{"eval_loss": loss, "step": step} for step, loss in ((1, 1.0), (2, 1.2))]
    patience = Patience(2)
    patience.recall([{"loss": 3.0, "step": 1}, *history])
    assert (patience.best_step, patience.misses) == (1, 1)
    assert patience.runs_out(3, 1.3)
    again = Patience(2)
    again.recall([*history, {"eval_loss": 1.3, "step": 3}])
    assert (again.best_step, again.misses) == (1, 0)


def test_without_patience_given_it_never_runs_out() -> None:
    assert not any(Patience(None).runs_out(step, 1.0) for step in range(1, 50))


def of_pairs(losses: Sequence[float], norm: float = 1.0) -> int | None:
    """The step at which a run over pairs is stopped."""
    guard = Guard(vocabulary=VOCABULARY, pairs=True)
    for step, loss in enumerate(losses, 1):
        try:
            guard.see(step, {"loss": loss, "grad_norm": norm})
        except Diverged:
            return step
    return None


def test_pairs_that_are_told_apart_wholly_do_not_stop_a_run() -> None:
    fallen = [math.log(2) * 0.5**step for step in range(30)]
    assert of_pairs([*fallen, *[0.0] * 50], norm=0.0) is None
    chance = random.Random(7)
    noisy = [chance.choice((0.05, 0.3, 2.5)) for _ in range(600)]
    assert of_pairs([math.log(2), *noisy]) is None
    assert of_pairs([math.log(2)] * 300) is None


def test_answers_that_are_preferred_the_wrong_way_round_stop_a_run() -> None:
    assert of_pairs([math.log(2), *[1.3] * 20]) == 11, "ten worse than guessing among two"
