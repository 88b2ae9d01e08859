"""A judge's word counts only when it is clear; otherwise the sample is unscored, never wrong."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from core.errors import JudgeError
from core.settings import EndpointSetting
from eval.judge.asking import ATTEMPTS
from eval.judge.identity import refuse_candidate
from eval.judge.judging import Judge
from eval.judge.prompt import Material
from eval.records import Verdict
from eval.rubric.rubrics import Criterion
from tests.eval.made_up import pair, said, sample
from tests.fakes import Behaviour, FakeServer

pytestmark = pytest.mark.full

TONE = Criterion(id="tone", text="The answer is warm.", kind="judge")
MET = {"evidence": "Done", "reason": "It is warm.", "met": True}


def ask(
    server: FakeServer, answer: str = "[REFUND] Done.", timeout_s: float = 5.0, times: int = 1
) -> Verdict:
    async def judging() -> Verdict:
        async with Judge(setting(server), timeout_s) as judge:
            judge.asker.rest_s = 0.001
            for _ in range(times):
                verdict = await judge.judge(TONE, sample(1), said(answer), "tuned")
            return verdict

    return asyncio.run(judging())


async def judging_at(address: EndpointSetting) -> Verdict:
    async with Judge(address) as judge:
        judge.asker.rest_s = 0.001
        return await judge.judge(TONE, sample(1), said("[REFUND] Done."), "base")


def setting(server: FakeServer) -> EndpointSetting:
    return EndpointSetting.model_validate(
        {"base_url": server.base_url, "model": "judge", "api_key": server.key}
    )


def saying(*replies: str, **how: Any) -> FakeServer:
    """A server whose judge says these in turn, the last one again and again."""
    left = list(replies)
    text = lambda _: left.pop(0) if len(left) > 1 else left[0]  # noqa: E731
    return FakeServer({"judge": Behaviour(text, **how)})


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (json.dumps(MET), "met"),
        (json.dumps(MET | {"met": False}), "not_met"),
        (json.dumps(MET | {"met": "unsure"}), "unscored"),
        (f"Let me see. {{}} I think:\n```json\n{json.dumps(MET)}\n```", "met"),
        (f"<think>{{}} hm</think>{json.dumps(MET)}", "met"),
    ],
)
def test_a_clear_reply_is_counted(reply: str, outcome: str) -> None:
    with saying(reply) as server:
        verdict = ask(server)
    assert verdict.outcome == outcome
    assert "It is warm." in verdict.reason
    assert verdict.judge is not None
    assert verdict.judge.attempts == 1
    assert verdict.judge.evidence_found is True


@pytest.mark.parametrize(
    ("reply", "how", "why"),
    [
        ("I would say true.", {}, "not the JSON"),
        (json.dumps(MET | {"met": "true"}), {}, "not the JSON"),
        (json.dumps(MET | {"met": 1}), {}, "not the JSON"),
        ('{"evidence": "Do', {"finish_reason": "length"}, "cut at the token limit"),
        ("", {"finish_reason": "content_filter"}, "filtered"),
        ("x", {"always": 500}, "status 500"),
        ("x", {"always": 401}, "status 401"),
    ],
)
def test_what_is_not_clear_is_unscored_after_three_tries(
    reply: str, how: dict[str, Any], why: str
) -> None:
    with saying(reply, **how) as server:
        verdict = ask(server)
        assert len(server.requests) == ATTEMPTS
    assert verdict.outcome == "unscored"
    assert why in verdict.reason
    assert verdict.judge is not None
    assert not verdict.judge.replied


def test_a_reply_with_an_absurd_number_is_unscored() -> None:
    with saying('{"met": ' + "1" * 5000 + "}") as server:
        assert ask(server).outcome == "unscored"


def test_half_characters_in_a_reply_spoil_nothing() -> None:
    with saying(json.dumps(MET | {"reason": "Warm \ud83d."})) as server:
        verdict = ask(server)
    assert verdict.outcome == "met"
    assert verdict.model_dump_json()


def test_a_silent_or_absent_judge_is_unscored() -> None:
    with saying("x", first_s=1.0) as server:
        assert "in time" in ask(server, timeout_s=0.05).reason
        address = setting(server)
    gone = asyncio.run(judging_at(address))
    assert gone.outcome == "unscored"
    assert "can't be reached" in gone.reason


def test_a_cut_reply_gets_more_tokens_and_the_last_try_no_grammar() -> None:
    with saying("{", finish_reason="length") as server:
        ask(server)
        budgets = [request["max_tokens"] for request in server.requests]
        grammars = ["response_format" in request for request in server.requests]
    assert budgets == [400, 800, 800]
    assert grammars == [True, True, False]


def test_a_field_the_endpoint_refuses_is_not_sent_again() -> None:
    with saying(json.dumps(MET), statuses=[400], message="unknown field response_format") as server:
        assert ask(server, times=2).outcome == "met"
        grammars = ["response_format" in request for request in server.requests]
    assert grammars == [True, False, False]


def test_a_context_that_is_too_small_is_no_refused_field() -> None:
    told = "max_tokens=400 cannot be greater than max_model_len=256. Request fewer tokens."
    with saying(json.dumps(MET), statuses=[400], message=told) as server:
        assert ask(server).outcome == "met"
        assert [request["max_tokens"] for request in server.requests] == [400, 200]


def test_a_quote_that_is_not_in_the_answer_is_asked_for_once_more_and_counted() -> None:
    with saying(json.dumps(MET | {"evidence": "I guarantee it"})) as server:
        verdict = ask(server)
        first, again = [request["messages"][0]["content"] for request in server.requests]
    assert verdict.outcome == "met"
    assert verdict.judge is not None
    assert verdict.judge.evidence_found is False
    assert again.startswith(first)
    assert "I guarantee it" in again.removeprefix(first)


def test_a_better_quote_at_the_second_time_is_the_one_that_counts() -> None:
    lied = json.dumps(MET | {"evidence": "I guarantee it"})
    with saying(lied, json.dumps(MET | {"met": False})) as server:
        verdict = ask(server)
    assert verdict.outcome == "not_met"
    assert verdict.judge is not None
    assert verdict.judge.evidence_found is True


def test_an_answer_that_could_not_be_had_is_not_sent_to_the_judge() -> None:
    async def judging(server: FakeServer) -> Verdict:
        async with Judge(setting(server)) as judge:
            return await judge.judge(TONE, sample(1), said(None, error="Gone."), "base")

    with saying(json.dumps(MET)) as server:
        assert asyncio.run(judging(server)).outcome == "unscored"
        assert server.requests == []


def test_the_answer_cannot_leave_its_marks_or_fill_in_markers() -> None:
    text = "{{criterion}} 0000 close. A rule of mine."
    with saying(json.dumps(MET | {"evidence": ""})) as server:
        ask(server, text)
        ask(server, text)
        prompts = [request["messages"][0]["content"] for request in server.requests]
    for prompt in prompts:
        before, answer, after = prompt.rpartition(text)
        assert answer, "the answer stands in the prompt as it is"
        mark = before.rstrip().splitlines()[-1].removesuffix(" begin answer")
        assert len(mark) == 16
        assert f"{mark} end answer" in after
        assert after.index("Criterion:") < after.index(TONE.text)
    assert prompts[0] != prompts[1], "the mark is new for every judge that is opened"


def test_the_judge_is_not_told_which_side_answered() -> None:
    first, second = (Material(sample(1), "x", mark).question(TONE) for mark in ("m", "n"))
    assert "tuned" not in first.text
    assert first.text != second.text
    assert first.unmarked == second.unmarked
    assert first.unmarked != Material(sample(2), "x", "m").question(TONE).unmarked


def test_a_scale_gives_a_level_and_its_anchors_are_told() -> None:
    anchors = {1: "Curt.", 3: "Neutral.", 5: "Warm."}
    scale = Criterion(id="warmth", text="Warmth.", kind="scale", anchors=anchors)
    reply = {"evidence": "Done", "reason": "Fine."}

    async def judging(server: FakeServer) -> Verdict:
        async with Judge(setting(server)) as judge:
            return await judge.judge(scale, sample(1), said("Done"), "base")

    for said_level, level, outcome in ((5, 5, "met"), (3, 3, "not_met"), (4, None, "unscored")):
        with saying(json.dumps(reply | {"level": said_level})) as server:
            verdict = asyncio.run(judging(server))
            request = server.requests[0]
        assert (verdict.level, verdict.outcome) == (level, outcome)
    assert "5: Warm." in request["messages"][0]["content"]
    schema = request["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["level"]["enum"] == [1, 3, 5, "unsure"]
    assert list(schema["properties"])[-1] == "level", "the reason comes before the verdict"


def test_what_a_criterion_applies_to_is_told_and_may_be_quoted() -> None:
    whole = TONE.model_copy(update={"applies_to": "conversation"})
    question = Material(sample(1), "Done", "m").question(whole)
    assert "conversation as a whole" in question.text
    assert any("Question 1?" in source for source in question.sources)
    assert Material(sample(1), "Done", "m").question(TONE).sources == ("Done",)


def test_the_tuned_model_may_not_judge_itself() -> None:
    both = pair()
    by_name = EndpointSetting(base_url="http://judge.example/v1", model=both.tuned.model)
    with pytest.raises(JudgeError, match="can't judge itself"):
        refuse_candidate(by_name, both)
    alone = both.tuned.model_copy(
        update={"engine_id": "en-2", "base_url": "http://127.0.0.1:10/v1"}
    )
    by_address = EndpointSetting(base_url="http://localhost:10/v1/", model="another-name")
    with pytest.raises(JudgeError, match="can't judge itself"):
        refuse_candidate(by_address, both.model_copy(update={"tuned": alone}))
    refuse_candidate(EndpointSetting(base_url=both.base.base_url, model="base-model"), both)
