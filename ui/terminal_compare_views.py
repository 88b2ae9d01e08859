"""What the terminal shows of comparisons: answers beside each other, and speed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.table import Column, Table
from rich.text import Text

from core.comparing.records import Session
from core.comparing.results import ResultRow
from core.comparing.speed import LaneSpeed, Ratio, Speed, Spread
from core.serving.records import Generation

UNKNOWN = "not measured"


def row_view(row: ResultRow, titles: Sequence[str]) -> Table:
    """One question with everybody's answer, and the reference when there is one."""
    table = _answers(row.item.messages[-1].content, titles, row.answers)
    if row.item.reference:
        table.caption = Text(f"reference: {row.item.reference}")
    return table


def turn_view(session: Session) -> Table:
    """The newest question of a conversation with everybody's answer."""
    turn = session.turns[-1]
    return _answers(turn.question.text, session.titles, turn.answers)


def _answers(question: str, titles: Sequence[str], answers: Sequence[Generation | None]) -> Table:
    heads = [f"{title}: {_rate(answer)}" for title, answer in zip(titles, answers, strict=True)]
    table = Table(
        *[Column(Text(head)) for head in heads],
        title=Text(question),
        expand=True,
        title_justify="left",
    )
    table.add_row(*[Text(_said(answer)) for answer in answers])
    return table


def _said(answer: Generation | None) -> str:
    if answer is None:
        return "not asked yet"
    return " ".join(part for part in (answer.text, answer.error) if part)


def _rate(answer: Generation | None) -> str:
    if answer is None or answer.tokens_per_s is None:
        return UNKNOWN
    return f"{answer.tokens_per_s:.0f} tokens/s"


def speed_views(speed: Speed) -> list[Table]:
    """Everybody's figures, ratios to the first one, and what the engines hold."""
    heads = ["", "answers", "first token", "p95", "p99", "per token", "tokens/s"]
    figures = Table(*heads, *([f"1,000 answers, {speed.currency}"] if speed.currency else []))
    for lane in speed.lanes:
        figures.add_row(*_figures(lane, speed.currency))
    views = [figures]
    if speed.ratios:
        ratios = Table(f"against {speed.lanes[0].title}", "first token", "per token")
        for ratio in speed.ratios:
            ratios.add_row(*_ratio(ratio))
        views.append(ratios)
    if speed.engines:
        engines = Table("engine", "serves", "main memory", "GPU memory", "start until ready")
        for one in speed.engines:
            engines.add_row(
                one.model, ", ".join(one.titles), _known(one.pss_mib, "{:,.0f} MiB"),
                _known(one.gpu_mib, "{:,.0f} MiB"), _known(one.load_s, "{:.0f} s"),
            )  # fmt: skip
        views.append(engines)
    return views


def _figures(lane: LaneSpeed, currency: str) -> list[str]:
    failed = f" ({lane.failed} failed)" if lane.failed else ""
    first = lane.first_s
    cells = [
        lane.title,
        f"{lane.answers}{failed}",
        _spread(first, _ms),
        _known(first.p95 if first else None, "{:.3f} s"),
        _known(first.p99 if first else None, "{:.3f} s"),
        _spread(lane.per_token_s, _ms),
        _spread(lane.tokens_per_s, lambda value: f"{value:.0f}"),
    ]
    return [*cells, _known(lane.cost, "{:.4f}")] if currency else cells


def _ratio(ratio: Ratio) -> list[str]:
    def times(value: float) -> str:
        return f"{value:.2f}"

    return [ratio.title, _spread(ratio.first_s, times), _spread(ratio.per_token_s, times)]


def _spread(spread: Spread | None, shown: Callable[[float], str]) -> str:
    """The median with its quartiles and the number of answers."""
    if spread is None:
        return UNKNOWN
    return f"{shown(spread.p50)} ({shown(spread.low)} – {shown(spread.high)}, n = {spread.n})"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms"


def _known(value: float | None, shape: str) -> str:
    return UNKNOWN if value is None else shape.format(value)
