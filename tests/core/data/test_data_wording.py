"""Every problem can be said in English and in Chinese."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from core.data import problems
from core.data.checks import tools, turns
from core.data.problems import KINDS, NoUsableRows, file_error, make_problem
from core.data.reading import malformed, signatures
from core.data.records import Problem
from core.data.wording import CHINESE, error_parts, place_text, problem_text
from tests.core.data.made_rows import check


def fields(texts: tuple[str, str]) -> set[str]:
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", KINDS)
def test_both_languages_use_the_same_values(code: str) -> None:
    kind = KINDS[code]
    values = fields(kind.en)
    assert fields(kind.zh) <= values
    problem = make_problem(code, **dict.fromkeys(values, "3"))
    assert all(part.endswith((".", "]}", "?")) or "{" in part for part in kind.en)
    assert any("\u4e00" <= c <= "\u9fff" for c in problem_text(problem, "zh"))
    assert problem_text(problem, "en") == f"{problem.message} {problem.fix}"


def test_every_code_that_is_used_is_known() -> None:
    folder = Path(problems.__file__).parents[1]
    text = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.py"))
    text += (folder / "data/checks/words.toml").read_text(encoding="utf-8")
    assert not [code for code in KINDS if f'"{code}"' not in text and f"\n{code} = " not in text]


def test_every_word_of_ours_has_its_chinese() -> None:
    values: list[object] = [None, True, "a", 1, [], {}]
    ours = {problems.kind_of(value) for value in values} | set(turns.MEDIA.values())
    ours |= {kind for _, _, kind in signatures.REFUSED}
    ours |= {signatures.EXECUTABLE, signatures.OTHER_ARCHIVE, signatures.OTHER_TABLE}
    ours |= set(malformed.REASONS.values()) | {malformed.OTHER_REASON, malformed.TOO_SHORT}
    ours |= {turns.ANY_ROLE, tools.decode_text(" ")[1], tools.decode_text("[" * 5000)[1]}
    ours |= {f"it is {problems.kind_of(value)}" for value in values if not isinstance(value, list)}
    assert not ours - CHINESE.keys()


def test_values_from_the_file_are_left_alone(tmp_path: Path) -> None:
    named = tmp_path / "a number.json"
    error = check(named, "")
    assert isinstance(error, NoUsableRows)
    assert "a number.json" in error_parts(error, "zh")[0]


def test_places_and_errors_in_both_languages() -> None:
    problem = Problem(
        code="turn_empty",
        severity="error",
        message="m",
        fix="f",
        row=3,
        line=4,
        column=5,
        field="$.messages[0]",
        values={"role": "user"},
    )
    assert place_text(problem, "en") == "row 3, line 4, column 5, $.messages[0]"
    assert place_text(problem, "zh") == "第 3 条数据，文件第 4 行，第 5 个字符，$.messages[0]"
    assert problem_text(problem, "zh") == "user 轮次是空的。请补上文字，或删除这一轮。"
    many = NoUsableRows("p", "w", "f", (problem,) * 7)
    assert error_parts(many, "en") == ("p", "w", "f")
    what, where, fix = error_parts(many, "zh")
    assert what == "没有一条数据可以使用。"
    assert where.count("第 3 条数据") == 5
    assert where.endswith("……另有 2 处。")
    assert fix == "请补上文字，或删除这一轮。"
    alone = file_error("file_empty", file="a.json")
    assert error_parts(alone, "zh")[0] == "a.json 是空文件。"


def test_a_problem_of_another_version_falls_back_to_english() -> None:
    for code in ("from_the_future", "role_unknown"):
        problem = Problem(code=code, severity="note", message="New.", fix="Look.")
        assert problem_text(problem, "zh") == "New.Look."
