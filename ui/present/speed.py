"""Speed and what engines hold: medians with their spread, ratios, memory, cost."""

from __future__ import annotations

from collections.abc import Callable

from core.comparing.speed import FOR_P95, FOR_P99, LaneSpeed, Speed, Spread
from ui.markup import Html, join, table, tag
from ui.present import numbers
from ui.words import Voice

Shown = Callable[[float], str]


def speed(found: Speed | None, voice: Voice) -> Html:
    """The newest measurement."""
    if found is None:
        return tag("p", voice("speed.none"), class_="dt-quiet")
    title = voice(
        "speed.title",
        n=found.questions,
        tokens=found.sampling.max_tokens,
        day=numbers.day(found.at),
    )
    return join(
        [
            tag("h3", title),
            _figures(found, voice),
            tag("p", voice("speed.how"), class_="dt-note"),
            _ratios(found, voice) if found.ratios else None,
            _engines(found, voice) if found.engines else None,
        ]
    )


def doing(done: int, total: int, voice: Voice) -> Html:
    """How far a measurement is."""
    share = f"width:{100 * done / total:.1f}%"
    return tag(
        "div",
        tag("p", voice("speed.doing", done=done, total=total), role="status", class_="dt-phase"),
        tag("div", tag("div", style=share), class_="dt-progress"),
    )


def _figures(found: Speed, voice: Voice) -> Html:
    head = [voice(f"speed.{name}") for name in ("who", "answers", "first", "p95", "p99")]
    head += [voice(f"speed.{name}") for name in ("per_token", "rate", "answer", "tokens")]
    if found.currency:
        head.append(voice("speed.cost"))
    rows = [_lane(lane, found.currency, voice) for lane in found.lanes]
    return table(head, rows, numbers=len(head) - 1)


def _lane(lane: LaneSpeed, currency: str, voice: Voice) -> list[Html | str]:
    answers = str(lane.answers)
    if lane.failed:
        answers = voice("speed.failed", n=lane.answers, failed=lane.failed)
    cells: list[Html | str] = [
        lane.title,
        answers,
        _spread(lane.first_s, _ms, voice),
        _percentile(lane.first_s, lane.first_s.p95 if lane.first_s else None, FOR_P95, voice),
        _percentile(lane.first_s, lane.first_s.p99 if lane.first_s else None, FOR_P99, voice),
        _spread(lane.per_token_s, _ms, voice),
        _spread(lane.tokens_per_s, lambda value: f"{value:,.0f}", voice),
        _spread(lane.answer_s, lambda value: f"{value:.2f} s", voice),
        _spread(lane.tokens, lambda value: f"{value:.0f}", voice),
    ]
    if currency:
        cost = lane.cost
        cells.append(voice("not_measured") if cost is None else numbers.money(cost, currency))
    return cells


def _spread(spread: Spread | None, shown: Shown, voice: Voice) -> Html | str:
    """The median, and the quartiles below it."""
    if spread is None:
        return voice("not_measured")
    quartiles = f"{shown(spread.low)} – {shown(spread.high)}"
    return join([shown(spread.p50), tag("small", quartiles)])


def _percentile(spread: Spread | None, value: float | None, needs: int, voice: Voice) -> str:
    if spread is None:
        return voice("not_measured")
    return voice("speed.needs", n=needs) if value is None else _ms(value)


def _ratios(found: Speed, voice: Voice) -> Html:
    head = [voice("speed.who"), voice("speed.ratio.first"), voice("speed.ratio.token")]
    rows = [
        (ratio.title, _ratio(ratio.first_s, voice), _ratio(ratio.per_token_s, voice))
        for ratio in found.ratios
    ]
    first = found.lanes[0].title
    return tag(
        "section",
        tag("h4", voice("speed.ratios", title=first)),
        table(head, rows, numbers=2),
        class_="dt-speed-part",
    )


def _ratio(spread: Spread | None, voice: Voice) -> str:
    if spread is None:
        return voice("not_measured")
    return voice(
        "speed.ratio",
        p50=f"{spread.p50:.2f}",
        low=f"{spread.low:.2f}",
        high=f"{spread.high:.2f}",
        n=spread.n,
    )


def _engines(found: Speed, voice: Voice) -> Html:
    head = [voice("speed.engine"), voice("speed.engine.serves")]
    head += [voice(f"speed.engine.{name}") for name in ("memory", "gpu", "load")]
    rows = [
        (
            engine.model,
            " · ".join(engine.titles),
            numbers.mebibytes(engine.pss_mib, voice),
            numbers.mebibytes(engine.gpu_mib, voice),
            numbers.duration(engine.load_s, voice),
        )
        for engine in found.engines
    ]
    return tag("section", table(head, rows, numbers=3), class_="dt-speed-part")


def _ms(seconds: float) -> str:
    """Milliseconds without false digits."""
    value = 1000 * seconds
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"
