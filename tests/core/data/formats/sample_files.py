"""Real files of others, where DUOTUNE_SAMPLE_DATA names the folder that holds them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def sample(name: str) -> Path:
    """A file of the sample folder; the test is skipped where there is none."""
    folder = os.environ.get("DUOTUNE_SAMPLE_DATA")
    path = Path(folder or "") / name
    if not folder or not path.exists():
        pytest.skip(f"DUOTUNE_SAMPLE_DATA names no folder with {name}")
    return path
