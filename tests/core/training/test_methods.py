"""Every method trains, goes on bit by bit after a death, and publishes what engines can load."""

from __future__ import annotations

import json
import shutil
import weakref
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from core.errors import PlanError
from core.models import folders
from core.models.catalog import resolve
from core.settings import Settings
from core.training import manifests, parity, sizes
from core.training.events import Evaluated, StepLogged, TrainerReady, WarningRaised
from core.training.parity import Probe
from core.training.plan import TrainingPlan
from core.workspace import RunFolder, Workspace
from tests.core.training.attempts import carry_out, happened, tensors
from tests.core.training.conftest import Data, dialogue, make_data

pytestmark = pytest.mark.slow

OFFLINE = Settings(offline=True)
STATE = (".safetensors", ".pt")
METHODS: dict[str, dict[str, Any]] = {
    "dora": {"method": "dora"},
    "full": {"method": "full", "learning_rate": 1e-3},
    "layers": {"modules_to_save": "embed_tokens"},
    "packed": {"packing": True},
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Data:
    workspace = Workspace.open(tmp_path_factory.mktemp("methods") / "workspace")
    parts = ["train"] * 48 + ["validation"] * 6 + ["test"] * 6
    return make_data(workspace, [dialogue(n, part) for n, part in enumerate(parts)])


def train(shop: Data, model: Path, name: str, **changes: Any) -> RunFolder:
    settings = {"max_steps": 6, "dropout": 0.1, "batch_size": 4, **changes}
    return carry_out(shop, f"run-{name}", shop.plan(str(model), **settings))


@pytest.fixture(scope="module")
def lora(shop: Data, tiny_model: Path) -> RunFolder:
    return train(shop, tiny_model, "lora-0001")


@pytest.fixture(scope="module")
def full(shop: Data, tiny_model: Path) -> RunFolder:
    """Its trainer must be gone before other models are loaded: there is room for one."""
    from core.training.program import building

    real, left = building.release, []

    def release(trainer: Any) -> None:
        model = weakref.ref(trainer.model)
        real(trainer)
        left.append(model())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "release", release)
        folder = train(shop, tiny_model, "full-0001", **METHODS["full"])
    assert left == [None]
    return folder


def runs_plan(folder: RunFolder) -> TrainingPlan:
    return TrainingPlan.model_validate_json(folder.plan.read_bytes())


def weights(folder: RunFolder) -> dict[str, bytes]:
    """Of what was published, whatever it is."""
    result = folder.adapter if folder.adapter.is_dir() else folder.model
    return tensors(next(result.glob("*.safetensors")))


def losses(folder: RunFolder) -> list[float]:
    return [event.loss for event in happened(folder) if isinstance(event, StepLogged)]


def validation(folder: RunFolder) -> list[float]:
    return [event.loss for event in happened(folder) if isinstance(event, Evaluated)]


def probes(folder: RunFolder) -> tuple[Probe, ...]:
    return parity.load(folder.parity).probes


@pytest.mark.parametrize("name", METHODS)
def test_a_method_trains_and_goes_on_bit_by_bit(shop: Data, tiny_model: Path, name: str) -> None:
    whole = train(shop, tiny_model, f"{name}-0011", **METHODS[name])
    is_adapter = name == "packed"
    assert manifests.damage(whole.published(is_adapter)) is None
    assert not whole.published(not is_adapter).exists()
    assert losses(whole)[-1] < losses(whole)[0]
    record = parity.load(whole.parity)
    assert record.trained_change > 0.01
    assert record.result == ("adapter" if is_adapter else "model")

    kept = [p for p in (whole.checkpoints / "checkpoint-6").iterdir() if p.suffix in STATE]
    expected = sizes.checkpoint_bytes(runs_plan(whole), resolve(str(tiny_model), None, OFFLINE))
    assert 0 <= sum(path.stat().st_size for path in kept) - expected < 60_000, "headers alone"

    cut = shop.workspace.run(f"run-{name}-0012")
    first = "checkpoint-4"
    shutil.copytree(whole.checkpoints / first, cut.checkpoints / first)
    train(shop, tiny_model, f"{name}-0012", **METHODS[name])
    assert losses(cut) == losses(whole)[4:]
    assert weights(cut) == weights(whole)


