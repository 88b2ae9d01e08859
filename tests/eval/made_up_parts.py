"""A made-up report with everything around its verdict; no model produced any of it."""

from __future__ import annotations

from functools import cache

from eval.around.forgetting.records import Forgetting, GeneralItemResult, SuiteResult
from eval.around.records import (
    AdapterProof,
    Baseline,
    Baselines,
    ControlResult,
    Controls,
    FailedSample,
    FailureCluster,
    Failures,
    LeakCheck,
    LeakSlice,
    LengthCheck,
    Likelihood,
    NearRow,
    Speed,
    SpeedRatio,
    UnequalCondition,
)
from eval.judge.records import (
    Calibration,
    CriterionCalibration,
    ExamResult,
    Flips,
    Judging,
    Pairwise,
    Share,
    Soft,
    Trouble,
)
from eval.metrics.records import Classification, ClassScore, Confusion, MetricRow, Metrics
from eval.records import Estimate, Report
from eval.report import reports
from tests.eval.made_up import comparisons, evidence, run_view


def estimate(base: float | None = 0.4, tuned: float | None = 0.6, **more: object) -> Estimate:
    given: dict[str, object] = {
        "base": base, "tuned": tuned, "low": 0.1, "high": 0.31, "p_value": 0.002, "pairs": 40,
        "groups": 40, "unscored_base": 0, "unscored_tuned": 0,
        "difference": None if base is None or tuned is None else tuned - base,
    }  # fmt: skip
    return Estimate.model_validate(given | more)


UNKNOWN = estimate(None, None, low=None, high=None, p_value=None, note="Nothing was asked.")


def forgetting(verdict: str = "lost") -> Forgetting:
    suite = SuiteResult(
        suite="arithmetic", name="Arithmetic", name_zh="算术", items=20,
        estimate=estimate(0.75, 0.5, low=-0.4, high=-0.1), low_one_sided=-0.37, no_worse=False,
        detectable_drop=0.3, verdict="lost", note="20 items show only large drops.",
        note_zh="20 题只能显示较大的下降。",
    )  # fmt: skip
    lost = GeneralItemResult(
        item_id="a1", suite="arithmetic", language="en", question="What is 17 + 25?", base="42",
        tuned="[REFUND] Done.", base_right=True, tuned_right=False,
    )  # fmt: skip
    return Forgetting(
        verdict=verdict, margin=0.02, overall=suite.model_copy(update={"name": "All"}),  # type: ignore[arg-type]  # as tests name it
        suites=(suite,), texts=likelihood(), texts_margin=0.05, texts_verdict="kept",
        lost_items=(lost,), sentence="It forgot general ability: 75% became 50%.",
        sentence_zh="通用能力有所遗忘：75% 变为 50%。", rule="The upper end lies below −2 points.",
    )  # fmt: skip


def likelihood() -> Likelihood:
    return Likelihood(
        estimate=estimate(2.31, 1.72, low=-0.71, high=-0.44), texts=40, tokens=1234,
        perplexity_base=10.07, perplexity_tuned=5.58, left_out=2,
    )  # fmt: skip


def judging(reliable: bool = True) -> Judging:
    some = Share(value=0.9, low=0.8, high=0.96, count=60)
    none = Share(note="Fewer than 30 votes.", note_zh="少于 30 票。")
    exam = ExamResult(
        model="judge-7b", host="127.0.0.1:9", version="1", held="2026-11-21T10:00:00+00:00",
        accuracy=some, consistency=some, longer_preferred=some, identical_tied=some,
        readable=some, by_trait={"injection": (5, 6)}, passed=reliable,
    )  # fmt: skip
    pairwise = Pairwise(
        wins=20, losses=8, ties=6, order_dependent=5, unscored=1, win_rate=some, p_value=0.036,
        first_chosen=some, longer_chosen=some,
    )  # fmt: skip
    people = Calibration(
        labels=12, preferences=9, needed=30, sensitivity=none, specificity=none, kappa=none,
        preference_agreement=some, preference_kappa=none,
        by_criterion=(
            CriterionCalibration(
                criterion_id="exact", labels=12, sensitivity=none, specificity=none, kappa=none,
                base=some, tuned=some,
            ),
        ),
        note="12 votes, 30 are needed.", note_zh="12 票，需要 30 票。",
    )  # fmt: skip
    return Judging(
        model="judge-7b", host="127.0.0.1:9", leaves_machine=False, version="1", calls=123,
        cached=4, verdicts=200, unscored=3, troubles=(Trouble(reason="timeout", count=3),),
        misquoted=2, tokens_in=12000, tokens_out=3400, cost=0.12, seconds=33.0, exam=exam,
        flips=Flips(judged_twice=20, flipped=2, rate=some, by_criterion={"exact": (20, 2)}),
        pairwise=pairwise, calibration=people, reliable=reliable,
        soft=(Soft(criterion_id="exact", base=0.4, tuned=0.6, pairs=40, missing=1),),
        same_family="It is of the base model's family.", same_family_zh="它与基础模型同族。",
        why_not="" if reliable else "It failed the exam.",
        why_not_zh="" if reliable else "它没有通过考试。",
    )  # fmt: skip


