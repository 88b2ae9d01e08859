"""Both languages say everything, with the same values put in, and nothing is said in vain."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import get_args

import pytest

from core.actions import Actions
from core.data.records import Severity
from core.training.events import EVENT, Phase
from core.training.fit import Verdict
from core.training.memory import PartName
from core.training.plan_changes import PlanChanges
from core.training.records import Status
from eval.records import EvaluationStatus, VerdictKind
from ui.present.plan_settings import EDITABLE, limits
from ui.words import WORDS, Voice, dictionary

UI = Path(__file__).parents[2] / "ui"
SOURCES = "\n".join(file.read_text(encoding="utf-8") for file in UI.rglob("*.py"))
HAN = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_BOTH = re.compile(r"^[A-Za-z0-9_\s{}·:：/%]*$")
"""Names and bare formats need no translation."""


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def faults(key: str) -> list[str]:
    english, chinese = WORDS[key]
    return [
        f"{key}: {fault}"
        for fault, found in (
            ("no English", not english.strip()),
            ("no Chinese", not chinese.strip()),
            ("other values", fields(english) != fields(chinese)),
            ("Chinese in the English", bool(HAN.search(english))),
            ("not translated", not (HAN.search(chinese) or SAME_IN_BOTH.match(chinese))),
        )
        if found
    ]


def test_every_word_has_both_languages_with_the_same_values() -> None:
    assert len(WORDS) > 200
    assert [fault for key in WORDS for fault in faults(key)] == []


def test_every_key_in_the_sources_exists() -> None:
    used = set(re.findall(r'(?:voice|label|Voice\("en"\))\(\s*"([a-z_.]+)"', SOURCES))
    assert len(used) > 100
    assert used <= set(WORDS)


def test_no_word_is_unused() -> None:
    sources = "\n".join(
        file.read_text(encoding="utf-8") for file in UI.rglob("*.py") if file.parent.name != "words"
    )
    quoted = r"""["']([a-z_]+\.[a-z_.]*(?:\{[^{}]*\}[a-z_.]*)*|not_measured|unknown|none)["']"""
    patterns = [
        re.compile(re.sub(r"\\\{.*?\\\}", "[a-z0-9_.]+", re.escape(text)))
        for text in re.findall(quoted, sources)
    ]
    assert [key for key in WORDS if not any(p.fullmatch(key) for p in patterns)] == []


def test_words_that_follow_from_records_exist() -> None:
    schemas = EVENT.json_schema()["$defs"].values()
    kinds = [
        schema["properties"]["kind"]["const"]
        for schema in schemas
        if "kind" in schema["properties"]
    ]
    wanted = [f"status.{s}" for s in (*get_args(Status), *get_args(EvaluationStatus))]
    wanted += [f"verdict.{kind}" for kind in get_args(VerdictKind)]
    wanted += [f"severity.{s}" for s in get_args(Severity)]
    wanted += [f"run.phase.{phase}" for phase in get_args(Phase)]
    wanted += [f"event.{kind}" for kind in kinds if kind not in ("step_logged", "heartbeat")]
    wanted += [f"plan.{name}" for name in PlanChanges.model_fields]
    wanted += [f"fit.part.{name}" for name in get_args(PartName)]
    wanted += [f"fit.verdict.{name}" for name in get_args(Verdict)]
    wanted += [
        f"plan.option.{name}.{value}"
        for name in EDITABLE
        for value in (limits(name).get("enum") or limits(name).get("items", {}).get("enum", ()))
    ]
    assert [key for key in wanted if key not in WORDS] == []


def test_tools_the_assistant_uses_have_names() -> None:
    told = {key.removeprefix("verb.") for key in WORDS if key.startswith("verb.")}
    verbs = {name for name in dir(Actions) if not name.startswith("_")}
    assert told <= verbs


def test_a_voice_puts_values_in() -> None:
    assert Voice("en")("run.step_of", step=3, total=9) == "Step 3 of 9"
    assert Voice("zh")("run.step_of", step=3, total=9) == "第 3 / 9 步"
    with pytest.raises(KeyError):
        Voice("en")("run.no_such_words")
    assert Voice("en").known("verb.unheard_of", "unheard_of") == "unheard_of"
    assert dictionary("zh")["room.train"] == "训练"
