"""The rubric of the next evaluation: its criteria, a form for one of them, and its YAML."""

from __future__ import annotations

from collections.abc import Iterable

from eval.rubric import editing
from eval.rubric.criteria import Cap, Criterion
from eval.rubric.rubrics import Rubric
from ui.markup import Html, badge, join, tag
from ui.words import Voice

KINDS = ("check", "judge", "scale")
GATES = ("none", "fail", "cap")
PLACES = ("final", "every_turn", "conversation")
HASH = 12
NEW = -1
"""The place of a criterion that is being added."""


def rubric(found: Rubric, editing_at: int | None, voice: Voice) -> Html:
    """Every criterion with what can be done to it; one of them may be open as a form."""
    rows = [
        form(n, one, voice) if n == editing_at else _criterion(n, one, voice)
        for n, one in enumerate(found.criteria)
    ]
    if editing_at == NEW:
        rows.append(form(NEW, None, voice))
    drafts = sum(one.draft for one in found.criteria)
    own = len(found.examples)
    acts = [
        _do(voice("rubric.add"), "add"),
        _do(voice("rubric.accept_all", n=drafts), "accept") if drafts else None,
        _do(voice("rubric.save"), "save"),
        _do(voice("rubric.default"), "default", link=True),
    ]
    return join(
        [
            _head(found, drafts, voice),
            tag("ol", *rows, class_="dt-criteria"),
            tag("p", voice("rubric.of_examples", n=own), class_="dt-note") if own else Html(""),
            tag("div", *acts, class_="dt-actions"),
        ]
    )


def used(found: Rubric | None, voice: Voice) -> Html:
    """Which rubric the next evaluation uses, in a line."""
    if found is None:
        return tag("p", voice("rubric.used.none"), class_="dt-quiet")
    return tag(
        "p", voice("rubric.used", title=voice.said(found.title) or found.id,
                   n=len(found.criteria), hash=found.hash[:HASH]), class_="dt-quiet",
    )  # fmt: skip


def _head(found: Rubric, drafts: int, voice: Voice) -> Html:
    return tag(
        "header",
        tag("h3", voice.said(found.title) or found.id, aria_level=2),
        badge(voice("rubric.is_default")) if found.default else None,
        badge(voice("rubric.drafts", n=drafts), "warn") if drafts else None,
        tag("span", voice("rubric.hash", hash=found.hash[:HASH]), class_="dt-quiet"),
        class_="dt-rubric-head",
    )


def _criterion(at: int, one: Criterion, voice: Voice) -> Html:
    badges: list[Html | None] = [
        badge(voice(f"rubric.kind.{one.kind}")),
        badge(voice("rubric.points", n=f"{one.points:g}")),
        badge(voice("rubric.headline"), "live") if one.headline else None,
        badge(voice(f"rubric.gate.{_gate(one)}"), "warn") if one.gate != "none" else None,
        badge(voice(f"rubric.applies_to.{one.applies_to}")) if one.applies_to != "final" else None,
        badge(voice("rubric.draft"), "warn") if one.draft else None,
        *(badge(name) for name in one.tags),
    ]
    acts = [
        _do(voice("rubric.accept"), "accept", at) if one.draft else None,
        _do(voice("rubric.edit"), "edit", at, link=True),
        _do(voice("rubric.delete"), "delete", at, link=True),
    ]
    return tag(
        "li",
        tag("div", tag("b", voice.said(one.label)), *badges, class_="dt-criterion-head"),
        tag("p", voice.said(one.text)),
        tag("p", _checked(one, voice), class_="dt-quiet") if one.check else None,
        tag("div", *acts, class_="dt-past-acts"),
    )


def _checked(one: Criterion, voice: Voice) -> str:
    assert one.check is not None
    kind = one.check.type
    settings = ", ".join(
        f"{voice.known(f'check.{kind}.{name}', name)}: {' | '.join(value.splitlines())}"
        for name, value in editing.check_values(one).items()
    )
    words = voice.known(f"check.{kind}", kind)
    return f"{words} ({settings})" if settings else words


