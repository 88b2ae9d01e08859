"""How Gradio is to start: silent towards the network, and without aids for its authors."""

from __future__ import annotations

import importlib.machinery
import os
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

Silence = Callable[[ModuleType], None]


def _no_stub_files(module: ModuleType) -> None:
    if hasattr(module, "create_or_modify_pyi"):
        vars(module)["create_or_modify_pyi"] = lambda *_: None


def _no_event_documents(module: ModuleType) -> None:
    if hasattr(module, "EventListener"):
        module.EventListener.set_doc = lambda *_, **__: None


AIDS: dict[str, Silence] = {
    "gradio.component_meta": _no_stub_files,
    "gradio.events": _no_event_documents,
}


class SkipAuthoringAids:
    """An import hook that keeps Gradio from work that only helps authors of its components.

    At each start it would parse all its sources again to write .pyi files, and compile a docstring
    for every event of every component: 1.0 of 2.4 s measured with Gradio 6.31. Should a later
    Gradio name these otherwise, the hook changes nothing.
    """

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        silence = AIDS.get(name)
        if silence is None:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.loader is None:
            return spec
        run_module = spec.loader.exec_module

        def run_silenced(module: ModuleType) -> None:
            run_module(module)
            silence(module)

        vars(spec.loader)["exec_module"] = run_silenced
        return spec


def prepare() -> None:
    """Set what Gradio reads while it is imported: no telemetry, no authoring aids."""
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    if SkipAuthoringAids not in sys.meta_path:
        sys.meta_path.insert(0, SkipAuthoringAids)
