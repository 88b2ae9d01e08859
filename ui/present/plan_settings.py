"""A plan's settings as fields of a form: kinds, limits and meanings come from the plan itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from core.training.plan import TrainingPlan
from ui.words import Voice

SCHEMA: dict[str, Any] = TrainingPlan.model_json_schema()
MAIN = ("name", "base_model", "method", "epochs", "learning_rate", "rank", "alpha")
GROUPS = {
    "data": (
        *("objective", "start_from", "beta", "train_share", "max_length", "packing"),
        "description",
    ),
    "optimisation": (
        *("max_steps", "batch_size", "gradient_accumulation", "scheduler", "warmup_ratio"),
        *("weight_decay", "optimizer", "max_grad_norm", "evaluations", "early_stopping", "seed"),
    ),
    "adapter": ("dropout", "target_modules", "modules_to_save", "revision"),
    "memory": ("precision", "gradient_checkpointing", "attention", "liger", "compile"),
    "machine": ("launcher", "workers"),
    "keeping": ("trackers", "retention_days"),
}
EDITABLE = (*MAIN, *(name for names in GROUPS.values() for name in names))
"""Every field of `PlanChanges` but the licence, which has a question of its own."""
WIDE = frozenset({"name", "base_model", "method", "description", "trackers"})
LISTED = frozenset({"start_from"})
"""Fields without a list of values in the schema that are chosen from one all the same."""
OF_ADAPTERS = frozenset({"rank", "alpha", "dropout", "target_modules", "modules_to_save"})
TOLD = frozenset({"method", "objective"})
"""Choices whose meaning is told for each value, in place of the field's own explanation."""
EMPTY_MEANS = frozenset({"max_steps", "early_stopping", "revision", "modules_to_save"})
"""Fields that may stay empty, and say what that means."""

Value = dict[str, Any]


class Choices(NamedTuple):
    """What this workspace offers to choose from."""

    models: Sequence[str] = ()
    runs: Sequence[tuple[str, str]] = ()
    """(id, name) of runs that another one can begin with."""


def settings(plan: TrainingPlan, choices: Choices, voice: Voice) -> list[Value]:
    """All fields, those of the simple view first."""
    shared = shared_reasons(plan)
    groups = {name: group for group, names in GROUPS.items() for name in names}
    return [_setting(name, groups.get(name, ""), plan, choices, shared, voice) for name in EDITABLE]


def groups(voice: Voice) -> list[dict[str, str]]:
    """The parts of the advanced view."""
    return [{"name": name, "title": voice(f"plan.group.{name}")} for name in GROUPS]


def shared_reasons(plan: TrainingPlan) -> dict[str, list[str]]:
    """Reasons that several settings have in common, so that they are said once."""
    names: dict[str, list[str]] = {}
    for name in EDITABLE:
        if (reason := plan.reasons.get(name)) and applies(name, plan):
            names.setdefault(reason, []).append(name)
    return {reason: found for reason, found in names.items() if len(found) > 1}


def applies(name: str, plan: TrainingPlan) -> bool:
    """Whether a setting is read at all, given the plan's other ones."""
    if name in OF_ADAPTERS:
        return plan.trains_adapter
    if name == "beta":
        return plan.objective == "dpo"
    if name == "packing":
        return plan.objective == "sft"
    return name != "workers" or plan.launcher != "local"


def _setting(
    name: str,
    group: str,
    plan: TrainingPlan,
    choices: Choices,
    shared: Mapping[str, Any],
    voice: Voice,
) -> Value:
    overridden = name == "epochs" and plan.max_steps is not None
    kind = limits(name)
    empty = voice(f"plan.placeholder.{name}") if name in EMPTY_MEANS else None
    return {
        "name": name,
        "label": voice(f"plan.{name}"),
        "group": group,
        "value": plain(getattr(plan, name)),
        "kind": kind_of(name),
        "min": kind.get("minimum"),
        "max": kind.get("maximum"),
        "placeholder": empty,
        "options": _options(name, choices, voice),
        "suggestions": list(choices.models) if name == "base_model" else None,
        "why": _why(name, plan, shared, voice, overridden=overridden),
        "hidden": not applies(name, plan),
        "disabled": overridden,
        "wide": name in WIDE,
    }


