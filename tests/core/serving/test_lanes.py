"""Contenders become lanes: one engine for all adapters of a base, each proven or said not to be."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.actions import Actions
from core.errors import RunError, ServingError
from core.messages import Message
from core.models.catalog import STARTER_FOLDER
from core.serving import adapters, chat, endpoints, registry, room
from core.serving.contenders import Contender, Lane
from core.serving.engines import Engines
from core.serving.records import Adapter, Generation, Sampling
from tests.core.serving.serving_runs import adapter_run, fake_engines, library_entry
from tests.core.serving.test_serving_adapters import write_adapter
from tests.fakes import Behaviour, FakeServer

pytestmark = pytest.mark.slow

BASE = Contender(kind="base", name="starter")
FIRST, SECOND = "run-20261121-100000-aaaa", "run-20261121-100000-bbbb"


@pytest.fixture(scope="module")
def actions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Actions]:
    with (
        pytest.MonkeyPatch.context() as patch,
        fake_engines(tmp_path_factory.mktemp("lanes")) as engines,
    ):
        patch.setenv("VLLM_FAKE", "whole")
        workspace = engines.workspace
        first = adapter_run(workspace, FIRST, 0.5, steps=(4,))
        adapter_run(workspace, SECOND, 0.25, rank=40)
        library_entry(first, workspace, "kept", proven=True)
        library_entry(first, workspace, "bare", proven=False)
        yield Actions(workspace, engines.settings)


def run_of(name: str) -> Contender:
    return Contender(kind="run", name=name)


def ask(lanes: tuple[Lane, ...], *asked: str) -> tuple[Generation, ...]:
    messages = [(Message(role="user", content=text),) for text in asked]

    async def read() -> tuple[Generation, ...]:
        async for states in chat.stream_many(lanes, messages, Sampling()):
            last = states
        return last

    return asyncio.run(read())


def test_adapters_of_one_base_share_an_engine_of_the_largest_rank(actions: Actions) -> None:
    step = Contender(kind="checkpoint", name=FIRST, step=4)
    lanes = actions.open_lanes([BASE, run_of(FIRST), run_of(SECOND), step])
    assert len({lane.endpoint.base_url for lane in lanes}) == 1
    (served,) = actions.served()
    assert served.engine.max_rank == 64
    assert served.models == tuple(lane.endpoint.model for lane in lanes)
    assert [lane.check is not None for lane in lanes] == [False, True, True, False]
    assert [lane.title for lane in lanes] == ["starter", "by hand", "by hand", "by hand (step 4)"]
    assert "Not proven" in lanes[3].note
    assert lanes[0].endpoint.template_kwargs == {"enable_thinking": False}
    told = ask(lanes, "a", "b", "c", "d")
    assert [one.text for one in told] == [f"Hello from {lane.endpoint.model}" for lane in lanes]


def test_opened_again_they_are_the_same_and_nothing_is_said(actions: Actions) -> None:
    first = actions.open_lanes([BASE, run_of(FIRST)])
    said: list[str] = []
    assert actions.open_lanes([BASE, run_of(FIRST)], said.append) == first
    assert said == []


def test_the_library_is_proven_by_what_it_kept(actions: Actions) -> None:
    kept, bare = actions.open_lanes([Contender(kind="library", name=n) for n in ("kept", "bare")])
    assert kept.check is not None
    assert kept.check.agrees
    assert bare.check is None
    assert "nothing to compare" in bare.note


def test_an_endpoint_needs_no_engine(actions: Actions, fake_server: FakeServer) -> None:
    actions.stop_engine()
    actions.save_endpoint("other", fake_server.base_url, "base", fake_server.key)
    (lane,) = actions.open_lanes([Contender(kind="endpoint", name="other")])
    assert actions.engine() is None
    assert ask((lane,), "Hi")[0].text == "Hello from the fake."


def test_one_that_dies_leaves_an_endpoint_whole_and_opening_again_helps(
    actions: Actions, fake_server: FakeServer
) -> None:
    fake_server.models["base"] = Behaviour("a b c d e f", piece_s=0.1)
    endpoints.save(actions.workspace, fake_server.endpoint("base", label="far"))
    picked = [BASE, run_of(FIRST), Contender(kind="endpoint", name="far")]
    base, tuned, far = ask(actions.open_lanes(picked), "die", "Hello?", "Hello?")
    assert base.error is not None
    assert "went away" in base.error
    assert tuned.error is not None
    assert (far.text, far.error) == ("a b c d e f", None)
    again = ask(actions.open_lanes(picked), "x", "y", "z")
    assert [one.error for one in again] == [None] * 3


@pytest.mark.parametrize("count", [0, 5])
def test_too_few_or_many_are_refused(actions: Actions, count: int) -> None:
    with pytest.raises(ServingError, match=f"{count} models were picked"):
        actions.open_lanes([BASE] * count)


def test_what_does_not_exist_is_named(actions: Actions) -> None:
    with pytest.raises(RunError, match="step 5") as caught:
        actions.open_lanes([Contender(kind="checkpoint", name=FIRST, step=5)])
    assert "4" in caught.value.fix
    with pytest.raises(RunError, match="no model called 'none'"):
        actions.open_lanes([Contender(kind="library", name="none")])
    with pytest.raises(ServingError, match="name 'none'"):
        actions.open_lanes([Contender(kind="endpoint", name="none")])


def test_all_that_can_be_asked_is_offered(actions: Actions) -> None:
    found = [offer.contender.key for offer in actions.contenders()]
    assert found[0] == "base:starter"
    assert {f"run:{FIRST}", f"checkpoint:{FIRST}@4", f"run:{SECOND}", "library:kept"} <= {*found}


def test_bases_that_do_not_fit_together_are_named(
    actions: Actions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "main_memory", lambda: (4_000_000_000, 1_500_000_000))
    monkeypatch.setattr(room, "PROGRAM_BYTES", 1_000_000_000)
    copied = tmp_path / "copied"
    copied.mkdir()
    for file in STARTER_FOLDER.iterdir():
        (copied / file.name).symlink_to(file)
    actions.stop_engine()
    picked = [BASE, run_of(FIRST), Contender(kind="base", name=str(copied))]
    with pytest.raises(ServingError, match="can't be shown together") as caught:
        actions.open_lanes(picked)
    assert "starter, by hand." in caught.value.fix
    assert "copied" not in caught.value.fix


# -- adapters over time ---------------------------------------------------------------------------


def published(engines: Engines, folder: Path, number: int) -> Adapter:
    return adapters.publish(
        engines.workspace, write_adapter(folder / str(number), lora_alpha=number)
    )


def test_the_least_recently_used_is_withdrawn_but_none_that_is_asked(
    actions: Actions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "MOST_ADAPTERS", 2)
    actions.stop_engine()
    actions.open_lanes([BASE])
    engines = actions.engines
    engine = engines.running()
    assert engine is not None
    one, two, three = (published(engines, tmp_path, n) for n in range(3))
    folder = engines.folder(engine)
    for adapter in (one, two):
        registry.offer(engines, engine, adapter)
    registry.offer(engines, engine, one)  # so `two` is the one that was not asked for longest
    registry.offer(engines, engine, three)
    assert set(registry.offered(engines, engine)) == {"base", one.id, three.id}
    assert folder.registered() == tuple(sorted((one.id, three.id)))
    with (folder.uses / one.id).open() as first:
        fcntl.flock(first, fcntl.LOCK_SH)  # as the server does while it is asked
        registry.offer(engines, engine, two)
        assert set(registry.offered(engines, engine)) == {"base", one.id, two.id}
        with (folder.uses / two.id).open() as second:
            fcntl.flock(second, fcntl.LOCK_SH)
            with pytest.raises(ServingError, match="all of them are being asked"):
                registry.offer(engines, engine, three)
    assert Path(three.folder).is_dir(), "a copy is never removed with its registration"


def test_removing_a_run_removes_its_copies_unless_an_engine_has_them(actions: Actions) -> None:
    actions.stop_engine()
    run = adapter_run(actions.workspace, "run-20261121-100000-cccc", 0.75, steps=(2,))
    name = run.folder.run_id
    step = Contender(kind="checkpoint", name=name, step=2)
    adapter, kept = (lane.endpoint.model for lane in actions.open_lanes([run_of(name), step]))
    with pytest.raises(RunError, match="being served"):
        actions.delete_run(name)
    engine = actions.engine()
    assert engine is not None
    registry.withdraw(actions.engines, engine, adapter)
    actions.delete_run(name)
    assert not actions.workspace.adapter(adapter).exists()
    assert actions.workspace.adapter(kept).is_dir(), "the engine may read it again"
