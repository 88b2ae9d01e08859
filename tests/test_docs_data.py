"""docs/data.md is what the code says."""

from __future__ import annotations

from docs import make_data


def test_the_page_is_what_the_code_says() -> None:
    assert make_data.PAGE.read_text(encoding="utf-8") == make_data.page(), (
        "run `python docs/make_data.py`"
    )


def test_every_kind_of_problem_has_its_place() -> None:
    stems = {path.stem for path in make_data.KIND_FILES.glob("*.toml")}
    assert stems == make_data.THEMES.keys()
