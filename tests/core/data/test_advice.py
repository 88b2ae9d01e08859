"""What is most worth fixing: ranked by the stated rule, with counts that stand in the dataset."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data.advice import Advice, advise, summarize
from core.data.advice_matters import codes_of, table
from core.data.ingest import read_file
from core.data.leaks import LeakReport
from core.data.problems import KINDS
from core.data.records import Dataset
from tests.core.data.test_data_samples import sample

MAIL = "Write to anna.berg@gmail.com or call."
NAME = "My name is {{name}}."


def dataset(folder: Path, *replies: str, plain: int = 0, broken: int = 0) -> Dataset:
    texts = [*replies, *(f"Tea number {n} costs {n * 7} crowns here." for n in range(plain))]
    lines = []
    for number, text in enumerate(texts):
        turns = [{"role": "user", "content": f"Question {number} about cups and saucers?"}]
        turns.append({"role": "assistant", "content": text})
        lines.append(json.dumps({"messages": turns}))
    lines += ['{"messages": [{"role": "user", "content": "And now?"}]}'] * broken
    file = folder / "tea.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    return read_file(file).dataset


def matters(found: tuple[Advice, ...]) -> list[str]:
    return [one.matter for one in found]


def test_counts_come_from_the_dataset(tmp_path: Path) -> None:
    found = advise(dataset(tmp_path, *[NAME] * 3, *[MAIL] * 2, plain=60, broken=4), most=20)
    by_matter = {one.matter: one for one in found}
    assert by_matter["placeholders"].rows == 3
    assert by_matter["private"].rows == 2
    lost = by_matter["lost"]
    assert (lost.codes, lost.rows) == (("no_assistant_turn",), 4)
    assert lost.cost.en == "Left out: nothing is learned from 4 rows of 69."
    assert "69 行" in lost.cost.zh
    assert "{{name}}" in by_matter["placeholders"].found.en


def test_the_rule_is_severity_times_rows_times_weight(tmp_path: Path) -> None:
    found = advise(dataset(tmp_path, NAME, *[MAIL] * 2, plain=200, broken=4))
    assert matters(found) == ["lost", "private", "placeholders"]
    assert [one.score for one in found] == [3 * 4 * 5, 2 * 2 * 6, 2 * 1 * 6]


def test_a_row_with_two_findings_of_a_matter_is_one_row(tmp_path: Path) -> None:
    both = "I am {{name}} and I was made by {{author}}."
    (first,) = (one for one in advise(dataset(tmp_path, both, plain=60)) if one.asks)
    assert first.rows == 1
    assert first.found.en.startswith("1 row has placeholders")


def test_what_a_repair_would_do_is_told(tmp_path: Path) -> None:
    found = advise(dataset(tmp_path, MAIL, NAME, plain=60), most=20)
    by_matter = {one.matter: one for one in found}
    assert by_matter["private"].repair == "mask_private"
    assert by_matter["private"].mends == ("pii_email",)
    assert not by_matter["private"].removes
    assert by_matter["placeholders"].asks


def test_leaks_are_advised_on(tmp_path: Path) -> None:
    leaks = LeakReport(
        train_rows=40, held_out_rows=10, leaked_ids=("a", "b", "c"), counts={"exact": 3}, pairs=()
    )
    found = advise(dataset(tmp_path, plain=200), leaks)[0]
    assert found.matter == "leaks"
    assert found.found.en == "3 of 10 held-out rows stand in the training rows too."
    assert "leaks" not in matters(advise(dataset(tmp_path, plain=200)))


def test_a_clean_file_needs_nothing_and_is_summed_up(tmp_path: Path) -> None:
    assert summarize(dataset(tmp_path, plain=200)).en == "All 200 rows can be used."
    said = summarize(dataset(tmp_path, plain=20, broken=1))
    assert said.en == "20 of 21 rows can be used. Left out: 1 for errors, 0 as repetitions."
    assert said.zh.startswith("21 行中有 20 行可用。")


def test_every_matter_is_about_known_problems_once() -> None:
    codes = [code for matter in table().values() for code in matter.codes]
    assert [code for code in codes if code not in KINDS] == []
    assert len(codes) == len(set(codes))
    assert codes_of(["private", "refusal"]) >= {"pii_email", "refusal"}


def test_placeholders_of_the_identity_file_come_first() -> None:
    found = advise(read_file(sample("lf_identity_placeholders.json")).dataset)
    assert found[0].matter == "placeholders"
    assert found[0].rows == 85


@pytest.mark.parametrize("name", ["fastchat_identity_sharegpt.json"])
def test_vendor_identity_is_the_first_matter_of_an_identity_file(name: str) -> None:
    found = advise(read_file(sample(name)).dataset)
    assert (found[0].matter, found[0].rows) == ("vendor", 486)
