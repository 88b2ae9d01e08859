"""Whatever the template, the answers and the tokens that end them are learnt, and nothing else."""

from __future__ import annotations

import copy
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tokenizers import processors

from core.errors import ModelError
from core.messages import Conversation
from core.models import catalog, masks, readers
from core.models.catalog import STARTER_FOLDER
from core.models.masks import Masker
from core.models.templates import ChatTemplate, RowMismatch
from core.settings import Settings
from tests.core.models.templates_made import (
    TEMPLATES,
    Made,
    learnt,
    marked,
    masker,
    masker_of,
    said,
    starter,
)

ROOT = Path(__file__).parents[3]
TALK = said(
    ("user", "Is it raining?"),
    ("assistant", "No, 今天很好 🎉."),
    ("user", "And tomorrow?"),
    ("assistant", "Yes."),
)
WITH_SYSTEM = said(("system", "Be kind."), ("user", "Hi"), ("assistant", "Hello"))


@pytest.mark.parametrize("name", TEMPLATES)
def test_exactly_the_answers_and_their_ends_are_learnt(name: str) -> None:
    chosen = masker(name)
    found = [text for one in chosen.row(TALK).sequences for text in learnt(chosen, one)]
    end = TEMPLATES[name].end
    assert found == [f"No, 今天很好 🎉.{end}", f"Yes.{end}"]
    assert sum(one.ends for one in chosen.row(TALK).sequences) == 2


@pytest.mark.parametrize("name", TEMPLATES)
def test_before_each_answer_stands_what_serving_sends(name: str) -> None:
    chosen = masker(name)
    for turn in (1, 3):
        prompt = chosen.template.render(TALK.messages[:turn], (), answer=True)
        ids = chosen.template.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        assert any(
            one.ids[: len(ids)] == ids and len(ids) in {start for start, _ in one.spans}
            for one in chosen.row(TALK).sequences
        )
    assert all(chosen.starts_alike(chosen.row(TALK).sequences))


@pytest.mark.parametrize("name", ["starter", "chatml, marked"])
def test_markers_that_agree_with_serving_give_the_same_mask(name: str) -> None:
    chosen = masker(name)
    (one,) = chosen.row(TALK).sequences
    ids, mask = by_markers(chosen, TALK)
    assert one.ids == ids
    assert [int(any(a <= i < b for a, b in one.spans)) for i in range(len(ids))] == mask


def test_markers_that_leave_out_the_end_of_a_turn_are_not_followed() -> None:
    chosen = masker("chatml, marked without the end")
    (one,) = chosen.row(TALK).sequences
    _, mask = by_markers(chosen, TALK)
    ends = [end - 1 for _, end in one.spans]
    assert [one.ids[i] in chosen.stop_ids for i in ends] == [True, True]
    assert [mask[i] for i in ends] == [0, 0], "followed, the model would never learn to stop"


def test_an_empty_thought_that_serving_writes_is_not_learnt_though_marked() -> None:
    think = "<think>\\n\\n</think>\\n\\n"
    text = marked("<|im_end|>", "\n").replace("{{- m.content", f"{{{{- '{think}' + m.content")
    text = text.replace("assistant\\n' }}", f"assistant\\n' }}}}{{{{- '{think}' }}}}")
    chosen = masker_of(Made(text, "<|im_end|>"))
    (one,) = chosen.row(TALK).sequences
    _, mask = by_markers(chosen, TALK)
    assert learnt(chosen, one)[1] == "Yes.<|im_end|>"
    assert sum(mask) > one.learnt


def by_markers(chosen: Masker, talk: Conversation) -> tuple[list[int], list[int]]:
    """Ids and mask as transformers makes them from a template's own markers."""
    made = chosen.template.tokenizer.apply_chat_template(
        talk.as_openai(), return_dict=True, return_assistant_tokens_mask=True
    )
    return made["input_ids"], made["assistant_masks"]


def test_a_template_that_shows_earlier_answers_differently_is_trained_turn_by_turn() -> None:
    chosen = masker("qwen3")
    assert chosen.template.kwargs == {"enable_thinking": False}
    first, second = chosen.row(TALK).sequences
    assert second.passage.text.count("<think>") == 1
    assert "And tomorrow" not in first.passage.text


def test_a_row_that_the_template_refuses_costs_no_other() -> None:
    chosen = masker("gemma")
    rows = list(chosen.rows([TALK, WITH_SYSTEM, said(("user", "a"), ("user", "b")), TALK]))
    assert [len(row.sequences) for row in rows] == [1, 0, 0, 1]
    assert rows[0] == rows[3]
    assert rows[1].refused is not None
    assert rows[1].refused.reason == "System role not supported"
    with pytest.raises(RowMismatch, match="System role not supported"):
        chosen.row(WITH_SYSTEM)


def test_an_answer_with_no_end_is_told_and_not_hidden() -> None:
    endless = masker_of(Made(TEMPLATES["chatml"].text.replace("<|im_end|>", ""), "<|im_end|>"))
    (one,) = endless.row(TALK).sequences
    assert one.endless == (0, 1)
    assert one.ends == 0


def test_what_is_cut_is_lost_and_counted() -> None:
    (whole,) = masker("chatml").row(TALK).sequences
    start, _ = whole.spans[1]
    (cut,) = masker("chatml", max_length=start + 1).row(TALK).sequences
    assert (cut.kept, cut.learnt, cut.ends) == (start + 1, whole.learnt - cut.lost, 1)
    assert cut.lost == whole.spans[1][1] - start - 1


