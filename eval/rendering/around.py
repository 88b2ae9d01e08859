"""Sections of a report about what surrounds the verdict: controls, forgetting, leaks, baselines."""

from __future__ import annotations

from eval.around.records import (
    AdapterProof,
    Baseline,
    Baselines,
    Controls,
    LeakCheck,
    LengthCheck,
)
from eval.records import Estimate
from eval.rendering.text import (
    Both,
    Section,
    Table,
    Tone,
    both,
    change,
    listed,
    number,
    p_value,
    percent,
    plain,
    told,
)

BASE, TUNED = Both("Base", "基础模型"), Both("Tuned", "微调后")
DIFFERENCE = Both("Difference (95% interval)", "差异（95% 区间）")
QUESTIONS = Both("Questions", "问题数")
CONTROLS = {
    "base_again": Both("base against itself", "基础模型与自身比较"),
    "constant": Both("one constant text", "固定的同一段文字"),
    "truncated": Both("the first third of the answer", "只取回答的前三分之一"),
    "shuffled": Both("the answers of other questions", "其他问题的回答"),
}
BASELINES = {
    "base": Both("the base model as it is", "原样的基础模型"),
    "system_prompt": Both("base with a system prompt", "基础模型加系统提示"),
    "few_shot": Both("base with three examples", "基础模型加三个示例"),
}
SLICES = {
    "all": Both("all questions", "全部问题"),
    "clean": Both("not seen in training", "训练中未出现"),
    "leaked": Both("seen in training", "训练中出现过"),
}
VALID: dict[bool | None, tuple[Both, Tone]] = {
    True: (Both("No control won: the rubric tells answers apart.", "没有对照胜出。"), "good"),
    False: (
        Both("A control won, so this evaluation is not valid.", "有对照胜出，评估无效。"),
        "bad",
    ),
    None: (Both("The controls could not be scored.", "对照无法评分。"), "warn"),
}
LENGTHY: dict[bool | None, tuple[Both, Tone]] = {
    True: (Both("The gain may be only a change of length.", "提升可能只是长度变化。"), "warn"),
    False: (Both("Length does not explain the result.", "长度不能解释这一结果。"), "good"),
    None: (Both("Whether it is only length can't be told.", "无法判断是否只是长度。"), "plain"),
}
YES, NO, UNKNOWN = Both("yes", "是"), Both("no", "否"), Both("not known", "未知")


def controls(found: Controls) -> Section:
    """Answers that must not win."""
    line, tone = VALID[found.valid]
    notes = [told(found.note, found.note_zh)]
    for r in found.results:
        note = told(r.note, r.note_zh)
        if note:
            notes.append(both("{kind}: {note}", "{kind}：{note}", kind=CONTROLS[r.kind], note=note))
    return Section(
        id="controls",
        title=Both("Null controls", "空白对照"),
        line=line,
        tone=tone,
        lede=both(
            "Answers that must not win, scored like the real ones by {ids}. If one of them did, "
            "the rubric would reward something else than good answers.",
            "不应胜出的回答，与真实回答一样由 {ids} 评分。若其中之一胜出，"
            "说明评分标准奖励的并不是好回答。",
            ids=listed(found.scored_by),
        ),
        tables=(_controls(found),),
        notes=tuple(note for note in notes if note),
    )


def _controls(found: Controls) -> Table:
    head = (
        *(Both("Control", "对照"), Both("Against", "与谁比"), Both("Own answers", "自己的回答")),
        *(Both("The control’s", "对照的回答"), DIFFERENCE, Both("p (Holm)", "p（Holm）")),
        Both("Wins", "胜出"),
    )
    rows = tuple(
        (
            *(CONTROLS[r.kind], BASE if r.against == "base" else TUNED, percent(r.estimate.base)),
            *(percent(r.estimate.tuned), change(r.estimate), p_value(r.adjusted_p)),
            _whether(r.won),
        )
        for r in found.results
    )
    return Table(head, rows)


def baselines(found: Baselines) -> Section:
    """Whether training was needed."""
    head = (
        *(Both("Without training", "不训练的做法"), Both("Its level", "其水平"), TUNED, DIFFERENCE),
        *(QUESTIONS, Both("No answer", "无回答")),
    )
    rows = tuple(
        (
            *(BASELINES[r.kind], percent(r.headline.base), percent(r.headline.tuned)),
            *(change(r.headline), plain(r.headline.pairs), plain(r.left_out)),
        )
        for r in found.results
    )
    notes = [told(found.note, found.note_zh)]
    notes += [note for r in found.results for note in _given(r)]
    return Section(
        id="baselines",
        title=Both("Was training needed?", "是否需要训练？"),
        line=told(found.sentence, found.sentence_zh),
        tone="good" if found.needed else "warn",
        lede=both(
            "What the base model reaches on {n} questions without training, by {ids}.",
            "基础模型不经训练，在 {n} 个问题上所能达到的水平，由 {ids} 评分。",
            n=found.samples,
            ids=listed(found.scored_by),
        ),
        tables=(Table(head, rows),),
        notes=tuple(note for note in notes if note),
    )


