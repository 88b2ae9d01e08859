"""Sections of a report with the figures that the field knows, by class, and with speed."""

from __future__ import annotations

from eval.around.records import Speed, SpeedRatio, UnequalCondition
from eval.metrics.records import Classification, MetricRow, Metrics
from eval.rendering.text import (
    NOTHING,
    Both,
    Section,
    Table,
    both,
    joined,
    listed,
    number,
    percent,
    plain,
    points,
    seconds,
    share,
    span,
    told,
)

BASE, TUNED = Both("Base", "基础模型"), Both("Tuned", "微调后")
MOST_CLASSES = 60
"""Rows of the table by class; more labels than that are in report.json alone."""
MOST_CONFUSIONS = 20
SPEEDS = {
    "first_token_s": Both("Time to first token", "首个 token 用时"),
    "token_s": Both("Time per further token", "之后每个 token 用时"),
    "tokens_per_s": Both("Tokens per second", "每秒 token 数"),
    "tokens": Both("Tokens in an answer", "每个回答的 token 数"),
}


def metrics(found: Metrics) -> Section:
    """Corpus figures, then classes and confusions where answers are labels."""
    head = (
        Both("Figure", "指标"),
        BASE,
        TUNED,
        Both("Difference (95% interval)", "差异（95% 区间）"),
        Both("Questions", "问题数"),
        Both("Left out", "未计入"),
    )
    rows = tuple(
        (
            plain(r.name),
            _level(r, r.base),
            _level(r, r.tuned),
            _gap(r),
            plain(r.counted),
            plain(r.left_out),
        )
        for r in found.rows
    )
    notes = [told(found.note, found.note_zh)]
    for row in found.rows:
        signature = plain(f"{row.name}: {row.signature}") if row.signature else NOTHING
        notes += [signature, told(row.note, row.note_zh)]
    named = listed([row.name for row in found.rows])
    return Section(
        id="metrics",
        title=Both("Figures of the field", "常用指标"),
        line=both(
            "{names}, for comparison with other work; the verdict does not rest on them.",
            "{names}，便于与其他工作对照；结论不以它们为依据。",
            names=named,
        ),
        lede=Both(
            "Each over all questions that both answered, with a paired bootstrap interval of the "
            "difference (Koehn 2004).",
            "均基于双方都回答了的全部问题，差异附有配对自助法区间（Koehn 2004）。",
        ),
        tables=(Table(head, rows), *_classes(found)),
        notes=tuple(note for note in notes if note),
    )


def _level(row: MetricRow, value: float | None) -> Both:
    return percent(value) if row.scale == "share" else number(value, 1)


def _gap(row: MetricRow) -> Both:
    def written(value: float | None) -> Both:
        return points(value) if row.scale == "share" else number(value, 1, signed=True)

    if row.low is None or row.high is None:
        return written(row.difference)
    ends = span(written(row.low), written(row.high))
    return both("{gap} ({ends})", "{gap}（{ends}）", gap=written(row.difference), ends=ends)


def _classes(found: Metrics) -> list[Table]:
    base, tuned = found.labels_base, found.labels_tuned
    if base is None or tuned is None:
        return []
    return [_summary(base, tuned), _by_class(base, tuned), *_confusions(base, tuned)]


def _summary(base: Classification, tuned: Classification) -> Table:
    lines = [
        (
            Both("Accuracy (95% interval)", "准确率（95% 区间）"),
            *(share(c.accuracy, c.accuracy_low, c.accuracy_high) for c in (base, tuned)),
        ),
        (
            Both("Macro precision", "宏平均精确率"),
            *map(percent, _of("macro_precision", base, tuned)),
        ),
        (Both("Macro recall", "宏平均召回率"), *map(percent, _of("macro_recall", base, tuned))),
        (Both("Macro F1", "宏平均 F1"), *map(percent, _of("macro_f1", base, tuned))),
        (Both("Micro F1", "微平均 F1"), *map(percent, _of("micro_f1", base, tuned))),
        (
            Both("Answers that are no label", "不属于任何标签的回答"),
            plain(base.outside),
            plain(tuned.outside),
        ),
        (Both("Unscored", "未评分"), plain(base.unscored), plain(tuned.unscored)),
    ]
    notes = joined([told(base.note), told(tuned.note) if tuned.note != base.note else NOTHING])
    return Table((Both("As labels", "按标签"), BASE, TUNED), tuple(lines), notes)


def _of(name: str, base: Classification, tuned: Classification) -> tuple[float | None, ...]:
    return getattr(base, name), getattr(tuned, name)


