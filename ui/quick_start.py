"""How Gradio is to start: silent towards the network, and without writing its own stub files."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

META = "gradio.component_meta"


class SkipStubFiles:
    """An import hook that keeps Gradio from parsing all its sources again to write .pyi files.

    That work serves authors of Gradio components in their editors; here it would take a third of
    the start (0.85 of 2.4 s measured with Gradio 6.31). Should a later Gradio name it otherwise,
    the hook changes nothing.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != META:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        run_module = spec.loader.exec_module

        def run_without_stubs(module: ModuleType) -> None:
            run_module(module)
            if hasattr(module, "create_or_modify_pyi"):
                vars(module)["create_or_modify_pyi"] = lambda *_: None

        vars(spec.loader)["exec_module"] = run_without_stubs
        return spec


def prepare() -> None:
    """Set what Gradio reads while it is imported: no telemetry, no stub files."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if SkipStubFiles not in sys.meta_path:
        sys.meta_path.insert(0, SkipStubFiles)
