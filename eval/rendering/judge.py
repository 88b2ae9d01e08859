"""The section of a report on its judge: whether it can be believed, and what it took."""

from __future__ import annotations

from collections.abc import Mapping

from eval.judge.records import Calibration, ExamResult, Flips, Judging, Pairwise, Share
from eval.rendering.text import (
    NOTHING,
    Both,
    Section,
    Table,
    both,
    listed,
    p_value,
    percent,
    plain,
    share,
    told,
)

FIGURE = (Both("", ""), Both("Share (95% interval)", "比例（95% 区间）"), Both("Of", "总数"))
TRAITS = {
    "known_met": Both("plainly met", "明显达到"),
    "known_not_met": Both("plainly not met", "明显未达到"),
    "negated": Both("criterion with a not", "否定式条目"),
    "longer_but_wrong": Both("longer but wrong", "更长但错误"),
    "empty": Both("empty answer", "空回答"),
    "constant": Both("constant text", "固定文字"),
    "injection": Both("asks the judge for points", "向评审索要分数"),
    "wrong_language": Both("wrong language", "语言错误"),
    "swapped": Both("same pair, other order", "同一对，顺序互换"),
    "identical": Both("identical answers", "相同的回答"),
}


def judging(found: Judging, names: Mapping[str, str]) -> Section:
    """Judge, exam, repeatability, preferences, agreement with people, and cost."""
    line = (
        both(
            "{model} passed its checks, so its verdicts count.",
            "{model} 通过了检验，其判定有效。",
            model=found.model,
        )
        if found.reliable
        else both(
            "The verdicts of {model} do not carry the conclusion: {why}",
            "{model} 的判定不作为结论的依据：{why}",
            model=found.model,
            why=told(found.why_not, found.why_not_zh),
        )
    )
    tables = [_use(found), *_troubles(found)]
    tables += [_exam(found.exam), *_traits(found.exam)] if found.exam else []
    tables += [_flips(found.flips, names)] if found.flips else []
    tables += [_pairwise(found.pairwise)] if found.pairwise else []
    tables += [_people(found.calibration, names)] if found.calibration else []
    tables += _soft(found, names)
    return Section(
        id="judge",
        title=Both("The judge", "评审模型"),
        line=line,
        tone="good" if found.reliable else "bad",
        lede=both(
            "{model} at {host}; {where} It saw no model names, and each criterion was asked for "
            "alone with a reason and a quote before the verdict.",
            "{model}，位于 {host}；{where}它看不到模型名称，每个条目单独提问，"
            "先给理由和引文，再给判定。",
            model=found.model,
            host=found.host,
            where=Both("questions and answers were sent there.", "问题和回答被发送到了那里。")
            if found.leaves_machine
            else Both("nothing left this machine.", "没有数据离开本机。"),
        ),
        tables=tuple(tables),
        notes=tuple(note for note in (told(found.same_family, found.same_family_zh),) if note),
    )


def people(found: Calibration, names: Mapping[str, str]) -> Table:
    """A judge against people's votes; also shown as votes come in."""
    return _people(found, names)


def _use(found: Judging) -> Table:
    cost = (
        plain(f"{found.cost:,.4f} {found.currency}")
        if found.cost is not None
        else Both(
            "not known: no price is set, or tokens were not counted",
            "未知：没有设置价格，或未统计 token",
        )
    )
    tokens = (
        both(
            "{sent} in, {got} out",
            "输入 {sent}，输出 {got}",
            sent=f"{found.tokens_in:,}",
            got=f"{found.tokens_out:,}",
        )
        if found.tokens_in is not None and found.tokens_out is not None
        else Both("not counted by the endpoint", "服务端未统计")
    )
    rows = [
        (Both("Verdicts needed", "所需判定"), plain(f"{found.verdicts:,}")),
        (Both("Unscored", "未评分"), plain(f"{found.unscored:,}")),
        (Both("Calls, retries included", "调用次数（含重试）"), plain(f"{found.calls:,}")),
        (Both("Known from an earlier attempt", "来自之前的尝试"), plain(f"{found.cached:,}")),
        (
            Both("Quotes that are not in the answer", "不在回答中的引文"),
            plain(f"{found.misquoted:,}"),
        ),
        (
            Both("Answers that speak to a grader", "对评分者说话的回答"),
            plain(f"{found.addressed:,}"),
        ),
        (
            Both("Verdicts that such words changed (unscored)", "因此改变的判定（不评分）"),
            plain(f"{found.swayed:,}"),
        ),
        (Both("Tokens", "token 数"), tokens),
        (Both("Cost", "费用"), cost),
        (Both("Wall time", "耗时"), plain(f"{found.seconds:,.0f} s")),
        (Both("Times it asked for a slower pace", "要求放慢的次数"), plain(found.slowed)),
    ]
    return Table((Both("What was asked of it", "调用情况"), Both("", "")), tuple(rows))


def _troubles(found: Judging) -> list[Table]:
    if not found.troubles:
        return []
    rows = tuple((told(each.reason), plain(each.count)) for each in found.troubles)
    head = (Both("Why verdicts are missing", "缺少判定的原因"), Both("How often", "次数"))
    return [Table(head, rows)]