def form(at: int, one: Criterion | None, voice: Voice) -> Html:
    """The fields of a criterion; which of them apply follows its kind and check."""
    return tag(
        "li",
        tag(
            "div",
            _text("name", one.name if one else "", voice),
            _area("text", one.text if one else "", voice),
            _select("kind", KINDS, one.kind if one else "check", voice, "rubric.kind"),
            _checks(one, voice),
            tag("div", _area("anchors", "\n".join((one.anchors or {}).values()) if one else "",
                             voice), class_="dt-for-scale"),
            _text("points", f"{one.points:g}" if one else "1", voice),
            _select("gate", GATES, _gate(one), voice, "rubric.gate"),
            tag("div", _text("cap", _cap(one), voice), class_="dt-for-cap"),
            _text("tags", ", ".join(one.tags) if one else "", voice),
            _select("applies_to", PLACES, one.applies_to if one else "final", voice,
                    "rubric.applies_to"),
            tag("label", tag("input", type="checkbox", name_="headline", value="1",
                             checked=bool(one and one.headline)),
                " ", voice("rubric.headline.long"), class_="dt-check-line"),
            tag(
                "div",
                tag("button", voice("rubric.keep"), class_="dt-button dt-primary", data_do="put",
                    data_at=at),
                _do(voice("rubric.cancel"), "cancel"),
                class_="dt-actions",
            ),
            class_="dt-lane-form dt-criterion-form",
            data_form=True,
        ),
    )  # fmt: skip


def _checks(one: Criterion | None, voice: Voice) -> Html:
    """The way to check, and the settings of each way, of which the chosen one's are shown."""
    chosen = one.check.type if one and one.check else "exact"
    known = editing.check_values(one) if one else {}
    settings = []
    for kind in editing.CHECKS:
        given = known if kind == chosen else {}
        fields = [
            _setting(kind, name, written, given.get(name, ""), voice)
            for name, written in editing.check_fields(kind).items()
        ]
        settings.append(tag("div", *fields, class_=f"dt-for-{kind}") if fields else None)
    return tag(
        "div",
        _select("check", editing.CHECKS, chosen, voice, "check"),
        *settings,
        class_="dt-for-check",
    )


def _setting(kind: str, name: str, written: str, value: str, voice: Voice) -> Html:
    field, key = f"{kind}.{name}", f"rubric-{kind}-{name}"
    words = voice.known(f"check.{kind}.{name}", name)
    if written in ("lines", "plain"):
        hint = voice("rubric.lines") if written == "lines" else voice("rubric.plain")
        box = tag("textarea", value, name_=field, id=key, rows=3, placeholder=hint)
    else:
        box = tag("input", name_=field, id=key, type="text", value=value, autocomplete="off",
                  inputmode="decimal" if written == "number" else None)  # fmt: skip
    return tag("div", tag("label", words, for_=key), box)


def _text(name: str, value: str, voice: Voice) -> Html:
    key = f"rubric-{name}"
    box = tag("input", name_=name, id=key, type="text", value=value, autocomplete="off")
    return tag("div", tag("label", voice(f"rubric.field.{name}"), for_=key), box)


def _area(name: str, value: str, voice: Voice) -> Html:
    key = f"rubric-{name}"
    box = tag("textarea", value, name_=name, id=key, rows=3)
    return tag("div", tag("label", voice(f"rubric.field.{name}"), for_=key), box)


def _select(name: str, options: Iterable[str], chosen: str, voice: Voice, words: str) -> Html:
    key = f"rubric-{name}"
    listed = [
        tag("option", voice.known(f"{words}.{each}", each), value=each, selected=each == chosen)
        for each in options
    ]
    return tag("div", tag("label", voice(f"rubric.field.{name}"), for_=key),
               tag("select", *listed, name_=name, id=key))  # fmt: skip


def _gate(one: Criterion | None) -> str:
    if one is None or one.gate == "none":
        return "none"
    return "cap" if isinstance(one.gate, Cap) else "fail"


def _cap(one: Criterion | None) -> str:
    return f"{one.gate.cap:g}" if one and isinstance(one.gate, Cap) else ""


def _do(words: str, what: str, at: int | None = None, link: bool = False) -> Html:
    look = "dt-link" if link else "dt-button"
    return tag("button", words, class_=look, data_do=what, data_at=at)
