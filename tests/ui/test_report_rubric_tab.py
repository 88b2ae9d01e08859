"""The rubric tab of the report room, without a page."""

from __future__ import annotations

from types import SimpleNamespace

from core.data.examples import SUPPORT_DESK_RUBRIC
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


def test_a_rubric_of_its_own_asks_no_judge_about_data_that_is_gone() -> None:
    def gone(_asked: object) -> None:
        raise DataError("There is no dataset of this name.", "ds-1", "Import it again.")

    tab = RubricTab.__new__(RubricTab)
    settings = SimpleNamespace(judge="http://127.0.0.1:9")
    tab.room = SimpleNamespace(  # type: ignore[assignment]
        estimate=gone, request=lambda *_: None, actions=SimpleNamespace(settings=settings)
    )
    editing = Editing(text=SUPPORT_DESK_RUBRIC.read_text(encoding="utf-8"))
    used, estimate = tab.draw_used(VISIT, "run-1", 0, editing)
    assert ("Import it again." in used, estimate) == (True, "")
