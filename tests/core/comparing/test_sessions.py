"""Conversations with several models: kept as they went, hidden while blind, read after a kill."""

from __future__ import annotations

import json

import pytest

from core.comparing import keeping, links, sessions
from core.comparing.folder import ComparingFolder
from core.comparing.records import Question, Session, Source, Turn
from core.errors import DataError, RunError
from core.messages import Message
from core.serving.contenders import Contender
from core.serving.records import Generation, Sampling
from core.workspace import Workspace

BASE = Contender(kind="base", name="starter")
TUNED = Contender(kind="run", name="run-1")
OTHER = Contender(kind="run", name="run-2")


def started(workspace: Workspace, *who: Contender, blind: bool = False) -> Session:
    chosen = who or (BASE, TUNED)
    return sessions.start(workspace, chosen, [one.key for one in chosen], "run-1", blind=blind)


def said(text: str) -> Generation:
    return Generation(text=text, done=True, finish_reason="stop", tokens=3, first_token_s=0.01)


def answer(workspace: Workspace, session: Session, turn: Turn, *texts: str) -> Session:
    for which, text in enumerate(texts):
        sessions.answered(workspace, session.id, turn.id, which, said(text))
    return sessions.load(workspace, session.id)


def test_each_remembers_its_own_answers_and_everything_is_read_back(workspace: Workspace) -> None:
    session = started(workspace)
    source = Source(dataset_id="ds-1", row=7, reference="Right.")
    question = Question(
        text="Hello", system="Be kind.", sampling=Sampling(temperature=0.5), source=source
    )
    first = sessions.ask(workspace, session.id, question)
    session = answer(workspace, session, first, "B", "T")
    second = sessions.ask(workspace, session.id, question.model_copy(update={"text": "More"}))
    session = sessions.load(workspace, session.id)
    roles = [(m.role, m.content) for m in session.messages(second, 1)]
    assert roles == [
        ("system", "Be kind."), ("user", "Hello"), ("assistant", "T"), ("user", "More"),
    ]  # fmt: skip
    assert session.messages(second, 0)[2].content == "B"
    assert session.turns[0].question == question
    assert session.turns[0].answers == (said("B"), said("T"))
    assert session.title == "Hello"
    assert sessions.list_sessions(workspace) == (session,)


def test_context_comes_first_and_a_failed_answer_keeps_roles_alternating(
    workspace: Workspace,
) -> None:
    before = (
        Message(role="system", content="Old."),
        Message(role="user", content="Before"),
        Message(role="assistant", content="Yes"),
    )
    session = sessions.start(workspace, (BASE, TUNED), ("b", "t"), context=before)
    first = sessions.ask(workspace, session.id, Question(text="One", system="New."))
    broken = Generation(text="", done=True, error="gone")
    sessions.answered(workspace, session.id, first.id, 0, broken)
    second = sessions.ask(workspace, session.id, Question(text="Two", system=" "))
    session = sessions.load(workspace, session.id)
    assert [m.content for m in session.messages(first, 0)] == ["New.", "Before", "Yes", "One"]
    assert [m.content for m in session.messages(second, 0)] == ["Before", "Yes", "One", "…", "Two"]


def test_who_can_be_put_side_by_side(workspace: Workspace) -> None:
    many = [Contender(kind="run", name=f"run-{n}") for n in range(5)]
    for chosen in ([BASE], many, [BASE, BASE]):
        with pytest.raises(RunError):
            sessions.start(workspace, chosen, ["x"] * len(chosen))
    assert started(workspace, *many[:4]).titles[3] == "run:run-3"


def test_a_blind_order_is_drawn_for_each_question_and_kept(workspace: Workspace) -> None:
    session = started(workspace, BASE, TUNED, OTHER, blind=True)
    turns = [sessions.ask(workspace, session.id, Question(text="q"), blind=True) for _ in range(40)]
    assert len({turn.order for turn in turns}) > 1
    assert all(sorted(turn.order) == [0, 1, 2] for turn in turns)
    assert sessions.load(workspace, session.id).turns[5].order == turns[5].order
    assert sessions.ask(workspace, session.id, Question(text="q")).order == (0, 1, 2)


def test_a_vote_is_for_a_place_counts_once_and_reveals(workspace: Workspace) -> None:
    session = started(workspace, blind=True)
    turn = sessions.ask(workspace, session.id, Question(text="q"), blind=True)
    assert turn.hidden
    with pytest.raises(RunError, match="Not all answers"):
        sessions.vote(workspace, session.id, turn.id, "1")
    answer(workspace, session, turn, "B", "T")
    with pytest.raises(RunError, match="no answer number 3"):
        sessions.vote(workspace, session.id, turn.id, "3")
    voted = sessions.vote(workspace, session.id, turn.id, "2").turns[0]
    assert not voted.hidden
    assert voted.winner == turn.order[1]
    with pytest.raises(RunError, match="voted on already"):
        sessions.vote(workspace, session.id, turn.id, "1")


