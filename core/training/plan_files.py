"""A plan as a TOML file that a person can read, edit, keep beside a model, and start again."""

from __future__ import annotations

import re
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import Table

from core.errors import PlanError, disk_errors
from core.messages import Record
from core.training.plan import TrainingPlan, misfits

WIDTH = 96
HEAD = """A training plan of Duotune.
Edit the settings under [plan], then start it: duotune train --plan FILE
A setting that is taken out gets its default; "none" stands for no value."""
AGREED_HEAD = "What the plan was agreed to with; not for editing."
NONE = "none"
AGREED = ("split_fingerprint", "template_sha256", "mask_sha256")
APART = (*AGREED, "reasons")
MADE_WITH = ("base_model", "revision")
"""What the agreed hashes hold for: with another base model, they are made anew."""
SCHEMA = TrainingPlan.model_json_schema()
TABLES = ("plan", "agreed", "reasons", "facts")


class Facts(Record):
    """What a run was done with, beside its plan, so that it can be done again elsewhere."""

    run_id: str
    created: str
    """ISO time, UTC."""
    machine: str
    dataset_name: str
    dataset_source: str
    """The file that the data came from, as people call it."""
    dataset_source_sha256: str
    model_fingerprint: str | None
    """Of the base model's files; None for a Hub model, whose revision says it."""
    python: str
    packages: dict[str, str]
    """Version by package, of all that takes part in training."""
    command: str
    """Starts the same run again from this file."""


def dump(plan: TrainingPlan, facts: Facts | None = None) -> str:
    """The plan as TOML, every setting with its explanation."""
    document = tomlkit.document()
    _comment(document, HEAD)
    document.add("plan", _settings(plan))
    agreed = tomlkit.table()
    _comment(agreed, AGREED_HEAD)
    values = plan.model_dump(mode="json")
    for name in (*AGREED, *MADE_WITH):
        if values[name] is not None:
            agreed.add(name, values[name])
    document.add("agreed", agreed)
    if plan.reasons:
        document.add("reasons", _table(plan.reasons))
    if facts is not None:
        document.add("facts", _table(facts.model_dump(mode="json", exclude_none=True)))
    return tomlkit.dumps(document)


def load(path: Path) -> TrainingPlan:
    """The plan in a file.

    Raises PlanError that names file, line and setting when it can't be used.
    """
    with disk_errors(path, "read the plan"):
        data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
        written = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PlanError(
            f"{path.name} is no plan that can be read: {error}.",
            str(path),
            "Correct it there, or write a new one: duotune plan DATASET --out FILE",
        ) from error
    return _plan(path, text, written)


def _plan(path: Path, text: str, written: Mapping[str, Any]) -> TrainingPlan:
    unknown = [name for name in written if name not in TABLES]
    settings = written.get("plan")
    if unknown or not isinstance(settings, dict):
        told = f"it has '{unknown[0]}' outside [plan]" if unknown else "it has no [plan]"
        raise PlanError(
            f"{path.name} is no plan: {told}.",
            _place(path, text, unknown[0] if unknown else ""),
            "Write one to start from: duotune plan DATASET --out FILE",
        )
    values = {name: None if value == NONE else value for name, value in settings.items()}
    agreed = written.get("agreed", {})
    same = all(agreed.get(name) == values.get(name) for name in MADE_WITH)
    values["split_fingerprint"] = agreed.get("split_fingerprint", "")
    if same:
        values |= {name: agreed.get(name) for name in ("template_sha256", "mask_sha256")}
    reasons = written.get("reasons", {})
    try:
        return TrainingPlan.model_validate({**values, "reasons": reasons})
    except ValidationError as error:
        raise _misfit(path, text, error) from error


def _misfit(path: Path, text: str, error: ValidationError) -> PlanError:
    first = str(error.errors()[0]["loc"][0])
    return PlanError(
        f"{path.name} can't be used: {'; '.join(misfits(error))}.",
        _place(path, text, first),
        "Correct it there; a setting that is taken out gets its default.",
    )


def _place(path: Path, text: str, name: str) -> str:
    """The file, with the line of a setting where it stands there."""
    found = re.search(rf"^\s*\[?{re.escape(name)}\b", text, re.MULTILINE) if name else None
    return f"{path}, line {text.count(chr(10), 0, found.end()) + 1}" if found else str(path)


def _settings(plan: TrainingPlan) -> Table:
    """Every setting in the plan's own order, each under what it means."""
    table = tomlkit.table()
    fields = TrainingPlan.model_fields
    for name, value in plan.model_dump(mode="json").items():
        if name in APART:
            continue
        table.add(tomlkit.nl())
        if explained := fields[name].description:
            _comment(table, explained.replace("`", ""))
        if allowed := _allowed(name):
            _comment(table, allowed)
        table.add(name, NONE if value is None else value)
    return table


def _allowed(name: str) -> str:
    """What a setting can be, from the plan itself."""
    schema = SCHEMA["properties"][name]
    kinds = [_resolved(kind) for kind in schema.get("anyOf", [schema])]
    items = [_resolved(kind["items"]) for kind in kinds if "items" in kind]
    for kind in (*kinds, *items):
        if "enum" in kind:
            return f"One of: {', '.join(kind['enum'])}."
        low, above = kind.get("minimum"), kind.get("exclusiveMinimum")
        high, below = kind.get("maximum"), kind.get("exclusiveMaximum")
        if low is None and above is None:
            continue
        told = f"Above {above:,}" if low is None else f"From {low:,}"
        if high is not None:
            told += f", up to {high:,}" if low is None else f" to {high:,}"
        elif below is not None:
            told += f", below {below:,}"
        return f"{told}."
    return ""


def _resolved(kind: dict[str, Any]) -> dict[str, Any]:
    name = kind.get("$ref", "").rpartition("/")[2]
    found: dict[str, Any] = SCHEMA["$defs"][name] if name else kind
    return found


def _table(values: Mapping[str, Any]) -> Table:
    table = tomlkit.table()
    for name, value in values.items():
        table.add(name, _table(value) if isinstance(value, dict) else value)
    return table


def _comment(container: Any, text: str) -> None:
    for line in text.splitlines():
        for part in textwrap.wrap(" ".join(line.split()), WIDTH) or [""]:
            container.add(tomlkit.comment(part))
