"""Versions, splits, questions, lengths and jobs of data as the page shows them."""

from __future__ import annotations

from core.data.jobs import Job, JobProgress, JobResult
from core.data.leaks import LeakPair, LeakReport
from core.data.records import Change, Question, Split
from core.data.versions import PlaceChange, RowChange
from core.training.token_counts import Bin, Histogram
from tests.eval.made_up import dataset as made_up_dataset
from ui.present import (
    data_jobs,
    data_learning,
    data_questions,
    data_read,
    data_split,
    data_versions,
)
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
SPLIT = Split(
    dataset_id="ds-1", train=("a", "b"), validation=(), test=("c",), seed=7, given=False,
    fingerprint="0123456789abcdef0123", stratified_by=("label",),
)  # fmt: skip


def test_only_the_words_that_differ_are_marked() -> None:
    before, after = data_versions.marked(
        "Mail <bob@x.org> now, please.", "Mail [EMAIL_1] now, please."
    )
    assert before.startswith("Mail ")
    assert before.endswith(" now, please.")
    assert "<del>" in before
    assert "bob" in before
    assert "<bob" not in before  # escaped
    assert "<ins>" in after
    assert "now" not in after.split("<ins>")[1].split("</ins>")[0]


def test_what_cannot_be_seen_gets_a_sign() -> None:
    before, after = data_versions.marked("好\u200b茶 ", "好茶")
    assert "<del>&lt;U+200B&gt;</del>" in before
    assert "<del>·</del>" in before
    assert after == "好茶"


def test_long_texts_are_cut_around_the_difference() -> None:
    before, after = data_versions.marked(
        "x " * 5_000 + "old" + " y" * 5_000, "x " * 5_000 + "new" + " y" * 5_000
    )
    assert len(before) < 400
    assert "<del>old</del>" in before
    assert "<ins>new</ins>" in after


def test_changes_have_rows_places_and_pages() -> None:
    place = PlaceChange(path="$.messages[0].content", before="a", after=None)
    many = [RowChange(row=n, kind="changed", places=(place,)) for n in range(1, 23)]
    told = data_versions.changes(many, 2, EN)
    assert "22 rows differ" in told
    assert "Row 21" in told
    assert "Row 20" not in told
    assert "<i>nothing</i>" in told
    gone = data_versions.changes([RowChange(row=5, kind="removed")], 1, ZH)
    assert "第 5 行" in gone
    assert "data-do" not in gone  # a row that is gone can't be shown


def test_a_version_names_its_parent_and_the_way_back() -> None:
    change = Change(kind="repair", codes=("zero_width",), changed=3)
    made = made_up_dataset().model_copy(update={"parent": "ds-0", "change": change})
    told = data_versions.banner(made, made_up_dataset(), EN)
    assert "Repaired version of support_desk" in told
    assert "3 changed" in told
    assert 'data-do="undo"' in told
    assert data_versions.banner(made_up_dataset(), None, EN) == ""


def test_leaks_are_shown_in_pairs() -> None:
    pair = LeakPair(
        kind="near", similarity=0.94, held_out_id="c", held_out_row=9, held_out_text="Where <now>?",
        train_id="a", train_row=2, train_text="Where then?", train_label="place",
    )  # fmt: skip
    report = LeakReport(
        train_rows=2, held_out_rows=1, leaked_ids=("c",), counts={"near": 1}, pairs=(pair,)
    )
    told = data_split.split(SPLIT, report, 1, EN)
    assert "0 of 1 held-out rows are clean, 1 leaked." in told
    assert "Where &lt;now&gt;?" in told
    assert 'data-row="9"' in told
    assert 'data-row="2"' in told
    assert "94%" in told
    assert "0123456789abcdef<" in told
    assert "classes" in told
    assert 'data-do="leaks"' in data_split.split(SPLIT, None, 1, EN)


def test_questions_hold_the_answer_that_was_used() -> None:
    asked = Question(id="text", en="Which <column>?", zh="哪一列？", options=("q", "a"), chosen="a")
    made = made_up_dataset().model_copy(update={"questions": (asked,)})
    told = data_questions.questions(made, EN)
    assert "Which &lt;column&gt;?" in told
    assert '<option value="a" selected>' in told
    assert "哪一列？" in data_questions.questions(made, ZH)
    assert data_questions.questions(made_up_dataset(), EN) == ""


def test_what_was_read_counts_formats_and_labels() -> None:
    made = made_up_dataset()
    summary = made.summary.model_copy(
        update={"languages": {"zh": 3}, "labels": {"a": 4, "b": 1}, "pii": {"email": 2}}
    )
    made = made.model_copy(
        update={"summary": summary, "formats": {"alpaca": 4, "sharegpt": 1}, "encoding": "gb18030"}
    )
    told = data_read.read(made, [7], EN)
    for words in ("gb18030", "sharegpt", "Chinese", "email addresses", "not looked for yet"):
        assert words in told
    assert "2 classes; the largest has 4 rows, the smallest 1." in told
    assert 'data-row="7"' in told


def test_lengths_say_whether_they_are_a_sample() -> None:
    bins = (Bin(start=0, end=50, rows=90), Bin(start=50, end=120, rows=10))
    sample = Histogram(
        rows=100, counted=20, bins=bins, tokens=4_000, supervised=1_000, median=30, p95=80,
        longest=119, longest_row=4, over=10, max_length=50,
    )  # fmt: skip
    told = data_learning.histogram(sample, EN)
    assert "a sample: 20 of 100 rows" in told
    assert "estimates" in told
    assert told.count("dt-over") == 1
    exact = data_learning.histogram(sample.model_copy(update={"counted": 100}), EN)
    assert "all 100 rows counted" in exact
    assert "estimates" not in exact


def test_a_job_tells_how_far_it_is_and_how_it_failed() -> None:
    progress = JobProgress(phase="reading", done=50, total=200)
    job = Job(
        id="job-1", kind="inspect", dataset_id="ds-1", created="2026-11-21T10:00:00+00:00",
        status="running", progress=progress, result=None,
    )  # fmt: skip
    told = data_jobs.job(job, EN)
    assert "rows read: 50 of 200" in told
    assert "width:25.0%" in told
    assert 'data-do="cancel" data-id="job-1"' in told
    failed = job.model_copy(update={"status": "failed", "result": JobResult(problem="No disk.")})
    assert "No disk." in data_jobs.job(failed, EN)
    assert 'data-do="resume"' in data_jobs.job(failed, EN)
    assert data_jobs.job(job.model_copy(update={"status": "done"}), EN) == ""
