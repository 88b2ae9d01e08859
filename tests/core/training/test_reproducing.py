"""What a run was done with stands beside it, and starts the same run again."""

from __future__ import annotations

import tomllib

from core.models import catalog
from core.settings import Settings
from core.training import plan_files, reproducing
from core.training.job import Job
from tests.core.training.conftest import Data


def test_the_file_holds_the_plan_as_agreed_and_what_it_met(data: Data) -> None:
    plan = data.plan("starter")
    folder = data.workspace.run("run-20260101-000000-abcd")
    folder.root.mkdir(parents=True)
    model = catalog.resolve("starter", None, Settings(offline=True))
    job = Job(
        created="2026-01-01T00:00:00+00:00",
        attempt=1,
        model=model,
        chat_template_kwargs={},
        offline=True,
        machine="2 CPU cores",
    )

    path = reproducing.write(data.workspace, folder, plan, job)

    assert plan_files.load(path) == plan
    facts = tomllib.loads(path.read_text())["facts"]
    assert facts["dataset_source_sha256"] == data.dataset.source_sha256
    assert model.shape
    assert facts["model_fingerprint"] == model.shape.fingerprint
    assert facts["packages"]["trl"].startswith("1.")
    assert "flash-attn" not in facts["packages"]
    assert facts["command"] == "duotune train --plan reproduce.toml"
