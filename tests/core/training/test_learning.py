"""What a person is shown of a row, and what is said of all rows, is what the trainer takes."""

from __future__ import annotations

import json

import pytest

from core.data.problems import KINDS
from core.data.records import Example
from core.data.wording import problem_text
from core.messages import Conversation
from core.models.masks import Masker
from core.models.templates import RowMismatch
from core.training.learning import totals
from core.training.program.preparation import IGNORED, Preparer
from core.training.token_view import TokenView, show_row
from tests.core.data.test_data_samples import sample
from tests.core.models.templates_made import TEMPLATES, Made, masker, masker_of, said

TALK = said(
    ("user", "Is it 今天 raining? 🎉👩‍👩‍👧"),
    ("assistant", "没有，今天很好，龘！"),
    ("user", "And tomorrow?"),
    ("assistant", "Yes."),
)
ENDLESS = Made(TEMPLATES["chatml"].text.replace("<|im_end|>", ""), "<|im_end|>")


def example(conversation: Conversation, row: int = 1) -> Example:
    return Example(id=f"ex-{row:016x}", row=row, conversation=conversation)


def read(view: TokenView) -> str:
    return "".join(piece.text for sequence in view.sequences for piece in sequence.pieces)


def spoken(view: TokenView, kind: str) -> str:
    pieces = [piece for sequence in view.sequences for piece in sequence.pieces]
    return "".join(piece.text for piece in pieces if piece.kind == kind)


@pytest.mark.parametrize("name", TEMPLATES)
@pytest.mark.parametrize("max_length", [500, 60, 30])
def test_what_is_shown_is_what_is_trained(name: str, max_length: int) -> None:
    chosen = masker(name, max_length)
    view = show_row(example(TALK), chosen)
    trained = Preparer(chosen).prepare([example(TALK)])
    shown = []
    for sequence in view.sequences:
        kept = [piece for piece in sequence.pieces if piece.kind != "cut"]
        marked = [(i, piece.kind == "supervised") for piece in kept for i in piece.ids]
        if any(learnt for _, learnt in marked):
            shown.append(marked)
    assert shown == [
        [(i, label != IGNORED) for i, label in zip(ids, labels, strict=True)]
        for ids, labels in zip(trained.input_ids, trained.labels, strict=True)
    ]
    assert view.supervised == trained.supervised
    assert view.tokens == sum(len(p.ids) for s in view.sequences for p in s.pieces)


@pytest.mark.parametrize("name", TEMPLATES)
def test_text_reads_rightly_whatever_tokens_its_characters_have(name: str) -> None:
    chosen = masker(name)
    view = show_row(example(TALK), chosen)
    texts = [one.passage.text for one in chosen.row(TALK).sequences]
    assert read(view) == "".join(texts)
    assert "\N{REPLACEMENT CHARACTER}" not in read(view)
    assert any(len(piece.ids) > 1 and piece.text == "龘" for piece in view.sequences[0].pieces)


def test_a_cut_inside_a_character_cuts_the_character() -> None:
    (whole,) = masker("chatml").row(TALK).sequences
    inside = next(i for i, (a, b) in enumerate(whole.bounds) if whole.passage.text[a:b] == "龘")
    view = show_row(example(TALK), masker("chatml", inside + 1))
    assert spoken(view, "supervised") == "没有，今天很好，"
    assert spoken(view, "cut").startswith("龘！")
    assert view.cut == view.tokens - inside - 1


def test_the_end_of_an_answer_is_marked_and_told() -> None:
    view = show_row(example(TALK), masker("starter"))
    assert view.ends_in_eos
    ends = [p for s in view.sequences for p in s.pieces if p.is_eos and p.kind == "supervised"]
    assert [piece.text for piece in ends] == ["<|im_end|>"] * 2
    assert not show_row(example(TALK), masker("starter", view.tokens - 2)).ends_in_eos
    assert not show_row(example(TALK), masker_of(ENDLESS)).ends_in_eos


def test_a_very_long_row_is_counted_in_full_and_listed_in_part() -> None:
    view = show_row(example(TALK), masker("qwen3"), shown=40)
    assert sum(len(p.ids) for s in view.sequences for p in s.pieces) == 40
    assert view.hidden == view.tokens - 40


def test_a_row_that_cannot_be_shown_says_why() -> None:
    with pytest.raises(RowMismatch, match="System role not supported"):
        show_row(example(said(("system", "x"), ("user", "a"), ("assistant", "b"))), masker("gemma"))


# -- totals ---------------------------------------------------------------------------------------

LONG_ANSWER = said(("user", "Hi"), ("assistant", "word " * 300))
LONG_PROMPT = said(("user", "word " * 300), ("assistant", "Hi"))


