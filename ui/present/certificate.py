"""A parity certificate: its verdict, and what was measured on each way."""

from __future__ import annotations

from core.certificates.records import Certificate, Difference, Lane, Verdict
from ui.markup import Html, badge, join, table, tag
from ui.present import numbers
from ui.words import Voice

TONES = {"green": "good", "red": "bad", "not measured": "warn"}
COLUMNS = ("way", "verdict", "worst", "tolerance", "tokens", "stops", "note")


def card(found: Certificate, voice: Voice) -> Html:
    """The whole certificate."""
    head = tag("header", tag("b", voice("parity.title")), line(found.verdict, voice))
    said = tag("p", voice.said(found.sentence))
    titles = [voice(f"parity.{name}") for name in COLUMNS]
    rows = [[_cell(name, lane, voice) for name in COLUMNS] for lane in found.lanes]
    return tag("section", head, said, table(titles, rows), _asked(found, voice), class_="dt-card")


def line(found: Verdict, voice: Voice) -> Html:
    """A verdict alone, as it stands in lists."""
    return badge(verdict(found, voice), TONES[found])


def verdict(found: Verdict, voice: Voice) -> str:
    """A verdict in words."""
    return voice(f"parity.verdict.{found.replace(' ', '_')}")


def cells(lane: Lane, voice: Voice) -> dict[str, str]:
    """What a table shows of one way, by column; "" where there is nothing to show."""
    return {
        "way": voice(f"parity.way.{lane.way.replace('+', '_')}"),
        "verdict": verdict(lane.verdict, voice),
        "worst": "" if lane.worst_difference is None else f"{lane.worst_difference:.5f}",
        "tolerance": "" if lane.tolerance is None else f"{lane.tolerance:g}",
        "tokens": _share(lane.agreed, lane.compared, voice),
        "stops": _share(lane.stopped, lane.stops, voice),
        "note": voice.sentences(_notes(lane, voice)),
    }


def _cell(name: str, lane: Lane, voice: Voice) -> Html | str:
    shown = cells(lane, voice)[name]
    return badge(shown, TONES[lane.verdict]) if name == "verdict" else shown


def _share(part: int, whole: int, voice: Voice) -> str:
    return voice("parity.of", n=numbers.count(part), all=numbers.count(whole)) if whole else ""


def _notes(lane: Lane, voice: Voice) -> list[str]:
    notes = [voice.said(lane.sentence)] if lane.sentence else []
    if lane.is_reference:
        notes.append(voice("parity.reference"))
    if lane.ties:
        notes.append(voice("parity.ties", n=lane.ties))
    if lane.first is not None and not lane.first.is_tie:
        notes.append(_first(lane.first, voice))
    return notes


def _first(found: Difference, voice: Voice) -> str:
    key = "parity.first" if found.found is not None else "parity.first.end"
    return voice(
        key, row=found.row, position=found.position + 1, found=found.found, expected=found.expected
    )


def _asked(found: Certificate, voice: Voice) -> Html:
    if not found.rows:
        told = voice("parity.unasked", why=voice.said(found.note))
    else:
        day = numbers.day(found.made_at)
        told = voice("parity.asked", rows=len(found.rows), limit=found.limit, day=day)
    return tag("p", join([told]), class_="dt-quiet")
