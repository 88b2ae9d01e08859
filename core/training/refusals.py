"""Plans that can't be carried out here, or whose result no engine could serve, with the reason."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import PlanError
from core.models import catalog, inspection
from core.models.licences import licence_gate
from core.settings import Settings
from core.training.machine import Machine
from core.training.plan import TrainingPlan
from core.training.program.arguments import Capabilities, decide

NOT_SERVED = ("lm_head", "embed_tokens")
"""Modules that engines refuse in a LoRA adapter."""


def need_possible(plan: TrainingPlan, machine: Machine) -> None:
    """Raises PlanError or ModelError with the first reason why a plan can't be done or served."""
    for error in (*_servable(plan), *_combinations(plan), *_launchable(plan, machine)):
        raise error
    _need_machine(plan, machine)


def licence_question(plan: TrainingPlan, settings: Settings) -> PlanError | None:
    """Why a plan may not start before its base model's licence is accepted; None when it may.

    Raises ModelError when there is no such model.
    """
    known = catalog.facts_of(plan.base_model, settings)
    model = known or inspection.inspect(plan.base_model, settings, plan.revision)
    return licence_gate(model, plan.licence_accepted)


def need_licence(plan: TrainingPlan, settings: Settings) -> None:
    """Raises PlanError while the base model's licence has to be accepted first."""
    question = licence_question(plan, settings)
    if question is not None:
        raise question


def _servable(plan: TrainingPlan) -> Iterator[PlanError]:
    named = [name.strip() for name in plan.target_modules.split(",")]
    found = next((name for name in named if name in NOT_SERVED), None)
    if found and plan.publishes_adapter:
        yield PlanError(
            f"Engines can't load an adapter for {found}, so the result could not be served.",
            "target_modules",
            "Use all-linear, or method full, which trains it with all other weights.",
        )
    if plan.method == "qlora" and plan.modules_to_save:
        yield PlanError(
            "Whole layers trained over a 4-bit base can't be merged without drifting from what was "
            "trained, and engines load no adapter with whole layers.",
            "modules_to_save",
            "Leave modules_to_save empty, or use method lora.",
        )


def _combinations(plan: TrainingPlan) -> Iterator[PlanError]:
    if plan.method == "full" and plan.modules_to_save:
        yield PlanError(
            "Method full trains every layer, so there is none to save apart.",
            "modules_to_save",
            "Leave modules_to_save empty.",
        )
    if plan.objective == "dpo" and plan.packing:
        yield PlanError(
            "Pairs of answers can't be packed into shared sequences.",
            "packing",
            "Turn packing off for objective dpo.",
        )
    if plan.objective == "dpo" and plan.method == "full" and plan.workers > 1:
        yield PlanError(
            "Preferences over every weight are trained by one worker, which measures the model "
            "as it was before the first step.",
            "workers",
            "Set workers to 1, or use a method that trains an adapter.",
        )
    if plan.workers > 1 and plan.launcher == "local":
        yield PlanError(
            f"The local launcher starts one process, and the plan asks for {plan.workers} workers.",
            "workers",
            "Set launcher to accelerate (this machine) or ray (a cluster), or workers to 1.",
        )


def _launchable(plan: TrainingPlan, machine: Machine) -> Iterator[PlanError]:
    if plan.launcher == "ray" and "ray" not in machine.packages:
        yield PlanError(
            "The launcher ray needs the package ray, which is not installed.",
            "launcher",
            "Install Duotune's cluster extra (see the README), or set launcher to local.",
        )
    if plan.launcher == "accelerate" and 0 < machine.gpus < plan.workers:
        yield PlanError(
            f"The plan asks for {plan.workers} workers, one a GPU, and there are {machine.gpus}.",
            "workers",
            f"Set workers to {machine.gpus} or less.",
        )


def _need_machine(plan: TrainingPlan, machine: Machine) -> None:
    """Raises what the trainer would raise of settings that need a GPU or a package."""
    if plan.launcher == "ray":
        return  # its workers run on other machines, and say so themselves
    decide(plan, capabilities(machine), parameters=0)


def capabilities(machine: Machine) -> Capabilities:
    """What a machine offers, as far as it can be told without torch."""
    return Capabilities(
        cuda=machine.gpus > 0,
        bfloat16=machine.gpus > 0,  # only the trainer can ask the GPU, and it does
        flash_attention=not machine.packages.isdisjoint({"flash_attn", "kernels"}),
        liger="liger_kernel" in machine.packages,
        bitsandbytes="bitsandbytes" in machine.packages,
    )
