"""All parts of a report beside its verdict, in the order in which they are read."""

from __future__ import annotations

from collections.abc import Mapping

from eval.around.records import FailureCluster, Failures
from eval.records import Report
from eval.rendering import around, forgetting, metrics
from eval.rendering.judge import judging
from eval.rendering.text import (
    Both,
    Section,
    Table,
    both,
    count,
    joined,
    listed,
    plain,
    told,
)

NAMES = {
    "forgetting": Both("Did it forget?", "是否遗忘了通用能力？"),
    "baselines": Both("Was training needed?", "是否需要训练？"),
    "controls": Both("Null controls", "空白对照"),
    "adapter": Both("Did the tuned weights answer?", "回答的是微调后的权重吗？"),
    "leaks": Both("Seen in training?", "训练中见过吗？"),
    "length": Both("Is it only length?", "只是长度吗？"),
    "likelihood": Both("How probable are the right answers?", "正确答案的概率有多高？"),
    "metrics": Both("Figures of the field", "常用指标"),
    "judge": Both("The judge", "评审模型"),
    "judging": Both("The judge", "评审模型"),
    "failures": Both("Where it failed", "失败之处"),
    "speed": Both("Speed, question by question", "逐题速度"),
    "speed_ratios": Both("Speed, question by question", "逐题速度"),
}
"""What a part is called that could not be measured."""
NEAREST_SHOWN = 3


def sections(report: Report) -> tuple[Section, ...]:
    """What was measured beside the verdict, and what was not, with the reason."""
    names = {r.criterion_id: r.name or r.criterion_id for r in report.criteria}
    found = [
        around.controls(report.controls) if report.controls else None,
        around.adapter(report.adapter) if report.adapter else None,
        metrics.unequal(report.unequal) if report.unequal else None,
        forgetting.forgetting(report.forgetting) if report.forgetting else None,
        around.baselines(report.baselines) if report.baselines else None,
        around.leaks(report.leaks) if report.leaks else None,
        around.length(report.length) if report.length else None,
        judging(report.judging, names) if report.judging else None,
        forgetting.likelihood(report.likelihood) if report.likelihood else None,
        metrics.metrics(report.metrics) if report.metrics else None,
        failures(report.failures, names) if report.failures else None,
        metrics.speed(report.speed_ratios) if report.speed_ratios else None,
    ]
    kept = [section for section in found if section is not None]
    return (*kept, *_left_out(report, {section.id for section in kept}))


def _left_out(report: Report, there: set[str]) -> list[Section]:
    missing = []
    for name, why in report.left_out.items():
        if name in there:
            continue
        missing.append(
            Section(
                id=name,
                title=NAMES.get(name, plain(name)),
                line=both("Not measured: {why}", "未测量：{why}",
                          why=told(why, report.left_out_zh.get(name, ""))),
                tone="plain",
            )
        )  # fmt: skip
    return missing


def failures(found: Failures, names: Mapping[str, str]) -> Section:
    """Losses and questions that both got wrong, grouped, with the training rows nearest to them."""
    line = both(
        "{losses} that the base model had right and {both} that neither had right.",
        "有 {losses} 个问题基础模型答对而微调后答错，{both} 个两者都答错。",
        losses=found.losses, both=found.both_wrong,
    )  # fmt: skip
    tables = tuple(_cluster(each, names) for each in found.clusters)
    notes = [told(found.note, found.note_zh)]
    if found.left_out:
        notes.append(joined([count(found.left_out, "further failure", "个失败"),
                             Both("not grouped.", "未归组。")]))  # fmt: skip
    return Section(
        id="failures",
        title=NAMES["failures"],
        line=line,
        tone="warn" if found.losses else "plain",
        lede=Both(
            "Questions that failed alike, each with the training rows most like it: correct or "
            "exclude those, and train again.",
            "以相似方式失败的问题，以及与之最相似的训练数据行：更正或排除它们，再重新训练。",
        ),
        tables=tables,
        notes=tuple(note for note in notes if note),
    )


def cluster_name(cluster: FailureCluster, names: Mapping[str, str]) -> Both:
    """What a group of failures has in common, in a line."""
    kind = Both("lost", "变差") if cluster.kind == "loss" else Both("wrong for both", "两者皆错")
    about = listed(cluster.terms)
    missed = listed([f"“{names.get(c, c)}”" for c in cluster.criteria])
    size = count(len(cluster.samples), "question", "个问题")
    parts = [joined([size, kind], chinese="，")]
    if missed:
        parts.append(both("not met: {missed}", "未达到：{missed}", missed=missed))
    if about:
        parts.append(both("about {about}", "关于 {about}", about=about))
    return joined(parts, "; ", "；")


def _cluster(cluster: FailureCluster, names: Mapping[str, str]) -> Table:
    head = (Both("Question in row", "问题所在行"), Both("Nearest training rows", "最相似的训练行"))
    rows = tuple(
        (
            plain(sample.row),
            plain(
                "; ".join(
                    f"{near.row} ({near.similarity:.2f}): {near.question} → {near.answer}"
                    for near in sample.nearest[:NEAREST_SHOWN]
                )
                or "–"
            ),
        )
        for sample in cluster.samples
    )
    return Table(head, rows, cluster_name(cluster, names), folded=True, words=True)