def _given(r: Baseline) -> list[Both]:
    """What a baseline was given beside the question."""
    notes = [told(r.note, r.note_zh)]
    if r.added:
        kind = BASELINES[r.kind]
        english, chinese = "{kind} was given: “{added}”", "{kind}得到的是：“{added}”"
        notes.append(both(english, chinese, kind=kind, added=r.added))
    if r.shown_rows:
        rows = ", ".join(str(row) for row in r.shown_rows)
        notes.append(
            both("Rows shown as examples: {rows}.", "用作示例的数据行：{rows}。", rows=rows)
        )
    return notes


def leaks(found: LeakCheck) -> Section:
    """The score on all, clean and leaked questions."""
    head = (
        Both("Questions", "问题"),
        Both("How many", "数量"),
        BASE,
        TUNED,
        DIFFERENCE,
        Both("Rubric score, difference", "评分标准得分的差异"),
    )
    rows = tuple(
        (
            SLICES[s.which],
            plain(s.samples),
            percent(s.headline.base),
            percent(s.headline.tuned),
            change(s.headline),
            change(s.score),
        )
        for s in found.slices
    )
    leaked = len(found.leaked_ids)
    line = (
        both(
            "{n} of the questions stand in the training rows too; the verdict uses {uses}.",
            "有 {n} 个问题在训练数据中也出现；结论依据的是{uses}。",
            n=leaked,
            uses=Both("the others only", "其余的问题")
            if found.verdict_uses == "clean"
            else Both("all of them", "全部问题"),
        )
        if leaked
        else Both("No question was seen in training.", "没有问题在训练中出现过。")
    )
    return Section(
        id="leaks",
        title=Both("Seen in training?", "训练中见过吗？"),
        line=line,
        tone="warn" if leaked else "good",
        tables=(Table(head, rows),) if leaked else (),
        notes=(told(found.note, found.note_zh),) if found.note else (),
    )


def length(found: LengthCheck) -> Section:
    """Whether the gain may be only length."""
    line, tone = LENGTHY[found.may_be_length]
    e: Estimate | None = found.matched_headline
    rows = [
        (
            Both("Tuned answers are so many times as long", "微调后回答的长度是基础模型的几倍"),
            number(found.ratio),
        ),
        (
            Both("Pairs of nearly equal length (±15%)", "长度相近（±15%）的回答对"),
            plain(found.matched),
        ),
        (
            Both("Difference on those alone", "仅在这些回答对上的差异"),
            change(e) if e else Both("not measured", "未测量"),
        ),
        (
            Both("Correlation of length and score (Spearman)", "长度与得分的相关（Spearman）"),
            both(
                "{r} (p {p})",
                "{r}（p {p}）",
                r=number(found.correlation, signed=True),
                p=p_value(found.correlation_p),
            ),
        ),
    ]
    return Section(
        id="length",
        title=Both("Is it only length?", "只是长度吗？"),
        line=line,
        tone=tone,
        tables=(Table((Both("", ""), Both("", "")), tuple(rows)),),
        notes=(told(found.note, found.note_zh),) if found.note else (),
    )


def adapter(found: AdapterProof) -> Section:
    """That the tuned weights answered."""
    return Section(
        id="adapter",
        title=Both("Did the tuned weights answer?", "回答的是微调后的权重吗？"),
        line=told(found.sentence, found.sentence_zh),
        tone="good" if found.real else "bad",
        notes=(
            both(
                "{same} of {n} answers are byte-identical. As served the adapter moves a prompt "
                "log-probability by up to {served} nats, as trained by {trained}; the two differ "
                "by at most {worst} (tolerance {tolerance}) over {tokens} tokens.",
                "{n} 个回答中有 {same} 个逐字节相同。所服务的适配器最多改变提示对数概率 "
                "{served} nats，训练时为 {trained}；两者在 {tokens} 个 token 上最多相差 "
                "{worst}（容差 {tolerance}）。",
                same=found.identical,
                n=found.answered,
                served=f"{found.served_change:.3g}",
                trained=f"{found.trained_change:.3g}",
                worst=f"{found.worst_difference:.2g}",
                tolerance=f"{found.tolerance:.2g}",
                tokens=f"{found.tokens:,}",
            ),
        ),
    )


def _whether(won: bool | None) -> Both:
    return UNKNOWN if won is None else YES if won else NO