def test_offsets_that_leave_out_white_space_do_not_move_an_answer() -> None:
    """Some tokenizers tell of a space that it lies where the next token begins."""
    spaced = TEMPLATES["chatml"].text.replace("role + '\\n'", "role + ': '")
    chosen = masker_of(Made(spaced.replace("assistant\\n", "assistant: "), "<|im_end|>"))
    tokenizer = copy.deepcopy(chosen.template.tokenizer)
    trimming = processors.ByteLevel(trim_offsets=True)
    tokenizer.backend_tokenizer.post_processor = trimming
    template = ChatTemplate(tokenizer, chosen.template.text, chosen.template.kwargs)
    trimmed = Masker(template, chosen.stop_ids, 500)
    talk = said(("user", "a  b \n"), ("assistant", "好 \n\n no "), ("user", "\n"))
    (one,), (other,) = trimmed.row(talk).sequences, chosen.row(talk).sequences
    assert one.offsets != other.offsets
    assert (one.ids, one.spans) == (other.ids, other.spans)
    assert learnt(trimmed, one) == ["好 \n\n no <|im_end|>"]
    assert one.bounds[0][0] == 0
    assert one.bounds[-1][1] == len(one.passage.text)
    assert all(a[1] >= b[0] for a, b in zip(one.bounds, one.bounds[1:], strict=False))


def talk_of(answers: int) -> Conversation:
    turns = [(f"Question {n}?", f"答案 {n}, " * 5) for n in range(answers)]
    return said(*[t for q, a in turns for t in (("user", q), ("assistant", a))])


@pytest.mark.parametrize("long_characters", [0, 10**9])
def test_of_answers_beyond_the_limit_only_their_number_is_kept(
    monkeypatch: pytest.MonkeyPatch, long_characters: int
) -> None:
    """However a row is read, it teaches and loses the same."""
    monkeypatch.setattr(masks, "LONG_CHARACTERS", long_characters)
    talk = talk_of(12)
    whole, row = masker("qwen3", 10_000).row(talk), masker("qwen3", 150).row(talk)
    assert (len(whole.sequences), len(whole.beyond), whole.lost) == (12, 0, 0)
    begin_within = [one for one in whole.sequences if one.spans[0][0] < 150]
    assert len(row.sequences) == len(begin_within) + 1
    assert len(row.beyond) == 12 - len(row.sequences)
    assert row.learnt + row.lost == whole.learnt
    assert row.tokens == whole.tokens
    assert row.turn_by_turn
    assert row.answers == whole.answers
    assert hashed(masker("qwen3", 150), talk) == hashed(masker("qwen3", 10_000), talk)


@pytest.mark.full
def test_a_very_long_dialogue_is_read_in_about_its_own_length() -> None:
    chosen, talk = masker("qwen3", 200), talk_of(200)
    row = chosen.row(talk)
    assert sum(len(one.ids) for one in row.sequences) < 1.5 * row.tokens + 2_000
    assert len(row.beyond) > 180


# -- the hash -------------------------------------------------------------------------------------


def hashed(chosen: Masker, *talks: Conversation) -> str:
    return chosen.mask_sha256(chosen.rows(talks))


def test_one_hash_means_the_same_tokens_are_taught() -> None:
    first = hashed(masker("chatml"), TALK)
    assert first == hashed(masker("chatml"), TALK)
    assert first == hashed(masker("chatml", max_length=20), TALK), "the plan holds max_length"
    unweighted = TALK.messages[1].model_copy(update={"weight": 0})
    changed = Conversation(messages=(TALK.messages[0], unweighted, *TALK.messages[2:]))
    others = [
        hashed(masker("chatml"), changed),
        hashed(masker("chatml"), TALK, TALK),
        hashed(masker("chatml"), WITH_SYSTEM),
        hashed(masker("chatml, marked"), TALK),
        hashed(Masker(masker("chatml").template, frozenset([2, 0]), 500), TALK),
    ]
    assert len({first, *others}) == 6


def test_a_date_that_a_template_writes_does_not_change_the_hash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chosen = masker("llama3")
    today = hashed(chosen, TALK)
    (before,) = chosen.row(TALK).sequences
    later = chosen.template.text.replace("'%d %b %Y'", "'1 January 1999'")
    (after,) = masker_of(Made(later, "<|eot_id|>")).row(TALK).sequences
    assert before.ids != after.ids
    monkeypatch.setattr(ChatTemplate, "sha256", "the same")
    assert hashed(chosen, TALK) == hashed(masker_of(Made(later, "<|eot_id|>")), TALK) != today


# -- reading a model's tokenizer ------------------------------------------------------------------


def test_the_tokenizer_is_read_once_while_its_files_stay(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(STARTER_FOLDER, folder)
    model = catalog.resolve(str(folder), None, Settings(offline=True))
    first = readers.read(model)
    assert readers.read(model) is first
    assert (first.sha256, first.stop_ids) == (starter().sha256, frozenset({2}))
    os.utime(folder / "tokenizer.json", ns=(1, 1))
    assert readers.read(model) is not first
    (folder / "generation_config.json").write_text('{"eos_token_id": [0, 2]}')
    again = readers.read(model)
    assert again.stop_ids == {0, 2}
    assert again.sha256 != first.sha256


@pytest.mark.full
def test_reading_a_tokenizer_and_masking_need_no_torch() -> None:
    code = (
        "import sys\n"
        "from tests.core.models.test_masks import TALK, masker\n"
        "assert masker('starter').row(TALK)\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_model_without_its_tokenizer_file_is_told(tmp_path: Path) -> None:
    model = catalog.resolve("starter", None, Settings(offline=True))
    bare = model.model_copy(update={"id_or_path": str(tmp_path)})
    assert readers.find(bare) is None
    with pytest.raises(ModelError, match=r"tokenizer\.json"):
        readers.read(bare)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError, match="can't be read"):
        readers.find(bare)
