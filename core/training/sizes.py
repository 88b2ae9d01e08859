"""How many bytes a run's checkpoints and its result take on disk, by method."""

from __future__ import annotations

from core.models.catalog import ResolvedModel
from core.training import architecture
from core.training.architecture import Architecture
from core.training.plan import TrainingPlan

FLOAT32, BFLOAT16 = 4, 2
"""Bytes of a weight: what is trained is held in float32, but for QLoRA's adapter."""
TIED = frozenset(("embed_tokens", "lm_head"))


def checkpoint_bytes(plan: TrainingPlan, model: ResolvedModel) -> int:
    """Bytes of one checkpoint's weights and optimizer state; 0 for a model of unknown shape.

    Beside each trained weight Adam keeps two moments, of its size or of a byte each.
    """
    trained = trained_parameters(plan, model)
    weight = _weight_bytes(plan)
    moments = 2 if "8bit" in plan.optimizer else 2 * weight
    return trained * (weight + moments) + _second_copies(plan, model) * weight


def published_bytes(plan: TrainingPlan, model: ResolvedModel) -> int:
    """Bytes of the weights that a run publishes; 0 for a model of unknown shape.

    A whole model is stored in the arithmetic that its base is stored in.
    """
    if plan.publishes_adapter:
        return trained_parameters(plan, model) * _weight_bytes(plan)
    return model.shape.weight_bytes if model.shape else 0


def trained_parameters(plan: TrainingPlan, model: ResolvedModel) -> int:
    """Weights that training changes; 0 for a model of unknown shape.

    For layers whose size the model's config does not tell, as many as they can be at most.
    """
    if model.shape is None:
        return 0
    if not plan.trains_adapter:
        return model.shape.parameters
    known = architecture.of_model(model)
    widths = known.adapted_widths(plan.target_modules) if known else model.shape.linear_widths
    magnitudes = _outputs(plan, known, widths) if plan.method == "dora" else 0
    return plan.rank * widths + magnitudes + _whole_layers(plan, model, known)


def _weight_bytes(plan: TrainingPlan) -> int:
    return BFLOAT16 if plan.method == "qlora" else FLOAT32


def _outputs(plan: TrainingPlan, known: Architecture | None, widths: int) -> int:
    """DoRA has a magnitude for each output of an adapted layer: fewer than inputs and outputs."""
    if known is None:
        return widths
    named = {name.strip().rpartition(".")[2] for name in plan.target_modules.split(",")}
    chosen = named if named <= known.matrices.keys() else known.matrices.keys()
    return known.layers * sum(known.matrices[name].outputs for name in chosen)


def _whole_layers(plan: TrainingPlan, model: ResolvedModel, known: Architecture | None) -> int:
    if not plan.modules_to_save:
        return 0
    if known is None:
        return model.shape.parameters if model.shape else 0
    return known.saved_parameters(plan.modules_to_save)


def _second_copies(plan: TrainingPlan, model: ResolvedModel) -> int:
    """Weights that a checkpoint holds twice: PEFT saves a matrix that two layers share for each."""
    known = architecture.of_model(model)
    named = {name.strip().rpartition(".")[2] for name in plan.modules_to_save.split(",")}
    if not plan.trains_adapter or known is None or not known.tied or not named & TIED:
        return 0
    return known.vocabulary * known.hidden
