"""The verbs of `core.actions` as tools for whichever model drives the conversation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic_ai import Tool

from core.assistant import tools_data as data
from core.assistant import tools_fit as fitting
from core.assistant import tools_library as library
from core.assistant import tools_runs as of_runs
from core.assistant import tools_serving as serving
from core.assistant import tools_training as training
from core.assistant import tools_worth as worth
from core.assistant.turn import Turn

TOOLS: dict[str, Callable[..., Any]] = {
    "import_data": data.import_data,
    "dataset": data.show_dataset,
    "datasets": data.list_datasets,
    "answer": data.answer_questions,
    "repair": data.repair,
    "unmask": data.unmask,
    "undo": data.undo,
    "delete_dataset": data.delete_dataset,
    "changes": data.show_changes,
    "leaks": data.show_leaks,
    "example": data.show_row,
    "show_tokens": data.show_tokens,
    "propose_plan": training.propose_plan,
    "need_for_training": worth.need_for_training,
    "start_training": training.start_training,
    "runs": training.list_runs,
    "run": training.show_run,
    "stop_run": training.stop_run,
    "resume_run": training.resume_run,
    "models": training.list_models,
    "fit": fitting.fit,
    "start_preflight": fitting.start_preflight,
    "cancel_preflight": fitting.cancel_preflight,
    "diagnose": of_runs.diagnose,
    "apply_remedy": of_runs.apply_remedy,
    "start_sweep": of_runs.start_sweep,
    "sweep_result": of_runs.show_sweep,
    "clone_run": of_runs.clone_run,
    "compare_runs": of_runs.compare_runs,
    "queue": of_runs.show_queue,
    "move_run": of_runs.move_run,
    "keep_run": of_runs.keep_run,
    "rename_run": of_runs.rename_run,
    "delete_run": of_runs.delete_run,
    "open_pair": serving.compare,
    "start_evaluation": serving.evaluate,
    "resume_evaluation": serving.resume_evaluation,
    "report": serving.show_report,
    "learning_curve": worth.learning_curve,
    "start_curve": worth.start_curve,
    "stop_engine": serving.stop_engine,
    "shelf": library.show_shelf,
    "import_model": library.import_model,
    "start_export": library.start_export,
    "exports": library.show_exports,
    "certify": library.certify,
}
"""By the verb of `core.actions` that each one calls."""


def toolset() -> list[Tool[Turn]]:
    """All tools; one runs at a time, because they change the same conversation."""
    return [Tool(tool, name=verb, sequential=True) for verb, tool in TOOLS.items()]
