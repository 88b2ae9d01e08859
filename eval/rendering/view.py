"""What the templates of a report show, in words and figures of both languages."""

from __future__ import annotations

import re
from typing import Any

from eval import phrases, statistics, wording
from eval.judge.trust import doubted
from eval.records import CriterionResult, ExampleKind, Report, VerdictKind
from eval.rendering.sections import sections
from eval.rendering.text import (
    NOT_MEASURED,
    NOTHING,
    Both,
    Language,
    Table,
    both,
    count,
    joined,
    number,
    p_value,
    paired,
    percent,
    plain,
    seconds,
    share,
    span,
    told,
)
from eval.scoring import FEWEST_FOR_A_TEST

KINDS: dict[VerdictKind, Both] = {
    "better": Both("Better", "更好"),
    "better_and_worse": Both("Better and worse", "有得有失"),
    "worse": Both("Worse", "更差"),
    "no_difference": Both("No difference shown", "没有显示出差别"),
    "too_few_examples": Both("Not enough examples", "样本太少"),
    "not_measured": Both("Not measured", "未测量"),
}
EXAMPLES: dict[ExampleKind, Both] = {
    "gain": Both("Gained", "变好"),
    "loss": Both("Lost", "变差"),
    "both_wrong": Both("Both wrong", "两者皆错"),
    "both_right": Both("Both right", "两者皆对"),
}
KINDS_TOLD: dict[ExampleKind, tuple[str, str]] = {
    "gain": ("gained by the tuned model", "微调后变好的"),
    "loss": ("lost by it", "变差的"),
    "both_wrong": ("wrong for both", "两者皆错的"),
    "both_right": ("right for both", "两者皆对的"),
}
TESTS = {
    "exact_sign": Both("exact sign test (McNemar)", "精确符号检验（McNemar）"),
    "group_sign_flips": Both("sign flips of groups", "按组翻转符号"),
}


def view(report: Report) -> dict[str, Any]:
    """Everything but pictures and style."""
    e = report.headline.estimate
    warnings_zh = report.warnings_zh or ("",) * len(report.warnings)
    return {
        "report": report,
        "kind": KINDS[report.verdict.kind],
        "sentence": told(report.verdict.sentence, report.verdict.sentence_zh),
        "headline": e,
        "asked": asked(report),
        "scored": scored(report),
        "rates": {"base": _rate(report, e.base), "tuned": _rate(report, e.tuned)},
        "bars": {"base": _bar(e.base), "tuned": _bar(e.tuned)},
        "rows": [*report.criteria, score_row(report)],
        "doubted": {r.criterion_id for r in report.criteria if doubted(r.kind, report.judging)},
        "tests": _tests(report),
        "names": {r.criterion_id: r.name or r.criterion_id for r in report.criteria},
        "kinds": EXAMPLES,
        "kinds_sentence": _kinds_sentence(report),
        "parts": sections(report),
        "curve_caption": _curve_caption(report),
        "speed": _speed(report),
        "speed_note": _speed_note(report),
        "conditions": paired(report.conditions, report.conditions_zh),
        "cautions": [told(*both) for both in zip(report.warnings, warnings_zh, strict=True)],
        "cautions_count": joined(
            [count(len(report.warnings), "caution", "条注意事项"), Both("below", "见下文")]
        ),
        "fewest": FEWEST_FOR_A_TEST,
        "pictures": any(r.estimate.difference is not None for r in report.criteria),
        "command": f"duotune evaluate {report.run_id} --rubric rubric.yaml",
    }


def asked(report: Report) -> Both:
    """How many questions of the data."""
    questions = wording.count(report.samples, "held-out question")
    return Both(f"asked {questions} of", f"提问 {report.samples:,} 个预留问题，数据：")


def scored(report: Report) -> Both:
    """What the headline's figures rest on, in a line."""
    e, r = report.headline.estimate, report.headline
    return both(
        "{pairs} scored for both models, {groups}; {sides}; p {p}; unscored: base {base}, tuned "
        "{tuned}.",
        "{pairs}为两个模型都打了分，{groups}；{sides}；p {p}；未评分：基础模型 {base}，"
        "微调后 {tuned}。",
        pairs=count(e.pairs, "question", "个问题"),
        groups=count(e.groups, "independent group", "个独立的组"),
        sides=Both(phrases.sides(r), phrases.sides_zh(r)), p=p_value(e.p_value),
        base=e.unscored_base, tuned=e.unscored_tuned,
    )  # fmt: skip


def worth(result: CriterionResult) -> Both:
    """A criterion's points and how it is decided."""
    amount = f"{result.points:g}".replace("-", wording.MINUS)
    return both(
        "{n} {points}, by {kind}{fewer}", "{n} 分，由{kind}判定{fewer}", n=amount,
        points="point" if result.points == 1 else "points",
        kind=Both("check", "程序") if result.kind == "check" else Both(result.kind, "评审模型"),
        fewer=Both("; fewer is better", "；越少越好") if result.points < 0 else NOTHING,
    )  # fmt: skip


