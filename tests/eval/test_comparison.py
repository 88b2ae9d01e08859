"""Both sides are asked the same, several at once; what fails is recorded and asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.data.records import Example, Split
from core.errors import ServingError
from core.messages import Conversation, Message
from core.serving.records import Generation, Sampling
from eval import comparison
from eval.records import Comparison, Sample
from tests.eval.made_up import comparisons, said, sample
from tests.fakes import FakeServer

ASKED = [sample(i) for i in range(10)]


def compare(server: FakeServer, asked: Sequence[Sample] = ASKED) -> list[Comparison]:
    seen: list[Comparison] = []
    found = asyncio.run(
        comparison.compare(
            asked,
            server.endpoint("base"),
            server.endpoint("tuned"),
            Sampling(max_tokens=33),
            4,
            seen.append,
        )
    )
    assert sorted(c.sample.id for c in seen) == sorted(c.sample.id for c in found)
    return found


def test_both_sides_answer_every_sample_in_order(fake_server: FakeServer) -> None:
    found = compare(fake_server)
    assert [c.sample for c in found] == ASKED
    assert {c.base.text for c in found} == {"Hello from the fake."}
    assert {c.tuned.text for c in found} == {"Hello from the tuned."}
    assert all(c.base.tokens and c.base.first_token_s for c in found)


def test_the_same_request_goes_to_both_with_sides_taking_turns(fake_server: FakeServer) -> None:
    fake_server.models["base"].first_s = fake_server.models["tuned"].first_s = 0.02
    compare(fake_server)
    assert fake_server.most_active == 4
    models = [request.pop("model") for request in fake_server.requests]
    asked = [request["messages"][0]["content"] for request in fake_server.requests]
    # four at once: both sides of the first two questions, in whichever order they arrive
    assert {*zip(asked[:4], models, strict=False)} == {
        (f"Question {number}?", side) for number in (0, 1) for side in ("base", "tuned")
    }
    jobs = [(one.id, side) for _, one, side in comparison.turns(ASKED[:2])]
    assert [side for _, side in jobs] == ["base", "tuned", "tuned", "base"]
    by_question: dict[str, list[object]] = {}
    for request in fake_server.requests:
        by_question.setdefault(request["messages"][0]["content"], []).append(request)
    assert all(len(pair) == 2 and pair[0] == pair[1] for pair in by_question.values())


def test_one_failed_answer_is_recorded_and_the_rest_goes_on(fake_server: FakeServer) -> None:
    fake_server.models["tuned"].statuses = [400]
    found = compare(fake_server)
    failed = [c for c in found if c.tuned.error]
    assert len(failed) == 1
    assert failed[0].tuned.text is None
    assert len(found) == len(ASKED)


def test_a_dead_server_ends_the_comparison_with_a_sentence(fake_server: FakeServer) -> None:
    for behaviour in fake_server.models.values():
        behaviour.always = 400
    many = [sample(i) for i in range(60)]
    with pytest.raises(ServingError, match="no answer from either side"):
        compare(fake_server, many)
    assert len(fake_server.requests) < 60


def test_a_broken_off_answer_keeps_its_text_but_not_its_score() -> None:
    cut = Generation(text="Half an", done=True, finish_reason="abort")
    assert comparison.as_answer(cut).error
    assert comparison.as_answer(cut).text == "Half an"
    assert comparison.as_answer(Generation(text="", done=True, error="x")).text is None
    empty = comparison.as_answer(Generation(text="", done=True, finish_reason="stop"))
    assert (empty.text, empty.error) == ("", None)


def test_an_earlier_attempt_s_complete_answers_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "comparisons.jsonl"
    have = comparisons(3, 0, 0, 0)
    failed = have[1].model_copy(update={"tuned": said(None, error="Gone.")})
    lines = [have[0].model_dump_json(), failed.model_dump_json(), have[2].model_dump_json()[:50]]
    path.write_text("\n".join(lines))
    assert set(comparison.kept(path, [c.sample for c in have])) == {"s0"}
    changed = have[0].sample.model_copy(update={"reference": "Another."})
    assert comparison.kept(path, [changed]) == {}
    assert comparison.kept(tmp_path / "none", []) == {}


def test_samples_are_the_held_out_rows_grouped_by_first_user_turn() -> None:
    def example(number: int, first: str) -> Example:
        turns = (Message(role="user", content=first), Message(role="assistant", content="Yes."))
        return Example(id=f"e{number}", row=number, conversation=Conversation(messages=turns))

    examples = [example(1, "a"), example(2, "b"), example(3, "b"), example(4, "c")]
    split = Split(
        dataset_id="d", train=("e1",), validation=("e4",), test=("e2", "e3"), seed=7, given=False,
        fingerprint="f",
    )  # fmt: skip
    found = comparison.samples(examples, split)
    assert [s.id for s in found] == ["e2", "e3"]
    assert found[0].group == found[1].group
    assert (found[0].prompt[-1].content, found[0].reference) == ("b", "Yes.")
    assert [s.id for s in comparison.samples(examples, split, "validation")] == ["e4"]


def test_a_limit_draws_by_seed_and_keeps_file_order() -> None:
    some = comparison.choose(ASKED, 4, seed=7)
    assert len(some) == 4
    assert list(some) == sorted(some, key=lambda s: s.row)
    assert some == comparison.choose(ASKED, 4, seed=7)
    assert some != comparison.choose(ASKED, 4, seed=8)
    assert comparison.choose(ASKED, None, seed=7) == tuple(ASKED)
