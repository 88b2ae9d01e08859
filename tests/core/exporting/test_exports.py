"""Exports as the app sees them: started, watched, cancelled, deleted."""

from __future__ import annotations

import subprocess
import sys

import pytest

from core.certificates import store
from core.data import programs
from core.data.jobs import JobResult
from core.disk import append_line, take_lease, write_atomic
from core.errors import RunError
from core.exporting import export_program, exports, snippets
from core.exporting.carrying import Carrier
from core.exporting.records import ExportFolder, ExportProgress, Made, aside
from core.processes import ProcessId
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made


@pytest.fixture
def settings(workspace: Workspace) -> Settings:
    return Settings(home=workspace.root, offline=True)


@pytest.fixture
def folder(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> ExportFolder:
    """An export that was started; its program is this test."""
    started: list[str] = []
    monkeypatch.setattr(exports, "run_program", lambda name, *_: started.append(name))
    hand_made.finished(workspace, settings)
    request = hand_made.request(workspace)
    assert exports.start(workspace, settings, request).status == "running"
    assert started == ["core.exporting.export_program"]
    return ExportFolder(workspace.export(request.id))


def test_an_export_is_watched_to_its_end(workspace: Workspace, folder: ExportFolder) -> None:
    name = folder.root.name
    seen = ExportProgress(phase="packing", told="Packing.", done=5, total=9)
    append_line(folder.progress, seen.model_dump_json())
    now = exports.status(workspace, name)
    assert (now.phase, now.told, now.done, now.total) == ("packing", "Packing.", 5, 9)
    place = folder.root / "tea-desk"
    place.mkdir()
    made = Made(path=str(place), bytes=7, files={}, made_at=hand_made.AT,
                certificate_id="cert-1", verdict="green")  # fmt: skip
    write_atomic(folder.made, made.model_dump_json())
    assert exports.status(workspace, name).made is None, "not before its program says so"
    write_atomic(folder.result, JobResult().model_dump_json())
    done = exports.status(workspace, name)
    assert (done.status, done.made, done.told) == ("done", made, "")
    assert exports.made_folder(workspace, name) == place
    assert exports.exports(workspace, hand_made.RUN) == (done,)
    assert exports.exports(workspace, "run-other") == ()


def test_a_killed_program_is_a_failed_export(workspace: Workspace, folder: ExportFolder) -> None:
    write_atomic(folder.process, ProcessId(pid=2**22 - 3, started=1.0).model_dump_json())
    lost = exports.status(workspace, folder.root.name)
    assert (lost.status, lost.problem) == ("failed", exports.LOST)
    with pytest.raises(RunError, match="no folder"):
        exports.made_folder(workspace, folder.root.name)


def test_a_cancelled_export_leaves_nothing_aside(
    workspace: Workspace, settings: Settings, folder: ExportFolder
) -> None:
    draft = aside(hand_made.request(workspace))
    draft.mkdir(parents=True)
    (draft / "half").write_text("half")
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True
    )
    import psutil

    process = ProcessId(pid=sleeper.pid, started=psutil.Process(sleeper.pid).create_time())
    write_atomic(folder.process, process.model_dump_json())
    with pytest.raises(RunError, match="being made"):
        exports.delete(workspace, settings, folder.root.name)
    assert exports.cancel(workspace, settings, folder.root.name).status == "cancelled"
    assert sleeper.wait(timeout=5) != 0
    assert not draft.exists()
    exports.delete(workspace, settings, folder.root.name)
    assert not folder.root.exists()
    with pytest.raises(RunError, match="no such export"):
        exports.status(workspace, folder.root.name)


def test_whatever_goes_wrong_is_told(
    workspace: Workspace, folder: ExportFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Carrier) -> Made:
        raise KeyError("surprise")

    monkeypatch.setenv("DUOTUNE_HOME", str(workspace.root))
    monkeypatch.setattr(Carrier, "run", fail)
    monkeypatch.setattr(sys, "argv", ["export_program", str(folder.root)])
    lease = take_lease(folder.lease)
    assert lease is not None
    monkeypatch.setattr(programs, "await_lease", lambda _: lease)
    assert export_program.main() == 1
    ended = exports.status(workspace, folder.root.name)
    assert ended.status == "failed"
    assert "KeyError: 'surprise'" in ended.problem


def test_certificates_are_kept_as_they_were(workspace: Workspace, folder: ExportFolder) -> None:
    made = hand_made.certificate()
    path = store.save(folder.root, made)
    assert path.stat().st_mode & 0o222 == 0
    assert store.find(workspace, made.id) == made
    later = made.model_copy(update={"id": "cert-20261121-120000-cd34", "made_at": "2027"})
    store.save(folder.root, later)
    assert store.of(folder.root) == (later, made)
    assert exports.status(workspace, folder.root.name).certificate_id == later.id
    with pytest.raises(RunError, match="no such certificate"):
        store.find(workspace, "cert-20261121-120000-ffff")


def test_snippets_ask_as_it_was_trained_and_hold_no_key() -> None:
    found = snippets.openai("http://127.0.0.1:8000/v1", "tuned", (2, 9), {"enable_thinking": False})
    compile(found.python, "snippet", "exec")
    assert "'stop_token_ids': [2, 9]" in found.python
    assert "'enable_thinking': False" in found.python
    assert "$API_KEY" in found.curl
    quoted = snippets.openai("http://h/v1", "it's", question='say "é"').curl
    shown = subprocess.run(
        ["bash", "-c", quoted.replace("curl", "printf '%s\\n'", 1)], capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert '{"model": "it\'s", "messages": [{"role": "user", "content": "say \\"é\\""}]' in (
        shown.stdout
    )
