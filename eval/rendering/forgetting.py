"""Sections of a report on what tuning cost elsewhere, and on how probable texts are."""

from __future__ import annotations

from eval.around.forgetting.records import Forgetting, SuiteResult
from eval.around.records import Likelihood
from eval.records import Estimate
from eval.rendering.around import BASE, DIFFERENCE, TUNED, UNKNOWN
from eval.rendering.text import (
    Both,
    Section,
    Table,
    Tone,
    both,
    change,
    count,
    joined,
    number,
    percent,
    plain,
    points,
    span,
    told,
)

FORGOT: dict[str, tuple[Both, Tone]] = {
    "kept": (Both("kept", "保持"), "good"),
    "lost": (Both("lost", "丢失"), "bad"),
    "not_shown": (Both("not shown", "未能判断"), "warn"),
}


def forgetting(found: Forgetting) -> Section:
    """Whether general ability was kept."""
    _, tone = FORGOT[found.verdict]
    head = (
        Both("Suite", "测试集"),
        Both("Items", "题数"),
        BASE,
        TUNED,
        DIFFERENCE,
        Both("Lower bound (one-sided 95%)", "下界（单侧 95%）"),
        Both("Smallest drop it would show", "可检出的最小下降"),
        Both("Verdict", "结论"),
    )
    rows = tuple(_suite(suite) for suite in (*found.suites, found.overall))
    notes = [told(found.rule), told(found.note, found.note_zh)]
    notes += [told(s.note, s.note_zh) for s in (*found.suites, found.overall) if s.note]
    if found.texts is not None:
        notes += [_texts(found), told(found.texts.note, found.texts.note_zh)]
    return Section(
        id="forgetting",
        title=Both("Did it forget?", "是否遗忘了通用能力？"),
        line=told(found.sentence, found.sentence_zh),
        tone=tone,
        lede=both(
            "A bundled set of general questions with checkable answers, asked of both models; no "
            "judge is involved. Ability counts as kept when the share of right answers falls by "
            "less than {margin} points, and that is shown by its lower bound.",
            "内置的一组可自动核对答案的通用问题，向两个模型提问；不涉及评审模型。"
            "正确率的下降小于 {margin} 个百分点，并由下界证实时，才算保持。",
            margin=f"{found.margin * 100:g}",
        ),
        tables=(Table(head, rows), *_lost_items(found)),
        notes=tuple(note for note in notes if note),
    )


def _suite(suite: SuiteResult) -> tuple[Both, ...]:
    e = suite.estimate
    return (
        Both(suite.name, suite.name_zh),
        plain(suite.items),
        percent(e.base),
        percent(e.tuned),
        change(e),
        points(suite.low_one_sided),
        percent(suite.detectable_drop),
        FORGOT[suite.verdict][0],
    )


def _texts(found: Forgetting) -> Both:
    texts = found.texts
    assert texts is not None
    said = FORGOT[found.texts_verdict][0] if found.texts_verdict else UNKNOWN
    return both(
        "On {n} general texts ({tokens} tokens) the base model needs {base} nats per token and the "
        "tuned one {tuned} ({gap}; a rise of more than {margin} would count): {said}.",
        "在 {n} 段通用文本（{tokens} 个 token）上，基础模型每个 token 为 {base} nats，"
        "微调后为 {tuned}（{gap}；上升超过 {margin} 才算）：{said}。",
        n=texts.texts,
        tokens=f"{texts.tokens:,}",
        base=number(texts.estimate.base, 3),
        tuned=number(texts.estimate.tuned, 3),
        gap=_nats(texts.estimate),
        margin=f"{found.texts_margin:g}",
        said=said,
    )


def _lost_items(found: Forgetting) -> tuple[Table, ...]:
    if not found.lost_items:
        return ()
    head = (
        Both("Question", "问题"),
        Both("Base answered", "基础模型回答"),
        Both("Tuned answered", "微调后回答"),
    )
    rows = tuple(
        (plain(item.question), plain(item.base or "–"), plain(item.tuned or "–"))
        for item in found.lost_items
    )
    caption = both(
        "{n} that base had right and tuned has not",
        "{n} 道基础模型答对、微调后答错的题",
        n=len(rows),
    )
    return (Table(head, rows, caption, folded=True, words=True),)


def likelihood(found: Likelihood) -> Section:
    """How probable both find the data's own answers."""
    e = found.estimate
    head = (Both("", ""), BASE, TUNED, DIFFERENCE)
    rows = (
        (
            Both("Nats per token (lower is better)", "每个 token 的 nats（越低越好）"),
            number(e.base, 3),
            number(e.tuned, 3),
            _nats(e),
        ),
        (
            Both("Perplexity", "困惑度"),
            number(found.perplexity_base),
            number(found.perplexity_tuned),
            plain("–"),
        ),
    )
    clear = e.low is not None and e.high is not None and not e.low <= 0 <= e.high
    fell = (e.difference or 0) < 0
    return Section(
        id="likelihood",
        title=Both("How probable are the right answers?", "正确答案的概率有多高？"),
        line=both(
            "Reference answers cost {base} nats per token in the base model, {tuned} when tuned.",
            "参考答案在基础模型中每个 token 为 {base} nats，微调后为 {tuned}。",
            base=number(e.base, 3),
            tuned=number(e.tuned, 3),
        ),
        tone="plain" if not clear else "good" if fell else "warn",
        lede=both(
            "Both served models were asked how probable they find {n} answers of the data "
            "({tokens} tokens): no judge, no sampling.",
            "向所服务的两个模型询问 {n} 个数据中的答案（{tokens} 个 token）有多大概率："
            "没有评审模型，也没有采样。",
            n=found.texts,
            tokens=f"{found.tokens:,}",
        ),
        tables=(Table(head, rows),),
        notes=tuple(note for note in (told(found.note, found.note_zh), _left_out(found)) if note),
    )


def _left_out(found: Likelihood) -> Both:
    if not found.left_out:
        return Both("", "")
    return joined(
        [
            count(found.left_out, "text", "段文本"),
            Both(
                "left out: too long, or the server gave no figures.",
                "未计入：过长，或服务没有给出数值。",
            ),
        ]
    )


def _nats(e: Estimate) -> Both:
    if e.difference is None:
        return number(None)
    ends = span(number(e.low, 3, signed=True), number(e.high, 3, signed=True))
    gap = number(e.difference, 3, signed=True)
    return both("{gap} ({ends})", "{gap}（{ends}）", gap=gap, ends=ends)