def _by_class(base: Classification, tuned: Classification) -> Table:
    theirs = {c.label: c for c in tuned.classes}
    head = (
        Both("Label", "标签"),
        Both("Questions", "问题数"),
        Both("Precision, base", "精确率，基础"),
        Both("tuned", "微调后"),
        Both("Recall, base", "召回率，基础"),
        Both("tuned", "微调后"),
        Both("F1, base", "F1，基础"),
        Both("tuned", "微调后"),
    )
    rows = []
    for one in base.classes[:MOST_CLASSES]:
        other = theirs.get(one.label)
        figures = [
            _defined(getattr(side, name) if side else None)
            for name in ("precision", "recall", "f1")
            for side in (one, other)
        ]
        rows.append((plain(one.label), plain(one.support), *figures))
    left = len(base.classes) - len(rows)
    caption = (
        both(
            "By label; {n} more are in report.json", "按标签；另有 {n} 个在 report.json 中", n=left
        )
        if left
        else Both("By label", "按标签")
    )
    return Table(head, tuple(rows), caption, folded=True)


def _defined(value: float | None) -> Both:
    """A figure by class; a dash where it would divide by nothing."""
    return plain("–") if value is None else percent(value)


def _confusions(base: Classification, tuned: Classification) -> list[Table]:
    counted = [
        {(c.reference, c.answered): c.count for c in side.confusions} for side in (base, tuned)
    ]
    pairs = sorted(
        {*counted[0], *counted[1]},
        key=lambda pair: (-counted[1].get(pair, 0), -counted[0].get(pair, 0), str(pair)),
    )
    if not pairs:
        return []
    head = (Both("Right label", "正确标签"), Both("Answered", "回答"), BASE, TUNED)
    rows = tuple(
        (
            plain(right),
            plain(said) if said is not None else Both("no label", "无标签"),
            *(plain(side.get((right, said), 0)) for side in counted),
        )
        for right, said in pairs[:MOST_CONFUSIONS]
    )
    caption = both(
        "What was confused with what ({n} of {all} pairs)",
        "混淆情况（{all} 对中的 {n} 对）",
        n=len(rows),
        all=len(pairs),
    )
    return [Table(head, rows, caption, folded=True, words=True)]


def speed(found: Speed) -> Section:
    """What both sides took, question by question."""
    head = (
        Both("Geometric mean", "几何平均"),
        BASE,
        TUNED,
        Both("Tuned / base (95% interval)", "微调后 / 基础（95% 区间）"),
        Both("Questions", "问题数"),
    )
    rows = tuple(
        (SPEEDS[r.name], _figure(r, r.base), _figure(r, r.tuned), _ratio(r), plain(r.pairs))
        for r in found.ratios
    )
    notes = [told(found.note, found.note_zh), *(told(r.note, r.note_zh) for r in found.ratios)]
    if found.engine_memory_mib is not None:
        notes.append(
            both(
                "The engine holds {n} MiB of GPU memory.",
                "引擎占用 {n} MiB 显存。",
                n=f"{found.engine_memory_mib:,}",
            )
        )
    if found.adapter_mib is not None:
        notes.append(
            both("The adapter adds {n} MiB.", "适配器增加 {n} MiB。", n=f"{found.adapter_mib:,.1f}")
        )
    first = next((r for r in found.ratios if r.name == "tokens_per_s"), None)
    return Section(
        id="speed",
        title=Both("Speed, question by question", "逐题速度"),
        line=both(
            "Tokens per second, tuned / base: {ratio}.",
            "每秒 token 数，微调后 / 基础：{ratio}。",
            ratio=_ratio(first) if first else Both("not measured", "未测量"),
        ),
        lede=Both(
            "Measured during the comparison, with several questions under way at once: good for "
            "comparing the two sides, not for what one person alone would see.",
            "在比较过程中测得，同时有多个问题在处理：适合比较双方，不代表单独使用时的速度。",
        ),
        tables=(Table(head, rows),),
        notes=tuple(note for note in notes if note),
    )


def _figure(row: SpeedRatio, value: float | None) -> Both:
    return seconds(value) if row.name in ("first_token_s", "token_s") else number(value, 1)


def _ratio(row: SpeedRatio) -> Both:
    if row.ratio is None or row.low is None or row.high is None:
        return number(row.ratio)
    ends = span(number(row.low), number(row.high))
    return both("{ratio} ({ends})", "{ratio}（{ends}）", ratio=number(row.ratio), ends=ends)


def unequal(found: tuple[UnequalCondition, ...]) -> Section:
    """What was not equal for both sides."""
    return Section(
        id="unequal",
        title=Both("Not equal for both", "双方条件不一致之处"),
        line=Both(
            "A difference may come from this rather than from training.",
            "差异可能来自这里，而不是训练。",
        ),
        tone="warn",
        notes=tuple(told(each.sentence, each.sentence_zh) for each in found),
    )
