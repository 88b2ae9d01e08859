"""Real files, the project's own and (where DUOTUNE_SAMPLE_DATA names a folder) others' too.

The folder's manifest says what each file is; what we find must agree with it.
"""

from __future__ import annotations

import json
import os
import random
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pytest

from core.data.examples import SUPPORT_DESK
from core.data.identity import fold
from core.data.ingest import Checked, look_at, read_file
from core.data.leaks import find_leaks
from core.data.records import Example
from core.data.splitting import make_split
from core.data.whole.languages import row_language
from tests.core.data.made_rows import problems_of

pytestmark = pytest.mark.full


def folder() -> Path:
    """The folder with sample files; the test is skipped where there is none."""
    found = os.environ.get("DUOTUNE_SAMPLE_DATA")
    if not found:
        pytest.skip("DUOTUNE_SAMPLE_DATA names no folder with sample files")
    return Path(found)


def sample(name: str) -> Path:
    """A file of the sample folder; the test is skipped where it isn't."""
    path = folder() / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder that DUOTUNE_SAMPLE_DATA names")
    return path


@lru_cache(maxsize=4)
def looked(name: str) -> Checked:
    return look_at(sample(name))


class Fact(NamedTuple):
    """What a file is, and the ugly facts that its manifest notes state, by code."""

    container: str
    encoding: str
    format: str
    usable: int
    counts: dict[str, int]
    duplicates: int = 0


FACTS = {
    "openai_toy_chat.jsonl": Fact(
        "jsonl", "utf-8", "openai", 5,
        {"starts_with_assistant": 1, "repetition_loop": 1, "system_in_some": 1},
    ),
    "openai_drone_training_tools.jsonl": Fact("jsonl", "utf-8", "openai", 103, {}),
    "lf_alpaca_zh_demo.json": Fact("json", "utf-8", "alpaca", 992, {"ai_disclaimer": 22}, 8),
    # 38 rows repeat a dialogue; 3 of them with other tools, so they are near duplicates
    "lf_glaive_toolcall_en_demo.json": Fact("json", "utf-8", "sharegpt", 265, {}, 35),
    "lf_identity_placeholders.json": Fact("json", "utf-8", "alpaca", 91, {}),
    "lf_mllm_demo.json": Fact("json", "utf-8", "openai", 0, {"image_not_supported": 6}),
    "fastchat_identity_sharegpt.json": Fact("json", "utf-8", "sharegpt", 500, {}),
    "fastchat_mtbench_question.jsonl": Fact(
        "jsonl", "utf-8", "unknown", 0, {"format_prompts_only": 80}
    ),
    "banking77_train.csv": Fact("csv", "utf-8", "labelled_table", 10003, {}),
    "banking77_test.csv": Fact("csv", "utf-8", "labelled_table", 3080, {}),
    "toyhom_medical_gbk.csv": Fact(
        "csv", "gb18030", "questions", 6045, {"encoding_guessed": 1}, 308
    ),
    "snips_playmusic_cesu8.json": Fact(
        "json", "cesu-8", "snips", 1986, {"encoding_halved": 1}, 14
    ),
    "snips_playmusic_validate.json": Fact("json", "utf-8", "snips", 100, {}),
    "axolotl_conversation_missingturns.json": Fact(
        "json", "utf-8", "sharegpt", 0, {"turn_empty": 1}
    ),
    "medicalgpt_sharegpt_zh_head.jsonl": Fact(
        "jsonl", "utf-8", "sharegpt", 648,
        {"turn_empty": 17, "no_reply_at_end": 3, "ai_disclaimer": 126, "zero_width": 1},
    ),
    "anthropic_json_mode.jsonl": Fact(
        "jsonl", "utf-8", "anthropic", 500, {"system_key_moved": 500}
    ),
    "oasst_en_100_tree.jsonl": Fact(
        "jsonl", "utf-8", "oasst-tree", 100, {"tree_branch_left_out": 353}
    ),
    "slack_export.zip": Fact("zip+json", "utf-8", "slack", 1, {}),
    "whatsapp_mmddyyyy_12h.txt": Fact("text", "utf-8", "whatsapp", 1, {}),
    "whatsapp_brackets_24h.txt": Fact("text", "utf-8", "whatsapp", 1, {}),
    "telegram_single.json": Fact("json", "utf-8", "telegram", 1, {}),
    "chatterbot_zh_conversations.yml": Fact("yaml", "utf-8", "text-list", 18, {}),
    "deepke_relation_example.xlsx": Fact("xlsx", "", "relations", 2, {}),
    "datajuicer_demo.parquet": Fact("parquet", "", "plain-text", 0, {"format_text": 6}),
    "litgpt_dolly_fixture.json": Fact("json", "utf-8", "dolly", 12, {}),
    "openpipe_tweets_sentiment.csv": Fact(
        "csv", "utf-8", "labelled_table", 49, {"pii_handle": 139}, 1
    ),
}  # fmt: skip


