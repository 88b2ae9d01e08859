"""`duotune stats`, `agreement` and `rubric`: pure JSON on standard output, errors told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.examples import SUPPORT_DESK, SUPPORT_DESK_RUBRIC
from tests.fakes import Behaviour, FakeServer
from tests.ui.commands import Run, commands, told


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commands(tmp_path, monkeypatch)


def lines(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def test_stats_prints_all_that_was_promised(run: Run, tmp_path: Path) -> None:
    rows = [{"id": n, "cluster": n // 2, "base": n % 3 == 0, "tuned": n % 3 != 1}
            for n in range(90)]  # fmt: skip
    found = told(run("stats", lines(tmp_path / "s.jsonl", *rows)))
    wanted = {"n", "clusters", "unscored", "base", "tuned", "difference", "interval", "test", "p",
              "verdict", "more_needed"}  # fmt: skip
    assert wanted <= set(found)
    assert (found["n"], found["clusters"], found["verdict"]) == (90, 45, "better")
    scaled = lines(tmp_path / "k.jsonl", {"id": 1, "base": 3, "tuned": 4})
    assert told(run("stats", scaled, "--scale", 1, 5, "--json"))["scale"] == [1, 5]
    assert "No row" in told(run("stats", lines(tmp_path / "e.jsonl", {})), 1)["error"]["problem"]


def test_rows_may_come_from_standard_input(run: Run) -> None:
    found = told(run("stats", "-", typed='{"id": 1, "winner": "tie"}\n'))
    assert (found["n"], found["ties"]) == (1, 1)


def test_agreement_prints_raw_kappa_and_alpha(run: Run, tmp_path: Path) -> None:
    rows = [{"id": n, "a": n % 2, "b": n % 2 if n % 5 else 9} for n in range(40)]
    found = told(run("agreement", lines(tmp_path / "a.jsonl", *rows), "--level", "interval"))
    assert found["raw"]["value"] == pytest.approx(0.8)
    assert found["pairs"][0]["raters"] == ["a", "b"]
    assert None not in (found["pairs"][0]["kappa"]["low"], found["alpha"]["value"])


def test_a_rubric_is_shown_scored_and_written_in_other_formats(run: Run, tmp_path: Path) -> None:
    shown = told(run("rubric", "show", SUPPORT_DESK_RUBRIC))
    assert shown["format"] == "duotune"
    ids = [c["id"] for c in shown["rubric"]["criteria"]]
    rows = [{"example": "q", "criterion": name, "met": True} for name in ids]
    found = told(run("rubric", "score", SUPPORT_DESK_RUBRIC, lines(tmp_path / "v.jsonl", *rows)))
    assert (found["mean"], found["version"]) == (1, shown["version"])
    written = run("rubric", "show", SUPPORT_DESK_RUBRIC, "--to", "csv")
    (tmp_path / "r.csv").write_text(written.stdout, encoding="utf-8")
    again = told(run("rubric", "show", tmp_path / "r.csv"))
    assert again["format"] == "csv"
    assert again["rubric"]["criteria"] == shown["rubric"]["criteria"]


def test_what_a_format_loses_is_told_beside_the_text(run: Run, tmp_path: Path) -> None:
    rubric = tmp_path / "r.md"
    rubric.write_text("|text|points|gate|\n|--|--|--|\n|Is warm.|2|fail|\n", encoding="utf-8")
    plain = run("rubric", "show", rubric, "--to", "weighted")
    assert "requirement: Is warm." in plain.stdout
    assert "gates are lost" in plain.stderr
    assert "gates are lost" not in plain.stdout
    whole = told(run("rubric", "show", rubric, "--to", "weighted", "--json"))
    assert "gates are lost" in whole["notes"][0]["text"]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["show", SUPPORT_DESK_RUBRIC, "--to", "word", "--json"], "can't be written as word"),
        (["score", SUPPORT_DESK_RUBRIC], "verdicts is missing"),
        (["show", "none.yaml"], "can't be read"),
    ],
)
def test_what_can_not_be_done_is_told_as_json(
    run: Run, arguments: list[object], problem: str
) -> None:
    assert problem in told(run("rubric", *arguments), 1)["error"]["problem"]


def test_a_rubric_is_drafted_from_training_rows_only(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = told(run("rubric", "draft", SUPPORT_DESK, "--json"), 1)["error"]
    assert "No language model is set" in refused["problem"]
    criteria = [
        {"name": f"C{n}", "text": f"Says what thing {n} is.", "points": 1} for n in range(5)
    ]
    asked: list[str] = []

    def reply(body: object) -> str:
        asked.append(str(body))
        return json.dumps({"title": "Desk", "criteria": criteria})

    with FakeServer({"writer": Behaviour(reply)}) as server:
        for name, value in (("URL", server.base_url), ("MODEL", "writer"), ("KEY", server.key)):
            monkeypatch.setenv(f"DUOTUNE_JUDGE_{name}", value)
        drafted = told(run("rubric", "draft", SUPPORT_DESK))
        as_csv = run("rubric", "draft", "support_desk", "--to", "csv").stdout
    assert [c["draft"] for c in drafted["rubric"]["criteria"]] == [True] * 5
    assert drafted["rows"] == 12
    assert "Says what thing 4 is." in as_csv
    rows = [json.loads(line) for line in SUPPORT_DESK.read_text(encoding="utf-8").splitlines()]
    shown = {row["split"] for row in rows if row["messages"][1]["content"] in asked[0]}
    assert shown == {"train"}
