"""Figures from rows of anywhere: bad rows are told by line, good ones count, nothing is made up."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from core.errors import DataError
from eval.rubric import verdicts as rubric_verdicts
from eval.rubric.rubrics import Rubric
from eval.scores import agreement as stats_agreement
from eval.scores import paired as stats_paired
from eval.scores.files import Rows, parse_rows, read_rows


def rows(*given: Any) -> Rows:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in given]
    return parse_rows("\n".join(lines).encode(), "rows.jsonl")


def pairs(only_tuned: int, only_base: int, both: int, neither: int) -> list[dict[str, Any]]:
    sides = [(False, True)] * only_tuned + [(True, False)] * only_base
    sides += [(True, True)] * both + [(False, False)] * neither
    return [{"id": n, "base": b, "tuned": t} for n, (b, t) in enumerate(sides)]


def test_yes_or_no_rows_get_mcnemars_exact_test_and_the_reports_verdict() -> None:
    found = stats_paired.of_rows(rows(*pairs(25, 5, 40, 30)))
    assert (found.n, found.clusters, found.unscored) == (100, 100, 0)
    assert (found.base, found.tuned) == pytest.approx((0.45, 0.65))
    assert found.difference == pytest.approx(0.2)
    assert found.test == "mcnemar_exact"
    assert found.p == pytest.approx(binomtest(25, 30).pvalue)
    assert found.interval is not None
    assert found.interval[0] > 0
    assert (found.verdict, found.more_needed) == ("better", 0)
    worse = stats_paired.of_rows(rows(*pairs(5, 25, 40, 30)))
    assert worse.verdict == "worse"


def test_nothing_is_concluded_from_few_rows_or_no_difference() -> None:
    few = stats_paired.of_rows(rows(*pairs(4, 0, 0, 0)))
    assert few.verdict == "too_few_examples"
    assert few.more_needed is not None
    assert few.more_needed >= 16
    same = stats_paired.of_rows(rows(*pairs(5, 5, 20, 20)))
    assert same.verdict == "no_difference"
    assert same.more_needed_for == pytest.approx(0.05)
    assert same.more_needed is not None
    assert same.more_needed > 100
    none = stats_paired.of_rows(rows(*[{"id": n, "base": None, "tuned": 1} for n in range(30)]))
    assert (none.verdict, none.n, none.unscored, none.p) == ("not_measured", 0, 30, None)
    assert (none.base, none.interval, none.test, none.more_needed) == (None, None, "", None)


def test_rows_of_one_cluster_are_not_counted_as_independent() -> None:
    single = pairs(30, 6, 40, 24)
    alike = [{**row, "id": f"{row['id']}-{n}", "cluster": row["id"]} for row in single
             for n in range(4)]  # fmt: skip
    one, four = stats_paired.of_rows(rows(*single)), stats_paired.of_rows(rows(*alike))
    assert (four.n, four.clusters, four.test) == (400, 100, "cluster_sign_flips")
    assert four.difference == one.difference
    assert four.interval == pytest.approx(one.interval, abs=0.02)


def test_winners_count_ties_as_halves_and_missing_ones_as_unscored() -> None:
    given = ["tuned"] * 30 + ["base"] * 8 + ["tie"] * 10 + [None] * 2
    odd = {"id": "odd", "winner": ["tuned"]}
    found = stats_paired.of_rows(rows(*[{"id": n, "winner": w} for n, w in enumerate(given)], odd))
    assert (found.n, found.unscored, found.problems[0].line) == (48, 3, 51)
    assert (found.wins, found.losses, found.ties) == (30, 8, 10)
    assert found.win_rate == pytest.approx(35 / 48)
    assert found.p == pytest.approx(binomtest(30, 38).pvalue)
    assert (found.test, found.verdict) == ("sign_test_exact", "better")
    assert found.worst_case == pytest.approx((19 / 51, 25 / 51))
    with pytest.raises(DataError, match="must be base, tuned, tie"):
        stats_paired.of_rows(rows(*[{"id": n, "winner": "Tuned"} for n in range(30)]))


def test_other_scales_are_told_or_named_and_figures_keep_their_unit() -> None:
    rng = random.Random(5)
    given = [{"id": n, "base": 1 + rng.random() * 8, "tuned": 0.0} for n in range(60)]
    for row in given:
        row["tuned"] = min(10.0, row["base"] + rng.random())
    told = stats_paired.of_rows(rows(*given))
    named = stats_paired.of_rows(rows(*given), (1, 10))
    assert "--scale" in told.notes[0]
    assert (named.notes, named.scale) == ((), (1, 10))
    mean = sum(row["tuned"] - row["base"] for row in given) / 60
    for found in (told, named):
        assert found.difference == pytest.approx(mean)
        assert found.test == "sign_flips"
        assert found.interval is not None
        assert found.interval[0] < mean < found.interval[1]
    outside = stats_paired.of_rows(rows(*given, {"id": "x", "base": 11, "tuned": 2}), (1, 10))
    assert "outside of 1 to 10" in outside.problems[0].problem
    assert (outside.n, outside.unscored_base, outside.unscored_tuned) == (60, 1, 0)
    with pytest.raises(DataError, match="no scale"):
        stats_paired.of_rows(rows(*given), (10, 1))


def test_bad_rows_are_told_by_line_and_good_rows_count() -> None:
    found = stats_paired.of_rows(
        rows(
            {"id": "a", "base": 0.5, "tuned": 1},
            "",
            "not json",
            "[1]",
            {"base": 1, "tuned": 1},
            {"id": "b", "base": "0.5", "tuned": 1},
            {"id": "c", "tuned": 1},
            {"id": "a", "base": 0, "tuned": 0},
            '{"id": "d", "base": NaN, "tuned": 1}',
            '{"id": "e", "base": 1, "base": 0, "tuned": 1}',
            {"id": "f", "winner": "tuned"},
            {"id": ["g"], "base": 1, "tuned": 1},
            f'{{"id": "h", "base": 1{"0" * 400}, "tuned": 1}}',
            {"id": True, "base": 1, "tuned": 1},
            {"id": "i", "base": True, "tuned": None},
        )
    )
    told = {problem.line: problem.problem for problem in found.problems}
    assert (found.n, found.unscored, found.unscored_base) == (1, 5, 4)
    assert sorted(told) == [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]
    assert "`base` is missing; write null" in told[7]
    assert "line 1 already" in told[8]
    assert "counts as unscored" in told[9]
    assert "`base` stands twice" in told[10]
    assert "counts as unscored" in told[13]


def test_ends_of_a_scale_are_not_called_yes_and_no() -> None:
    found = stats_paired.of_rows(
        rows(*[{"id": n, "base": 1, "tuned": 5 if n % 2 else 1} for n in range(60)])
    )
    assert (found.base, found.tuned, found.test, found.verdict) == (1, 3, "sign_flips", "better")
    assert "meet it" not in found.sentence
    assert "30 higher when tuned, 0 in the base model" in found.rule


def test_values_too_large_to_subtract_are_unscored_and_the_output_stays_json() -> None:
    far = [{"id": n, "base": 1e308, "tuned": -1e308 if n else 1.0} for n in range(30)]
    found = stats_paired.of_rows(rows(*far, {"id": "x", "base": 0, "tuned": 1}))
    assert (found.n, found.unscored_base, found.unscored_tuned) == (1, 30, 29)
    assert "up to 1e+300: it counts as unscored" in found.problems[0].problem
    assert json.loads(json.dumps(found.model_dump(), allow_nan=False))["worst_case"] is not None
    with pytest.raises(DataError, match="no scale"):
        stats_paired.of_rows(rows({"id": 1, "base": 0, "tuned": 1}), (-1e308, 1e308))


def test_a_tiny_gain_is_not_told_as_nothing() -> None:
    given = [{"id": n, "base": 0.5, "tuned": 0.5 + (1 + n % 5) * 1e-5} for n in range(60)]
    found = stats_paired.of_rows(rows(*given))
    assert found.verdict == "better"
    assert "That is 0.003 points more (95% interval: +0.00" in found.sentence


def test_answers_that_all_gained_do_not_promise_that_any_gap_would_show() -> None:
    found = stats_paired.of_rows(rows(*pairs(16, 0, 0, 0)))
    assert "only gaps over about 0 points" not in found.sentence
    assert found.more_needed is not None
    assert found.more_needed > 20


def test_a_file_without_a_usable_row_is_an_error_with_reasons(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        stats_paired.of_rows(rows({"id": 1, "score": 2}, "x"))
    assert "line 1: `base` is missing" in caught.value.problem
    with pytest.raises(DataError, match="can't be read"):
        read_rows(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "caf\xe9"}\n')
    assert "UTF-8" in read_rows(tmp_path / "latin.jsonl").problems[0].problem


def test_agreement_is_that_of_scikit_learn_for_each_pair() -> None:
    rng = random.Random(3)
    given = []
    for n in range(80):
        a = rng.choice("xyz")
        b = a if rng.random() < 0.7 else rng.choice("xyz")
        given.append({"id": n, "anna": a, "ben": b, "cleo": rng.choice(["x", "y", None])})
    found = stats_agreement.of_rows(rows(*given))
    assert found.raters == ("anna", "ben", "cleo")
    first = found.pairs[0]
    anna, ben = [row["anna"] for row in given], [row["ben"] for row in given]
    assert first.kappa.value == pytest.approx(cohen_kappa_score(anna, ben))
    assert first.raw.value == pytest.approx(
        sum(a == b for a, b in zip(anna, ben, strict=True)) / 80
    )
    assert first.kappa.low is not None
    assert first.kappa.low < (first.kappa.value or 0) < (first.kappa.high or 0)
    assert found.pairs[1].raw.units == sum(row["cleo"] is not None for row in given)
    assert found.alpha.value is not None
    assert found.raw.units == sum(pair.raw.units for pair in found.pairs)
    assert found.raw.groups == 80, "rows are resampled whole"


def test_labels_that_only_look_alike_are_not_the_same() -> None:
    found = stats_agreement.of_rows(
        rows(*[{"id": n, "a": True, "b": 1} for n in range(3)], {"id": 9, "a": "1", "b": 1})
    )
    assert found.raw.value == 0
    assert "'1' stands both as a text and as a number" in found.notes[0]
    numbers = [{"id": n, "a": n % 5, "b": min(4, n % 5 + 1)} for n in range(50)]
    ordinal = stats_agreement.of_rows(rows(*numbers), "ordinal")
    nominal = stats_agreement.of_rows(rows(*numbers))
    assert ordinal.alpha.value is not None
    assert nominal.alpha.value is not None
    assert ordinal.alpha.value > 0.6 > nominal.alpha.value


def test_labels_that_a_level_cant_measure_are_not_called_equal() -> None:
    far = [{"id": n, "a": 1e200 * (n % 2), "b": 1e200} for n in range(30)]
    found = stats_agreement.of_rows(rows(*far, {"id": "x", "a": 1, "b": 2}), "interval")
    assert (found.rows, len(found.problems)) == (1, 30)
    with pytest.raises(DataError, match="count from 0"):
        stats_agreement.of_rows(rows({"id": 1, "a": 1, "b": -1}), "ratio")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([{"id": 1, "a": "x"}], "has 1"),
        ([{"id": 1}], "no rater beside `id`"),
        ([{"id": 1, "a": ["x"], "b": "y"}], "the label of `a` must be"),
    ],
)
def test_what_is_no_rating_is_refused(given: list[Any], told: str) -> None:
    with pytest.raises(DataError, match=told):
        stats_agreement.of_rows(rows(*given))
    with pytest.raises(DataError, match="ordinal needs numbers"):
        stats_agreement.of_rows(rows({"id": 1, "a": "x", "b": "y"}), "ordinal")


RUBRIC = Rubric.model_validate(
    {
        "id": "r", "pass_mark": 0.5,
        "criteria": [
            {"id": "good", "text": "Is good.", "kind": "judge", "points": 3},
            {"id": "bad", "text": "Is bad.", "kind": "judge", "points": -4, "gate": {"cap": 0.9}},
            {"id": "tone", "text": "Tone", "kind": "scale", "anchors": {1: "a", 3: "b", 5: "c"}},
            {"id": "never", "text": "Never judged.", "kind": "judge"},
        ],
        "examples": {"e1": [{"id": "own", "text": "Own.", "kind": "judge", "points": 4}]},
    }
)  # fmt: skip


def verdict(example: str, criterion: str, met: Any, **more: Any) -> dict[str, Any]:
    return {"example": example, "criterion": criterion, "met": met, **more}


def test_verdicts_become_scores_and_only_the_shown_mean_is_clipped() -> None:
    found = rubric_verdicts.of_rows(
        RUBRIC,
        rows(
            verdict("e1", "good", True), verdict("e1", "bad", False), verdict("e1", "own", False),
            {"example": "e1", "criterion": "tone", "level": 3},
            verdict("e2", "Is good.", False), verdict("e2", "bad", True),
            {"example": "e2", "criterion": "tone", "level": 1},
            verdict("e3", "good", True), verdict("e3", "bad", None),
            {"example": "e3", "criterion": "tone", "level": 5},
        ),
    )  # fmt: skip
    one, two, three = found.examples
    assert one.score == pytest.approx(3.5 / 8)
    assert one.passed is False
    assert two.score == -1, "unclipped"
    assert two.gates == ("bad",)
    assert (three.score, three.unscored, three.passed) == (None, ("bad",), None)
    assert (three.lowest, three.highest) == (0, 1)
    assert (found.n, found.unscored, found.passed) == (2, 1, 0)
    assert (found.mean, found.mean_unclipped) == pytest.approx((0, (3.5 / 8 - 1) / 2))
    assert found.left_out == ("never",)
    assert "never" in found.note


def test_verdicts_that_fit_nothing_are_told() -> None:
    found = rubric_verdicts.of_rows(
        RUBRIC,
        rows(
            verdict("e2", "good", True),
            verdict("e2", "own", True),
            verdict("e2", "good", False),
            verdict("e2", "bad", "no"),
            verdict("e2", "tone", True),
            {"example": "e2", "criterion": "tone", "level": 4},
            {"example": "e2", "criterion": "bad"},
            verdict("", "bad", True),
        ),
    )
    assert [p.line for p in found.problems] == [2, 3, 4, 5, 6, 7, 8]
    assert "no criterion own for example e2" in found.problems[0].problem
    assert "one of 1, 3, 5" in found.problems[3].problem
    (only,) = found.examples
    assert only.score == 1, "what has no verdict anywhere in the file is left out of all scores"
    own = RUBRIC.model_copy(update={"criteria": ()})
    with pytest.raises(DataError, match="no example e9"):
        rubric_verdicts.of_rows(own, rows(verdict("e9", "own", True)))
