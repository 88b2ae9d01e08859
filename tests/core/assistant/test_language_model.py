"""A language model drives the same tools under the same approvals; rules answer when it dies."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from core.assistant.records import AssistantSaid, Decision, ToolUsed
from core.settings import EndpointSetting
from tests.core.assistant.scripted_server import Reply, ScriptedServer
from tests.core.assistant.talking import Talk, cards, last_said, tea_file, tools, troubles

pytestmark = pytest.mark.full


def talk_with(server: ScriptedServer, tmp_path: Path) -> Talk:
    return Talk(tmp_path / "home", assistant=server.endpoint)


def test_a_model_proposes_and_only_the_person_starts(tmp_path: Path) -> None:
    script = [
        Reply(text="Let me look.", call=("import_data", {"file": "tea.jsonl"})),
        Reply(call=("propose_plan", {"changes": {"epochs": 4}})),
        Reply(text="Forty rows. Start when it suits you."),
    ]
    with ScriptedServer(script) as server:
        talk = talk_with(server, tmp_path)
        chat = talk.say("train on this please", tea_file(tmp_path))
        assert chat.driver == "llm-1"
        assert last_said(chat) == "Forty rows. Start when it suits you."
        assert chat.pending is not None
        assert chat.pending.arguments["plan"]["epochs"] == 4
        assert cards(chat) == ["dataset", "plan"]
        assert talk.world.runs == {}
        assert "tea.jsonl" in server.asked[0]["messages"][-1]["content"]
        assert {tool["function"]["name"] for tool in server.asked[0]["tools"]} >= {"propose_plan"}

        server.script[:] = [Reply(text="It runs now.")]
        chat = talk.decide(Decision(approved=True))
        assert last_said(chat) == "It runs now."
        assert len(talk.world.runs) == 1
        roles = [message["role"] for message in server.asked[-1]["messages"]]
        assert roles[-1] == "tool"


def test_a_model_sets_anything_of_a_plan_and_starts_no_sweep_by_itself(tmp_path: Path) -> None:
    changes = {"method": "dora", "packing": False, "trackers": ["tensorboard"], "seed": 11}
    script = [
        Reply(call=("import_data", {"file": "tea.jsonl"})),
        Reply(call=("propose_plan", {"changes": changes})),
        Reply(text="DoRA it is."),
    ]
    with ScriptedServer(script) as server:
        talk = talk_with(server, tmp_path)
        chat = talk.say("use DoRA without packing, track it", tea_file(tmp_path))
        assert chat.pending is not None
        plan = chat.pending.arguments["plan"]
        assert {name: plan[name] for name in changes} == changes
        offered = {tool["function"]["name"]: tool for tool in server.asked[0]["tools"]}
        assert offered.keys() >= {"start_sweep", "diagnose", "delete_run", "start_preflight"}

        varied = {"learning_rate": [1e-4, 2e-4]}
        server.script[:] = [Reply(call=("start_sweep", {"varied": varied}))]
        chat = talk.say("try two learning rates")
        assert chat.pending is not None
        assert chat.pending.verb == "start_sweep"
        assert talk.world.runs == {}
        server.script[:] = [Reply(text="They are queued.")]
        talk.decide(Decision(approved=True))
        assert [run.plan.learning_rate for run in talk.world.runs.values()] == [1e-4, 2e-4]
        assert {run.plan.method for run in talk.world.runs.values()} == {"dora"}


def test_a_plain_yes_needs_no_model_to_be_understood(tmp_path: Path) -> None:
    with ScriptedServer([Reply(call=("propose_plan", {})), Reply(text="Here.")]) as server:
        talk = talk_with(server, tmp_path)
        talk.say("", tea_file(tmp_path))
        chats_before = len(server.asked)
        server.script[:] = [Reply(call=("import_data", {"file": "tea.jsonl"})), Reply(text="Read.")]
        talk.say("read it")
        assert len(server.asked) == chats_before + 2
        server.script[:] = [Reply(call=("propose_plan", {})), Reply(text="Here.")]
        assert talk.say("make a plan").pending is not None
        server.script[:] = [Reply(text="Started.")]
        talk.say("开始吧")
        assert len(talk.world.runs) == 1


def test_a_model_that_calls_start_itself_still_waits(tmp_path: Path) -> None:
    script = [
        Reply(call=("import_data", {"file": "tea.jsonl"})),
        Reply(call=("propose_plan", {})),
        Reply(text="Starting.", call=("start_training", {}), more=(("start_training", {}),)),
    ]
    with ScriptedServer(script) as server:
        talk = talk_with(server, tmp_path)
        chat = talk.say("just do it all", tea_file(tmp_path))
        assert talk.world.runs == {}
        assert chat.pending is not None
        assert chat.pending.arguments["plan"]["dataset_id"]
        waiting = [status for verb, status in tools(chat) if verb == "start_training"]
        assert sorted(waiting) == ["declined", "waiting"]

        server.script[:] = [Reply(text="Nothing was started.")]
        chat = talk.say("no")
        assert chat.pending is None
        assert talk.world.runs == {}
        server.script[:] = [Reply(text="Still here.")]
        assert last_said(talk.say("are you there, my friend?")) == "Still here."


def test_other_talk_leaves_what_waits_and_the_model_knows_of_it(tmp_path: Path) -> None:
    script = [
        Reply(call=("import_data", {"file": "tea.jsonl"})),
        Reply(call=("propose_plan", {})),
        Reply(text="Ready."),
    ]
    with ScriptedServer(script) as server:
        talk = talk_with(server, tmp_path)
        pending = talk.say("", tea_file(tmp_path)).pending
        server.script[:] = [Reply(text="Tea is lovely.")]
        assert talk.say("do you like tea?").pending == pending
        told = json.dumps(server.asked[-1]["messages"])
        assert "waits_for_the_persons_approval" in told


def test_without_a_tool_parser_the_rules_answer_and_say_so_once(tmp_path: Path) -> None:
    with ScriptedServer([Reply(status=400)]) as server:
        talk = talk_with(server, tmp_path)
        chat = talk.say("", tea_file(tmp_path))
        assert chat.driver == "offline"
        assert chat.pending is not None
        assert len(troubles(chat)) == 1
        assert "llm-1" in troubles(chat)[0]
        assert "--enable-auto-tool-choice" in str(chat.items)
        assert len(troubles(talk.say("use 3 epochs"))) == 1
        server.script[:] = [Reply(text="Back again.")]
        chat = talk.say("are you there?")
        assert (chat.driver, last_said(chat)) == ("llm-1", "Back again.")
        server.script[:] = [Reply(status=400)]
        assert len(troubles(talk.say("hello"))) == 2


def test_nobody_at_the_address(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = EndpointSetting(base_url=f"http://127.0.0.1:{port}/v1", model="llm-1")
    talk = Talk(tmp_path / "home", assistant=endpoint)
    chat = talk.say("hello")
    assert chat.driver == "offline"
    assert "can't be reached" in troubles(chat)[0]
    assert "Hello!" in str(chat.items)


def test_a_model_that_dies_after_a_tool_leaves_a_whole_answer(tmp_path: Path) -> None:
    script = [
        Reply(call=("import_data", {"file": "tea.jsonl"})),
        Reply(status=400, message="out of memory"),
    ]
    with ScriptedServer(script) as server:
        talk = talk_with(server, tmp_path)
        chat = talk.say("", tea_file(tmp_path))
        assert [verb for verb, _ in tools(chat)].count("import_data") == 1
        assert chat.pending is not None
        assert "40" in str([item for item in chat.items if isinstance(item, AssistantSaid)])


def test_a_stream_that_breaks_off_is_answered_by_the_rules(tmp_path: Path) -> None:
    with ScriptedServer([Reply(text="I will now", dies=True)]) as server:
        talk = talk_with(server, tmp_path)
        chat = talk.say("hello")
        assert "Hello!" in str(chat.items)
        assert len(troubles(chat)) == 1
        assert all(item.done for item in chat.items if isinstance(item, AssistantSaid))


def test_a_stream_that_breaks_off_after_an_approved_start_starts_nothing_twice(
    tmp_path: Path,
) -> None:
    script = [
        Reply(call=("import_data", {"file": "tea.jsonl"})),
        Reply(call=("propose_plan", {})),
        Reply(text="Ready."),
        Reply(text="It has", dies=True),
    ]
    with ScriptedServer(script) as server:
        talk = talk_with(server, tmp_path)
        talk.say("", tea_file(tmp_path))
        chat = talk.say("start")
        assert len(talk.world.runs) == 1
        assert "has started" in str(chat.items)


def test_a_server_that_names_all_its_calls_alike_gets_a_line_for_each(tmp_path: Path) -> None:
    script = [
        Reply(call=("runs", {})),
        Reply(text="None."),
        Reply(call=("datasets", {})),
        Reply(text="None."),
    ]
    with ScriptedServer(script) as server:
        talk = talk_with(server, tmp_path)
        talk.say("what runs, friend?")
        chat = talk.say("and what data, friend?")
        assert tools(chat) == [("runs", "done"), ("datasets", "done")]
        assert len({item.call_id for item in chat.items if isinstance(item, ToolUsed)}) == 2


def test_nonsense_calls_end_in_an_answer(tmp_path: Path) -> None:
    with ScriptedServer([Reply(call=("launch_rocket", {}))]) as server:
        chat = talk_with(server, tmp_path).say("hello")
        assert "Hello!" in str(chat.items)
        assert len(server.asked) < 8
        assert {status for _, status in tools(chat)} == {"failed"}
    with ScriptedServer([Reply(call=("run", {}), arguments="{not json")]) as server:
        chat = talk_with(server, tmp_path / "b").say("hello")
        assert "Hello!" in str(chat.items)


def test_a_model_that_never_stops_calling_is_stopped(tmp_path: Path) -> None:
    with ScriptedServer([Reply(call=("runs", {}))]) as server:
        chat = talk_with(server, tmp_path).say("hello")
        assert len(server.asked) <= 12
        assert len(troubles(chat)) == 1


def test_errors_of_tools_reach_the_model_and_the_person(tmp_path: Path) -> None:
    script = [Reply(call=("open_pair", {})), Reply(text="There is nothing to compare yet.")]
    with ScriptedServer(script) as server:
        chat = talk_with(server, tmp_path).say("let me talk to it")
        assert troubles(chat) == ["There is no run finished."]
        assert tools(chat) == [("open_pair", "failed")]
        assert "There is no run finished" in json.dumps(server.asked[-1]["messages"][-1])


def test_the_history_survives_and_a_damaged_one_is_put_aside(tmp_path: Path) -> None:
    with ScriptedServer([Reply(text="Noted.")]) as server:
        talk = talk_with(server, tmp_path)
        talk.say("my cat is called Ada")
        again = Talk(talk.home, talk.world, assistant=server.endpoint)
        again.say("what did I say about my cat?")
        assert "my cat is called Ada" in json.dumps(server.asked[-1]["messages"])
        folder = again.actions.workspace.chat(again.chat_id)
        (folder / "history.json").write_text("{broken")
        again.say("hello again, friend")
        assert "Ada" not in json.dumps(server.asked[-1]["messages"])
        assert list(folder.glob("damaged-*.history.json"))


def test_a_long_past_is_cut_at_something_the_person_said() -> None:
    from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, TextPart

    from core.assistant.history import REMINDED_OF, reminded

    past: list[ModelMessage] = []
    for number in range(REMINDED_OF):
        past.append(ModelRequest.user_text_prompt(f"note {number}"))
        past.append(ModelResponse(parts=[TextPart("Noted.")]))
    kept = reminded(past[:-1])
    assert REMINDED_OF - 2 <= len(kept) <= REMINDED_OF
    assert isinstance(kept[0], ModelRequest)
    assert reminded(past[:3]) == past[:3]
