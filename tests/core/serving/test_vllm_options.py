"""Options for vLLM are passed on when they are known, and refused by name when Duotune decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import SettingError
from core.serving import commands, launch, vllm_options
from core.serving.gpu import GpuMemory
from core.settings import Settings, read_settings


def command(text: str) -> list[str]:
    settings = Settings(offline=True, vllm_options=vllm_options.parse(text), engine="vllm")
    return commands.arguments(launch.want(settings, "starter", None, 16), Path("python"), 1)


def test_they_are_read_under_their_full_names() -> None:
    text = "-tp 2 --data_parallel_size=2 --enforce-eager --gpu-memory-utilization 0.7"
    given = read_settings({"DUOTUNE_VLLM_OPTIONS": text}).vllm_options
    assert given == (
        "--tensor-parallel-size", "2", "--data-parallel-size", "2",
        "--gpu-memory-utilization", "0.7", "--enforce-eager",
    )  # fmt: skip
    assert vllm_options.devices(given) == 4
    assert vllm_options.devices(()) == 1


def test_they_take_the_place_of_ours_on_the_command_line() -> None:
    told = command("--max-num-seqs 3 --max-model-len 512 --enforce-eager")
    for name, value in (("--max-num-seqs", "3"), ("--max-model-len", "512")):
        assert told.count(name) == 1
        assert told[told.index(name) + 1] == value
    assert told.count("--enforce-eager") == 1


def test_on_a_cpu_nothing_is_compiled_unless_the_person_says_how() -> None:
    assert "--enforce-eager" in command("")
    assert "--enforce-eager" not in command("--compilation-config '{\"mode\": 3}'")
    settings = Settings(offline=True, engine="vllm")
    memory = GpuMemory(total=80_000, used=500)
    wanted = launch.want(settings, "starter", None, 16).model_copy(update={"gpu": memory})
    assert "--enforce-eager" not in commands.arguments(wanted, Path("python"), 1)


def test_several_copies_of_a_model_have_one_server_for_adapters() -> None:
    told = command("--data-parallel-size 2")
    assert told[told.index("--api-server-count") + 1] == "1"
    assert "--api-server-count" not in command("")


@pytest.mark.parametrize("name", vllm_options.OURS)
def test_what_duotune_decides_is_refused_by_name(name: str) -> None:
    with pytest.raises(SettingError, match=f"holds {name}, which Duotune decides") as caught:
        vllm_options.parse(f"--enforce-eager {name.replace('-', '_').replace('__', '--', 1)}=1")
    assert name in caught.value.fix


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("--made-up 1", "--made-up"),
        ("--max-num-seqs many", "--max-num-seqs"),
        ("-tp 0", "0 is below 1"),
        ("--tensor 2", "--tensor"),
        ("--kv-cache-dtype 'fp8", "quotation"),
    ],
)
def test_what_can_not_be_used_is_named(text: str, says: str) -> None:
    with pytest.raises(SettingError) as caught:
        vllm_options.parse(text)
    assert says in caught.value.problem


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DUOTUNE_ENGINE", "ollama"),
        ("DUOTUNE_ENGINE_ON_EXIT", "maybe"),
        ("DUOTUNE_ENGINE_IDLE_MINUTES", "-1"),
        ("DUOTUNE_ENGINE_IDLE_MINUTES", "soon"),
    ],
)
def test_settings_of_the_engine_are_checked(variable: str, value: str) -> None:
    with pytest.raises(SettingError, match=f"{variable} is '{value}'"):
        read_settings({variable: value})


def test_settings_of_the_engine_are_read() -> None:
    found = read_settings(
        {
            "DUOTUNE_ENGINE": "transformers",
            "DUOTUNE_ENGINE_ON_EXIT": "stop",
            "DUOTUNE_ENGINE_IDLE_MINUTES": "0",
            "DUOTUNE_ENGINE_SLEEP": "1",
        }
    )
    assert (found.engine, found.engine_on_exit) == ("transformers", "stop")
    assert (found.engine_idle_minutes, found.engine_sleep) == (0, True)