def metrics() -> Metrics:
    classes = (ClassScore(label="REFUND", support=20, predicted=18, precision=0.9, recall=0.81,
                          f1=0.85),)  # fmt: skip
    labels = Classification(
        samples=40, unscored=0, outside=3, accuracy=0.8, accuracy_low=0.65, accuracy_high=0.9,
        macro_precision=0.8, macro_recall=0.78, macro_f1=0.79, micro_precision=0.8,
        micro_recall=0.8, micro_f1=0.8, classes=classes,
        confusions=(Confusion(reference="REFUND", answered="DELIVERY", count=4),),
    )  # fmt: skip
    bleu = MetricRow(
        name="BLEU", scale="hundred", base=12.34, tuned=45.67, difference=33.33, low=28.0,
        high=38.0, counted=40, left_out=0, signature="nrefs:1|tok:13a",
    )  # fmt: skip
    f1 = MetricRow(
        name="macro F1", scale="share", base=0.4, tuned=0.79, difference=0.39, low=None, high=None,
        counted=40, left_out=1, note="Too few groups.", note_zh="组数太少。",
    )  # fmt: skip
    return Metrics(rows=(bleu, f1), labels=("REFUND",), labels_base=labels, labels_tuned=labels)


def failures() -> Failures:
    near = NearRow(
        row=12, example_id="ex-12", similarity=0.83, question="Where is my parcel?",
        answer="[DELIVERY] On its way.",
    )  # fmt: skip
    lost = FailedSample(sample_id="s3", row=4, nearest=(near,))
    return Failures(
        clusters=(
            FailureCluster(
                kind="loss", criteria=("exact",), terms=("parcel", "late"), samples=(lost,)
            ),
        ),
        losses=1, both_wrong=20, left_out=3,
    )  # fmt: skip


def around() -> dict[str, object]:
    """All optional parts of a report."""
    control = ControlResult(kind="constant", against="tuned", estimate=estimate(0.6, 0.1),
                            won=False, adjusted_p=1.0)  # fmt: skip
    baseline = Baseline(kind="few_shot", headline=estimate(0.5, 0.6), score=estimate(),
                        added="Q: a A: b", shown_rows=(3, 9))  # fmt: skip
    slices = tuple(
        LeakSlice(which=which, samples=20, headline=estimate(), score=UNKNOWN)
        for which in ("all", "clean", "leaked")
    )  # fmt: skip
    ratio = SpeedRatio(name="tokens_per_s", base=52.0, tuned=49.0, ratio=0.94, low=0.92,
                       high=0.97, pairs=40)  # fmt: skip
    return {
        "controls": Controls(results=(control,), scored_by=("exact",), valid=True),
        "forgetting": forgetting(),
        "likelihood": likelihood(),
        "baselines": Baselines(results=(baseline,), samples=40, scored_by=("exact",), needed=True,
                               sentence="Training was needed.", sentence_zh="需要训练。"),
        "leaks": LeakCheck(slices=slices, leaked_ids=("s1",), verdict_uses="clean"),
        "metrics": metrics(),
        "length": LengthCheck(ratio=1.4, matched=12, matched_headline=UNKNOWN, correlation=0.3,
                              correlation_p=0.04, may_be_length=True),
        "adapter": AdapterProof(identical=0, answered=40, served_change=3.2, trained_change=3.2,
                                worst_difference=0.002, tolerance=0.05, tokens=412, real=True,
                                sentence="The tuned weights answered.",
                                sentence_zh="回答的是微调后的权重。"),
        "unequal": (UnequalCondition(kind="truncation", base="2%", tuned="21%",
                                     sentence="Tuned answers were cut more often.",
                                     sentence_zh="微调后的回答更常被截断。"),),
        "speed_ratios": Speed(ratios=(ratio,), engine_memory_mib=2048, adapter_mib=1.5),
        "failures": failures(),
        "judging": judging(),
    }  # fmt: skip


@cache
def plain_report() -> Report:
    """A report whose tuned model is better."""
    return reports.build(evidence(comparisons(50, 10, 20, 20), run=run_view()))


def full_report(**more: object) -> Report:
    """The same with every part around its verdict."""
    return plain_report().model_copy(update={**around(), **more})
