"""The Compare room's parts: places of pages, openings that several pages share, what is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core.actions import Say
from core.comparing.records import Question, Session, Source
from core.data.examples import SUPPORT_DESK
from core.serving.contenders import Contender, Lane
from core.serving.records import Generation, Sampling
from eval.votes.counts import tally
from tests.ui.fake_parts import FakeActions
from ui.opening import Chosen, Opening, Openings
from ui.present import comparison, lane_diff, lanes, shared
from ui.present.comparison import Past
from ui.rooms.compare.room import CompareRoom
from ui.shared_pages import shared_pages
from ui.talk import WINDOW, Talk, from_sample
from ui.words import Voice

pytestmark = pytest.mark.full

EN, ZH = Voice("en"), Voice("zh")
BASE = Contender(kind="base", name="starter")
OTHER = Contender(kind="base", name="elsewhere")
EVIL = "<img src=x onerror=alert(1)>"


def said(text: str) -> Generation:
    return Generation(
        text=text, done=True, finish_reason="stop", tokens=9, first_token_s=0.05, tokens_per_s=40
    )


@pytest.fixture
def trained(actions: FakeActions, small: Path, wait: Callable[[Callable[[], object]], None]) -> str:
    plan = actions.propose_plan(actions.import_data(small).id).plan
    run = actions.start_training(plan)
    wait(lambda: actions.run(run.id).run.status == "succeeded")
    return run.id


@pytest.fixture
def chosen(trained: str) -> Chosen:
    return BASE, Contender(kind="run", name=trained)


def talked(
    actions: FakeActions, chosen: Chosen, *texts: str, blind: bool = False, question: str = "q"
) -> Session:
    session = actions.start_comparison(chosen, ["Base-Name", "Tuned-Name"], blind=blind)
    turn = actions.put_question(session.id, Question(text=question), blind)
    from core.comparing import sessions

    for which, text in enumerate(texts):
        sessions.answered(actions.workspace, session.id, turn.id, which, said(text))
    return actions.comparison(session.id)


# -- a page's place -------------------------------------------------------------------------------


def test_a_held_out_question_brings_its_context_and_knows_its_row(actions: FakeActions) -> None:
    dataset = actions.import_data(SUPPORT_DESK)
    sample = next(s for s in actions.samples(dataset.id) if len(s.prompt) > 2)
    talk, system, text = from_sample(sample, dataset.id, 4)
    assert (text, system) == (sample.prompt[-1].content, sample.prompt[0].content)
    assert talk.context == sample.prompt[1:-1]
    assert talk.count == 5
    asked = talk.ask(f" {text}\n", system, Sampling())
    assert asked.source == Source(dataset_id=dataset.id, row=sample.row, reference=sample.reference)
    assert talk.ask("something else", system, Sampling()).source is None


def test_a_run_whose_data_is_gone_can_still_be_compared(actions: FakeActions) -> None:
    room = SimpleNamespace(actions=actions, dataset_of=lambda _: "ds-0123456789ab")
    assert CompareRoom.system_prompt(room, "run-1") == ""  # type: ignore[arg-type]


def test_another_conversation_begins_with_few_turns_on_screen() -> None:
    talk = Talk(session_id="cmp-1", count=3).wider()
    assert talk.window == 2 * WINDOW
    assert talk.opened("cmp-1") is talk
    assert talk.opened("cmp-2").window == WINDOW
    assert talk.fresh() == Talk(count=3)


# -- opening --------------------------------------------------------------------------------------


async def follow(openings: Openings, chosen: Chosen) -> list[Opening]:
    return [standing async for standing in openings.open(chosen)]


def test_opening_tells_what_it_does_and_ends_with_the_lanes(
    actions: FakeActions, chosen: Chosen
) -> None:
    openings = Openings(actions)
    assert openings.look(chosen) is None
    told = asyncio.run(follow(openings, chosen))
    assert told[-1].is_whole
    assert [lane.contender for lane in told[-1].lanes if lane] == list(chosen)
    assert asyncio.run(follow(openings, chosen)) == [told[-1]]
    actions.stop_engine()
    assert openings.look(chosen) is None


def test_two_pages_share_one_opening(actions: FakeActions, chosen: Chosen) -> None:
    actions.pace.open_s = 0.2
    asked: list[Sequence[Contender]] = []

    async def both() -> tuple[list[Opening], list[Opening]]:
        openings = Openings(actions)
        return await asyncio.gather(follow(openings, chosen), follow(openings, chosen))

    original = actions.open_lanes

    def counted(contenders: Sequence[Contender], say: Say) -> tuple[Lane, ...]:
        asked.append(contenders)
        return original(contenders, say)

    object.__setattr__(actions, "open_lanes", counted)
    first, second = asyncio.run(both())
    assert asked == [chosen]
    assert first[-1] == second[-1]


def test_one_that_cannot_be_served_leaves_the_others_and_is_tried_anew(
    actions: FakeActions, chosen: Chosen
) -> None:
    openings = Openings(actions)
    three = (*chosen, OTHER)
    actions.pace.fail_lane[OTHER.key] = "There is no such model."
    ended = asyncio.run(follow(openings, three))[-1]
    assert [lane is not None for lane in ended.lanes] == [True, True, False]
    assert ended.error is None
    assert "no such model" in str(ended.errors[2])
    actions.pace.fail_lane.clear()
    assert asyncio.run(follow(openings, three))[-1].is_whole


def test_a_failure_of_the_engine_is_everybodys(actions: FakeActions, chosen: Chosen) -> None:
    openings = Openings(actions)
    actions.pace.fail_engine = "vLLM could not start."
    ended = asyncio.run(follow(openings, chosen))[-1]
    assert "vLLM could not start." in str(ended.error)
    assert ended.lanes == (None, None)
    actions.pace.fail_engine = ""
    assert asyncio.run(follow(openings, chosen))[-1].is_whole


# -- drawing --------------------------------------------------------------------------------------


def test_a_blind_question_tells_nobody_who_answered_until_the_vote(
    actions: FakeActions, chosen: Chosen, trained: str
) -> None:
    secrets = ("Base-Name", "Tuned-Name", trained, "starter", "dt-lane-base", "tokens/s", "ms")
    for _ in range(6):  # whichever way the order falls
        session = talked(actions, chosen, "Alpha", "Omega", blind=True)
        turn = session.turns[0]
        shown = str(lanes.talk(session, None, WINDOW, EN))
        growing = lanes.growing(turn, {0: said("Alpha"), 1: said("Omega")}, EN)
        empty = lanes.empty(
            [(chosen[0], "Base-Name"), (chosen[1], "Tuned-Name")], True, EN, fresh=True
        )
        for words in (shown, str(growing), str(empty)):
            assert not [secret for secret in secrets if secret in words]
        first = ("Alpha", "Omega")[turn.order[0]]
        assert growing[0] is not None
        assert growing[0]["text"] == first
        assert shown.index(first) < shown.index(("Alpha", "Omega")[turn.order[1]])
    told = str(lanes.talk(actions.vote(session.id, turn.id, "2"), None, WINDOW, EN))
    assert "Base-Name" in told
    assert f"Vote: {session.titles[turn.order[1]]}" in told


def test_a_hidden_failure_keeps_the_servers_words_to_itself(
    actions: FakeActions, chosen: Chosen
) -> None:
    session = talked(actions, chosen, "B", blind=True)
    actions.keep_failure(session, session.turns[0], 1, "The model `Tuned-Name` is gone.")
    told = str(lanes.talk(actions.comparison(session.id), None, WINDOW, EN))
    assert "no whole answer" in told
    assert "is gone" not in told


def test_long_conversations_show_their_end_until_more_is_asked_for(
    actions: FakeActions, chosen: Chosen
) -> None:
    session = talked(actions, chosen, "B0", "T0", question="question-0")
    for n in range(1, 9):
        actions.put_question(session.id, Question(text=f"question-{n}"))
    session = actions.comparison(session.id)
    drawn = lanes.talk(session, None, WINDOW, EN)
    past = "".join(drawn["past"])
    assert "question-2" not in past
    assert "3 more" in past
    assert "question-3" in past
    assert len(drawn["past"]) == WINDOW, "a part for each turn but the newest, and the button"
    assert "question-8" in drawn["now"]
    wider = lanes.talk(session, None, 2 * WINDOW, EN)["past"]
    assert "question-0" in wider[0]
    assert set(drawn["past"][1:]) < set(wider), "what is past stays the same, so it is kept"


def test_what_models_and_people_write_is_only_ever_text(
    actions: FakeActions, chosen: Chosen
) -> None:
    session = talked(actions, chosen, EVIL, f"{EVIL} and more", question=EVIL)
    actions.mark_bad(session.id, session.turns[0].id, 0, f"{EVIL} wanted")
    actions.rename_comparison(session.id, EVIL)
    session = actions.comparison(session.id)
    past = Past(
        sessions=[session], cases=actions.cases(), corrections=actions.corrections(),
        tallies=tally([session]),
    )  # fmt: skip
    for html in (
        str(lanes.talk(session, None, WINDOW, EN)["now"]),
        comparison.history(past, ZH),
        shared.page_of(session, session.created, EN),
    ):
        assert "<img" not in html
        assert "&lt;img" in html


@pytest.mark.parametrize(
    ("answer", "other", "marks"),
    [
        ("The order is late.", "The order is on time.", ["late"]),
        ("订单明天到达", "订单今天到达", ["明"]),
        ("The same.", "The same.", []),
        ("Completely different words here", "nothing like it at all", []),
    ],
)
def test_differences_are_marked_by_words_and_characters(
    answer: str, other: str, marks: list[str]
) -> None:
    html = str(lane_diff.marked(answer, other))
    found = [part.split("</mark>")[0] for part in html.split('<mark class="dt-diff">')[1:]]
    assert found == marks
    assert html.replace('<mark class="dt-diff">', "").replace("</mark>", "") == answer


# -- votes ----------------------------------------------------------------------------------------


def test_votes_are_counted_by_who_it_was_wherever_it_stood(
    actions: FakeActions, chosen: Chosen
) -> None:
    for n in range(10):
        who = chosen if n % 2 else chosen[::-1]
        session = talked(actions, who, "a", "b", blind=True)
        turn = session.turns[0]
        place = 1 + [who[which] for which in turn.order].index(chosen[1])
        actions.vote(session.id, turn.id, str(place) if n else "bad")  # type: ignore[arg-type]
    session = talked(actions, chosen, "a", "b")
    actions.vote(session.id, session.turns[0].id, "tie")
    (found,) = tally(actions.comparisons())
    ours = {chosen[0].key: found.wins, chosen[1].key: found.losses}
    assert sorted(ours.values()) == [0, 9]
    assert (found.ties, found.bad, found.blind, found.votes) == (1, 1, 10, 11)
    assert found.p_value == pytest.approx(2 / 2**9)
    assert found.share in (0.0, 1.0)
    assert found.low is not None
    assert found.high is not None
    low = found.low if found.share else 1 - found.high
    assert low == pytest.approx(0.7009, abs=1e-4)  # Wilson, 9 of 9
    assert tally([]) == ()


# -- links ----------------------------------------------------------------------------------------


def test_a_link_is_read_only_self_contained_and_gone_once_taken_back(
    actions: FakeActions, chosen: Chosen
) -> None:
    session = talked(actions, chosen, EVIL, "Fine.", question="Where is it?")
    link = actions.share_comparison(session.id)
    client = TestClient(Starlette(routes=[shared_pages(actions)]))
    answer = client.get(link.path)
    assert answer.status_code == 200
    assert "Where is it?" in answer.text
    assert "Tuned-Name" in answer.text
    assert "<img" not in answer.text
    assert "<script" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    for method in (client.post, client.put, client.delete):
        assert method(link.path).status_code == 405
    assert client.get("/c/" + "a" * 43).status_code == 404
    actions.revoke_link(link.token)
    assert client.get(link.path).status_code == 404
    again = actions.share_comparison(session.id)
    actions.delete_comparison(session.id)
    assert client.get(again.path).status_code == 404
