"""Datasets, findings and rows as they are shown and saved."""

from __future__ import annotations

import csv
import io
import json

from core.data.problems import Place, make_problem
from core.data.records import Example, Problem, Split
from core.data.repairing import offers
from core.errors import DataError
from core.messages import Conversation, Message, ToolCall
from tests.eval.made_up import dataset as made_up_dataset
from ui.present import data_findings as findings
from ui.present import dataset as shown
from ui.present.data_findings import Filter
from ui.present.dialogue import dialogue
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
SPLIT = Split(
    dataset_id="ds-0001", train=("a", "b"), validation=(), test=("c",), seed=7, given=False,
    fingerprint="f", notes=("One row <moved>.",),
)  # fmt: skip
ERROR = Problem(
    code="no_assistant_turn", severity="error", message="No <assistant>.", fix="=SUM(1)", row=3,
    line=4, column=5, field="$.messages",
)  # fmt: skip
NOTE = Problem(code="no_system", severity="note", message="No system prompt.", fix="Nothing.")


def test_the_summary_counts_and_names_the_split() -> None:
    told = shown.summary(made_up_dataset(), SPLIT, EN)
    assert "made by Duotune, seed 7" in told
    assert "One row &lt;moved&gt;." in told
    assert "flex-grow:2" in told
    assert 'class="dt-part-validation" style' not in told
    assert "可用行" in shown.summary(made_up_dataset(), SPLIT, ZH)


def test_the_table_has_every_finding_with_its_place() -> None:
    told = findings.problems([ERROR, NOTE], EN)
    assert told.count("<tr>") == 3
    assert 'data-do="row" data-row="3">Row 3</button>' in told
    assert "line 4, character 5" in told
    assert "<code>$.messages</code>" in told
    assert "No &lt;assistant&gt;." in told
    assert "whole file" in told  # the note has no row
    assert "No problems found" in findings.problems([], EN)


def test_a_long_list_has_pages() -> None:
    found = [NOTE] * (findings.PAGE + 1)
    assert findings.problems(found, EN).count("<tr>") == findings.PAGE + 1
    last = findings.problems(found, EN, Filter(page=99))
    assert last.count("<tr>") == 2
    assert "Page 2 of 2" in last
    assert 'data-page="1"' in last
    assert 'data-page="3"' not in last


def test_findings_that_are_counted_but_not_listed_are_told() -> None:
    told = findings.problems([NOTE], EN, counts={"no_system": 7_000})
    assert "7,000 findings, of which the first 1 are listed" in told


def test_filtering_by_severity_and_kind() -> None:
    assert findings.chosen([ERROR, NOTE], Filter("note")) == [NOTE]
    assert findings.chosen([ERROR, NOTE], Filter()) == [ERROR, NOTE]
    assert findings.chosen([ERROR, NOTE], Filter(code=ERROR.code)) == [ERROR]
    assert findings.chosen([ERROR, NOTE], Filter("note", ERROR.code)) == []


def test_each_kind_says_how_often_and_what_mends_it() -> None:
    hidden = make_problem("zero_width", Place(row=2), characters="U+200B", times="1")
    dataset = made_up_dataset().model_copy(
        update={"problems": (NOTE, hidden), "problem_counts": {"no_system": 1, "zero_width": 12}}
    )
    told = str(findings.kinds(dataset, offers(dataset), Filter(), EN))
    assert told.index("zero_width") < told.index("no_system")  # the worse one first
    assert "<td>12</td>" in told
    assert 'data-do="repair" data-code="zero_width"' in told
    assert "kinds: 1, places: 12" in told
    assert findings.kinds(dataset, offers(dataset), Filter("error"), EN) == ""


def test_a_repair_that_takes_rows_away_says_so_first() -> None:
    said = make_problem("ai_disclaimer", Place(row=2), text="As an AI")
    left = make_problem("placeholder", Place(row=3), placeholder="{{name}}")
    dataset = made_up_dataset().model_copy(
        update={
            "problems": (said, left),
            "problem_counts": {"ai_disclaimer": 4, "placeholder": 1},
        }
    )
    told = str(findings.kinds(dataset, offers(dataset), Filter(), EN))
    assert "This takes rows away: up to 4 places" in told
    assert '<input name="{{name}}"' in told
    assert "repair-all" not in told
    assert "此修复会删除数据" in str(findings.kinds(dataset, offers(dataset), Filter(), ZH))


def test_findings_as_csv_hold_no_formula() -> None:
    rows = list(csv.DictReader(io.StringIO(findings.as_csv([ERROR, NOTE], EN))))
    assert rows[0]["row"] == "3"
    assert rows[0]["fix"] == "'=SUM(1)"
    assert rows[1]["row"] == ""
    assert rows[1]["code"] == "no_system"


def test_findings_and_notes_are_said_in_the_persons_language() -> None:
    empty = make_problem("file_empty", file="<tea>.jsonl")
    assert "&lt;tea&gt;.jsonl 是空文件。" in findings.problems([empty], ZH)
    assert "is empty" in findings.problems([empty], EN)
    assert "请选择" in findings.as_csv([empty], ZH)
    split = SPLIT.model_copy(
        update={"notes": ("Every `split` key says train, so the parts were drawn anyway.",)}
    )
    assert "因此仍由 Duotune 划分" in shown.summary(made_up_dataset(), split, ZH)


def test_damaged_datasets_are_named_with_what_to_do() -> None:
    assert shown.damaged((), EN) is None
    error = DataError("Dataset ds-1 is damaged.", "/w/<ds-1>/dataset.json", "Add it again.")
    told = shown.damaged((error,), EN)
    assert told is not None
    assert "damaged: 1" in told
    assert "/w/&lt;ds-1&gt;/dataset.json" in told
    assert "数据集 ds-1 已损坏。" in str(shown.damaged((error,), ZH))


def test_findings_as_jsonl_can_be_read_again() -> None:
    lines = findings.as_jsonl([ERROR, NOTE]).splitlines()
    assert [Problem.model_validate(json.loads(line)) for line in lines] == [ERROR, NOTE]


def test_a_row_is_a_dialogue_that_says_what_is_learned() -> None:
    example = Example(
        id="a", row=12, tags=("refund",),
        conversation=Conversation(
            messages=(
                Message(role="system", content="Be <kind>."),
                Message(role="user", content="Hi"),
                Message(role="assistant", content="Old", weight=0),
                Message(role="user", content="Again"),
                Message(role="assistant", tool_calls=(ToolCall(name="find", arguments='{"a":1}'),)),
            )
        ),
    )  # fmt: skip
    told = dialogue(example, "test", (2, 9), EN)
    assert "Row 12" in told
    assert "2 of 9 usable rows" in told
    assert "Be &lt;kind&gt;." in told
    assert told.count("context only") == 1
    assert told.count("learned from") == 1
    assert "calls find" in told
    assert "测试" in dialogue(example, "test", (2, 9), ZH)
    assert "in no part" in dialogue(example, None, (2, 9), EN)
