"""Batches: the list with how each stands, and the answers of one as a table with filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

from core.comparing.batch import Batch
from core.comparing.results import Filter, ResultRow, Sort
from ui.markup import Html, badge, join, table, tag
from ui.present import numbers
from ui.words import Voice

PAGE = 20
"""Rows on screen at once."""
MOST_SHOWN = 20
TONES = {"running": "live", "done": "good", "failed": "bad", "cancelled": "warn"}


def batches(found: Sequence[Batch], voice: Voice) -> Html:
    """All batches, newest first."""
    if not found:
        return tag("p", voice("batch.none"), class_="dt-quiet")
    return tag("ul", *[_batch(one, voice) for one in found[:MOST_SHOWN]], class_="dt-past-list")


def _batch(batch: Batch, voice: Voice) -> Html:
    request = batch.request
    facts = voice(
        "batch.facts",
        who=" · ".join(request.titles),
        n=request.items,
        day=numbers.day(request.created),
    )
    return tag(
        "li",
        tag(
            "div",
            tag("b", request.name),
            badge(voice(f"batch.{batch.status}"), TONES[batch.status]),
            tag("span", facts),
            tag("span", _progress(batch, voice), class_="dt-batch-progress"),
            _bar(batch) if batch.status == "running" else None,
            _trouble(batch, voice),
            class_="dt-past-name",
        ),
        tag("div", *_acts(batch, voice), class_="dt-past-acts"),
        data_job=batch.id,
    )


def _progress(batch: Batch, voice: Voice) -> str:
    progress = batch.progress
    parts = []
    if batch.status == "running":
        words = voice.known(f"batch.phase.{progress.phase}", "") or voice.said(progress.phase)
        parts.append(words)
    if progress.total is not None:
        parts.append(voice("batch.progress", done=progress.done, total=progress.total))
    if progress.failed:
        parts.append(voice("batch.progress.failed", n=progress.failed))
    if progress.cached:
        parts.append(voice("batch.progress.cached", n=progress.cached))
    if progress.seconds and progress.tokens:
        rate = numbers.rate(progress.tokens / progress.seconds, voice)
        parts.append(voice("batch.progress.rate", rate=rate))
    return " · ".join(parts)


def _bar(batch: Batch) -> Html | None:
    progress = batch.progress
    if not progress.total:
        return None
    share = 100 * (progress.done + progress.failed) / progress.total
    return tag("div", tag("div", style=f"width:{share:.1f}%"), class_="dt-progress")


def _trouble(batch: Batch, voice: Voice) -> Html | None:
    if not batch.problem:
        return None
    lines = [tag("p", voice.said(text)) for text in (batch.problem, batch.fix) if text]
    return tag("div", *lines, class_="dt-trouble", role="alert")


def _acts(batch: Batch, voice: Voice) -> list[Html]:
    acts = (
        [_do(voice("batch.show"), "show")] if batch.progress.done or batch.progress.failed else []
    )
    if batch.status == "running":
        return [*acts, _do(voice("batch.cancel"), "cancel")]
    if batch.status in ("failed", "cancelled"):
        acts.append(_do(voice("batch.resume"), "resume"))
    elif batch.progress.failed:
        acts.append(_do(voice("batch.again"), "resume"))
    return [*acts, _do(voice("batch.delete"), "delete")]


def results(
    batch: Batch, found: Sequence[ResultRow], wanted: Filter, page: int, all_tags: Sequence[str],
    every: int, voice: Voice,
) -> Html:  # fmt: skip
    """One page of a batch's answers that a filter lets through; `every` counts all rows."""
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(page, 1), pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    head = [
        voice("batch.row"), voice("batch.question"), voice("batch.reference"),
        *batch.request.titles,
    ]  # fmt: skip
    rows = [
        (
            str(row.item.row), _clip(row.item.messages[-1].content), _clip(row.item.reference),
            *[_answer(row, which, voice) for which in range(len(row.answers))],
        )
        for row in shown
    ]  # fmt: skip
    evaluate = batch.request.part == "test" and batch.request.run_id
    return join(
        [
            tag("h3", batch.request.name),
            _filters(wanted, all_tags, voice),
            tag("p", voice("batch.shown", n=len(found), all=every), class_="dt-quiet"),
            tag("div", table(head, rows), class_="dt-batch-table"),
            tag(
                "div",
                _do(voice("batch.previous"), "page", data_page=page - 1) if page > 1 else None,
                tag("span", f"{page} / {pages}", class_="dt-quiet") if pages > 1 else None,
                _do(voice("batch.next"), "page", data_page=page + 1) if page < pages else None,
                _do(voice("batch.csv"), "csv"),
                _do(voice("batch.jsonl"), "jsonl"),
                _do(voice("batch.evaluate"), "evaluate") if evaluate else None,
                class_="dt-actions",
            ),
        ]
    )


def _answer(row: ResultRow, which: int, voice: Voice) -> Html | str:
    answer = row.answers[which]
    if answer is None:
        return tag("span", voice("batch.waits"), class_="dt-quiet")
    if answer.error:
        return tag("span", voice.said(answer.error), class_="dt-batch-error")
    return _clip(answer.text)


def _clip(text: str) -> Html:
    """All of it, in a cell that scrolls."""
    return tag("div", text, class_="dt-batch-cell")


def _filters(wanted: Filter, all_tags: Sequence[str], voice: Voice) -> Html:
    sorts = [(sort, voice(f"batch.sort.{sort}")) for sort in get_args(Sort)]
    return tag(
        "div",
        _select("sort", voice("batch.filter"), sorts, wanted.sort),
        _select(
            "tag", voice("batch.tag"),
            [("", voice("batch.tag.all")), *((one, one) for one in all_tags)], wanted.tag,
        ) if all_tags else None,
        tag(
            "label", voice("batch.contains"),
            tag("input", name_="contains", type="text", value=wanted.contains),
        ),
        _do(voice("batch.apply"), "filter"),
        data_form=True,
        class_="dt-lane-form dt-endpoint-form",
    )  # fmt: skip


def _select(name: str, words: str, options: Sequence[tuple[str, str]], chosen: str) -> Html:
    made = [tag("option", shown, value=value, selected=value == chosen) for value, shown in options]
    return tag("label", words, tag("select", *made, name_=name))


def _do(words: str, what: str, **facts: int) -> Html:
    return tag("button", words, class_="dt-button", data_do=what, **facts)
