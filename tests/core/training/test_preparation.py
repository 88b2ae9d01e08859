"""Only assistant turns and the token that ends them are learnt, whatever the template."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from core.data.records import Example
from core.errors import ModelError
from core.messages import Conversation, Message, ToolCall
from core.models.catalog import STARTER_FOLDER
from core.models.masks import Masker
from core.models.templates import ChatTemplate
from core.training.program.preparation import IGNORED, Prepared, Preparer, notes

pytestmark = pytest.mark.slow
KNOWN = ("qwen3", "qwen3_instruct_2507", "qwen2_5", "llama3_1", "llama3_2", "gemma3", "phi3")
ENDS = {"llama3_1": "<|eot_id|>", "llama3_2": "<|eot_id|>", "gemma3": "<end_of_turn>"}
ENDS["phi3"] = "<|end|>"


def said(*turns: tuple[str, str], **changes: object) -> Conversation:
    return Conversation.model_validate(
        {"messages": [{"role": role, "content": text} for role, text in turns], **changes}
    )


TWO_ANSWERS = said(
    ("user", "Is it raining?"),
    ("assistant", "No, 今天很好."),
    ("user", "And tomorrow?"),
    ("assistant", "Yes."),
)


def example(conversation: Conversation, row: int = 1) -> Example:
    return Example(id=f"ex-{row:016x}", row=row, conversation=conversation)


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(STARTER_FOLDER)


def preparer(tokenizer: Any, name: str | None = None, max_length: int = 500) -> Preparer:
    """With the starter's template, or one that TRL ships the original of."""
    import copy

    import trl

    tokenizer = copy.deepcopy(tokenizer)
    end = ENDS.get(name or "", tokenizer.eos_token)
    if name is not None:
        path = Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja"
        tokenizer.chat_template = path.read_text(encoding="utf-8")
        marks = ["<|start_header_id|>", "<|end_header_id|>", "<start_of_turn>", end]
        tokenizer.add_special_tokens({"additional_special_tokens": marks, "bos_token": "<s>"})
    stop = frozenset([tokenizer.convert_tokens_to_ids(end)])
    return Preparer(Masker(ChatTemplate.of(tokenizer, name or "starter"), stop, max_length))


def learnt(chosen: Preparer, prepared: Prepared) -> list[str]:
    """The learnt stretches of all sequences, as text."""
    found = []
    for ids, labels in zip(prepared.input_ids, prepared.labels, strict=True):
        stretch: list[int] = []
        for token, label in zip(ids, [*labels[1:], IGNORED], strict=True):
            del token
            if label != IGNORED:
                stretch.append(label)
            elif stretch:
                found.append(chosen.masker.template.tokenizer.decode(stretch))
                stretch = []
    return found


@pytest.mark.parametrize("name", [None, *KNOWN])
def test_exactly_the_answers_and_their_ends_are_learnt(tokenizer: Any, name: str | None) -> None:
    chosen = preparer(tokenizer, name)
    prepared = chosen.prepare([example(TWO_ANSWERS)])
    end = ENDS.get(name or "", tokenizer.eos_token)
    assert learnt(chosen, prepared) == [f"No, 今天很好.{end}", f"Yes.{end}"]
    assert not prepared.drifted_rows
    assert not prepared.dropped_rows


@pytest.mark.parametrize("name", [None, *KNOWN])
def test_each_answer_is_trained_in_the_text_it_is_asked_for_in(
    tokenizer: Any, name: str | None
) -> None:
    """What stands before an answer in training is what serving sends before it."""
    chosen = preparer(tokenizer, name)
    prepared = chosen.prepare([example(TWO_ANSWERS)])
    for turn in (1, 3):
        prompt = chosen.masker.template.render(TWO_ANSWERS.messages[:turn], (), answer=True)
        ids = chosen.masker.template.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        assert any(
            row[: len(ids)] == ids and labels[len(ids)] != IGNORED
            for row, labels in zip(prepared.input_ids, prepared.labels, strict=True)
        )


def test_qwen3_is_trained_turn_by_turn_without_learning_the_empty_thought(tokenizer: Any) -> None:
    chosen = preparer(tokenizer, "qwen3")
    assert chosen.masker.template.kwargs == {"enable_thinking": False}
    prepared = chosen.prepare([example(TWO_ANSWERS)])
    assert len(prepared.input_ids) == 2
    assert prepared.turn_by_turn == {1}
    text = chosen.masker.template.tokenizer.decode(prepared.input_ids[1])
    assert text.count("<think>") == 1
    assert any("one answer at a time" in note for note in notes("train", prepared))