def score_row(report: Report) -> CriterionResult:
    """The rubric score in the shape of a criterion."""
    return CriterionResult(
        criterion_id="score",
        name="Rubric score",
        text="Points met, as a share of the points that can be gained.",
        kind="score",
        points=sum(r.points for r in report.criteria if r.points > 0),
        estimate=report.score,
        wins=report.score_wins,
        losses=report.score_losses,
    )


def escaped(text: str) -> str:
    """One line of somebody's text, safe inside a Markdown sentence or table cell."""
    line = " ".join(text.split())
    line = re.sub(r"([\\`*_{}\[\]#|~!])", r"\\\1", line)
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fenced(text: str | None, language: Language = "en") -> str:
    """A block of somebody's text in a fence longer than any in it."""
    if text is None:
        return "*no answer*" if language == "en" else "*没有回答*"
    if not text.strip():
        return "*an empty answer*" if language == "en" else "*空的回答*"
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def _tests(report: Report) -> Table | None:
    """How each p was found, win rates, and what so many questions could show."""
    rows = tuple(
        (
            told(r.name or r.criterion_id), TESTS.get(r.test, plain(r.test or "–")),
            share(r.win_rate, r.win_low, r.win_high), percent(r.detectable),
            plain(f"{r.more_needed:,}") if r.more_needed is not None else NOT_MEASURED,
        )
        for r in report.criteria
        if r.test
    )  # fmt: skip
    head = (
        Both("Criterion", "条目"), Both("Test", "检验"),
        Both("Win rate (95% interval)", "胜率（95% 区间）"),
        Both("Smallest difference it would show", "可检出的最小差异"),
        Both("More questions needed", "还需要的问题数"),
    )  # fmt: skip
    return Table(head, rows) if rows else None


def _rate(report: Report, rate: float | None) -> Both:
    """Wilson's interval of one side's level; empty for a score or scale, which is no rate."""
    pairs = report.headline.estimate.pairs
    if rate is None or not pairs or abs(rate * pairs - round(rate * pairs)) > 1e-6:
        return NOTHING
    if report.headline.kind in phrases.GRADED:
        return NOTHING
    low, high, _ = statistics.wilson(round(rate * pairs), pairs)
    return span(percent(low), percent(high))


def _bar(level: float | None) -> str:
    return f"{100 * min(max(level or 0.0, 0.0), 1.0):.1f}"


def _kinds_sentence(report: Report) -> Both:
    parts = []
    for kind, words in KINDS_TOLD.items():
        of = report.example_counts.get(kind, 0)
        shown = sum(example.chosen_as == kind for example in report.examples)
        parts.append(Both(f"{shown} of {of:,} {words[0]}", f"{of:,} 个{words[1]}中的 {shown} 个"))
    return both(
        "Drawn at random with a fixed seed from each kind, not picked: {parts}.",
        "以固定种子从每类中随机抽取，并非挑选：{parts}。",
        parts=joined(parts, ", ", "，"),
    )


def _curve_caption(report: Report) -> Both:
    train, validation = report.curve_train, report.curve_validation
    parts = []
    if train:
        parts.append(
            both("training loss went from {a} to {b}", "训练损失从 {a} 降到 {b}"
                 if train[-1][1] <= train[0][1] else "训练损失从 {a} 变为 {b}",
                 a=f"{train[0][1]:.3f}", b=f"{train[-1][1]:.3f}")
        )  # fmt: skip
    if validation:
        best = min(validation, key=lambda point: point[1])
        parts.append(
            both("validation loss was lowest, {loss}, at step {step}",
                 "验证损失在第 {step} 步最低，为 {loss}",
                 loss=f"{best[1]:.3f}", step=f"{best[0]:,}")
        )  # fmt: skip
    if not parts:
        return NOTHING
    text = joined(parts, "; ", "；")
    return Both(f"{text.en[:1].upper()}{text.en[1:]}.", f"{text.zh}。")


def _speed(report: Report) -> list[dict[str, Both]]:
    figures = report.speed

    def cell(side: str, name: str) -> Both:
        value, counted = figures.get(f"{side}_{name}"), figures.get(f"{side}_{name}_n")
        if value is None:
            return NOT_MEASURED
        shown = seconds(value) if name == "first_token_s" else number(value, int(value < 10))
        return both(
            "{shown} (n = {n})", "{shown}（n = {n}）", shown=shown, n=f"{counted or 0:,.0f}"
        )

    labels = {
        "first_token_s": Both("Time to first token", "首个 token 用时"),
        "tokens_per_s": Both("Tokens per second", "每秒 token 数"),
        "tokens": Both("Tokens in an answer", "每个回答的 token 数"),
    }
    return [
        {"label": label, "base": cell("base", name), "tuned": cell("tuned", name)}
        for name, label in labels.items()
    ]


def _speed_note(report: Report) -> Both:
    note = Both(
        "Measured during the comparison, with several questions under way at once: good for "
        "comparing the two sides, not for what one person alone would see.",
        "在比较过程中测得，同时有多个问题在处理：适合比较双方，不代表单独使用时的速度。",
    )
    ratio = report.speed.get("length_ratio")
    if ratio is None:
        return note
    longer = both(
        "Tuned answers are {ratio} times as long as the base’s, in characters.",
        "按字符计，微调后的回答长度是基础模型的 {ratio} 倍。",
        ratio=f"{ratio:.2f}",
    )
    return joined([note, longer])
