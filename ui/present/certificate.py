"""A parity certificate: its verdict, and what was measured on each way."""

from __future__ import annotations

from core.certificates.certifications import Certification
from core.certificates.questions import EXAMPLE, PROMPTS
from core.certificates.records import Certificate, Difference, Lane, Verdict
from core.errors import DuotuneError
from ui.markup import Html, badge, join, table, tag
from ui.present import numbers
from ui.present.data_parts import act, fold, quiet
from ui.present.leaving import Leaving
from ui.words import Voice

TONES = {"green": "good", "red": "bad", "not measured": "warn"}
MOST_PROMPTS = 64
COLUMNS = ("way", "verdict", "worst", "tokens", "stops")


def folded(found: Leaving, voice: Voice) -> Html:
    """The fold with a model's newest certificate, and how to make another one."""
    if found.trouble is not None:
        lines = (tag("p", text) for text in voice.trouble(found.trouble))
        return fold(voice("parity.fold"), *lines, stays=True)
    going = next((one for one in found.certifications if one.request.export_id is None), None)
    newest = next(iter(found.certificates), None)
    is_going = going is not None and going.status == "running"
    return fold(
        voice("parity.fold"),
        certification(going, voice, with_buttons=True) if going else None,
        *_of_exports(found, voice),
        card(newest, voice) if newest else quiet(voice("parity.none")),
        _earlier(found, voice),
        None if is_going else _form(found, voice),
        stays=True,
    )


def _of_exports(found: Leaving, voice: Voice) -> list[Html | None]:
    """Certifications of exports that go on or failed: what they proved stands with the export."""
    of_exports = [one for one in found.certifications if one.request.export_id]
    return [certification(one, voice, with_buttons=True) for one in of_exports]


def _form(found: Leaving, voice: Voice) -> Html:
    fields = (
        tag("label", tag("span", voice("parity.prompts")),
            tag("input", name_="prompts", type="number", value=PROMPTS, min=1, max=MOST_PROMPTS)),
        tag("label", tag("input", type="checkbox", name_="serve", value="yes", checked=True),
            tag("span", voice("parity.serve")), class_="dt-tick-line"),
    )  # fmt: skip
    words = voice("parity.again" if found.certificates else "parity.make")
    go = act("certify", words, primary=not found.certificates, id=found.name)
    return tag("div", *fields, go, class_="dt-fields", data_form=f"certify {found.name}")


def _earlier(found: Leaving, voice: Voice) -> Html | None:
    """When earlier ones were made, with their verdicts."""
    lines = [
        join([numbers.day(one.made_at), " ", line(one.verdict, voice)])
        for one in found.certificates[1:]
    ]
    if not lines:
        return None
    title = tag("summary", voice("parity.earlier", n=len(lines)))
    return tag("details", title, *(tag("p", one) for one in lines), class_="dt-more")


def certification(found: Certification, voice: Voice, *, with_buttons: bool = False) -> Html | None:
    """One in the making, or why it failed; None for one that has ended well or was cancelled."""
    if found.status in ("done", "cancelled"):
        return None
    if found.problem:
        error = DuotuneError(found.problem, found.where, found.fix)
        lines = join(tag("p", text) for text in voice.trouble(error))
        return tag("div", lines, class_="dt-trouble", role="alert")
    head = tag("header", tag("b", voice("parity.title")), badge(voice("parity.making"), "live"))
    told = tag("p", voice.said(found.told) if found.told else voice("parity.starting"))
    cancel = act(
        "cancel-certify", voice("parity.cancel"), id=found.request.name, certification=found.id
    )
    buttons = tag("div", cancel, class_="dt-actions") if with_buttons else None
    return tag("section", head, told, buttons, class_="dt-card", role="status")


def card(found: Certificate, voice: Voice) -> Html:
    """The whole certificate."""
    head = tag("header", tag("b", voice("parity.title")), line(found.verdict, voice))
    return tag("section", head, *inside(found, voice), class_="dt-card dt-certificate")


def inside(found: Certificate, voice: Voice) -> list[Html]:
    """What a certificate says: a sentence, what was measured on each way, and of what."""
    said = tag("p", voice.said(found.sentence), class_="dt-sentence")
    titles = [voice(f"parity.{name}") for name in COLUMNS]
    rows = [[_cell(name, lane, voice) for name in COLUMNS] for lane in found.lanes]
    return [said, table(titles, rows), _asked(found, voice)]


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
    """A cell of the page's table; a note stands below its way, as a column would be too narrow."""
    found = cells(lane, voice)
    if name == "verdict":
        return badge(found[name], TONES[lane.verdict])
    if name == "way" and found["note"]:
        return join([found[name], tag("small", found["note"])])
    if name == "worst" and found["tolerance"]:
        return voice("parity.within", worst=found[name], tolerance=found["tolerance"])
    return found[name]


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
        key = "parity.asked.example" if found.part == EXAMPLE else "parity.asked"
        told = voice(key, rows=len(found.rows), limit=found.limit, day=day)
    return tag("p", join([told]), class_="dt-quiet")
