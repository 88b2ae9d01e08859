"""The commands about data, as a shell sees them: words, one JSON object, exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.data.made_rows import call, row, turns, write_lines
from tests.ui.commands import Run, classes, commands, question, told

REPORT_KEYS = {
    "file", "container", "encoding", "format", "formats", "rows", "usable", "problems",
    "problem_counts", "duplicates", "leaks", "languages", "pii", "stats", "questions",
}  # fmt: skip
PROBLEM_KEYS = {"code", "severity", "row", "line", "column", "path", "message", "fix"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commands(tmp_path, monkeypatch)


# -- check ----------------------------------------------------------------------------------------


def test_check_tells_everything_in_one_object_and_keeps_nothing(run: Run, tmp_path: Path) -> None:
    bad = {"messages": turns("Only a question?")}
    file = write_lines(tmp_path / "tea.jsonl", [row("Green tea?", "Three minutes."), bad, "{nope"])
    report = told(run("check", file, "--json"), 1)
    assert report.keys() == REPORT_KEYS
    assert all(problem.keys() >= PROBLEM_KEYS for problem in report["problems"])
    assert (report["file"], report["rows"], report["usable"]) == ("tea.jsonl", 3, 1)
    assert (report["container"], report["encoding"]) == ("jsonl", "utf-8")
    assert report["duplicates"].keys() == {"exact", "near"}
    assert {p["row"] for p in report["problems"] if p["severity"] == "error"} == {2, 3}
    assert sum(report["problem_counts"].values()) == len(report["problems"])
    assert told(run("datasets", "--json")) == {"datasets": []}


def test_the_exit_status_of_check_says_how_bad_it_is(run: Run, tmp_path: Path) -> None:
    good = write_lines(tmp_path / "good.jsonl", [row(), row("And tea?", "Green.")])
    assert run("check", good).exit_code == 0
    bad = write_lines(tmp_path / "bad.jsonl", [row(), {"messages": turns("No answer?")}])
    assert run("check", bad).exit_code == 1
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    for name in ("empty.jsonl", "picture.png", "not_there.jsonl", ""):
        unreadable = run("check", tmp_path / name)
        assert unreadable.exit_code == 2, name
        assert "Traceback" not in unreadable.output
        error = told(run("check", tmp_path / name, "--json"), 2)["error"]
        assert error["problem"]
        assert error["fix"]


def test_a_quick_check_looks_at_the_structure_and_says_so(run: Run, tmp_path: Path) -> None:
    rows = [row("Tea?", "Green."), row("Tea?", "Green."), row("Mail?", "To ann@example.com.")]
    good = write_lines(tmp_path / "good.jsonl", rows)
    report = told(run("check", good, "--quick", "--json"))
    assert report.keys() == REPORT_KEYS
    assert (report["rows"], report["usable"]) == (3, 2)
    assert report["duplicates"] == {"exact": 1, "near": None}
    assert (report["languages"], report["pii"], report["stats"]["turns"]) == (None, None, None)
    assert report["stats"].keys() == told(run("check", good, "--json"))["stats"].keys()
    shown = run("check", good, "--quick").stdout
    assert "1 exact; near ones not looked for" in shown
    assert "not read: --quick looks at the structure only" in shown
    assert "Private" not in shown
    apart = told(run("check", good, "--quick", "--ignore-duplicates", "--json"))
    assert (apart["usable"], apart["duplicates"]["exact"]) == (3, None)
    view = run("check", good, "--quick", "--ignore-duplicates").stdout
    assert "Duplicates  not looked for" in view
    spoken = [{"role": "system", "content": "Be brief."}, *turns("Tea?", "Green.")]
    clean = write_lines(tmp_path / "clean.jsonl", [{"messages": spoken}])
    assert "No problems found in the structure." in run("check", clean, "--quick").stdout
    assert told(run("datasets", "--json")) == {"datasets": []}


def test_a_quick_check_has_the_same_exit_status_and_choices(run: Run, tmp_path: Path) -> None:
    bad = write_lines(tmp_path / "bad.jsonl", [row(), {"messages": turns("No answer?")}])
    (problem,) = (
        p for p in told(run("check", bad, "--quick", "--json"), 1)["problems"]
        if p["severity"] == "error"
    )  # fmt: skip
    assert (problem["code"], problem["row"], problem["line"]) == ("no_assistant_turn", 2, 2)
    misfit = told(run("check", bad, "--quick", "--format", "sharegpt", "--json"), 1)
    assert misfit["problem_counts"]["format_misfit"] == 2
    assert told(run("check", tmp_path / "not_there.jsonl", "--quick", "--json"), 2)["error"]
    (tmp_path / "blank.jsonl").write_text("\n\n")
    assert run("check", tmp_path / "blank.jsonl", "--quick").exit_code == 2
    asked = told(run("check", bad, "--quick", "--against", bad, "--json"), 1)
    assert (asked["leaks"]["held_out_rows"], len(asked["leaks"]["leaked_ids"])) == (1, 1)
    assert (asked["languages"], asked["pii"], asked["duplicates"]["near"]) == (None, None, None)
    compared = run("check", bad, "--quick", "--against", bad).stdout.replace("\n", " ")
    assert "not read, except to compare them with the held-out rows" in " ".join(compared.split())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--quick", "--tokenizer", "starter"), "does not read the texts"),
        (("--ignore-duplicates",), "works only with --quick"),
        (("--quick", "--ignore-duplicates", "--against", "x.jsonl"), "not with --against"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    run: Run, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    refused = run("check", write_lines(tmp_path / "a.jsonl", [row()]), *options)
    assert refused.exit_code == 1
    assert said in refused.stderr


def test_check_names_what_held_out_rows_stand_in_the_file(run: Run, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "train.jsonl", [row(question(f"q{n}"), "Yes.") for n in range(9)])
    test = write_lines(tmp_path / "test.jsonl", [row(question("q3"), "No."), row("New?", "Yes.")])
    found = run("check", file, "--against", test, "--json")
    leaks = told(found, found.exit_code)["leaks"]
    assert (leaks["held_out_rows"], len(leaks["leaked_ids"])) == (2, 1)
    assert "1 of 2 held-out rows" in run("check", file, "--against", test).stdout
    missing = run("check", file, "--against", tmp_path / "nowhere.jsonl")
    assert missing.exit_code == 2
    assert "nowhere.jsonl" in missing.stderr


def test_check_for_a_model_tells_what_it_would_not_learn(run: Run, tmp_path: Path) -> None:
    file = write_lines(tmp_path / "long.jsonl", [row(), row("Tell me all.", "A word more. " * 900)])
    plain = told(run("check", file, "--json"))
    shown = run("check", file, "--tokenizer", "starter", "--json")
    codes = told(shown, shown.exit_code)["problem_counts"].keys() - plain["problem_counts"].keys()
    assert codes == {"row_over_length"}
    unknown = run("check", file, "--tokenizer", tmp_path)
    assert unknown.exit_code == 1
    assert unknown.stderr.strip()


def test_a_question_is_asked_and_answered(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "talk.txt"
    file.write_text("".join(
        f"[{n + 1:02}/03/24, 10:{n:02}:00] {name}: {question(f'{name}{n}')}\n"
        for n in range(12) for name in ("Ann", "Bob")
    ))  # fmt: skip
    asked = told(run("check", file, "--json"), run("check", file, "--json").exit_code)["questions"]
    for one in asked:
        assert one["chosen"] in one["options"]
        other = next(option for option in one["options"] if option != one["chosen"])
        again = run("check", file, "--answer", f"{one['id']}={other}", "--json")
        answered = {q["id"]: q for q in told(again, again.exit_code)["questions"]}
        assert answered[one["id"]]["chosen"] == other
        assert f"--answer {one['id']}=" in run("check", file).stdout.replace("\n", " ")
    assert asked
    wrong = run("check", file, "--answer", "Bob")
    assert wrong.exit_code == 1
    assert "'Bob' is not an answer." in wrong.stderr


# -- datasets -------------------------------------------------------------------------------------


def test_a_file_is_kept_split_and_listed(run: Run, tmp_path: Path) -> None:
    kept = told(run("import", classes(tmp_path), "--name", "desk [1]", "--json"))
    assert (kept["name"], kept["summary"]["usable"]) == ("desk [1]", 47)
    listed = told(run("datasets", "--json"))["datasets"]
    assert [one["id"] for one in listed] == [kept["id"]]
    table = run("datasets").stdout
    assert kept["id"] in table
    for name in (kept["id"], "desk [1]", "last", "classes.jsonl", kept["id"][:7]):
        found = told(run("split", name, "--json"))
        assert found.keys() == {"split", "leaks"}
        assert found["split"]["dataset_id"] == kept["id"]
    assert "desk [1]" in run("split", "last").stdout
    nothing = run("split", "nothing like it")
    assert nothing.exit_code == 1
    assert "There is no dataset that fits" in nothing.stderr


def test_repairs_show_what_changed_and_are_undone(run: Run, tmp_path: Path) -> None:
    rows = [row("  Green\u200b tea?", "Three minutes."), *[row(question(str(n))) for n in range(4)]]
    kept = told(run("import", write_lines(tmp_path / "tea.jsonl", rows), "--json"))
    shown = run("repair", "last")
    assert shown.exit_code == 0, shown.stderr
    assert kept["id"] in shown.stdout.replace("\n", " ")
    mended = told(run("datasets", "--json"))["datasets"][0]
    assert (mended["parent"], mended["change"]["changed"]) == (kept["id"], 1)
    assert told(run("repair", mended["id"], "--undo", "--json"))["id"] == kept["id"]
    assert told(run("repair", kept["id"], "no_such_code", "--json"), 1)["error"]["problem"]
    at_once = told(run("import", tmp_path / "tea.jsonl", "--repair", "all", "--json"))
    assert at_once["id"] == mended["id"]


def test_a_row_is_shown_as_a_dialogue_and_as_tokens(run: Run, tmp_path: Path) -> None:
    rows = [row("Is [/b] tea?", "Yes [red]."), {"messages": []}, row("Coffee?", "No.")]
    told(run("import", write_lines(tmp_path / "tea.jsonl", rows), "--json"))
    assert "Is [/b] tea?" in run("show", "last", 1).stdout
    assert told(run("show", "last", 3, "--json"))["row"] == 3
    tokens = run("show", "last", 3, "--tokens", "--model", "starter")
    assert tokens.exit_code == 0, tokens.stderr
    assert "[[No." in tokens.stdout
    as_json = told(run("show", "last", 3, "--tokens", "--model", "starter", "--json"))
    assert as_json["supervised"] > 0
    for number in (2, 99):
        missing = run("show", "last", number)
        assert missing.exit_code == 1
        assert "holds no usable conversation" in missing.stderr


def test_what_cannot_be_used_as_it_is_is_mended_while_it_is_read(run: Run, tmp_path: Path) -> None:
    twice = {"messages": [*turns("Light on!"), call(json.dumps('{"on": true}'))]}
    broken = write_lines(tmp_path / "twice.jsonl", [twice])
    assert run("import", broken).exit_code == 1
    kept = told(run("import", broken, "--repair", "all", "--json"))
    assert kept["summary"]["usable"] == 1
    fine = write_lines(tmp_path / "fine.jsonl", [row("What is open now?", "The shop is.")])
    assert told(run("import", fine, "--repair", "all", "--json"))["parent"] is None
    named = run("import", fine, "--repair", "zero_width")
    assert named.exit_code == 1
    assert "can't be mended" in named.stderr


def test_corrected_rows_are_added_to_a_dataset(run: Run, tmp_path: Path) -> None:
    rows = [row("One question here", "Answer"), {"messages": turns("nobody answers")}]
    first = run("import", write_lines(tmp_path / "some.jsonl", rows))
    assert "rejected.jsonl" in first.stderr
    corrected = write_lines(tmp_path / "more.jsonl", [row("nobody answers", "Somebody does")])
    grown = told(run("import", corrected, "--into", "last", "--json"))
    assert (grown["summary"]["usable"], grown["change"]["kind"]) == (2, "rows added")
