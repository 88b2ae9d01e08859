"""What can be done with a run besides watching it: forms that unfold below its panel."""

from __future__ import annotations

from typing import NamedTuple

from core.lineage import Lineage
from core.training.records import Continuation, Run
from ui.markup import Html, tag
from ui.present import certificate, export, lineage
from ui.present.data_parts import act, danger, fold, quiet
from ui.present.leaving import Leaving
from ui.words import Voice


class Beyond(NamedTuple):
    """What is known of a run besides itself."""

    lineage: Lineage | None = None
    leaving: Leaving | None = None
    """None where there is no model."""


def tools(
    run: Run | None,
    voice: Voice,
    longer: Continuation | None = None,
    beyond: Beyond = Beyond(),  # noqa: B008  a tuple, which nothing changes
) -> Html | str:
    """All of them for a run; `longer` is what training on was found to come to."""
    if run is None:
        return ""
    ended, of_run = not run.is_live, longer is not None and longer.run_id == run.id
    folds = [
        act("clone", voice("runs.clone"), id=run.id),
        _keep(run, voice) if run.has_model else None,
        export.folded(beyond.leaving, voice) if beyond.leaving else None,
        certificate.folded(beyond.leaving, voice) if beyond.leaving else None,
        _label(run, voice),
        _longer(run, longer if of_run else None, voice) if run.can_extend else None,
        _files(run, voice),
        _delete(run, voice) if ended else None,
    ]
    note = tag("p", run.note, class_="dt-run-note") if run.note else None
    chain = None
    if beyond.lineage is not None:
        chain = tag("p", lineage.line(beyond.lineage, voice), class_="dt-lineage")
    shown = tag("div", *folds, class_="dt-folds")
    return tag("div", note, chain, shown, class_="dt-run-tools", data_key=run.id)


def _keep(run: Run, voice: Voice) -> Html:
    name = tag(
        "label",
        tag("span", voice("runs.keep.name")),
        tag("input", name_="name", value=run.plan.name, maxlength=60),
    )
    form = tag(
        "div", name, act("keep", voice("runs.keep.do"), primary=True, id=run.id),
        class_="dt-fields", data_form="1",
    )  # fmt: skip
    kept = voice("runs.keep.kept", names=", ".join(run.kept_as)) if run.kept_as else None
    return fold(voice("runs.keep"), quiet(kept or voice("runs.keep.hint")), form)


def _label(run: Run, voice: Voice) -> Html:
    fields = (
        tag(
            "label",
            tag("span", voice("plan.name")),
            tag("input", name_="name", value=run.plan.name, maxlength=80),
        ),
        tag(
            "label",
            tag("span", voice("runs.note")),
            tag("textarea", run.note, name_="note", rows=3),
            class_="dt-wide",
        ),
        act("label", voice("runs.label.do"), primary=True, id=run.id),
    )
    return fold(voice("runs.label"), tag("div", *fields, class_="dt-fields", data_form="1"))


def _longer(run: Run, longer: Continuation | None, voice: Voice) -> Html:
    more = f"{longer.added_epochs:g}" if longer and longer.added_epochs else "1"
    field = tag(
        "label",
        tag("span", voice("runs.longer.epochs")),
        tag("input", name_="epochs", value=more, type="number", min=0.1, max=100, step="any"),
    )
    look = act("look-longer", voice("runs.longer.look"), id=run.id)
    form = tag("div", field, look, class_="dt-fields", data_form="1")
    told = None
    if longer is not None:
        sentences = voice.sentences(voice.said(sentence) for sentence in longer.sentences)
        go = act("extend", voice("runs.longer.do", n=more), primary=True, id=run.id, epochs=more)
        told = tag("div", tag("p", sentences), go, class_="dt-longer")
    return fold(voice("runs.longer"), form, told, is_open=longer is not None)


def _files(run: Run, voice: Voice) -> Html:
    buttons = [
        act("save", voice("tools.save"), id=run.id),
        act("script", voice("tools.script"), id=run.id),
    ]
    return fold(voice("tools.files"), tag("div", *buttons, class_="dt-actions"))


def _delete(run: Run, voice: Voice) -> Html:
    told = voice("runs.delete.hint")
    if run.has_model and not run.kept_as:
        told = voice("runs.delete.hint_model")
    sure = danger("delete", voice("runs.delete.do"), run.id)
    return fold(voice("runs.delete"), tag("p", told), tag("div", sure, class_="dt-actions"))
