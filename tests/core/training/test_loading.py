"""A model folder that goes away while it is loaded is told as that, and nothing else is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from core.errors import ModelError
from core.models.catalog import STARTER_FOLDER, resolve
from core.settings import Settings

pytestmark = pytest.mark.slow


def test_a_folder_that_went_away_is_named(tmp_path: Path) -> None:
    from core.training.program import loading

    folder = shutil.copytree(STARTER_FOLDER, tmp_path / "model")
    model = resolve(str(folder), None, Settings(offline=True))
    (folder / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(Exception, match=r"(?i)header|deserializ") as caught:
        loading.load_base(model, offline=True)
    assert not isinstance(caught.value, ModelError), "files that are there did not go away"
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match="went away") as gone:
        loading.load_base(model, offline=True)
    assert gone.value.where == str(folder)
