"""Names that files commonly use, as `names.toml` lists them."""

from __future__ import annotations

import tomllib
from importlib import resources


def _read_names() -> dict[str, tuple[str, ...]]:
    text = resources.files("core.data.reading").joinpath("names.toml").read_text(encoding="utf-8")
    return {key: tuple(words.split()) for key, words in tomllib.loads(text).items()}


NAMES = _read_names()
