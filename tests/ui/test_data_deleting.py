"""The Data room names what goes and what stays, and deletes on a second click."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from core.data import deleting
from core.data.records import Dataset
from core.errors import DataError
from tests.ui.fake_parts import FakeActions
from ui.rooms.data.acting import Asked, look, make
from ui.rooms.data.browser import How
from ui.rooms.data.page import Page
from ui.services import Services
from ui.visit import Visit
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
VISIT = Visit(EN, "chat-main", "", "page-1")
TOLD: list[str] = []


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    TOLD.clear()
    monkeypatch.setattr(gr, "Info", lambda words, **_: TOLD.append(unescape(words)))


@pytest.fixture
def dataset(actions: FakeActions, small: Path) -> Dataset:
    return actions.import_data(small)


@pytest.fixture
def page(actions: FakeActions, dataset: Dataset) -> Page:
    with gr.Blocks():
        return Page(Services(actions))


def click(dataset: Dataset, do: str, **data: str) -> Asked:
    return Asked("deleting", dataset.id, {"do": do, **data}, "", "", How())


def buttons(html: str) -> list[dict[str, str]]:
    """What each button of a view sends."""
    found = (
        re.findall(r'data-(\w+)="([^"]*)"', each) for each in re.findall("<button[^>]*>", html)
    )
    return [dict(each) for each in found]


def view(page: Page, drawn: dict[Any, Any]) -> str:
    return str(drawn[page.deleting.view]["html"])


def test_what_goes_is_named_and_the_second_click_does_it(page: Page, dataset: Dataset) -> None:
    first = view(page, page.draw(dataset, EN))
    assert [one["do"] for one in buttons(first)] == ["look-delete"]
    named = view(page, look(page, click(dataset, **buttons(first)[0]), EN))
    assert "Its 40 usable rows, with their split." in named
    assert "Rejected rows: 2." in named
    (sure,) = buttons(named)
    assert sure["do"] == "delete"
    assert page.room.actions.datasets() == (dataset,), "nothing was done"
    page.room.shelf.examples(dataset.id)
    made = make(page, click(dataset, **sure), EN)
    assert TOLD == ["'orders' is deleted."]
    after = page.list_anew(VISIT, made, None)
    assert after[page.dropdown].value is None
    assert after[page.chosen.stamp] == ""
    assert page.room.shelf._kept == {}, "an open file of rows would keep them on the disk"
    empty = page.draw(page.room.shelf.stamped(""), EN)
    shown = (page.versions.banner, page.masks.view, page.deleting.view)
    assert [empty[each] for each in shown] == [{"html": ""}] * 3


def test_a_version_goes_alone_or_with_every_version_of_the_file(
    page: Page, dataset: Dataset
) -> None:
    child = page.room.actions.exclude_rows(dataset.id, [1])
    named = view(page, look(page, click(child, "look-delete", id=child.id), ZH))
    assert "同一文件的这些版本会保留：orders (40)" in named
    sure, whole = buttons(named)
    assert (sure["id"], whole) == (child.id, {"do": "look-delete", "id": dataset.id})
    named = view(page, look(page, click(child, **whole), EN))
    assert "Delete all 2 versions for ever" in named
    (all_of_them,) = buttons(named)
    assert make(page, click(child, **sure), EN) == dataset.id, "its parent is shown then"
    assert page.room.actions.datasets() == (dataset,)
    again = page.room.actions.exclude_rows(dataset.id, [1])
    assert make(page, click(again, **all_of_them), EN) == dataset.id
    assert page.list_anew(VISIT, dataset.id, None)[page.dropdown].value is None


def test_another_page_that_was_too_late_is_told(page: Page, dataset: Dataset) -> None:
    assert page.room.draw(VISIT, dataset.id, None)[0].value == dataset.id
    deleting.remove(page.room.actions.workspace, (dataset.id,))
    with pytest.raises(DataError, match="There is no dataset"):
        make(page, click(dataset, "delete", id=dataset.id, also=""), EN)
    drawn = page.room.draw(VISIT, dataset.id, None)
    assert drawn[0].value is None, "the clock takes it off the list"
