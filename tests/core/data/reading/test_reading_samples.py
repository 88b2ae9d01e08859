"""Others' real files open with the container, the encoding and the rows that are known of them."""

from __future__ import annotations

import json

import pytest

from core.data.problems import ERRORS
from tests.core.data.reading.opened_files import Got, read_path
from tests.core.data.test_data_samples import sample

CONTAINERS = {".jsonl": "jsonl", ".json": "json", ".csv": "csv", ".zip": "zip+json",
              ".txt": "text", ".yml": "yaml", ".xlsx": "xlsx", ".parquet": "parquet"}  # fmt: skip
ENCODINGS = {"toyhom_medical_gbk.csv": "gb18030", "snips_playmusic_cesu8.json": "cesu-8"}
NAMES = (
    "openai_toy_chat.jsonl openai_drone_training_tools.jsonl lf_alpaca_zh_demo.json "
    "lf_glaive_toolcall_en_demo.json lf_identity_placeholders.json lf_mllm_demo.json "
    "fastchat_identity_sharegpt.json fastchat_mtbench_question.jsonl banking77_train.csv "
    "banking77_test.csv toyhom_medical_gbk.csv snips_playmusic_cesu8.json "
    "snips_playmusic_validate.json axolotl_conversation_missingturns.json "
    "medicalgpt_sharegpt_zh_head.jsonl anthropic_json_mode.jsonl oasst_en_100_tree.jsonl "
    "slack_export.zip whatsapp_mmddyyyy_12h.txt whatsapp_brackets_24h.txt telegram_single.json "
    "chatterbot_zh_conversations.yml deepke_relation_example.xlsx datajuicer_demo.parquet "
    "litgpt_dolly_fixture.json openpipe_tweets_sentiment.csv"
)


@pytest.mark.parametrize("name", NAMES.split())
def test_a_real_file_opens_as_what_it_is(name: str) -> None:
    path = sample(name)
    facts = {entry["file"]: entry for entry in json.loads(sample("manifest.json").read_text())}
    read = read_path(path)
    assert isinstance(read, Got)
    assert len(read.rows) == facts[name]["rows"]
    assert read.container == CONTAINERS[path.suffix]
    is_text = read.container not in ("xlsx", "parquet")
    assert read.encoding == (ENCODINGS.get(name, "utf-8") if is_text else "")
    assert not [fault for fault in read.faults if fault[0] in ERRORS]
    beside_rows = name == "chatterbot_zh_conversations.yml"  # its `categories`
    assert len(read.remarks) == (name in ENCODINGS) + beside_rows


def test_places_of_real_rows() -> None:
    bases = [row.base for row in _read("snips_playmusic_validate.json").rows]
    assert bases == [("PlayMusic", n) for n in range(100)]
    assert _read("telegram_single.json").rows[1].base == ("messages", 1)
    assert _read("chatterbot_zh_conversations.yml").rows[0].line == 4
    slack = _read("slack_export.zip")
    assert slack.rows[0].file == "enrique/2016-01-14.json"
    assert {user["name"] for user in slack.context["users.json"]}
    lines = [row.line for row in _read("banking77_train.csv").rows]
    assert lines[0] == 2
    assert lines[-1] is not None
    assert lines[-1] > 10_004  # ten texts span lines


def _read(name: str) -> Got:
    read = read_path(sample(name))
    assert isinstance(read, Got)
    return read
