"""Texts that a chat template has marked."""

from __future__ import annotations

import pytest
from pyarrow import parquet

from core.data.formats.tagged_text import parse_text
from tests.core.data.formats.converting import converted, sample

TALK = [("system", "Be kind."), ("user", "Hi\nyou"), ("assistant", "Hello"), ("user", "Bye")]
TALK += [("assistant", "See you")]
TEXTS = {
    "ChatML": "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi\nyou<|im_end|>\n"
    "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\nBye<|im_end|>\n"
    "<|im_start|>assistant\nSee you<|im_end|>\n",
    "Llama 3": "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|>"
    "<|start_header_id|>user<|end_header_id|>\n\nHi\nyou<|eot_id|><|start_header_id|>assistant"
    "<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|>"
    "<|start_header_id|>assistant<|end_header_id|>\n\nSee you<|eot_id|>",
    "Llama 2": "<s>[INST] <<SYS>>\nBe kind.\n<</SYS>>\n\nHi\nyou [/INST] Hello </s>"
    "<s>[INST] Bye [/INST] See you </s>",
    "Gemma": "<bos><start_of_turn>system\nBe kind.<end_of_turn>\n<start_of_turn>user\nHi\nyou"
    "<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n<start_of_turn>user\nBye"
    "<end_of_turn>\n<start_of_turn>model\nSee you<end_of_turn>\n",
    "Zephyr": "<|system|>\nBe kind.</s>\n<|user|>\nHi\nyou</s>\n<|assistant|>\nHello<|end|>\n"
    "<|user|>\nBye</s>\n<|assistant|>\nSee you<|end|>\n<|endoftext|>",
    "Vicuna": "Be kind. USER: Hi\nyou ASSISTANT: Hello</s>USER: Bye ASSISTANT: See you</s>",
    "HH-RLHF": "Be kind.\n\nHuman: Hi\nyou\n\nAssistant: Hello\n\nHuman: Bye\n\nAssistant: See you",
    "Guanaco": "Be kind.\n### Human: Hi\nyou### Assistant: Hello### Human: Bye### Assistant: "
    "See you",
    "DeepSeek": "<｜begin▁of▁sentence｜>Be kind.<｜User｜>Hi\nyou<｜Assistant｜>Hello"
    "<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜>See you<｜end▁of▁sentence｜>",
    "MOSS": "Be kind. [Human]: Hi\nyou<eoh> [MOSS]: Hello<eoa> [Human]: Bye<eoh> [MOSS]: See you"
    "<eoa>",
}


@pytest.mark.parametrize("template", TEXTS)
def test_templates_are_taken_apart(template: str) -> None:
    parsed = parse_text(TEXTS[template])
    assert parsed is not None
    assert parsed.template == template
    assert parsed.turns == TALK
    result = converted({"text": TEXTS[template], "meta": {}})
    assert result.format == "tagged-text"
    assert result.codes == ["template_taken_apart"]
    assert result.talk.origins == (("text",),) * 5
    assert result.usable


def test_alpaca_prompt_with_input() -> None:
    text = "Below is an instruction.\n\n### Instruction:\nSum up.\n\n### Input:\nA text.\n\n"
    parsed = parse_text(f"{text}### Response:\nShort.")
    assert parsed is not None
    assert parsed.turns[1:] == [("user", "Sum up.\nA text."), ("assistant", "Short.")]


def test_a_text_alone_in_its_row() -> None:
    result = converted(TEXTS["ChatML"])
    assert result.said == TALK
    assert result.talk.origins[0] == ()


@pytest.mark.parametrize("text", ["Just a text.", "The ASSISTANT: is a role", "### Note: x", ""])
def test_a_plain_text_is_told_to_be_one(text: str) -> None:
    result = converted({"text": text, "meta": {"src": "Arxiv"}})
    assert [(f.code, f.path) for f in result.found] == [("format_text", ("text",))]
    assert result.format == "plain-text"
    assert not result.usable


def test_a_real_table_of_texts() -> None:
    table = parquet.read_table(sample("datajuicer_demo.parquet"))
    assert [converted(r).codes for r in table.to_pylist()] == [["format_text"]] * 6


def test_an_unfinished_reply_is_found_empty() -> None:
    assert (
        "turn_empty"
        in converted({"text": "<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\n"}).codes
    )
