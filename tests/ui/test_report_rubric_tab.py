"""The rubric tab of the report room, without a page."""

from __future__ import annotations

from types import SimpleNamespace

from core.errors import DataError
from ui.rooms.report.rubric import Editing, RubricTab
from ui.visit import Visit
from ui.words import Voice

VISIT = Visit(Voice("en"), "chat-main", "report")


def test_a_run_whose_data_is_gone_says_so_and_the_page_goes_on() -> None:
    def gone(_run_id: str) -> None:
        raise DataError("There is no dataset of this name.", "ds-1", "Import it again.")

    tab = RubricTab.__new__(RubricTab)  # its widgets need a page, and aren't drawn here
    tab.room = SimpleNamespace(own_rubric=gone)  # type: ignore[assignment]
    (form,) = tab.draw(VISIT, "run-1", Editing())
    used, estimate = tab.draw_used(VISIT, "run-1", 0, Editing())
    assert "There is no dataset of this name." in form["html"]
    assert "Import it again." in used
    assert estimate == ""
