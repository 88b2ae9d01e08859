"""Gradio starts silent and without aids for its authors, and works all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.full

ROOT = Path(__file__).parents[2]
CODE = """
import ui, os, sys
assert "gradio" not in sys.modules
import gradio, gradio.component_meta as meta
assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
assert meta.create_or_modify_pyi.__name__ == "<lambda>"
with gr.Blocks() as demo:
    gr.Button().click(print)
assert len(demo.fns) == 1
""".replace("gr.", "gradio.")


def test_the_start_of_gradio_is_as_prepared() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