def kind_of(name: str) -> str:
    """`text`, `integer`, `number`, `switch`, `choice` of one, or `several` of a list."""
    kind = limits(name)
    if "enum" in kind or name in LISTED:
        return "choice"
    named = {"string": "text", "boolean": "switch", "array": "several"}
    return named.get(kind["type"], kind["type"])


def limits(name: str) -> dict[str, Any]:
    """Bounds, type and values of a field, from the plan itself; optional fields keep theirs."""
    schema = SCHEMA["properties"][name]
    kind = next((s for s in schema.get("anyOf", []) if s.get("type") != "null"), schema)
    return _resolved(kind)


def _resolved(kind: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in kind:
        return kind
    found: dict[str, Any] = SCHEMA["$defs"][kind["$ref"].rpartition("/")[2]]
    return found


def explained(name: str, voice: Voice) -> str:
    """What a field means, in the plan's own words; what an empty one does is said in the field."""
    clauses = SCHEMA["properties"][name].get("description", "").rstrip(".").split("; ")
    told = "; ".join(clause for clause in clauses if not clause.startswith("None "))
    return voice.said(f"{told}.").replace("`", "")


def _options(name: str, choices: Choices, voice: Voice) -> list[dict[str, str]] | None:
    if name == "start_from":
        runs = [{"value": run_id, "label": named} for run_id, named in choices.runs]
        return [{"value": "", "label": voice("plan.start_from.base")}, *runs]
    kind = limits(name)
    values = _resolved(kind.get("items", {})).get("enum", kind.get("enum"))
    if values is None:
        return None
    return [{"value": v, "label": voice(f"plan.option.{name}.{v}")} for v in values]


def _why(
    name: str, plan: TrainingPlan, shared: Mapping[str, Any], voice: Voice, *, overridden: bool
) -> str:
    if overridden:
        return voice("plan.epochs.overridden")
    reason = plan.reasons.get(name, "")
    parts = ["" if reason in shared else voice.said(reason)]
    if name == "base_model":
        parts.append(voice("plan.why.base_model"))
    elif name in TOLD:
        parts.insert(0, voice(f"plan.about.{name}.{getattr(plan, name)}"))
    elif name not in MAIN:
        parts.insert(0, explained(name, voice))
    return voice.sentences([*parts, in_range(name, voice)])


def in_range(name: str, voice: Voice) -> str:
    """The bounds of a number in words."""
    kind = limits(name)
    low, above = kind.get("minimum"), kind.get("exclusiveMinimum")
    high, below = kind.get("maximum"), kind.get("exclusiveMaximum")
    if low is None and above is None:
        return ""
    if high is None and below is None:
        return voice("plan.range.from", low=plain(low))
    if above is not None:
        word = "above" if below is None else "within"
        return voice(f"plan.range.{word}", low=plain(above), high=plain(high or below))
    if below is not None:
        return voice("plan.range.below", low=plain(low), high=plain(below))
    return voice("plan.range", low=plain(low), high=plain(high))


def plain(value: Any) -> Any:
    """3 rather than 3.0, and 0.0002 rather than 2e-04."""
    if isinstance(value, float):
        return f"{value:.10f}".rstrip("0").rstrip(".")
    return list(value) if isinstance(value, tuple) else value


def said_value(name: str, value: Any, voice: Voice) -> str:
    """A setting's value as a person reads it outside a form."""
    if name == "start_from" and value is None:
        return voice("plan.start_from.base")
    if value is None or value in ("", (), []):
        return voice.known(f"plan.placeholder.{name}", voice("none"))
    if isinstance(value, bool):
        return voice("plan.on" if value else "plan.off")
    if isinstance(value, list | tuple):
        return ", ".join(voice.known(f"plan.option.{name}.{one}", str(one)) for one in value)
    return voice.known(f"plan.option.{name}.{value}", str(plain(value)))
