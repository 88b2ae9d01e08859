"""A finished run written by hand, with what an export reads of it; no model is loaded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from core.certificates import source
from core.certificates.records import Certificate, Lane, Verdict
from core.certificates.source import Source
from core.disk import sha256_text
from core.exporting.records import DataFact, ExportRequest, Figure, Kind, ReportFact
from core.models import folders
from core.models.catalog import STARTER_FOLDER
from core.settings import Settings
from core.training import manifests
from core.training import parity as parities
from core.training.parity import Parity, Probe
from core.workspace import Workspace
from tests.core.models.made_models import write_weights
from tests.core.training.conftest import WrittenRun

RUN = "run-20261121-100000-ab12"
AT = "2026-11-21T10:00:00+00:00"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
LAYER = "base_model.model.model.layers.0.self_attn.q_proj"


def finished(workspace: Workspace, settings: Settings) -> Source:
    """A LoRA run on the starter whose adapter has one layer of zeros."""
    folder = WrittenRun(workspace, RUN).folder
    folder.adapter.mkdir()
    for name in TOKENIZER:
        shutil.copyfile(STARTER_FOLDER / name, folder.adapter / name)
    shapes = {f"{LAYER}.lora_A.weight": [8, 256], f"{LAYER}.lora_B.weight": [256, 8]}
    write_weights(folder.adapter / "adapter_model.safetensors", shapes)
    config = {"peft_type": "LORA", "r": 8, "lora_alpha": 16, "base_model_name_or_path": "starter"}
    (folder.adapter / "adapter_config.json").write_text(json.dumps(config))
    manifests.write(folder.adapter)
    probe = Probe(token_ids=(5, 6, 7), base=(-1.0, -2.0), tuned=(-0.5, -1.0))
    parities.save(
        folder.parity,
        Parity(
            base_model="starter",
            revision=None,
            dtype="float32",
            template_sha256=sha256_text(folders.chat_template(STARTER_FOLDER) or ""),
            chat_template_kwargs={},
            stop_token_ids=(2,),
            probes=(probe,),
        ),
    )
    return source.of_run(workspace, settings, RUN)


def request(workspace: Workspace, kind: Kind = "adapter", **changes: Any) -> ExportRequest:
    """What to export of it."""
    export_id = "exp-20261121-110000-ab12"
    name = "tea-desk.zip" if kind == "zip" else "tea-desk"
    figure = Figure(
        name="rubric score", base=0.5, tuned=0.75, difference=0.25, low=0.1, high=0.4, pairs=40
    )
    report = ReportFact(
        report_id="rep-1", created=AT, verdict="Tuned is better.", rubric="r", figures=(figure,)
    )
    data = DataFact(
        dataset_id="ds-1", name="tea.jsonl", split_fingerprint="f" * 8, train=1200, validation=60,
        test=60, languages={"en": 1300, "zh": 20}, licence="CC-BY-4.0",
    )  # fmt: skip
    given = {
        "id": export_id, "kind": kind, "content": "adapter", "source": "run", "source_id": RUN,
        "name": name, "directory": workspace.export(export_id), "data": data,
        "reports": (report,), "created": AT,
    }  # fmt: skip
    return ExportRequest.model_validate({**given, **changes})


def certificate(verdict: Verdict = "green", **changes: Any) -> Certificate:
    """A certificate of the export."""
    lane = Lane(way="peft", verdict=verdict, worst_difference=0.00002, tolerance=0.01, tokens=5,
                compared=80, agreed=80)  # fmt: skip
    red = {"causes": ("scale",), "sentence": "What was trained is in it twice."}
    given: dict[str, Any] = {
        "id": "cert-20261121-110000-ab12", "subject": "export", "subject_id": "exp-1",
        "run_id": RUN, "name": "by hand", "made_at": AT, "verdict": verdict,
        "sentence": "The same.", "part": "test", "rows": (3, 4), "limit": 48,
        "base_model": "starter", "template_sha256": "t", "lanes": (lane,), "hashes": {},
        "versions": {"peft": "1.0"},
    }  # fmt: skip
    return Certificate.model_validate({**given, **(red if verdict == "red" else {}), **changes})


def made_gguf(path: Path) -> bytes:
    """The head of a GGUF file with one tensor: magic, version 3, tensors, keys."""
    data = b"GGUF" + (3).to_bytes(4, "little") + (1).to_bytes(8, "little") + bytes(8) + b"rest"
    path.write_bytes(data)
    return data