def _exam(found: ExamResult) -> Table:
    rows = (
        _line(Both("Right", "答对"), found.accuracy),
        _line(Both("Same side in both orders", "两种顺序结论一致"), found.consistency),
        _line(Both("Longer but wrong chosen", "选择了更长但错误的回答"), found.longer_preferred),
        _line(Both("Identical answers called a tie", "相同回答判为平局"), found.identical_tied),
        _line(Both("Readable replies", "可读的回复"), found.readable),
    )
    said = Both("passed", "通过") if found.passed else told(found.why_not, found.why_not_zh)
    caption = both(
        "Bundled exam of {n} items, held {day}: {said}",
        "内置考试共 {n} 题，{day} 进行：{said}",
        n=len(found.items),
        day=found.held[:10],
        said=said,
    )
    return Table((Both("Exam", "考试"), *FIGURE[1:]), rows, caption)


def _traits(found: ExamResult) -> list[Table]:
    if not found.by_trait:
        return []
    rows = tuple(
        (TRAITS.get(name, plain(name)), plain(f"{right:g} / {items}"))
        for name, (right, items) in found.by_trait.items()
    )
    head = (Both("Kind of item", "题目类型"), Both("Right", "答对"))
    return [
        Table(head, rows, Both("The exam by kind of item", "按题目类型的考试结果"), folded=True)
    ]


def _flips(found: Flips, names: Mapping[str, str]) -> Table:
    rows = [_line(Both("All", "全部"), found.rate)]
    rows += [
        (plain(names.get(name, name)), plain(f"{flipped} / {twice}"), plain(twice))
        for name, (twice, flipped) in found.by_criterion.items()
    ]
    caption = both(
        "Asked again, it said something else {flipped} of {n} times.",
        "再次提问时，{n} 次中有 {flipped} 次给出了不同的判定。",
        flipped=found.flipped,
        n=found.judged_twice,
    )
    return Table(
        (Both("Verdicts that flip on repeat", "重复提问时改变的判定"), *FIGURE[1:]),
        tuple(rows),
        caption,
    )


def _pairwise(found: Pairwise) -> Table:
    rows = (
        (
            Both("Tuned preferred in both orders", "两种顺序都偏好微调后"),
            plain(found.wins),
            NOTHING,
        ),
        (
            Both("Base preferred in both orders", "两种顺序都偏好基础模型"),
            plain(found.losses),
            NOTHING,
        ),
        (Both("Ties", "平局"), plain(found.ties), NOTHING),
        (Both("Decided by the order alone", "仅由顺序决定"), plain(found.order_dependent), NOTHING),
        (Both("Unscored", "未评分"), plain(found.unscored), NOTHING),
        _line(
            Both("Win rate of tuned, ties as halves", "微调后的胜率（平局计半）"), found.win_rate
        ),
        (Both("p of wins against losses", "胜负的 p 值"), p_value(found.p_value), NOTHING),
        _line(
            Both("Answer shown first chosen (0.5 is fair)", "选择先显示的回答（0.5 为公平）"),
            found.first_chosen,
        ),
        _line(Both("Longer answer chosen", "选择更长的回答"), found.longer_chosen),
    )
    return Table((Both("Overall preference", "整体偏好"), *FIGURE[1:]), rows)


def _people(found: Calibration, names: Mapping[str, str]) -> Table:
    rows = [
        _line(Both("Calls met what people call met", "人判达到时评审也判达到"), found.sensitivity),
        _line(
            Both("Calls not met what people do", "人判未达到时评审也判未达到"), found.specificity
        ),
        _line(Both("Cohen’s kappa", "Cohen’s kappa"), found.kappa),
        _line(
            Both("Prefers the side that people prefer", "与人偏好同一方"),
            found.preference_agreement,
        ),
    ]
    for each in found.by_criterion:
        name = names.get(each.criterion_id, each.criterion_id)
        for side, corrected in (("base", each.base), ("tuned", each.tuned)):
            label = both(
                "“{name}”, corrected rate, {side}",
                "“{name}”，校正后的比例，{side}",
                name=name,
                side=Both("base", "基础模型") if side == "base" else Both("tuned", "微调后"),
            )
            rows.append(_line(label, corrected))
    caption = both(
        "{labels} votes on criteria, {pairs} on pairs; figures from {needed} on. {note}",
        "{labels} 个条目投票，{pairs} 个成对投票；满 {needed} 个起给出数值。{note}",
        labels=found.labels,
        pairs=found.preferences,
        needed=found.needed,
        note=told(found.note, found.note_zh),
    )
    return Table(
        (Both("Against people’s votes", "与人的投票相比"), *FIGURE[1:]), tuple(rows), caption
    )


def _soft(found: Judging, names: Mapping[str, str]) -> list[Table]:
    if not found.soft:
        return []
    head = (
        Both("Mean probability of “met”", "“达到”的平均概率"),
        Both("Base", "基础模型"),
        Both("Tuned", "微调后"),
        Both("Without probabilities", "无概率"),
    )
    rows = tuple(
        (
            plain(names.get(s.criterion_id, s.criterion_id)),
            percent(s.base),
            percent(s.tuned),
            plain(s.missing),
        )
        for s in found.soft
    )
    return [Table(head, rows)]


def _line(name: Both, found: Share) -> tuple[Both, ...]:
    value = share(found.value, found.low, found.high)
    if found.value is None and found.note:
        value = both(
            "{value}: {why}", "{value}：{why}", value=value, why=told(found.note, found.note_zh)
        )
    return name, value, plain(found.count)


__all__ = ["judging", "listed", "people"]
