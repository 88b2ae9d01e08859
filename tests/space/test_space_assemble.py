"""An assembled Space is whole, and the app in it starts as a Space would start it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from core.errors import WorkspaceError
from space.assemble import ROOT, assemble, requirements


def front_matter(readme: Path) -> dict[str, object]:
    loaded = yaml.safe_load(readme.read_text(encoding="utf-8").split("---")[1])
    assert isinstance(loaded, dict)
    return loaded


def test_the_requirements_file_is_what_the_project_says() -> None:
    assert (ROOT / "space" / "requirements.txt").read_text() == requirements()


def test_the_gradio_space_runs_the_gradio_that_is_pinned(tmp_path: Path) -> None:
    assemble(tmp_path / "made")
    front = front_matter(tmp_path / "made" / "README.md")
    assert front["app_file"] == "app.py"
    assert f"gradio=={front['sdk_version']}\n" in requirements()


def test_the_docker_space_has_its_dockerfile(tmp_path: Path) -> None:
    made = assemble(tmp_path / "made", docker=True)
    assert made.variant == "docker"
    assert front_matter(tmp_path / "made" / "README.md")["sdk"] == "docker"
    assert "vllm==0.32.0" in (tmp_path / "made" / "Dockerfile").read_text()


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(WorkspaceError, match="not empty"):
        assemble(tmp_path)


def answers(url: str, seconds: float) -> int:
    """The status of the first answer within a time, or of the last try."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as reply:
                return int(reply.status)
        except OSError as error:
            status = getattr(error, "code", None)
            if status is not None:
                return int(status)
            if time.monotonic() > deadline:
                return 0
            time.sleep(0.2)


@pytest.mark.slow
@pytest.mark.thorough
def test_the_app_starts_from_the_space_in_a_clean_environment(tmp_path: Path) -> None:
    """Only the Space's own files, packages from its requirements, and a Space's variables."""
    made = tmp_path / "made"
    assemble(made)
    python = str(tmp_path / "venv" / "bin" / "python")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    install = [python, "-m", "pip", "install", "-q", "-r", str(made / "requirements.txt")]
    subprocess.run(install, check=True, capture_output=True, timeout=500)
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SYSTEM": "spaces",
        "SPACE_ID": "ada/duotune",
        "SPACE_HOST": "ada-duotune.hf.space",
        "DUOTUNE_PORT": "7867",
        "PYTHONUNBUFFERED": "1",
    }
    log = tmp_path / "log.txt"
    with log.open("w") as output:
        app = subprocess.Popen([python, "app.py"], cwd=made, env=env, stdout=output, stderr=output)
    try:
        status = answers("http://127.0.0.1:7867/config", 90)
        assert status == 401, log.read_text()  # a Space is never open: the page asks for the login
        assert answers("http://127.0.0.1:7867/", 5) == 200
        deadline = time.monotonic() + 20
        while "Log in as owner" not in log.read_text():
            assert time.monotonic() < deadline, f"the login must be told: {log.read_text()}"
            time.sleep(0.2)
    finally:
        app.terminate()
        app.wait(20)
