"""Conflicts, languages, classes and answers: what only shows when all rows are looked at."""

from __future__ import annotations

from collections import Counter

import pytest

from core.data.problems import Place, make_problem
from core.data.records import Example
from core.data.whole.balance import balance_of
from core.data.whole.report import WholeReport, look_at, whole_findings
from core.data.whole.watching import Stopped, Watch
from core.data.wording import problem_text
from tests.core.data.whole.making import banking, distinct, example, of_turns


def found(rows: list[Example]) -> dict[str, list[tuple[int | None, dict[str, str]]]]:
    result: dict[str, list[tuple[int | None, dict[str, str]]]] = {}
    for row, finding in whole_findings(rows):
        problem = make_problem(finding.code, Place(row), **finding.values)
        assert "{" not in problem_text(problem, "en") + problem_text(problem, "zh")
        result.setdefault(finding.code, []).append((row, finding.values))
    return result


def labelled(*rows: tuple[str, str]) -> list[Example]:
    return [example(text, label, n, label=label) for n, (text, label) in enumerate(rows, start=1)]


def test_good_rows_are_left_in_peace() -> None:
    assert found(distinct(60)) == {}


def test_one_question_with_two_answers() -> None:
    rows = distinct(60)
    question, answer = rows[4].conversation.first_user.upper(), rows[4].conversation.reference
    rows += [example(question, "Something else.", 61), example(question, f" {answer.upper()}", 62)]
    assert found(rows)["prompt_conflict"] == [(61, {"first": "5"})]


def test_the_same_question_after_other_turns_is_no_conflict() -> None:
    rows = distinct(60)
    for n, before in enumerate(("Hi!", "Good evening!"), start=61):
        turns = [("user", before), ("assistant", "Yes?"), ("user", "Why?"), ("assistant", before)]
        rows.append(of_turns(turns, n))  # type: ignore[arg-type]
    assert "prompt_conflict" not in found(rows)


def test_label_conflicts_exact_and_near() -> None:
    rows = labelled(
        ("When does my new card arrive?", "arrival"),
        ("when does my new card  arrive?", "delivery"),
        ("when does my new card arrive", "estimate"),
        ("Where can I see my PIN?", "pin"),
        ("where can i see my PIN??", "pin"),
    )
    result = found(rows)
    first = {"first": "1", "other": "arrival", "label": "delivery"}
    assert result["label_conflict"] == [(2, first)]
    near = [(row, v["other"], v["label"]) for row, v in result["label_conflict_near"]]
    assert near == [(3, "arrival", "estimate")]
    assert [row for row, _ in result["near_duplicate"]] == [5]
    assert "prompt_conflict" not in result


def test_near_duplicates_name_the_likest_earlier_row() -> None:
    text = "Please send the invoice for the blue garden chairs to my accountant in Leeds, thanks"
    rows = distinct(60)
    rows += [example(text + end, "Done.", 61 + n) for n, end in enumerate(("", " a lot", " lot"))]
    near = found(rows)["near_duplicate"]
    assert [row for row, _ in near] == [62, 63]
    assert near[1][1]["first"] in ("61", "62")


def test_languages_are_counted_and_strays_named() -> None:
    rows = [example(f"问题 {n}：今天天气怎么样？", f"晴天 {n}。", n) for n in range(1, 151)]
    rows += [
        example(f"How is the weather on day {n}, and what is it like?", "Sunny and warm.", n)
        for n in range(151, 201)
    ]
    rows.append(example("Где мой чайник?", "В пути.", 201))
    result = found(rows)
    assert result["language_mix"] == [(None, {"languages": "zh 75%, en 25%"})]
    stray = {"language": "ru", "count": "1", "main": "zh"}
    assert result["language_stray"] == [(201, stray)]


@pytest.mark.parametrize(
    ("rows", "code"), [(9, "rows_too_few"), (10, "rows_few"), (49, "rows_few"), (50, None)]
)
def test_too_few_rows(rows: int, code: str | None) -> None:
    assert list(found(distinct(rows))) == ([code] if code else [])


def test_answers_that_do_not_differ() -> None:
    rows = [example(e.conversation.first_user, "I don't know.", e.row) for e in distinct(60)]
    assert found(rows)["answers_identical"][0][1] == {"answer": "i don't know."}
    rows = [
        example(e.conversation.first_user, f"Dear customer, {e.row}", e.row) for e in distinct(60)
    ]
    assert found(rows)["answers_same_start"][0][1] == {"start": "dear customer,"}


def test_uneven_and_single_classes() -> None:
    rows = [e.model_copy(update={"label": "pay"}) for e in distinct(58)]
    rows += [e.model_copy(update={"label": f"rare {e.row}"}) for e in distinct(60)[58:]]
    result = found(rows)
    assert result["class_single_row"][0][1] == {"count": "2", "labels": "rare 59, rare 60"}
    assert result["class_imbalance"][0][1]["ratio"] == "58"
    assert "class_only_one" in found(rows[:58])


def test_balance_in_numbers() -> None:
    even = balance_of(Counter(a=5, b=5))
    assert even is not None
    assert (even.entropy, even.evenness, even.ratio, even.single) == (1.0, 1.0, 1.0, ())
    assert balance_of(Counter()) is None


def test_a_report_survives_being_saved_and_work_can_be_stopped() -> None:
    question = "Please send the tea to my office now"
    rows = [*distinct(60), example(question, "Yes.", 61), example(f"{question}?", "Done.", 62)]
    report = look_at(rows)
    assert WholeReport.model_validate_json(report.model_dump_json()) == report
    assert set(report.clusters) == {rows[60].id, rows[61].id}
    with pytest.raises(Stopped):
        look_at(rows, Watch(should_stop=lambda: True))


def test_banking77_near_duplicates_and_label_conflicts() -> None:
    train = banking("banking77_train.csv")
    test = banking("banking77_test.csv", first=len(train) + 1)
    report = look_at([*train, *test])
    codes = Counter(one.code for one in report.found)
    assert codes["label_conflict_near"] >= 13
    assert codes["label_conflict"] == 0
    assert report.balance is not None
    assert len(report.balance.classes) == 77
    assert report.languages["en"] > 0.998 * report.rows
    assert report.refused == 0
    seen = {report.clusters.get(row.id) for row in train} - {None}
    assert sum(report.clusters.get(row.id) in seen for row in test) >= 330
