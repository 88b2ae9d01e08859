"""A plan as a plain TRL script: it runs alone and trains the same weights."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors import safe_open

from core.errors import PlanError
from core.models.catalog import STARTER_FOLDER
from core.settings import Settings
from core.training import plan_files, runs, script
from core.training.plan import Method
from core.training.program import arguments
from core.training.program.arguments import Capabilities
from tests.core.training.conftest import Data

OFFLINE = Settings(offline=True)
GPU = Capabilities(cuda=True, bfloat16=True, flash_attention=True, liger=True, bitsandbytes=True)


def test_the_script_comes_with_its_data_versions_and_plan(data: Data, tmp_path: Path) -> None:
    plan = data.plan("starter")
    written = script.export(data.workspace, OFFLINE, plan, tmp_path / "out")

    assert {path.name for path in written} == {
        "train.py", "train.jsonl", "validation.jsonl", "requirements.txt", "plan.toml", "README.md",
    }  # fmt: skip
    assert plan_files.load(tmp_path / "out" / "plan.toml") == plan
    first = json.loads((tmp_path / "out" / "train.jsonl").read_text().splitlines()[0])
    assert len(first["input_ids"]) == len(first["labels"])
    assert set(first["labels"]) - {-100} <= set(first["input_ids"])
    assert first["messages"][-1]["role"] == "assistant"
    text = (tmp_path / "out" / "train.py").read_text()
    assert "duotune" not in text.casefold().replace("no duotune", "")
    assert str(tmp_path) not in text
    assert "\ntrl==1." in (tmp_path / "out" / "requirements.txt").read_text()


@pytest.mark.parametrize("method", ["lora", "rslora", "dora", "qlora", "full"])
@pytest.mark.parametrize("packing", [True, False])
def test_the_script_of_every_method_is_python(data: Data, method: Method, packing: bool) -> None:
    plan = data.plan("starter", method=method, packing=packing, name='A "name"')
    text = script.script(plan, arguments.decide(plan, GPU, 10**9), "starter")

    compile(text, "train.py", "exec")
    assert ("LoraConfig(" in text) == (method != "full")
    assert ("BitsAndBytesConfig(" in text) == (method == "qlora")
    assert ("use_dora" in text) == (method == "dora")
    assert ("pack_dataset(train" in text) == packing


def test_a_plan_that_goes_on_from_a_run_is_no_plain_script(data: Data, tmp_path: Path) -> None:
    plan = data.plan("starter", start_from="run-20260101-000000-abcd")
    with pytest.raises(PlanError, match="begins with a base model"):
        script.export(data.workspace, OFFLINE, plan, tmp_path)


@pytest.mark.slow
@pytest.mark.thorough
def test_the_script_trains_the_same_weights(
    data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    plan = data.plan("starter", max_steps=6, evaluations=1)
    script.export(data.workspace, OFFLINE, plan, tmp_path / "out")
    argv = [sys.executable, "train.py", str(STARTER_FOLDER), str(tmp_path / "result")]
    done = subprocess.run(argv, cwd=tmp_path / "out", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]

    run = runs.start(data.workspace, OFFLINE, plan)
    while runs.status(data.workspace, run.id).is_live:
        time.sleep(0.1)
    ours = data.workspace.run(run.id).adapter / "adapter_model.safetensors"
    theirs = tmp_path / "result" / "model" / "adapter_model.safetensors"
    with safe_open(ours, "numpy") as one, safe_open(theirs, "numpy") as other:
        assert set(one.keys()) == set(other.keys())
        for name in one.keys():  # noqa: SIM118
            assert one.get_tensor(name).tobytes() == other.get_tensor(name).tobytes(), name