def test_a_repetition_takes_the_place_of_an_answer_and_is_counted(workspace: Workspace) -> None:
    session = started(workspace)
    turn = sessions.ask(workspace, session.id, Question(text="q"))
    answer(workspace, session, turn, "B", "T")
    sessions.answered(workspace, session.id, turn.id, 1, said("T2"))
    found = sessions.load(workspace, session.id).turns[0]
    assert [a.text for a in found.answers if a] == ["B", "T2"]
    assert found.repeated == 1


def test_a_line_that_was_cut_short_spoils_only_itself(workspace: Workspace) -> None:
    session = started(workspace)
    turn = sessions.ask(workspace, session.id, Question(text="q"))
    path = ComparingFolder.of(workspace).session(session.id)
    with path.open("ab") as file:
        file.write(b'{"kind":"answered","at":"20\n')
    found = answer(workspace, session, turn, "B", "T")
    assert found.turns[0].answers[1] == said("T")


def test_names_and_removal(workspace: Workspace) -> None:
    session = started(workspace)
    sessions.ask(workspace, session.id, Question(text="A very long question " * 9))
    assert len(sessions.load(workspace, session.id).title) == 60
    assert sessions.rename(workspace, session.id, " Tea ").title == "Tea"
    with pytest.raises(RunError):
        sessions.rename(workspace, session.id, "  ")
    sessions.delete(workspace, session.id)
    assert sessions.list_sessions(workspace) == ()
    with pytest.raises(RunError, match="no such comparison"):
        sessions.load(workspace, session.id)


def test_a_bad_answer_becomes_a_row_that_the_import_takes(workspace: Workspace) -> None:
    session = started(workspace)
    turn = sessions.ask(workspace, session.id, Question(text="Where?", system="Be kind."))
    session = answer(workspace, session, turn, "Nowhere", "There")
    with pytest.raises(DataError):
        keeping.rows_text(workspace)
    for bad in ("", " Nowhere "):
        with pytest.raises(RunError):
            keeping.mark_bad(workspace, session, turn.id, 0, bad)
    kept = keeping.mark_bad(workspace, session, turn.id, 0, "Here.")
    assert keeping.mark_bad(workspace, session, turn.id, 0, "Here.").id == kept.id
    assert (kept.said, kept.by, kept.wanted) == ("Nowhere", "base:starter", "Here.")
    row = json.loads(keeping.rows_text(workspace))
    assert [m["role"] for m in row["messages"]] == ["system", "user", "assistant"]
    assert row["tags"] == ["corrected"]
    keeping.forget(workspace, kept.id)
    assert keeping.corrections(workspace) == ()


def test_a_case_keeps_the_question_with_or_without_an_answer(workspace: Workspace) -> None:
    session = started(workspace)
    turn = sessions.ask(workspace, session.id, Question(text="Where?"))
    session = sessions.load(workspace, session.id)
    bare = keeping.save_case(workspace, session, turn.id, 0, "", "odd")
    wanted = keeping.save_case(workspace, session, turn.id, 0, "Here.", "")
    assert (bare.wanted, bare.prompt[-1].content, bare.note) == ("", "Where?", "odd")
    assert (wanted.wanted, wanted.prompt) == ("Here.", bare.prompt)
    assert keeping.cases(workspace) == (bare, wanted)


def test_a_link_shows_what_was_there_until_it_is_taken_back(workspace: Workspace) -> None:
    session = started(workspace)
    turn = sessions.ask(workspace, session.id, Question(text="q"))
    session = answer(workspace, session, turn, "B", "T")
    link = links.make(workspace, session)
    assert len(link.token) == 43
    sessions.ask(workspace, session.id, Question(text="later"))
    assert links.find(workspace, link.token) == link
    assert len(link.session.turns) == 1
    for wrong in ("", "../../app", link.token[:-1], link.token[:-1] + "!", "a" * 43):
        assert links.find(workspace, wrong) is None
    file = next(ComparingFolder.of(workspace).links.iterdir())
    assert link.token not in file.name
    assert file.stat().st_mode & 0o077 == 0
    assert links.every(workspace) == (link,)
    links.revoke(workspace, link.token)
    assert links.find(workspace, link.token) is None


def test_an_open_blind_question_gets_no_link(workspace: Workspace) -> None:
    session = started(workspace, blind=True)
    turn = sessions.ask(workspace, session.id, Question(text="q"), blind=True)
    session = answer(workspace, session, turn, "B", "T")
    with pytest.raises(RunError, match="no vote yet"):
        links.make(workspace, session)
    assert links.make(workspace, sessions.vote(workspace, session.id, turn.id, "none"))