def test_the_starters_mask_is_the_one_trl_makes(tokenizer: Any) -> None:
    chosen = preparer(tokenizer)
    prepared = chosen.prepare([example(TWO_ANSWERS)])
    made = tokenizer.apply_chat_template(
        TWO_ANSWERS.as_openai(), return_dict=True, return_assistant_tokens_mask=True
    )
    assert prepared.input_ids == [made["input_ids"]]
    assert [int(label != IGNORED) for label in prepared.labels[0]] == made["assistant_masks"]


def test_turns_of_weight_0_are_context_only(tokenizer: Any) -> None:
    first, answer, *rest = TWO_ANSWERS.messages
    unwanted = answer.model_copy(update={"weight": 0})
    chosen = preparer(tokenizer)
    prepared = chosen.prepare([example(Conversation(messages=(first, unwanted, *rest)))])
    assert learnt(chosen, prepared) == [f"Yes.{tokenizer.eos_token}"]
    nothing = chosen.prepare([example(Conversation(messages=(first, unwanted)), row=9)])
    assert nothing.input_ids == []
    assert nothing.dropped_rows == {9}


def test_cut_and_dropped_rows_are_told_by_their_source_number(tokenizer: Any) -> None:
    long_answer = said(("user", "Hi"), ("assistant", "word " * 300))
    long_prompt = said(("user", "word " * 300), ("assistant", "Hi"))
    chosen = preparer(tokenizer, max_length=100)
    prepared = chosen.prepare(
        [example(TWO_ANSWERS, 3), example(long_answer, 5), example(long_prompt, 8)]
    )
    assert prepared.cut_rows == {5, 8}
    assert prepared.dropped_rows == {8}
    assert max(map(len, prepared.input_ids)) == 100
    told = " ".join(notes("train", prepared))
    assert "Rows 5, 8 of the train part are longer than max_length" in told
    assert "Row 8 of the train part have nothing to learn" in told or "Row 8" in told


def test_tool_calls_reach_the_template_as_objects(tokenizer: Any) -> None:
    call = ToolCall(name="weather", arguments='{"city": "Oslo"}', id="c1")
    tool = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
    conversation = Conversation(
        messages=(
            Message(role="user", content="Weather?"),
            Message(role="assistant", tool_calls=(call,)),
            Message(role="tool", content="Sunny", tool_call_id="c1"),
            Message(role="assistant", content="It is sunny."),
        ),
        tools=(tool,),
    )
    chosen = preparer(tokenizer, "qwen2_5")
    prepared = chosen.prepare([example(conversation)])
    assert prepared.dropped_rows == set()
    text = learnt(chosen, prepared)
    assert '"arguments": {"city": "Oslo"}' in text[0]
    assert text[-1] == f"It is sunny.{tokenizer.eos_token}"
    assert "Weather?" not in "".join(text)


def test_a_row_that_the_template_refuses_costs_no_other(tokenizer: Any) -> None:
    two_users = said(("user", "a"), ("user", "b"), ("assistant", "c"))
    chosen = preparer(tokenizer, "gemma3")
    prepared = chosen.prepare([example(two_users, 2), example(TWO_ANSWERS, 4)])
    assert prepared.rows == {4}
    assert "alternate" in prepared.refused[2]
    assert any("Row 2" in note and "alternate" in note for note in notes("train", prepared))
    with pytest.raises(ModelError, match="can't show any of these"):
        chosen.prepare([example(two_users, 2)])


def test_a_turn_that_ends_with_no_stop_token_is_refused(tokenizer: Any) -> None:
    chosen = preparer(tokenizer)
    stops = frozenset([tokenizer.pad_token_id])
    endless = Preparer(dataclasses.replace(chosen.masker, stop_ids=stops))
    with pytest.raises(ModelError, match="would never stop"):
        endless.prepare([example(TWO_ANSWERS)])


def test_control_tokens_in_a_text_are_pointed_out(tokenizer: Any) -> None:
    sly = said(("user", "Hi<|im_end|>"), ("assistant", "Hello"))
    prepared = preparer(tokenizer).prepare([example(sly, 7)])
    assert prepared.control_rows == {7}
    assert prepared.rows == {7}


def test_a_model_without_a_template_is_refused(tokenizer: Any) -> None:
    import copy

    bare = copy.deepcopy(tokenizer)
    bare.chat_template = None
    with pytest.raises(ModelError, match="no chat template"):
        ChatTemplate.of(bare, "Some/base")
