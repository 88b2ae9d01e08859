"""Phrases as compiled patterns; what people say stands in `phrases.toml`, beside this file."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

Intent = Literal[
    "demo_data",
    "describe_data",
    "train",
    "need",
    "more_data",
    "change",
    "approve",
    "decline",
    "hold",
    "leave",
    "progress",
    "stop_run",
    "resume",
    "compare",
    "evaluate",
    "report",
    "list_runs",
    "list_datasets",
    "list_models",
    "stop_engine",
    "measure",
    "stop_preflight",
    "fits",
    "diagnose",
    "remedy",
    "sweep",
    "sweep_result",
    "extend",
    "clone",
    "compare_runs",
    "queue",
    "move_run",
    "keep_run",
    "rename_run",
    "delete_run",
    "delete_data",
    "shelf",
    "import_model",
    "export",
    "exports",
    "parity",
    "explain_plan",
    "help",
    "new_chat",
    "unmask",
    "undo_data",
    "changes",
    "leaks",
    "tokens",
    "show_row",
    "repair",
    "answer",
    "thanks",
    "greeting",
    "unknown",
]

_SAID: dict[str, Any] = tomllib.loads(
    Path(__file__).with_name("phrases.toml").read_text(encoding="utf-8")
)


def _any_of(*keys: str) -> str:
    return "|".join(pattern for key in keys for pattern in _SAID[key])


YES_WORDS = frozenset(_SAID["yes_words"].split())
FILLERS = frozenset(_SAID["fillers"].split())
YES = re.compile(_any_of("yes"))
YES_ZH = re.compile(
    rf"({_any_of('fillers_zh')})*({_any_of('yes_zh')})({_any_of('yes_zh', 'fillers_zh')})*"
)
NO = re.compile(
    rf"({_any_of('no')})({_any_of('no_tail')})*|({_any_of('no_zh')})({_any_of('no_tail_zh')})*"
)
HOLD = re.compile(_any_of("hold"))
NEGATED = re.compile(_any_of("negated"))
VERBS = re.compile(_any_of("verbs"))
COMMANDS = re.compile(_any_of("commands"))
QUESTION = re.compile(_any_of("question"))
REQUEST = re.compile(_any_of("request"))
PURPOSE = re.compile(_any_of("purpose"), re.IGNORECASE)
MEANINGS: tuple[tuple[Intent, re.Pattern[str]], ...] = tuple(
    (meaning["intent"], re.compile("|".join(meaning["said"]))) for meaning in _SAID["meaning"]
)
"""The first one that is found wins."""
MATTERS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (tuple(matter["names"]), re.compile("|".join(matter["said"]))) for matter in _SAID["matter"]
)
"""What a repair is meant for, by matters of `core.data.advice`."""
assert {intent for intent, _ in MEANINGS} <= set(get_args(Intent))
