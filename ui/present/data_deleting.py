"""Deleting a dataset in two steps: what goes and what stays, then the button that does it."""

from __future__ import annotations

from collections.abc import Sequence

from core.data import deletion_text
from core.data.deletion_records import DatasetDeletion
from ui.markup import Html, join, tag
from ui.present.data_parts import act, danger, fold
from ui.words import Voice


def ask(dataset_id: str, voice: Voice) -> Html:
    """The button that looks what would go."""
    return tag("p", act("look-delete", voice("data.delete"), id=dataset_id), class_="dt-ask")


def named(going: DatasetDeletion, root: str | None, voice: Voice) -> Html:
    """What goes and what stays, and the button that does it.

    `root` is the version that all versions of the file were made from, where that is another one.
    """
    count = len(going.versions)
    words = voice("data.delete.do_all", n=count) if count > 1 else voice("data.delete.do")
    whole = act("look-delete", voice("data.delete.whole"), id=root) if root else None
    return fold(
        voice("data.delete"),
        _listed(voice("data.delete.goes"), deletion_text.goes(going), voice),
        _listed(voice("data.delete.stays"), deletion_text.stays(going), voice),
        tag(
            "div",
            danger("delete", words, going.id, also=" ".join(going.also)),
            whole,
            class_="dt-actions",
        ),
        is_open=True,
    )


def _listed(title: str, sentences: Sequence[str], voice: Voice) -> Html | None:
    if not sentences:
        return None
    lines = join(tag("li", voice.said(sentence)) for sentence in sentences)
    return tag("div", tag("b", title), tag("ul", lines, class_="dt-goes"))