def told(chosen: Masker, *conversations: Conversation) -> dict[tuple[str, int | None], str]:
    found = totals([example(c, i) for i, c in enumerate(conversations, 1)], chosen)
    return {(p.code, p.row): p.message for p in found.problems}


def test_a_row_that_is_too_long_is_told_with_exactly_what_is_cut() -> None:
    chosen = masker("chatml", 100)
    (one,) = chosen.row(LONG_ANSWER).sequences
    found = told(chosen, TALK, LONG_ANSWER)
    assert list(found) == [("row_over_length", 2)]
    said_of_it = found["row_over_length", 2]
    assert f"{len(one.ids)} tokens and 100 are read" in said_of_it
    assert f"the last {len(one.ids) - 100} are cut" in said_of_it
    kept_text = chosen.template.tokenizer.decode(one.ids[:100])
    assert one.passage.text[len(kept_text) :][:20] in said_of_it
    assert f"{one.lost} of those cut" in said_of_it
    assert one.lost > 100


def test_what_is_cut_after_the_last_answer_loses_nothing() -> None:
    talk = said(("user", "Hi"), ("assistant", "Hello"), ("user", "word " * 100))
    assert "; 0 of those cut" in told(masker("chatml", 100), talk)["row_over_length", 1]


def test_rows_that_teach_nothing_are_errors() -> None:
    silent = TALK.messages[1].model_copy(update={"weight": 0})
    context = Conversation(messages=(TALK.messages[0], silent))
    found = told(masker("chatml", 100), TALK, LONG_PROMPT, context)
    assert set(found) == {
        ("row_over_length", 2),
        ("row_nothing_learnt", 2),
        ("row_all_context", 3),
    }
    system = said(("system", "x"), ("user", "a"), ("assistant", "b"))
    assert "System role not supported" in told(masker("gemma"), system)["template_refuses", 1]


def test_an_end_that_is_not_learnt_is_an_error() -> None:
    assert set(told(masker_of(ENDLESS), TALK)) == {
        ("turn_without_stop", 1),
        ("stop_never_learnt", None),
    }
    assert ("stop_never_learnt", None) in told(masker("chatml", 100), LONG_ANSWER, LONG_ANSWER)
    assert ("nothing_learnt", None) in told(masker("chatml", 100), LONG_PROMPT)


def test_totals_add_up() -> None:
    chosen = masker("chatml", 100)
    rows = [example(c, i) for i, c in enumerate((TALK, LONG_ANSWER, LONG_PROMPT, TALK), 1)]
    found, views = totals(rows, chosen), [show_row(row, chosen) for row in rows]
    for name in ("tokens", "supervised", "cut", "lost"):
        assert getattr(found, name) == sum(getattr(view, name) for view in views)
    assert (found.rows, found.sequences, found.turn_by_turn) == (4, 4, 0)
    assert (found.cut_rows, found.silent_rows, found.ends) == ((2, 3), (3,), 4)
    assert totals(rows, masker("qwen3")).turn_by_turn == 2


def test_every_finding_is_said_in_chinese() -> None:
    found = [
        problem
        for chosen in (masker("chatml", 100), masker("gemma"), masker_of(ENDLESS))
        for rows in ([example(LONG_ANSWER), example(LONG_PROMPT, 2)], [example(LONG_PROMPT)])
        for problem in totals(rows, chosen).problems
    ]
    assert {"row_over_length", "row_nothing_learnt", "turn_without_stop"} <= {
        problem.code for problem in found
    }
    for problem in found:
        assert problem_text(problem, "zh") != problem_text(problem, "en")
        assert "{" not in problem_text(problem, "zh")
    assert KINDS["row_over_length"].severity == "warning"


@pytest.mark.parametrize("name", ["starter", "qwen3", "llama3"])
def test_real_chinese_dialogues_read_rightly(name: str) -> None:
    rows = sample("medicalgpt_sharegpt_zh_head.jsonl").read_text(encoding="utf-8").splitlines()
    chosen, roles = masker(name, 400), {"human": "user", "gpt": "assistant"}
    for number, row in enumerate(rows[:60], 1):
        turns = [(roles[t["from"]], t["value"]) for t in json.loads(row)["conversations"]]
        if name == "llama3":  # its template trims what is said
            turns = [(role, text.strip()) for role, text in turns]
        view = show_row(example(said(*turns), number), chosen, shown=10**6)
        for text in (text for role, text in turns if role == "assistant" and text):
            assert text in read(view)
        assert view.cut == sum(max(0, s.tokens - 400) for s in view.sequences)
