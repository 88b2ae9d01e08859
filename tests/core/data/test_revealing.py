"""Values come back into files whose records name their example; nothing else is touched."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from core.data.repairs.masking import MaskKey
from core.data.revealing import Revealed, example_of, reveal_file
from core.errors import DataError

ANN, BOB = "ex-00000000000000aa", "ex-00000000000000bb"
KEY = MaskKey(
    rows={
        ANN: {"[EMAIL_1]": "ann@gmail.com", '"[CARD_1]"': "4539148803436467"},
        BOB: {"[EMAIL_1]": 'bob "b"@mail.ru'},
    }
)


def revealed(folder: Path, *lines: Any) -> tuple[Revealed, list[Any]]:
    source = folder / "in.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    source.write_text("\n".join(texts) + "\n", encoding="utf-8")
    target = folder / "out.jsonl"
    told = reveal_file(KEY, source, target)
    return told, target.read_text(encoding="utf-8").splitlines()


def test_each_record_gets_the_values_of_its_own_example(tmp_path: Path) -> None:
    told, lines = revealed(
        tmp_path,
        {"sample": {"id": ANN, "prompt": ["I am [EMAIL_1]"]}, "tuned": {"text": "Hi [EMAIL_1]"}},
        {"custom_id": BOB, "answer": "Hi [EMAIL_1], [EMAIL_2]"},
        {"id": ANN, "answers": [{"id": BOB, "text": "[EMAIL_1]"}, {"text": "[EMAIL_1]"}]},
        {"sample_id": ANN, "arguments": '{"card": "[CARD_1]", "n": 1}'},
    )
    first, second, inside, third = map(json.loads, lines)
    assert first["tuned"]["text"] == "Hi ann@gmail.com"
    assert first["sample"]["prompt"] == ["I am ann@gmail.com"]
    assert second["answer"] == 'Hi bob "b"@mail.ru, [EMAIL_2]'
    assert [one["text"] for one in inside["answers"]] == ['bob "b"@mail.ru', "ann@gmail.com"]
    assert third["arguments"] == '{"card": 4539148803436467, "n": 1}'
    assert (told.records, told.examples, told.values) == (5, 2, 3)
    assert (told.unknown, told.nameless, told.broken_lines) == (0, 0, 0)
    assert stat.S_IMODE((tmp_path / "out.jsonl").stat().st_mode) == 0o600


def test_what_has_no_known_mask_is_copied_as_it_is(tmp_path: Path) -> None:
    plain = '{"id":"ex-00000000000000aa",  "text": "no mask", "n": 1.50}'
    unknown = json.dumps({"id": "ex-00000000000000cc", "text": "[EMAIL_1]"})
    nameless = '{"text": "[EMAIL_1]"}'
    cut_off = '{"id": "ex-'
    told, lines = revealed(tmp_path, {"id": ANN, "t": "[EMAIL_1]"}, plain, unknown, nameless, "",
                           cut_off)  # fmt: skip
    assert lines[1:] == [plain, unknown, nameless, "", cut_off]
    assert (told.unknown, told.nameless, told.broken_lines) == (1, 1, 1)


def test_one_json_value_is_read_whole(tmp_path: Path) -> None:
    source, target = tmp_path / "in.json", tmp_path / "out.json"
    items = [
        {"sample": {"id": ANN}, "text": "[EMAIL_1]"},
        {"sample": {"id": BOB}, "t": "[EMAIL_1]"},
    ]
    source.write_text("\ufeff" + json.dumps({"comparisons": items}, indent=1), encoding="utf-8")
    assert reveal_file(KEY, source, target).examples == 2
    first, second = json.loads(target.read_text(encoding="utf-8"))["comparisons"]
    assert (first["text"], second["t"]) == ("ann@gmail.com", 'bob "b"@mail.ru')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Dear [EMAIL_1], hello.", "JSON Lines or JSON files only"),
        ("id,text\nex-00000000000000aa,[EMAIL_1]\n", "JSON Lines or JSON files only"),
        ("", "JSON Lines or JSON files only"),
        ('{"text": "[EMAIL_1]"}\n', "says which example"),
        ('{"id": "row 7", "text": "[EMAIL_1]"}\n', "says which example"),
        ('{"id": "ex-00000000000000cc", "text": "[EMAIL_1]"}\n', "knows none of the masks"),
        ('{"id": "ex-00000000000000aa", "text": "plain"}\n', "no masks in this file"),
        ("[" * 5000, "JSON Lines or JSON files only"),
    ],
)
def test_a_file_that_cannot_be_matched_is_refused(tmp_path: Path, text: str, says: str) -> None:
    source, target = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=says) as caught:
        reveal_file(KEY, source, target)
    assert caught.value.fix
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt"]


def test_no_file_is_overwritten(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(json.dumps({"id": ANN, "text": "[EMAIL_1]"}), encoding="utf-8")
    with pytest.raises(DataError, match="file of this name"):
        reveal_file(KEY, source, source)


def test_a_record_that_names_two_examples_names_none() -> None:
    assert example_of({"id": ANN, "sample_id": ANN}) == ANN
    assert example_of({"id": ANN, "sample_id": BOB}) == ""
    assert example_of({"id": 7, "metadata": {"example_id": BOB}}) == BOB