def test_a_whole_model_is_published_as_any_model_is(full: RunFolder, tiny_model: Path) -> None:
    shape = folders.inspect(full.model)
    assert shape.parameters == folders.inspect(tiny_model).parameters
    assert folders.chat_template(full.model) == folders.chat_template(tiny_model)
    names = {path.name for path in full.model.iterdir()}
    assert {"model.safetensors", "config.json", "generation_config.json"} <= names
    assert {"tokenizer.json", "chat_template.jinja", "README.md"} <= names
    assert not any(name.endswith((".bin", ".pt", ".pth")) for name in names)
    for path in full.model.iterdir():
        if path.suffix != ".safetensors":
            assert str(full.root.parents[2]) not in path.read_text(encoding="utf-8"), path.name
    card = (full.model / "README.md").read_text(encoding="utf-8")
    assert "every weight trained, from `tiny`" in card
    assert "LoRA" not in card


def test_the_published_model_is_the_trained_one(shop: Data, full: RunFolder) -> None:
    """The parity record is of the published weights, and these are the best checkpoint's."""
    import torch
    from transformers import AutoModelForCausalLM

    from core.training.program import whole

    found = AutoModelForCausalLM.from_pretrained(full.model, dtype=torch.float32)
    record = parity.load(full.parity)
    for probe in record.probes:
        assert whole.logprobs(found, list(probe.token_ids)) == pytest.approx(probe.tuned, abs=1e-5)
    assert record.saving_difference == 0.0
    validated = {e.step: e.loss for e in happened(full) if isinstance(e, Evaluated) and e.step}
    best = full.checkpoints / f"checkpoint-{min(validated, key=validated.__getitem__)}"
    assert tensors(best / "model.safetensors") == weights(full)


def test_scale_is_alpha_by_the_root_of_rank(shop: Data, tiny_model: Path, lora: RunFolder) -> None:
    """rsLoRA with alpha 16 at rank 16 changes as much as LoRA with alpha 64 does."""
    stabilised = {"method": "rslora", "rank": 16, "alpha": 16, "dropout": 0.0, "max_steps": 2}
    one = train(shop, tiny_model, "scale-0001", **stabilised)
    plain = {**stabilised, "method": "lora", "alpha": 64}
    other = train(shop, tiny_model, "scale-0002", **plain)
    assert probes(one) == probes(other)
    config = json.loads((one.adapter / "adapter_config.json").read_text())
    assert config["use_rslora"] is True


def test_packed_rows_do_not_see_each_other(shop: Data, tiny_model: Path) -> None:
    """One step over all rows: the same loss and the same update, in fewer sequences."""
    changes: dict[str, Any] = {"batch_size": 48, "max_steps": 2, "dropout": 0.0, "evaluations": 2}
    apart = train(shop, tiny_model, "apart-0001", **changes)
    for attention in ("sdpa", "eager"):
        changes["attention"] = attention
        packed = train(shop, tiny_model, f"packed-{attention}", packing=True, **changes)
        assert losses(packed) == pytest.approx(losses(apart), abs=1e-5)
        assert validation(packed) == pytest.approx(validation(apart), abs=1e-5)
        for one, other in zip(probes(apart), probes(packed), strict=True):
            assert other.tuned == pytest.approx(one.tuned, abs=1e-3), "after one update of Adam's"


def test_what_auto_came_to_is_said_once(lora: RunFolder) -> None:
    (ready,) = [event for event in happened(lora) if isinstance(event, TrainerReady)]
    assert ready.settings["precision"] == "float32"
    assert ready.settings["attention"] == "sdpa"
    assert ready.settings["gradient_checkpointing"] == "off"
    assert 0 < ready.trainable < ready.parameters


