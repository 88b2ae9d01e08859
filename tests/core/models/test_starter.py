"""The bundled starter: loads like any model, is small, safe to load, and says what it is."""

from __future__ import annotations

import json
import re
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer

from core.data.examples import make_support_desk
from core.models.build_starter.batches import batches, chat_text
from core.models.build_starter.curriculum import conversations

pytestmark = pytest.mark.full

STARTER = Path(__file__).parents[3] / "core" / "models" / "starter"
CHAT = [
    {"role": "system", "content": "You are a helpful assistant."},
    {"role": "user", "content": "Where is my 台灯?"},
    {"role": "assistant", "content": "The 台灯 is here."},
    {"role": "user", "content": "Thank you"},
    {"role": "assistant", "content": "You are welcome!"},
]


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return AutoTokenizer.from_pretrained(STARTER)


@pytest.fixture(scope="module")
def practice() -> list[str]:
    chats = islice(conversations(seed=0), 3000)
    return ["\n".join(content for _, content in turns) for turns in chats]


def learned_text(tokenizer: Any, chat: list[dict[str, Any]]) -> str:
    rendered = tokenizer.apply_chat_template(
        chat, return_assistant_tokens_mask=True, return_dict=True
    )
    marked = zip(rendered["input_ids"], rendered["assistant_masks"], strict=True)
    return str(tokenizer.decode([token for token, learned in marked if learned]))


def test_it_loads_as_a_plain_qwen3_in_bfloat16() -> None:
    model = AutoModelForCausalLM.from_pretrained(STARTER)
    assert model.config.model_type == "qwen3"
    assert model.dtype == torch.bfloat16
    assert model.config.head_dim in (32, 64)
    assert model.config.max_position_embeddings == 1024
    assert 3_000_000 < model.num_parameters() < 6_000_000


def test_it_answers_and_stops(tokenizer: Any) -> None:
    model = AutoModelForCausalLM.from_pretrained(STARTER, dtype=torch.float32)
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "Repeat after me: lamp"}],
        add_generation_prompt=True, return_tensors="pt", return_dict=True,
    )  # fmt: skip
    reply = model.generate(**prompt, max_new_tokens=20, do_sample=False)[0]
    answer = reply[prompt["input_ids"].shape[1] :]
    assert tokenizer.decode(answer) == "lamp<|im_end|>"


def test_generation_ends_on_the_chat_end_token(tokenizer: Any) -> None:
    settings = json.loads((STARTER / "generation_config.json").read_text(encoding="utf-8"))
    assert settings["eos_token_id"] == tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert tokenizer.eos_token == "<|im_end|>"
    assert tokenizer.pad_token == "<|endoftext|>"


def test_the_folder_is_small_and_holds_nothing_that_runs() -> None:
    files = [file for file in STARTER.rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= 12_000_000
    assert {file.suffix for file in files} <= {".json", ".safetensors", ".jinja", ".md"}


def test_only_assistant_turns_and_their_end_are_learned(tokenizer: Any) -> None:
    expected = "The 台灯 is here.<|im_end|>You are welcome!<|im_end|>"
    assert learned_text(tokenizer, CHAT) == expected


def test_the_template_takes_tool_turns_and_missing_content(tokenizer: Any) -> None:
    chat: list[dict[str, Any]] = [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": None},
        {"role": "tool", "content": "21 degrees"},
        {"role": "assistant", "content": "It is warm."},
    ]
    text = tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
    assert "<|im_start|>assistant\n<|im_end|>\n<|im_start|>tool\n21 degrees<|im_end|>\n" in text
    assert text.endswith("<|im_start|>assistant\n")
    assert learned_text(tokenizer, chat) == "<|im_end|>It is warm.<|im_end|>"


def test_practice_is_rendered_as_the_template_renders_it(tokenizer: Any) -> None:
    turns = [(message["role"], message["content"]) for message in CHAT]
    ours = "".join(text for text, _ in chat_text(turns))
    assert ours == tokenizer.apply_chat_template(CHAT, tokenize=False)


def test_text_survives_the_tokenizer(tokenizer: Any) -> None:
    for text in ("A kettle, 2 mugs\n- tea", "您的电饭煲坏了。", "naïve 😀 龘"):
        assert tokenizer.decode(tokenizer.encode(text, add_special_tokens=False)) == text


def test_batches_have_one_shape_and_something_to_learn(tokenizer: Any) -> None:
    made = batches(tokenizer, ["Some prose to read."] * 8, seed=3, drills=1)
    for tokens, learned in islice(made, 3):
        assert tokens.shape == learned.shape
        assert learned.any()
        assert not learned.all()


def test_the_same_seed_gives_the_same_practice(practice: list[str]) -> None:
    again = next(conversations(seed=0))
    assert "\n".join(content for _, content in again) == practice[0]


def test_practice_has_no_answer_or_held_out_sentence_of_the_example(practice: list[str]) -> None:
    phrases = yaml.safe_load(make_support_desk.PHRASES.read_text(encoding="utf-8"))
    text = "\n".join(practice).casefold()
    for language in ("en", "zh"):
        words = phrases[language]
        banned = [*words["replies"].values(), words["hello"], words["system"]]
        banned += [s for kind in words["sentences"].values() for s in kind["new"]]
        banned += [s for kind in words["follow_ups"].values() for s in kind["new"]]
        banned += words["openings"]["new"]
        for sentence in banned:
            pieces = re.split(r"\{\w+\}", sentence.casefold())
            pattern = ".{1,20}?".join(re.escape(piece) for piece in pieces)
            assert not re.search(pattern, text), sentence
    assert "fennel" not in text
    assert "茴香" not in text


def test_the_card_names_licences_and_limits() -> None:
    card = (STARTER / "README.md").read_text(encoding="utf-8")
    for needed in ("Apache-2.0", "PSF License", "core.models.build_starter", "## Limits"):
        assert needed in card
    assert "{" not in card
