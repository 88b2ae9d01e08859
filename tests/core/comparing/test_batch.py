"""Batches: everything asked once, by whatever weights, and gone on with after any end."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from core.comparing import batch, results
from core.comparing.answering import Answered, missing
from core.comparing.batch import BatchFolder, BatchRequest
from core.comparing.batch_program import Teller, work
from core.comparing.cache import AnswerCache, content_of, key_of, open_cache
from core.comparing.prompts import Item, read_prompts
from core.comparing.results import Filter, ResultRow
from core.disk import write_atomic
from core.errors import DataError, RunError, ServingError
from core.messages import Message
from core.processes import ProcessId
from core.serving import endpoints
from core.serving.contenders import Contender, Lane
from core.serving.engine_folder import EngineFolder
from core.serving.engines import Engines
from core.serving.records import Engine, Generation, Sampling
from core.settings import Settings
from core.workspace import Workspace
from tests.fakes import Behaviour, FakeServer, Messages

WHO = tuple(Contender(kind="endpoint", name=name) for name in ("one", "other"))


def items(count: int = 10) -> tuple[Item, ...]:
    return tuple(
        Item(id=f"i{n}", row=n, messages=(Message(role="user", content=f"q{n}"),), tags=("t",))
        for n in range(count)
    )


@pytest.fixture
def server(fake_server: FakeServer, workspace: Workspace) -> FakeServer:
    """Two endpoints that are saved in the workspace and answer with what they were asked."""

    def echo(side: str) -> Behaviour:
        def text(messages: Messages) -> str:
            return f"{side} {messages[-1]['content']}"

        return Behaviour(text)

    fake_server.models = {"base": echo("B"), "tuned": echo("T")}
    for name, model in zip(("one", "other"), ("base", "tuned"), strict=True):
        url, key = fake_server.base_url, fake_server.key
        endpoints.save(workspace, endpoints.make(name, url, model, key))
    return fake_server


def prepared(
    workspace: Workspace, asked: Sequence[Item], batch_id: str = "bat-0001"
) -> BatchFolder:
    """A batch that waits for its program."""
    folder = BatchFolder.of(workspace, batch_id)
    request = BatchRequest(name="made up", contenders=WHO, titles=("one", "other"))
    write_atomic(folder.items, batch.ITEMS.dump_json(tuple(asked)))
    write_atomic(folder.request, request.model_dump_json())
    return folder


def engines(workspace: Workspace) -> Engines:
    return Engines(workspace, Settings(home=workspace.root))


def texts(workspace: Workspace, folder: BatchFolder) -> dict[tuple[str, int], str]:
    had = batch.answers(workspace, folder.root.name)
    return {key: one.generation.text for key, one in had.items()}


def test_everybody_answers_everything_once(workspace: Workspace, server: FakeServer) -> None:
    folder = prepared(workspace, items())
    work(workspace, engines(workspace), folder)
    assert texts(workspace, folder) == {
        (f"i{n}", which): f"{side} q{n}" for n in range(10) for which, side in enumerate("BT")
    }
    assert len(server.requests) == 20
    assert 1 < server.most_active <= 8
    told = json.loads(folder.progress.read_text().splitlines()[-1])
    assert (told["done"], told["total"], told["failed"]) == (20, 20, 0)
    assert told["tokens"] == 40


def test_a_kill_costs_nothing_that_was_answered(
    workspace: Workspace, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepared(workspace, items())
    original, had = Teller.done, []

    def killed(self: Teller, answer: Answered) -> None:
        original(self, answer)
        had.append(answer)
        if len(had) == 7:
            raise RuntimeError("killed")

    monkeypatch.setattr(Teller, "done", killed)
    with pytest.raises(ExceptionGroup):
        work(workspace, engines(workspace), folder)
    with folder.answers.open("ab") as file:
        file.write(b'{"item": "i3", "conten')
    kept = len(batch.answers(workspace, folder.root.name))
    assert kept >= 7
    monkeypatch.setattr(Teller, "done", original)
    folder.answers.write_bytes(folder.answers.read_bytes() + b"\n")
    server.requests.clear()
    work(workspace, engines(workspace), folder)
    assert len(texts(workspace, folder)) == 20
    assert texts(workspace, folder)["i9", 1] == "T q9"
    asked = [(body["model"], body["messages"][-1]["content"]) for body in server.requests]
    assert len(asked) == len(set(asked)) == 20 - kept


def test_failures_are_told_asked_again_and_never_cached(
    workspace: Workspace, server: FakeServer
) -> None:
    folder = prepared(workspace, items(4))
    server.models["tuned"].always = 400
    work(workspace, engines(workspace), folder)
    had = batch.answers(workspace, folder.root.name)
    assert [key for key, one in had.items() if one.generation.error] == [
        key for key in had if key[1] == 1
    ]
    server.models["tuned"].always = None
    server.requests.clear()
    work(workspace, engines(workspace), folder)
    assert [body["model"] for body in server.requests] == ["tuned"] * 4
    assert texts(workspace, folder)["i2", 1] == "T q2"


def test_a_silent_server_ends_the_batch_with_its_reason(
    workspace: Workspace, server: FakeServer
) -> None:
    folder = prepared(workspace, items(40))
    for model in server.models.values():
        model.always = 400
    with pytest.raises(ServingError, match="The last 12 questions got no answer"):
        work(workspace, engines(workspace), folder)
    assert len(server.requests) < 60


def test_models_elsewhere_are_not_taken_for_what_they_were(
    workspace: Workspace, server: FakeServer
) -> None:
    """Nobody knows which weights stand behind an address, so another batch asks anew."""
    work(workspace, engines(workspace), prepared(workspace, items(2)))
    work(workspace, engines(workspace), prepared(workspace, items(2), "bat-0002"))
    assert len(server.requests) == 8


def test_our_own_weights_are_known_by_their_content(
    workspace: Workspace, server: FakeServer
) -> None:
    engine = Engine(
        id="eng-0001", base_model="starter", model_path="starter", port=1, log="", max_length=512,
        process=ProcessId(pid=1, started=0), started="2026-11-21T10:00:00+00:00",
        fingerprint="abc",
    )  # fmt: skip
    EngineFolder(workspace.engine(engine.id)).save(engine)
    endpoint = server.endpoint(engine_id=engine.id)
    lane = Lane(contender=WHO[0], title="one", endpoint=endpoint)
    content = content_of(workspace, lane)
    assert content == "base abc auto"
    assert content_of(workspace, lane.model_copy(update={"endpoint": server.endpoint()})) is None
    asked, sampling = items(1)[0].messages, Sampling()
    key = key_of(content, lane, asked, sampling)
    hotter = sampling.model_copy(update={"temperature": 0.5})
    thinking = endpoint.model_copy(update={"template_kwargs": {"enable_thinking": True}})
    others = [
        key_of("base xyz auto", lane, asked, sampling),
        key_of(content, lane, items(2)[1].messages, sampling),
        key_of(content, lane, asked, hotter),
        key_of(content, lane.model_copy(update={"endpoint": thinking}), asked, sampling),
    ]
    assert len({key, *others}) == 5


def test_only_whole_answers_are_cached(tmp_path: Path) -> None:
    whole = Generation(text="a", done=True, finish_reason="stop")
    with open_cache(tmp_path / "deep" / "answers.sqlite") as cache:
        assert cache.get("k") is None
        for bad in ({"error": "gone"}, {"finish_reason": "abort"}, {"done": False}):
            cache.put("k", whole.model_copy(update=bad))
        assert cache.get("k") is None
        cache.put("k", whole)
    with open_cache(tmp_path / "deep" / "answers.sqlite") as again:
        assert isinstance(again, AnswerCache)
        assert again.get("k") == whole


def test_who_is_asked_first_alternates() -> None:
    order = [which for _, which in missing(items(3), 2, {})]
    assert order == [0, 1, 1, 0, 0, 1]


# -- questions ------------------------------------------------------------------------------------


def test_questions_come_from_lines_messages_and_tables(tmp_path: Path) -> None:
    lines = tmp_path / "a.txt"
    lines.write_text("\ufeffHello, you\n\n  你好吗 \n", encoding="utf-8")
    assert [(i.row, i.messages[0].content) for i in read_prompts(lines)] == [
        (1, "Hello, you"), (3, "你好吗"),
    ]  # fmt: skip
    said = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
    jsonl = tmp_path / "b.jsonl"
    rows = [{"messages": said, "tags": ["x"]}, {"prompt": "p", "system": "s", "reference": "r"}]
    jsonl.write_text("\n".join(map(json.dumps, rows)))
    first, second = read_prompts(jsonl)
    assert (first.messages[-1].content, first.reference, first.tags) == ("q", "a", ("x",))
    assert [m.role for m in second.messages] == ["system", "user"]
    assert second.reference == "r"
    table = tmp_path / "c.csv"
    table.write_text("Question,Answer,Label\nwhy,because,odd\nhow,so,plain\n")
    assert [(i.messages[0].content, i.reference, i.tags) for i in read_prompts(table)] == [
        ("why", "because", ("odd",)), ("how", "so", ("plain",)),
    ]  # fmt: skip


def test_rows_without_a_question_are_all_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.jsonl"
    rows: list[object] = [{"prompt": "fine"}, *({"nothing": 1} for _ in range(7))]
    file.write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(DataError, match="rows 2, 3, 4, 5, 6 and 2 more"):
        read_prompts(file)
    with pytest.raises(DataError, match="no such file"):
        read_prompts(tmp_path / "none.txt")
    empty = tmp_path / "empty.txt"
    empty.write_text("\n\n")
    with pytest.raises(DataError, match="no question in this file"):
        read_prompts(empty)


# -- results --------------------------------------------------------------------------------------


def row(first: str | None, last: str, reference: str = "", tag: str = "t") -> ResultRow:
    item = items(1)[0].model_copy(update={"reference": reference, "tags": (tag,)})
    answers = tuple(
        None if text is None else Generation(text=text, done=True) for text in (first, last)
    )
    return ResultRow(item=item, answers=answers, cached=(False, False))


def test_filters_choose_rows() -> None:
    found = [row("a", "abc", "abc"), row("abc", "a", "abc", "odd"), row("x", "x"), row(None, "y")]
    expected = {
        "all": [0, 1, 2, 3], "differs": [0, 1], "same": [2], "longer": [0], "shorter": [1],
        "failed": [3], "exact": [0], "wrong": [1],
    }  # fmt: skip
    for sort, rows in expected.items():
        shown = results.chosen(found, Filter.model_validate({"sort": sort}))
        assert [found.index(one) for one in shown] == rows, sort
    assert results.chosen(found, Filter(tag="odd")) == (found[1],)
    assert results.chosen(found, Filter(contains="ABC")) == tuple(found[:2])


def test_tables_can_be_taken_away_and_run_nothing() -> None:
    found = [row("=1+1", "line\nbreak", "r"), row(None, "fine")]
    told = list(csv.reader(io.StringIO(results.as_csv(found, ["one", "other"])[1:])))
    assert told[0][-2:] == ["one", "other"]
    assert told[1][-2:] == ["'=1+1", "line\nbreak"]
    lines = [json.loads(line) for line in results.as_jsonl(found, ["one", "other"]).splitlines()]
    assert [a["text"] for a in lines[0]["answers"]] == ["=1+1", "line\nbreak"]
    assert lines[1]["answers"][0]["text"] is None
    assert lines[1]["answers"][0]["error"]


# -- the program ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_program_is_cancelled_and_gone_on_with(
    workspace: Workspace, server: FakeServer
) -> None:
    for model in server.models.values():
        model.first_s = 0.12
    settings = Settings(home=workspace.root)
    request = BatchRequest(name="made up", contenders=WHO, titles=("one", "other"), concurrency=2)
    started = batch.start(workspace, settings, request, items(20))
    with pytest.raises(RunError, match="still running"):
        batch.resume(workspace, settings, started.id)
    wait(lambda: len(batch.answers(workspace, started.id)) >= 6)
    assert batch.cancel(workspace, started.id).status == "cancelled"
    had = len(batch.answers(workspace, started.id))
    assert 6 <= had < 40
    for model in server.models.values():
        model.first_s = 0.0
    batch.resume(workspace, settings, started.id)
    wait(lambda: batch.status(workspace, started.id).status != "running")
    ended = batch.status(workspace, started.id)
    assert (ended.status, ended.problem, ended.progress.done) == ("done", "", 40)
    assert batch.list_batches(workspace) == (ended,)
    batch.delete(workspace, started.id)
    assert batch.list_batches(workspace) == ()


def wait(until: object) -> None:
    deadline = time.monotonic() + 40
    assert callable(until)
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)
