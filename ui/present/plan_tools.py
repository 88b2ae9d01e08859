"""What else can be done with a plan: compare it, try several values, take it away as a file."""

from __future__ import annotations

from collections.abc import Sequence

from core.training.plan import TrainingPlan
from core.training.plan_diff import Difference
from core.training.sweep import NOT_VARIED
from ui.markup import Html, join, table, tag
from ui.present.data_parts import act, quiet
from ui.present.plan_settings import EDITABLE, applies, said_value
from ui.words import Voice

RECOMMENDED = "recommended"
VARIED = 2
"""Settings that a small sweep varies at most."""
UNVARIED = frozenset({*NOT_VARIED, "trackers", "retention_days", "launcher", "workers"})
"""Settings that make other plans, or decide nothing that a loss could show."""


def tools(plan: TrainingPlan, runs: Sequence[tuple[str, str]], voice: Voice) -> Html:
    """Comparison, sweep and files, each folded away."""
    return join([_comparison(runs, voice), _sweep(plan, voice), _files(voice)])


def _fold(title: str, *children: Html | None) -> Html:
    return tag("details", tag("summary", title), *children)


def _comparison(runs: Sequence[tuple[str, str]], voice: Voice) -> Html:
    first = tag("option", voice("tools.recommended"), value=RECOMMENDED)
    listed = join(tag("option", name, value=run_id) for run_id, name in runs)
    choose = tag(
        "label",
        tag("span", voice("tools.compare_with")),
        tag("select", first, listed, name_="with"),
    )
    form = tag("div", choose, act("differ", voice("tools.show")), class_="dt-fields", data_form="1")
    back = tag("div", act("reset", voice("tools.reset")), class_="dt-actions")
    return _fold(voice("tools.compare"), form, tag("div", data_part="difference"), back)


def difference(found: Sequence[Difference], than: str, voice: Voice) -> Html:
    """A plan beside the one that it was compared with."""
    if not found:
        return quiet(voice("tools.same", name=than))
    rows = (
        (
            voice(f"plan.{one.field}"),
            said_value(one.field, one.before, voice),
            said_value(one.field, one.after, voice),
        )
        for one in found
        if one.field in EDITABLE
    )
    shown = table((voice("tools.setting"), than, voice("tools.this")), rows)
    others = [one for one in found if one.field not in EDITABLE]
    if others:
        return join([shown, quiet(voice("tools.other_data"))])
    return shown


def _sweep(plan: TrainingPlan, voice: Voice) -> Html:
    rows = [_varied(place, plan, voice) for place in range(1, VARIED + 1)]
    start = act("sweep", voice("tools.sweep.start"))
    form = tag("div", *rows, tag("div", start, class_="dt-actions"), data_form="1")
    return _fold(voice("tools.sweep"), quiet(voice("tools.sweep.hint")), form)


def _varied(place: int, plan: TrainingPlan, voice: Voice) -> Html:
    names = [name for name in EDITABLE if name not in UNVARIED and applies(name, plan)]
    empty = "" if place == 1 else tag("option", voice("none"), value="")
    usual = "learning_rate" if place == 1 else ""
    options = join(
        tag("option", voice(f"plan.{name}"), value=name, selected=name == usual) for name in names
    )
    return tag(
        "div",
        tag(
            "label",
            tag("span", voice("tools.sweep.setting", n=place)),
            tag("select", empty, options, name_=f"setting{place}"),
        ),
        tag(
            "label",
            tag("span", voice("tools.sweep.values")),
            tag("input", name_=f"values{place}", placeholder="1e-4, 2e-4" if place == 1 else ""),
        ),
        class_="dt-fields",
    )


def _files(voice: Voice) -> Html:
    buttons = [act("save", voice("tools.save")), act("script", voice("tools.script"))]
    hint = quiet(voice("tools.files.hint"))
    return _fold(voice("tools.files"), hint, tag("div", *buttons, class_="dt-actions"))
