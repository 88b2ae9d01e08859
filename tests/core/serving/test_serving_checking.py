"""An adapter is shown as tuned only when what is served is what was trained."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from core.errors import ServingError
from core.processes import ProcessId
from core.serving import checking
from core.serving.checking import Side
from core.serving.records import Adapter, AdapterCheck, Engine
from core.training.parity import Parity, Probe
from tests.fakes import FakeServer

ADAPTER = Adapter(id="ad-0000", folder="/adapters/ad-0000", rank=8)
TOKENS = 60


def values(seed: int, spread: float) -> tuple[float, ...]:
    source = random.Random(seed)
    return tuple(source.gauss(0, spread) for _ in range(TOKENS - 1))


def plus(left: Sequence[float], right: Sequence[float], times: float = 1.0) -> tuple[float, ...]:
    return tuple(a + times * b for a, b in zip(left, right, strict=True))


BASE = values(1, 2.0)
CHANGE = values(2, 0.5)


def served_as(
    server: FakeServer,
    base: Sequence[float],
    tuned: Sequence[float],
    change: Sequence[float] = CHANGE,
    dtype: str = "float32",
) -> AdapterCheck:
    """Check a server that serves these log-probabilities against a training that saw `change`."""
    probe = Probe(token_ids=tuple(range(TOKENS)), base=BASE, tuned=plus(BASE, change))
    parity = Parity(
        base_model="starter",
        revision=None,
        dtype=dtype,
        template_sha256="",
        chat_template_kwargs={},
        stop_token_ids=(),
        probes=(probe,),
    )
    engine = Engine(
        id="eng-0000",
        base_model="starter",
        model_path="",
        port=server.port,
        process=ProcessId(pid=1, started=0),
        log="",
        started="",
        max_length=64,
        dtype=dtype,
    )
    server.logprobs = lambda model, _: tuned if model == ADAPTER.id else base
    with checking.connect(engine, server.key) as client:
        checking.load(client, ADAPTER)
        assert server.loaded == {ADAPTER.id: ADAPTER.folder}
        sides = [Side(client, engine, name) for name in ("base", ADAPTER.id)]
        return checking.check(sides[0], sides[1], ADAPTER.id, parity)


def test_the_trained_adapter_agrees(fake_server: FakeServer) -> None:
    found = served_as(fake_server, BASE, plus(BASE, CHANGE))
    assert found.agrees
    assert found.tokens == TOKENS - 1
    assert found.worst_difference < 1e-9
    assert found.served_change == pytest.approx(max(map(abs, CHANGE)))
    assert found.trained_change == pytest.approx(found.served_change)


def test_an_adapter_without_effect_does_not(fake_server: FakeServer) -> None:
    found = served_as(fake_server, BASE, BASE)
    assert not found.agrees
    assert "without any effect" in str(checking.disagreement(found))


def test_an_effect_below_the_tolerance_is_still_missed(fake_server: FakeServer) -> None:
    small = values(3, 0.0005)
    assert not served_as(fake_server, BASE, BASE, change=small).agrees
    assert served_as(fake_server, BASE, plus(BASE, small), change=small).agrees


def test_a_wrong_scale_does_not(fake_server: FakeServer) -> None:
    found = served_as(fake_server, BASE, plus(BASE, CHANGE, times=2))
    assert not found.agrees
    assert "another effect" in str(checking.disagreement(found))


def test_rounding_of_16_bits_is_no_disagreement(fake_server: FakeServer) -> None:
    base, tuned = plus(BASE, values(4, 0.02)), plus(plus(BASE, CHANGE), values(5, 0.02))
    assert served_as(fake_server, base, tuned, dtype="bfloat16").agrees
    assert not served_as(fake_server, base, tuned).agrees


def test_noise_of_16_bits_does_not_pass_for_the_effect(fake_server: FakeServer) -> None:
    weak = values(6, 0.05)
    inert = plus(BASE, values(5, 0.005))
    assert not served_as(fake_server, BASE, inert, change=weak, dtype="bfloat16").agrees


def test_an_adapter_that_changes_nothing_agrees_when_nothing_changes(
    fake_server: FakeServer,
) -> None:
    nothing = (0.0,) * (TOKENS - 1)
    assert served_as(fake_server, BASE, BASE, change=nothing).agrees
    assert not served_as(fake_server, BASE, plus(BASE, CHANGE), change=nothing).agrees


def test_another_base_model_is_told_apart(fake_server: FakeServer) -> None:
    other = plus(BASE, values(7, 1.0))
    found = served_as(fake_server, other, plus(other, CHANGE))
    assert not found.agrees
    assert "base model itself" in str(checking.disagreement(found))


def test_what_the_engine_says_against_an_adapter_is_told(fake_server: FakeServer) -> None:
    engine_key = "wrong-" + fake_server.key
    fake = Engine(
        id="eng-0000",
        base_model="starter",
        model_path="",
        port=fake_server.port,
        process=ProcessId(pid=1, started=0),
        log="",
        started="",
        max_length=64,
    )
    with (
        checking.connect(fake, engine_key) as client,
        pytest.raises(ServingError, match="refused the adapter"),
    ):
        checking.load(client, ADAPTER)
