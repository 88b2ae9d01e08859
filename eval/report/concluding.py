"""The verdict with what surrounds it: controls that win, forgetting, questions that all leaked."""

from __future__ import annotations

from typing import NamedTuple

from eval.around.forgetting.records import Forgetting
from eval.around.records import Controls, LeakCheck
from eval.records import CriterionResult, VerdictSentence


class Beside(NamedTuple):
    """What may change a verdict."""

    controls: Controls | None = None
    forgetting: Forgetting | None = None
    leaks: LeakCheck | None = None
    gained: bool = False
    """Whether a criterion beside the headline shows a gain."""


def conclude(
    verdict: VerdictSentence, headline: CriterionResult, beside: Beside
) -> VerdictSentence:
    """The verdict on the rubric, changed by rule where something beside it demands that.

    A control that wins, or no question that training has not seen, leaves no verdict. A loss of
    general ability counts as "worse on"; whether it is kept never makes a verdict better.
    """
    if beside.controls is not None and beside.controls.valid is False:
        return _invalid(verdict, beside.controls)
    if beside.leaks is not None and _all_leaked(beside.leaks):
        return _leaked(beside.leaks)
    if beside.forgetting is not None and beside.forgetting.verdict == "lost":
        return _forgot(verdict, headline, beside.forgetting, beside.gained)
    return verdict


def _invalid(verdict: VerdictSentence, controls: Controls) -> VerdictSentence:
    return VerdictSentence(
        kind="not_measured",
        sentence=f"Not valid: {controls.note}",
        sentence_zh=f"无效：{controls.note_zh}",
        rule=(
            "A null control won by interval and exact test (Holm's correction over the controls), "
            "so the rubric or the model server measures something else than quality. Without "
            f"this rule the verdict would read: {verdict.sentence}"
        ),
    )


def _all_leaked(leaks: LeakCheck) -> bool:
    return any(s.which == "clean" and s.samples == 0 for s in leaks.slices)


def _leaked(leaks: LeakCheck) -> VerdictSentence:
    of = len(leaks.leaked_ids)
    return VerdictSentence(
        kind="not_measured",
        sentence=(
            f"Not measured: all {of:,} questions stand in the training rows, so a right answer may "
            "only be remembered."
        ),
        sentence_zh=f"没有测得结果：全部 {of:,} 个问题都出现在训练行中，答对可能只是背下来的。",
        rule="Only questions that training has not seen count towards a verdict; there is none.",
    )


def _forgot(
    verdict: VerdictSentence, headline: CriterionResult, forgetting: Forgetting, gained: bool
) -> VerdictSentence:
    rule = f"{verdict.rule} {forgetting.rule}"
    if verdict.kind == "better":
        return VerdictSentence(
            kind="better_and_worse",
            sentence=(
                f"The tuned model is better on “{headline.name}”, but forgot general ability. "
                f"{_details(verdict.sentence)}"
            ),
            sentence_zh=(
                f"微调后的模型在“{headline.name}”上更好，但遗忘了通用能力。"
                f"{_details_zh(verdict.sentence_zh)}"
            ),
            rule=rule,
        )
    kind = verdict.kind
    if kind == "no_difference":  # something is lost; whether there is a gain, others tell
        kind = "better_and_worse" if gained else "worse"
    return verdict.model_copy(
        update={
            "kind": kind,
            "sentence": f"{verdict.sentence} General ability fell.",
            "sentence_zh": f"{verdict.sentence_zh}通用能力下降了。",
            "rule": rule,
        }
    )


def _details_zh(sentence: str) -> str:
    """The same of “……在“x”上更好：160 个问题中……”."""
    _, colon, figures = sentence.partition("上更好：")
    return figures if colon else sentence


def _details(sentence: str) -> str:
    """The figures of "... is better on “x”: 12% to 88%. That is ...", begun as a sentence."""
    _, colon, figures = sentence.partition("”: ")
    return f"{figures[:1].upper()}{figures[1:]}" if colon else sentence
