"""Real files, the project's own and (where DUOTUNE_SAMPLE_DATA names a folder) others' too."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from core.data.examples import SUPPORT_DESK
from core.data.ingest import read_file
from core.data.problems import NoUsableRows
from core.data.splitting import make_split
from tests.core.data.made_rows import codes_of, problems_of


def sample(name: str) -> Path:
    """A file of the sample folder; the test is skipped where there is none."""
    folder = os.environ.get("DUOTUNE_SAMPLE_DATA")
    if not folder:
        pytest.skip("DUOTUNE_SAMPLE_DATA names no folder with sample files")
    path = Path(folder) / name
    if not path.exists():
        pytest.skip(f"{name} is not in the folder that DUOTUNE_SAMPLE_DATA names")
    return path


def test_the_bundled_example_is_clean_and_keeps_its_own_parts() -> None:
    checked = read_file(SUPPORT_DESK, None)
    assert problems_of(checked) == ()
    assert set(checked.dataset.summary.languages) == {"en", "zh"}
    split = make_split(checked.dataset.id, checked.examples)
    assert split.given
    assert split.notes == ()
    asked = [e.id for e in checked.examples if e.part == "test"]
    assert list(split.test) == asked


def test_toy_chat() -> None:
    checked = read_file(sample("openai_toy_chat.jsonl"), None)
    found = [(p.code, p.row, p.field) for p in checked.dataset.problems]
    assert found == [
        ("starts_with_assistant", 4, "$.messages[1]"),
        ("repetition_loop", 5, "$.messages[2].content"),
        ("system_in_some", None, ""),
    ]
    assert "Eat a banana!" in checked.dataset.problems[1].message
    assert "row 3" in checked.dataset.problems[2].message
    assert checked.dataset.summary.usable == 5


def test_drone_training_with_calls_and_no_content() -> None:
    checked = read_file(sample("openai_drone_training_tools.jsonl"), None)
    assert checked.dataset.problems == ()
    assert checked.dataset.summary.usable == checked.dataset.summary.with_tools == 103


@pytest.mark.parametrize(
    ("name", "code", "rows"),
    [
        ("fastchat_identity_sharegpt.json", "format_sharegpt", 500),
        ("medicalgpt_sharegpt_zh_head.jsonl", "format_sharegpt", 650),
        ("axolotl_conversation_missingturns.json", "format_sharegpt", 1),
        ("lf_glaive_toolcall_en_demo.json", "format_sharegpt", 300),
        ("lf_alpaca_zh_demo.json", "format_alpaca", 1000),
        ("lf_identity_placeholders.json", "format_alpaca", 91),
        ("litgpt_dolly_fixture.json", "format_dolly", 12),
        ("oasst_en_100_tree.jsonl", "format_oasst", 100),
        ("fastchat_mtbench_question.jsonl", "format_prompts_only", 80),
        ("lf_mllm_demo.json", "image_not_supported", 6),
        ("snips_playmusic_cesu8.json", "not_utf8", 1),
        ("snips_playmusic_validate.json", "messages_missing", 1),
        ("telegram_single.json", "role_in_from", 2),
        ("banking77_test.csv", "file_not_json", 1),
        ("whatsapp_brackets_24h.txt", "file_not_json", 1),
        ("slack_export.zip", "file_binary", 1),
        ("datajuicer_demo.parquet", "file_binary", 1),
    ],
)
def test_files_for_later_get_a_fitting_sentence(name: str, code: str, rows: int) -> None:
    with pytest.raises(NoUsableRows) as caught:
        read_file(sample(name), None)
    assert codes_of(caught.value).count(code) == rows


def test_anthropic_rows_keep_their_system_prompt() -> None:
    checked = read_file(sample("anthropic_json_mode.jsonl"), None)
    assert checked.dataset.summary.with_system == 500
    assert codes_of(checked) == ["system_key_moved"]
