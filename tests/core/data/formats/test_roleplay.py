"""Dialogues of named speakers, and of speakers without a name."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.formats.roleplay import FORMATS
from core.data.formats.shape import Talk
from core.data.records import Question

BY_NAME = {entry.name: entry for entry in FORMATS}


def name_of(value: Any) -> str | None:
    return next((entry.name for entry in FORMATS if entry.fits(value)), None)


def only(value: Any, **answers: str) -> Talk:
    entry = BY_NAME[name_of(value) or ""]
    assert entry.convert is not None
    (talk,) = entry.convert(value, answers)
    return talk


def said(talk: Talk) -> list[tuple[str, Any]]:
    return [(m["role"][0], m["content"]) for m in talk.row["messages"]]


def codes(talk: Talk) -> list[str]:
    return [finding.code for finding in talk.found]


def lines(*turns: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": who, "text": text} for who, text in turns]


PLAY = {"dialogue": lines(("Alice", "Where?"), ("Rabbit", "Here!"), ("Rabbit", "Hurry."))}

SHAPES: dict[str, Any] = {
    "roleplay": PLAY,
    "kdconv": {"name": "film", "messages": [{"message": "看过吗?"}, {"message": "看过"}]},
    "crosswoz": {
        "messages": [{"role": "usr", "content": "hi"}, {"role": "sys", "content": "yes"}],
    },
    "multiwoz": {
        "turns": [{"speaker": "USER", "utterance": "a"}, {"speaker": "SYSTEM", "utterance": "b"}],
    },
    "multiwoz-log": {"log": [{"text": "a", "metadata": {}}, {"text": "b"}]},
    "dailydialog": {"dialog": ["a", "b"], "act": [1, 2], "emotion": [0, 0]},
    "personachat": {
        "personality": ["I like tea."],
        "history": ["Hi"],
        "candidates": ["no", "Hello"],
    },
}


@pytest.mark.parametrize("name", SHAPES)
def test_each_shape_is_known_by_its_name_and_becomes_user_and_assistant(name: str) -> None:
    assert name_of(SHAPES[name]) == name
    talk = only(SHAPES[name])
    assert [m["role"] for m in talk.row["messages"] if m["role"] != "system"] == [
        "user",
        "assistant",
    ]
    assert len(talk.origins) == len(talk.row["messages"])


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
        {"conversations": [{"from": "human", "value": "x"}]},
        {"turns": ["Write a poem.", "Now shorter."]},
        {"conversation": [{"human": "a", "assistant": "b"}]},
        {"dialogue": "A: hello"},
        {"dialogue": []},
        {"messages": [{"role": ["usr"], "content": "x"}]},
        {"dialogue": [None, 3]},
        [],
        None,
    ],
)
def test_others_do_not_fit(value: Any) -> None:
    assert name_of(value) is None


def test_the_chosen_speaker_is_the_assistant_and_runs_are_joined() -> None:
    talk = only(PLAY)
    assert said(talk) == [("u", "Where?"), ("a", "Here!\nHurry.")]
    assert codes(talk) == ["runs_joined"]
    assert talk.origins == (("dialogue", 0, "text"), ("dialogue", 1, "text"))
    assert said(only(PLAY, assistant="Alice")) == [("a", "Where?"), ("u", "Here!\nHurry.")]


def test_a_dialogue_without_the_chosen_speaker_is_still_read_and_it_is_said() -> None:
    talk = only(PLAY, assistant="Hatter")
    assert said(talk)[1][0] == "a"
    assert "assistant_absent" in codes(talk)


def test_all_others_are_the_user() -> None:
    three = {"dialogue": lines(("A", "x"), ("B", "y"), ("客服", "z"), ("A", "w"), ("客服", "v"))}
    talk = only(three)
    assert said(talk) == [("u", "x\ny"), ("a", "z"), ("u", "w"), ("a", "v")]
    assert codes(talk) == ["speakers_joined", "runs_joined"]


def test_a_system_turn_before_two_speakers_is_the_prompt() -> None:
    value = {"dialogue": lines(("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"))}
    assert said(only(value)) == [("s", "Be brief."), ("u", "Hi"), ("a", "Hello")]
    beside = {"system": "Be brief.", "dialogue": lines(("user", "Hi"), ("assistant", "Hello"))}
    talk = only(beside)
    assert said(talk)[0] == ("s", "Be brief.")
    assert talk.origins[0] == ("system",)


def test_the_question_lists_the_speakers_and_says_why_one_is_preselected() -> None:
    entry = BY_NAME["roleplay"]
    (question,) = entry.ask([PLAY, {"dialogue": lines(("Rabbit", "Tea?"), ("Hatter", "Tea!"))}])
    assert isinstance(question, Question)
    assert question.id == "assistant"
    assert question.options == ("Rabbit", "Alice", "Hatter")
    assert question.chosen == "Hatter"
    (named,) = entry.ask(
        [{"dialogue": lines(("customer", "a"), ("agent_7", "b"), ("customer", "c"))}]
    )
    assert named.chosen == "agent_7"
    assert entry.ask([]) == ()
    assert BY_NAME["kdconv"].ask([SHAPES["kdconv"]]) == ()


def test_speakers_may_be_numbers() -> None:
    value = {"dialogue": [{"speaker": 0, "text": "a"}, {"speaker": 1, "text": "b"}]}
    assert said(only(value)) == [("u", "a"), ("a", "b")]


def test_what_is_empty_or_no_text_stays_for_the_checks_to_name() -> None:
    value = {
        "dialogue": [*lines(("A", "x"), ("B", "y"), ("B", " ")), {"role": "B", "text": ["z"]}, 5]
    }
    assert said(only(value)) == [("u", "x"), ("a", "y"), ("a", " "), ("a", ["z"]), ("u", 5)]


def test_turns_without_speakers_alternate_and_it_is_said() -> None:
    talk = only({"dialog": ["a", "b", "c"], "split": "test", "topic": "tea"})
    assert said(talk) == [("u", "a"), ("a", "b"), ("u", "c")]
    assert codes(talk) == ["speakers_alternated"]
    assert talk.row["split"] == "test"
    assert talk.row["tags"] == ["tea"]


def test_personachat_keeps_the_true_reply_of_the_last_utterance() -> None:
    value = {
        "personality": ["I like tea.", "I have a dog."],
        "utterances": [
            {"history": ["__ SILENCE __"], "candidates": ["x", "Hi!"]},
            {
                "history": ["__ SILENCE __", "Hi!", "Hello, any pets?"],
                "candidates": ["x", "A dog."],
            },
        ],
    }
    talk = only(value)
    assert said(talk) == [
        ("s", "I like tea.\nI have a dog."),
        ("a", "Hi!"),
        ("u", "Hello, any pets?"),
        ("a", "A dog."),
    ]
    assert talk.origins[-1] == ("utterances", 1, "candidates", 1)
    assert "candidates_left_out" in codes(talk)


@pytest.mark.parametrize("entry", FORMATS, ids=lambda entry: entry.name)
def test_what_does_not_fit_is_an_error_and_no_traceback(entry: Any) -> None:
    (talk,) = entry.convert({"x": 1}, {})
    assert [finding.code for finding in talk.found] == ["turns_not_found"]
