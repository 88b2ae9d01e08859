"""Put together the root of a Hugging Face Space: the app, its packages and this folder's files."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

from core.errors import WorkspaceError, disk_errors
from core.messages import Record

ROOT = Path(__file__).parent.parent
PACKAGES = ("core", "eval", "ui")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")


class SpaceFolder(Record):
    """An assembled Space."""

    folder: str
    files: int
    megabytes: float
    variant: str
    """`gradio` or `docker`."""

    def view(self) -> str:
        """What to do with it, in one paragraph."""
        size = f"{self.files} files, {self.megabytes:.1f} MB"
        where = f"The {self.variant} Space is in {self.folder} ({size})."
        return f"{where} Push it as a Space's repository."


def assemble(folder: Path, *, docker: bool = False) -> SpaceFolder:
    """Copy what a Space needs into an empty or new folder.

    Raises WorkspaceError when the folder holds something already, or can't be written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise WorkspaceError(
            "The folder is not empty.", str(folder), "Name a new folder: nothing is overwritten."
        )
    with disk_errors(folder, "assemble the Space"):
        folder.mkdir(parents=True, exist_ok=True)
        for package in PACKAGES:
            shutil.copytree(ROOT / package, folder / package, ignore=LEFT_OUT)
        for name in ("app.py", "LICENSE"):
            shutil.copy(ROOT / name, folder / name)
        (folder / "requirements.txt").write_text(requirements(), encoding="utf-8")
        readme = "README.docker.md" if docker else "README.md"
        shutil.copy(ROOT / "space" / readme, folder / "README.md")
        if docker:
            shutil.copy(ROOT / "space" / "Dockerfile", folder / "Dockerfile")
    files = [file for file in folder.rglob("*") if file.is_file()]
    return SpaceFolder(
        folder=str(folder),
        files=len(files),
        megabytes=sum(file.stat().st_size for file in files) / 1e6,
        variant="docker" if docker else "gradio",
    )


def requirements() -> str:
    """The app's direct dependencies from pyproject.toml, at the versions of constraints.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pins = _pins((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    lines = []
    for dependency in project["dependencies"]:
        name = re.split(r"[<>=!~ ]", dependency, maxsplit=1)[0]
        lines.append(f"{name}=={pins[_canonical(name.partition('[')[0])]}")
    return "\n".join(lines) + "\n"


def _pins(constraints: str) -> dict[str, str]:
    pinned = (line.split("==") for line in constraints.splitlines() if "==" in line)
    return {_canonical(name): version for name, version in pinned}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
