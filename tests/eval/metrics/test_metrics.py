"""Metrics give worked examples, what the usual libraries give, and None where nothing counts."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from eval.metrics import metrics
from eval.metrics.corpus import bleu_figure, chrf_figure, macro_f1_figure
from eval.metrics.labels import classify, macro_f1
from eval.metrics.records import Confusion
from eval.metrics.text import (
    bleu,
    chrf,
    common_subsequence,
    rouge,
    rouge_l,
    rouge_n,
    sentence_chrf,
)
from eval.metrics.tokens import tokens
from tests.eval import made_up


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("The cat's 2nd Toy!", ["the", "cat's", "2nd", "toy"]),
        ("订单A12到了。", ["订", "单", "a12", "到", "了"]),
        ("привет мир", ["привет", "мир"]),
        ("नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("안녕 세계", ["안녕", "세계"]),
        ("ＡＢＣ", ["abc"]),
        ("?! 🙂", []),
    ],
)
def test_units_are_words_or_characters_by_script(text: str, units: list[str]) -> None:
    assert tokens(text) == units


def test_rouge_gives_lins_example() -> None:
    reference = "police killed the gunman"
    assert rouge_l(reference, "police kill the gunman").f1 == pytest.approx(3 / 4)
    assert rouge_l(reference, "the gunman kill police").f1 == pytest.approx(2 / 4)
    assert rouge_n(reference, "police kill the gunman", 2).recall == pytest.approx(1 / 3)
    assert rouge_n("the the cat", "the the the", 1).precision == pytest.approx(2 / 3)  # clipped


@pytest.mark.parametrize("text", ["привет мир", "您好，世界", "hello world", "ありがとう"])
def test_the_same_text_scores_1_in_every_script(text: str) -> None:
    assert rouge_l(text, text).f1 == 1.0
    assert rouge_l(text, "xyz").f1 == 0.0
    assert rouge_l("?!", text).f1 is None


def test_the_longest_common_subsequence_is_what_the_table_gives() -> None:
    rng = np.random.default_rng(7)
    for _ in range(20):
        a, b = (["xyzw"[i] for i in rng.integers(0, 4, rng.integers(0, 15))] for _ in "ab")
        table = np.zeros((len(a) + 1, len(b) + 1), int)
        for i, x in enumerate(a, 1):
            for j, y in enumerate(b, 1):
                best = max(table[i - 1, j], table[i, j - 1])
                table[i, j] = table[i - 1, j - 1] + 1 if x == y else best
        assert common_subsequence(a, b) == table[-1, -1]


def test_a_mean_of_rouge_says_what_it_left_out() -> None:
    found = rouge(["a b", "c d", "?", "e"], ["a b", "x y", "z", None])
    assert (found.value, found.counted, found.left_out) == (0.5, 2, 2)
    assert rouge(["a"], [None]).value is None
    assert rouge(["a"], [None]).note
    with pytest.raises(ValueError, match="not as 3"):
        rouge(["a"], ["a"], "3")


def test_bleu_takes_the_tokeniser_of_the_language() -> None:
    pytest.importorskip("sacrebleu")
    chinese = bleu(["您好世界"], ["您好世界"], "zh")
    assert chinese.value == pytest.approx(100)
    assert "tok:zh" in chinese.signature
    assert "tok:char" in bleu(["こんにちは"], ["こんにちは"], "ja").signature
    short = bleu(["you"], ["you"], "en")
    assert short.value is None
    assert "shorter than four words" in short.note
    assert bleu(["a"], [None], "en").left_out == 1
    empty = bleu(["it is a red car", "it is a red car"], ["it is a red car", ""], "en")
    assert empty.counted == 2
    assert empty.value is not None
    assert empty.value < 50  # the brevity penalty: half the text is missing


def test_chrf_is_sacrebleus() -> None:
    sacrebleu = pytest.importorskip("sacrebleu")
    references, answers = ["The dog bit the man.", "Good day"], ["The dog bit a man.", "Bad day"]
    found = chrf(references, [*answers])
    assert found.value == pytest.approx(sacrebleu.corpus_chrf(answers, [references]).score)
    assert sentence_chrf("您好", "您好") == pytest.approx(1.0)
    assert sentence_chrf(" ", "x") is None


def test_a_classification_is_what_sklearn_gives() -> None:
    rng = np.random.default_rng(5)
    labels = ["a", "b", "c", "d"]
    references = [labels[i] for i in rng.integers(0, 3, 200)]  # d is never right
    answers = [labels[i] for i in rng.integers(0, 4, 200)]
    found = classify(references, [*answers], labels)
    table = precision_recall_fscore_support(references, answers, labels=labels, zero_division=0)
    for one, precision, recall, f1, support in zip(found.classes, *table, strict=True):
        assert (one.precision, one.recall or 0.0) == pytest.approx((precision, recall))
        assert (one.f1, one.support) == pytest.approx((f1, support))
    macro = precision_recall_fscore_support(
        references, answers, labels=labels, average="macro", zero_division=0
    )
    known = (found.macro_precision, found.macro_recall, found.macro_f1)
    assert known == pytest.approx(macro[:3])
    assert found.accuracy == found.micro_f1 == pytest.approx(accuracy_score(references, answers))
    assert found.classes[3].recall is None  # nothing to recall, which is not 0
    assert macro_f1(references, [*answers]) == pytest.approx(found.macro_f1)


def test_what_is_no_label_is_wrong_and_what_was_not_had_is_unscored() -> None:
    found = classify(["a", "a", "b", "b", "a"], ["a", "b", "b", "maybe", None])
    assert (found.samples, found.unscored, found.outside) == (4, 1, 1)
    assert found.accuracy == 0.5
    assert found.micro_precision == pytest.approx(2 / 3)
    assert found.micro_recall == 0.5
    assert found.confusions == (
        Confusion(reference="a", answered="b", count=1),
        Confusion(reference="b", answered=None, count=1),
    )
    assert "Fewer than 5 samples of: a, b" in found.note
    assert found.accuracy_low is not None
    assert found.accuracy_low < 0.2  # four samples say little
    with pytest.raises(ValueError, match="no label: c"):
        classify(["c"], ["a"], ["a", "b"])


def test_no_answer_at_all_gives_no_figure() -> None:
    found = classify(["a", "b"], [None, None])
    assert (found.accuracy, found.macro_f1, found.unscored) == (None, None, 2)
    assert found.note
    outside = classify(["a", "b"], [None, None], had=[True, True])
    assert (outside.accuracy, outside.micro_precision, outside.outside) == (0.0, None, 2)
    assert macro_f1([], []) is None


def test_resampled_figures_are_those_of_the_whole_corpus() -> None:
    references = ["the cat sat on the mat", "a dog ran away from home", "您好，世界很大", "yes"]
    answers = ["the cat is on the mat", "a dog ran home", "您好，世界很小", "no"]
    everything = np.arange(4)
    assert (
        bleu_figure(references, answers, "en")(everything) == bleu(references, answers, "en").value
    )
    assert chrf_figure(references, answers)(everything) == pytest.approx(
        chrf(references, answers).value
    )
    twice = np.array([0, 0, 1])
    again = [references[i] for i in twice], [answers[i] for i in twice]
    assert chrf_figure(references, answers)(twice) == pytest.approx(chrf(*again).value)
    assert bleu_figure(["yes", "no"], ["yes", "no"], "en")(np.arange(2)) is None
    labels = ["a", "b", "c"]
    rng = np.random.default_rng(7)
    of, given = ([labels[i] for i in rng.integers(0, 3, 60)] for _ in "ab")
    outside = [None if i % 7 == 0 else label for i, label in enumerate(given)]
    chosen = rng.integers(0, 60, 40)
    assert macro_f1_figure(of, outside, labels)(chosen) == pytest.approx(
        macro_f1([of[i] for i in chosen], [outside[i] for i in chosen])
    )


def test_labels_are_found_whole_or_in_brackets_and_nowhere_else() -> None:
    assert metrics.label_set(["refund", "repair", "refund"] * 3) == ("refund", "repair")
    bracketed = [f"[{('A', 'B')[i % 2]}] some text number {i}" for i in range(12)]
    assert metrics.label_set(bracketed) == ("[A]", "[B]")
    assert metrics.label_set([f"a sentence of its own, number {i}" for i in range(12)]) == ()
    assert metrics.label_of("【A】 yes", ("[A]", "[B]")) == "[A]"
    assert metrics.label_of("it is [A]", ("[A]", "[B]")) is None
    assert metrics.label_of("I think refund.", ("refund", "repair")) == "refund"
    assert metrics.label_of("refund or repair", ("refund", "repair")) is None


def test_a_report_has_both_kinds_of_figures_with_intervals() -> None:
    found = metrics.measure(made_up.comparisons(40, 5, 5, 5), ("[REFUND]", "[REPAIR]"), seed=7)
    rows = {row.name: row for row in found.rows}
    assert list(rows) == ["accuracy", "macro F1", "BLEU", "chrF2", "ROUGE-L"]
    assert rows["accuracy"].difference == pytest.approx(35 / 55)
    for row in rows.values():
        ends = [end for end in (row.low, row.difference, row.high) if end is not None]
        assert len(ends) == 3, row.name
        assert ends == sorted(ends)
    assert found.labels_base is not None
    assert found.labels_base.outside == 45
    assert found.language == "en"
    whole = metrics.measure(made_up.comparisons(9, 0, 0, 0), ("yes", "no"), seed=7)
    assert [row.name for row in whole.rows] == ["accuracy", "macro F1"]