def test_another_template_is_refused_and_other_tokens_are_told(
    shop: Data, tiny_model: Path
) -> None:
    with pytest.raises(PlanError, match="chat template is not the one"):
        train(shop, tiny_model, "other-0001", template_sha256="0" * 64)
    told = train(shop, tiny_model, "other-0002", mask_sha256="0" * 64, max_steps=0)
    warnings = [event.message for event in happened(told) if isinstance(event, WarningRaised)]
    assert any("marks other tokens" in warning for warning in warnings)


def test_a_run_goes_on_from_another_runs_adapter(
    shop: Data, tiny_model: Path, lora: RunFolder
) -> None:
    untouched = train(shop, tiny_model, "on-0001", start_from="run-lora-0001", max_steps=0)
    assert weights(untouched) == weights(lora)
    further = train(shop, tiny_model, "on-0002", start_from="run-lora-0001", dropout=0.0)
    assert losses(further)[0] < losses(lora)[0] - 0.01
    merged = train(
        shop, tiny_model, "on-0003", start_from="run-lora-0001", method="full", max_steps=0
    )
    (ready,) = [event for event in happened(merged) if isinstance(event, TrainerReady)]
    assert ready.trainable == ready.parameters
    for one, other in zip(probes(lora), probes(merged), strict=True):
        assert other.base == pytest.approx(one.base, abs=1e-5)
        assert other.tuned == pytest.approx(one.tuned, abs=1e-5)


def test_a_run_goes_on_from_another_runs_model(
    shop: Data, tiny_model: Path, full: RunFolder
) -> None:
    begun = train(
        shop, tiny_model, "on-0004", start_from="run-full-0001", method="dora", max_steps=0
    )
    for one, other in zip(probes(full), probes(begun), strict=True):
        assert other.base == pytest.approx(one.base, abs=1e-5), "still the base, not the start"
        assert other.tuned == pytest.approx(one.tuned, abs=1e-4)


@pytest.mark.parametrize("method", ["dora", "full"])
def test_no_step_makes_a_model_that_changes_nothing(
    shop: Data, tiny_model: Path, method: str
) -> None:
    folder = train(shop, tiny_model, f"none-{method}", method=method, max_steps=0)
    (end,) = [event for event in happened(folder) if event.kind == "run_succeeded"]
    assert end.changes_model is False


@pytest.mark.gpu
@pytest.mark.skipif(
    shutil.which("nvidia-smi") is None or find_spec("bitsandbytes") is None,
    reason="no NVIDIA GPU with bitsandbytes here",
)
def test_qlora_trains_over_4_bits_and_is_noted_on_whole_weights(shop: Data) -> None:
    folder = train(shop, Path("starter"), "qlora-0001", method="qlora")
    (ready,) = [event for event in happened(folder) if isinstance(event, TrainerReady)]
    assert ready.settings["weights"] == "4-bit nf4"
    assert losses(folder)[-1] < losses(folder)[0]
    record = parity.load(folder.parity)
    assert record.reference == "the base model without quantisation, as engines serve it"
    assert record.trained_change > 0.01
    config = json.loads((folder.adapter / "adapter_config.json").read_text())
    assert config["r"] == 8


def test_layers_that_a_model_lacks_are_named(shop: Data, tiny_model: Path) -> None:
    with pytest.raises(PlanError, match="names query_key_value") as error:
        train(shop, tiny_model, "lack-0001", target_modules="q_proj, query_key_value")
    assert "q_proj" in error.value.fix
    with pytest.raises(PlanError, match="modules_to_save names head"):
        train(shop, tiny_model, "lack-0002", modules_to_save="head")
    with pytest.raises(PlanError, match="names lm_head"):
        train(shop, tiny_model, "lack-0003", target_modules="lm_head")


def test_a_merged_model_that_answers_otherwise_is_not_published(
    shop: Data, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peft import PeftModel

    from core.errors import RunError

    def forgetful(self: PeftModel) -> Any:
        return self.unload()

    monkeypatch.setattr("peft.tuners.lora.LoraModel.merge_and_unload", forgetful)
    with pytest.raises(RunError, match="does not answer as the trained one"):
        train(shop, tiny_model, "forget-01", method="dora", learning_rate=5e-2)
    assert not shop.workspace.run("run-forget-01").model.exists()
