"""Which program serves a model: vLLM where it can, else transformers, and the person is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import ServingError
from core.models import catalog
from core.models.catalog import ResolvedModel
from core.serving import commands, gpu, launch, room
from core.serving.gpu import GpuMemory
from core.serving.launch import SLOW
from core.settings import Settings
from core.workspace import Workspace
from tests.fake_vllm import make_environment


@pytest.fixture
def starter() -> ResolvedModel:
    return catalog.resolve("starter", None, Settings(offline=True))


def with_heads(model: ResolvedModel, size: int) -> ResolvedModel:
    assert model.shape is not None
    return model.model_copy(update={"shape": model.shape.model_copy(update={"head_dim": size})})


def test_without_vllm_transformers_answers_and_says_so(
    starter: ResolvedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "SERVE_PYTHON", tmp_path / "missing")
    assert launch.choose(Settings(), starter, None) == (
        "transformers", f"{SLOW} vLLM is not set up.",
    )  # fmt: skip
    monkeypatch.setattr(launch, "SERVE_PYTHON", make_environment(tmp_path / "serve"))
    assert launch.choose(Settings(), starter, None) == ("vllm", "")
    assert launch.choose(Settings(engine="transformers"), starter, None) == ("transformers", SLOW)


def test_heads_that_vllm_can_not_run_on_a_processor(starter: ResolvedModel, tmp_path: Path) -> None:
    odd, python = with_heads(starter, 48), make_environment(tmp_path / "serve")
    engine, note = launch.choose(Settings(vllm_python=python), odd, None)
    assert engine == "transformers"
    assert "attention" in note
    with pytest.raises(ServingError, match="size 48"):
        launch.choose(Settings(vllm_python=python, engine="vllm"), odd, None)
    memory = GpuMemory(total=80_000, used=0)
    assert launch.choose(Settings(vllm_python=python), odd, memory) == ("vllm", "")


def test_the_plain_program_gets_the_model_and_no_key(tmp_path: Path) -> None:
    wanted = launch.want(Settings(offline=True, engine="transformers"), "starter", None, 16)
    command = commands.arguments(wanted, None, 7)
    assert command[command.index("--port") + 1] == "7"
    assert command[command.index("-m") + 1] == "core.serving.plain_server"
    env = commands.environment(wanted, "key", tmp_path / "lease", (3, 4), {"PATH": "/bin"})
    assert (env["VLLM_API_KEY"], env["DUOTUNE_ENGINE_SLOTS"]) == ("key", "3,4")
    assert env["DUOTUNE_ENGINE_IDLE_S"] == "1800.0"
    assert "key" not in command


def test_options_for_more_gpus_than_there_are_name_the_setting(workspace: Workspace) -> None:
    memory = GpuMemory(total=80_000, used=0)
    with (
        pytest.raises(ServingError, match="ask for 9 GPUs, and this machine has 1"),
        gpu.shared_slot(workspace, memory, "eng-1", count=9),
    ):
        pass


def test_engines_for_several_models_need_the_gpu_together(starter: ResolvedModel) -> None:
    assert starter.shape is not None
    large = starter.shape.model_copy(update={"parameters": 20_000_000_000})
    model = starter.model_copy(update={"shape": large})
    one = launch.want(Settings(offline=True, engine="transformers"), "starter", None, 1)
    wanted = one.model_copy(update={"model": model, "gpu": GpuMemory(total=80_000, used=0)})
    free, cost = room._measures(None, [wanted])  # type: ignore[arg-type]
    assert cost(wanted) == 50e9
    assert cost(wanted) < free < 2 * cost(wanted)


@pytest.mark.slow
def test_the_base_gets_nothing_of_an_adapter_in_its_batch() -> None:
    import torch

    from core.serving.vllm_server import without_adapter_nothing

    def as_vllm(inputs: torch.Tensor, weights: torch.Tensor, out: torch.Tensor, rows: torch.Tensor,
                add_inputs: bool = True) -> None:  # fmt: skip
        assert add_inputs
        out += torch.einsum("bi,boi->bo", inputs, weights[rows])

    weights, inputs = torch.randn(2, 3, 4), torch.randn(3, 4)
    rows, wrong, right = torch.tensor([0, -1, 1]), torch.zeros(3, 3), torch.zeros(3, 3)
    as_vllm(inputs, weights, wrong, rows)
    assert wrong[1].abs().sum() > 0, "what is mended"
    without_adapter_nothing(as_vllm)(inputs, weights, right, rows, add_inputs=True)
    assert right[1].abs().sum() == 0
    assert torch.equal(right[[0, 2]], wrong[[0, 2]])
    with pytest.raises(RuntimeError):
        as_vllm(torch.randn(5, 4), weights, torch.zeros(5, 3), rows)
    untouched = torch.zeros(5, 3)
    without_adapter_nothing(as_vllm)(torch.randn(5, 4), weights, untouched, rows)
    assert untouched.abs().sum() == 0