def test_every_file_of_the_manifest_is_known() -> None:
    manifest = json.loads((folder() / "manifest.json").read_text())
    assert {entry["file"] for entry in manifest} == FACTS.keys()


@pytest.mark.parametrize("name", FACTS)
def test_a_real_file_is_what_its_manifest_says(name: str) -> None:
    manifest = json.loads((folder() / "manifest.json").read_text())
    rows = next(entry["rows"] for entry in manifest if entry["file"] == name)
    fact, dataset = FACTS[name], looked(name).dataset
    assert dataset.summary.rows == rows
    assert (dataset.container, dataset.encoding) == (fact.container, fact.encoding)
    assert dataset.format == fact.format
    assert (dataset.summary.usable, dataset.summary.duplicates) == (fact.usable, fact.duplicates)
    found = {code: dataset.problem_counts.get(code, 0) for code in fact.counts}
    assert found == fact.counts


def test_the_bundled_example_is_clean_and_keeps_its_own_parts() -> None:
    checked = read_file(SUPPORT_DESK, None)
    assert [problem.code for problem in problems_of(checked)] == ["language_mix"]
    assert set(checked.dataset.summary.languages) == {"en", "zh"}
    split = make_split(checked.dataset.id, checked.examples)
    assert split.given
    assert split.notes == ()
    asked = [e.id for e in checked.examples if e.part == "test"]
    assert list(split.test) == asked


def test_toy_chat() -> None:
    found = {
        p.code: (p.row, p.field, p.message) for p in problems_of(looked("openai_toy_chat.jsonl"))
    }
    assert found["starts_with_assistant"][:2] == (4, "$.messages[1]")
    assert found["repetition_loop"][:2] == (5, "$.messages[2].content")
    assert "Eat a banana!" in found["repetition_loop"][2]
    assert "row 3" in found["system_in_some"][2]


def test_calls_without_content_are_no_problem() -> None:
    checked = looked("openai_drone_training_tools.jsonl")
    assert {p.code for p in problems_of(checked)} == {"near_duplicate"}
    assert checked.dataset.summary.with_tools == 103


def test_places_are_those_of_the_source() -> None:
    checked = looked("medicalgpt_sharegpt_zh_head.jsonl")
    lines = sample("medicalgpt_sharegpt_zh_head.jsonl").read_text().splitlines()
    empty = [p for p in problems_of(checked) if p.code == "turn_empty"]
    for problem in empty:
        assert problem.line == problem.row
        assert problem.line is not None
        assert problem.column is not None
        turn = int(problem.field.removeprefix("$.conversations[").partition("]")[0])
        value = json.loads(lines[problem.line - 1])["conversations"][turn]["value"]
        assert not value.strip()
        assert lines[problem.line - 1][problem.column - 1 :].startswith(json.dumps(value))


def _shared(train: set[str], held_out: set[str], examples: list[Example]) -> int:
    first = {e.id: fold(e.conversation.first_user) for e in examples}
    seen = {first[i] for i in train}
    return sum(first[i] in seen for i in held_out)


def test_a_random_split_leaks_and_ours_does_not() -> None:
    examples = list(looked("fastchat_identity_sharegpt.json").examples)
    ids = [e.id for e in examples]
    random.Random(7).shuffle(ids)
    assert _shared(set(ids[50:]), set(ids[:50]), examples) > 25
    split = make_split("ds-000000000000", examples)
    assert split.test
    assert _shared(set(split.train), {*split.validation, *split.test}, examples) == 0


def test_the_banking_test_texts_that_stand_in_train_are_found() -> None:
    train, test = looked("banking77_train.csv"), looked("banking77_test.csv")
    report = find_leaks(train.examples, test.examples)
    assert report.counts["exact"] == 7
    assert len(report.leaked_ids) > 300
    differing = [p for p in report.pairs if p.train_label != p.held_out_label]
    assert len(differing) >= 10
    assert train.dataset.problem_counts["label_conflict_near"] >= 10


def test_the_languages_of_chinese_files() -> None:
    for name in ("toyhom_medical_gbk.csv", "chatterbot_zh_conversations.yml"):
        examples = looked(name).examples
        share = sum(row_language(e) == "zh" for e in examples) / len(examples)
        assert share > 0.99
    first = looked("toyhom_medical_gbk.csv").examples[0]
    assert "高血压" in first.conversation.first_user
    assert first.tags == ("心血管科",)


def test_every_turn_with_a_placeholder_is_found() -> None:
    found = problems_of(looked("lf_identity_placeholders.json"))
    named = {(p.row, p.field) for p in found if p.code == "placeholder"}
    rows = json.loads(sample("lf_identity_placeholders.json").read_text())
    marked = {
        (number, f"$.{key}")
        for number, row in enumerate(rows, start=1)
        for key in ("instruction", "input", "output")
        if "{{" in row[key]
    }
    assert len(marked) == 85
    assert marked == named
