"""Downloads live apart from the app: watched, cancelled, gone on with, and never without a word."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core.data.jobs import JobFolder, JobResult
from core.disk import append_line, write_atomic
from core.errors import ModelError
from core.models import downloads, hub
from core.models.download_program import run
from core.models.downloads import Download, DownloadRequest
from core.models.fetching import FetchProgress
from core.models.hub_cache import repository
from core.settings import Settings
from core.workspace import Workspace
from tests.core.models.made_models import SHAPES, made_model, write_weights
from tests.fake_hub import FakeHub, FakeModel

NAME = "me/tiny"


@pytest.fixture
def tiny(fake_hub: FakeHub, tmp_path: Path) -> FakeModel:
    """A model with 8 MB of weights."""
    folder = made_model(tmp_path / "m")
    shapes = {**SHAPES, "model.layers.0.mlp.down_proj.weight": [1000, 2000]}
    write_weights(folder / "model.safetensors", shapes)
    fake_hub.models[NAME] = FakeModel.of(folder)
    return fake_hub.models[NAME]


def wait_for(look: Callable[[], Download], fits: Callable[[Download], bool]) -> Download:
    deadline = time.monotonic() + 60
    while not fits(now := look()):
        assert time.monotonic() < deadline, now
        time.sleep(0.05)
    return now


@pytest.mark.full
def test_a_cancelled_download_goes_on_where_it_stopped(
    workspace: Workspace, fake_hub: FakeHub, with_token: Settings, tiny: FakeModel
) -> None:
    tiny.gated, tiny.granted = "manual", ("hf_granted",)
    fake_hub.pause_s = 0.02  # 64 KB each: three seconds for the whole
    started = downloads.start(workspace, with_token, NAME)
    assert downloads.start(workspace, with_token, NAME) == downloads.status(workspace, started.id)

    def look() -> Download:
        return downloads.status(workspace, started.id)

    seen = wait_for(look, lambda now: now.bytes_done > 2_000_000)
    assert (seen.status, seen.phase, seen.commit) == ("running", "downloading", tiny.commit)
    assert seen.bytes_total == sum(map(len, tiny.files.values()))
    wait_for(look, lambda now: now.bytes_per_s is not None and now.eta_s is not None)
    ended = downloads.cancel(workspace, started.id)
    assert (ended.status, ended.bytes_per_s) == ("cancelled", None)
    (partial,) = (repository(NAME) / "blobs").glob("*.incomplete")
    kept = partial.stat().st_size
    assert kept > 2_000_000
    fake_hub.pause_s = 0.0
    again = downloads.start(workspace, with_token, NAME)
    assert again.id == started.id
    done = wait_for(look, lambda now: now.status != "running")
    assert (done.status, done.problem) == ("done", "")
    assert done.bytes_done == done.bytes_total
    assert fake_hub.fetched("model.safetensors")[-1] == f"bytes={kept}-"
    folder = hub.cached_folder(NAME, None)
    assert folder is not None
    assert (folder / "model.safetensors").read_bytes() == tiny.files["model.safetensors"]
    assert downloads.list_downloads(workspace) == (done,)
    written = [path.read_bytes() for path in workspace.root.rglob("*") if path.is_file()]
    assert not any(b"hf_granted" in content for content in written)


def folder_of(workspace: Workspace, download_id: str = "dl-0123abcd") -> JobFolder:
    """The files of a download that asked for the tiny model."""
    folder = JobFolder(workspace.download(download_id))
    request = DownloadRequest(model=NAME, revision=None, created="2026-11-01T10:00:00Z")
    write_atomic(folder.request, request.model_dump_json())
    return folder


def test_what_goes_wrong_becomes_a_result(
    workspace: Workspace, fake_hub: FakeHub, tiny: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", fake_hub.endpoint)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1 << 20)
    folder = folder_of(workspace)
    tiny.status = 410
    result = run(folder)
    assert "gone from the hub" in result.problem
    tiny.status = None
    tiny.files["config.json"] = b"{"
    assert "config.json can't be read" in run(folder).problem
    folder.request.write_text("{}")
    assert "unexpected error: ValidationError" in run(folder).problem


def test_how_a_download_stands_is_read_from_its_files(workspace: Workspace) -> None:
    folder = folder_of(workspace)
    now = downloads.status(workspace, "dl-0123abcd")
    assert (now.status, now.phase, now.bytes_total) == ("running", "starting", None)
    told = FetchProgress(
        phase="downloading", commit="c", bytes_done=10, bytes_total=50, bytes_per_s=8.0
    )
    append_line(folder.progress, told.model_dump_json())
    now = downloads.status(workspace, "dl-0123abcd")
    assert (now.bytes_done, now.bytes_total, now.eta_s, now.commit) == (10, 50, 5.0, "c")
    result = JobResult(problem="It broke.", where="here", fix="Try again.")
    write_atomic(folder.result, result.model_dump_json())
    now = downloads.status(workspace, "dl-0123abcd")
    assert (now.status, now.phase, now.problem, now.eta_s) == (
        "failed",
        "failed",
        "It broke.",
        None,
    )


def test_a_program_that_was_killed_is_not_running(workspace: Workspace) -> None:
    folder = folder_of(workspace)
    write_atomic(folder.process, '{"pid": 999999, "started": 1.0}')
    now = downloads.status(workspace, "dl-0123abcd")
    assert (now.status, now.problem) == ("failed", "The download ended without a word.")


def test_what_is_no_hub_model_is_not_downloaded(workspace: Workspace, tmp_path: Path) -> None:
    online = Settings()
    for name in ("starter", str(tmp_path)):
        with pytest.raises(ModelError, match="on this machine already"):
            downloads.start(workspace, online, name)
    with pytest.raises(ModelError, match="neither a model"):
        downloads.start(workspace, online, "a b/c")
    with pytest.raises(ModelError, match="may not be asked"):
        downloads.start(workspace, Settings(offline=True), NAME)
    assert downloads.list_downloads(workspace) == ()
    with pytest.raises(ModelError, match="no such download"):
        downloads.status(workspace, "dl-0123abcd")
