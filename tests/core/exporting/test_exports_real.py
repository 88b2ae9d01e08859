"""A real run's exports: PEFT and transformers load them and say what the certificate says."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from core.actions import Actions
from core.certificates import questions, source
from core.disk import write_atomic
from core.export_actions import ExportChoices, Wish
from core.exporting import export_program, exports
from core.exporting.records import Export, ExportFolder
from core.models.catalog import STARTER_FOLDER
from core.serving.engines import Engines
from core.workspace import Workspace
from tests.core.certificates import tiny_runs

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
FEW = Wish(prompts=3, limit=12)
UNSERVED = FEW.model_copy(update={"serve": False, "why_not": "not asked for"})


@pytest.fixture(scope="module")
def run_id(engines: Engines) -> str:
    data = tiny_runs.small_data(engines)
    tiny_runs.train(engines, data, "run-export-real", "starter", learning_rate=2e-3)
    return "run-export-real"


def ended(actions: Actions, export: Export) -> Export:
    while export.status == "running":
        time.sleep(0.1)
        export = actions.export_status(export.id)
    assert export.status == "done", (export.problem, export.where)
    return export


def in_this_process(patch: pytest.MonkeyPatch) -> None:
    """Make exports here: these programs' libraries are imported already."""
    tiny_runs.run_here(patch)

    def run(_module: str, workspace: Workspace, folder: ExportFolder, _given: Any) -> None:
        patch.setenv("DUOTUNE_HOME", str(workspace.root))
        patch.setenv("HF_HUB_OFFLINE", "1")
        write_atomic(folder.result, export_program.run(folder).model_dump_json())

    patch.setattr(exports, "run_program", run)


def answers(model: Any, actions: Actions, run_id: str, stops: list[int] | None) -> Any:
    """Greedy answers to the certificate's questions, as anybody gets them from the library."""
    import torch

    found = source.of_run(actions.workspace, actions.settings, run_id)
    asked = questions.choose(actions.workspace, found, FEW.prompts).questions
    made = []
    for one in asked:
        prompt = torch.tensor([one.prompt])
        more = {"eos_token_id": stops} if stops else {}
        ids = model.generate(
            input_ids=prompt, attention_mask=torch.ones_like(prompt), do_sample=False,
            max_new_tokens=FEW.limit, **more,
        )  # fmt: skip
        made.append(tuple(ids[0, len(one.prompt) :].tolist()))
    return tuple(made)


def test_both_exports_load_and_give_the_certificates_tokens(
    engines: Engines, run_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    actions = Actions(engines.workspace, engines.settings)
    engines.ensure("starter", rank=32)
    choices = ExportChoices(directory=tmp_path, wish=FEW)
    adapter = ended(actions, actions.start_export(run_id, "adapter", choices))
    (made,) = actions.certificates(adapter.id)
    assert {lane.way: lane.verdict for lane in made.lanes} == {
        "files": "green", "peft": "green", "vllm+adapter": "green",
    }  # fmt: skip
    assert adapter.made is not None
    base = AutoModelForCausalLM.from_pretrained(STARTER_FOLDER, dtype=torch.float32)
    tuned = PeftModel.from_pretrained(base, adapter.made.path).eval()
    assert answers(tuned, actions, run_id, [2]) == made.answers
    assert all(made.answers)

    in_this_process(monkeypatch)
    choices = ExportChoices(directory=tmp_path, wish=UNSERVED)
    merged = ended(actions, actions.start_export(run_id, "merged", choices))
    assert merged.made is not None
    place = Path(merged.made.path)
    (proof,) = actions.certificates(merged.id)
    lanes = {lane.way: lane for lane in proof.lanes if not lane.is_reference}
    assert lanes["files"].verdict == lanes["transformers"].verdict == "green"
    assert lanes["vllm+merged"].verdict == "not measured"
    weights = lanes["files"].files.weights if lanes["files"].files else None
    assert weights is not None
    assert (weights.foreign, weights.wrong, weights.missing) == (0, 0, 0)
    whole = AutoModelForCausalLM.from_pretrained(place).eval()
    assert whole.dtype == torch.bfloat16
    assert whole.get_input_embeddings().weight is whole.get_output_embeddings().weight
    assert answers(whole.float(), actions, run_id, None) == made.answers
    passed_on = json.loads((place / "duotune.json").read_text())["certificate"]
    assert passed_on["id"] == proof.id
    assert passed_on["answers"] == [], "what rows of data led to stays in the workspace"
