"""The base model in memory: the machine it is loaded on, and how a plan wants it loaded."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import LoraConfig, PeftModel, prepare_model_for_kbit_training
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedTokenizerBase,
)
from transformers.utils import is_flash_attn_2_available

from core.errors import ModelError, PlanError
from core.models.catalog import ResolvedModel
from core.training.plan import TrainingPlan
from core.training.program import arguments
from core.training.program.arguments import Capabilities, Choices
from core.training.start_from import StartFrom

SUPPORT = {
    "sdpa": "_supports_sdpa",
    "flash_attention_2": "_supports_flash_attn",
    "flex_attention": "_supports_flex_attn",
}
"""How an architecture says which attention it offers."""
APART = ("full_attention", "sliding_attention", "chunked_attention")
"""Kinds of layers that keep packed rows from seeing each other, by their positions."""


class Device(NamedTuple):
    """What to compute on, and in which arithmetic."""

    cpu: bool
    dtype: torch.dtype

    @property
    def name(self) -> str:
        return "cpu" if self.cpu else "cuda"


class Base(NamedTuple):
    """A base model in memory with its tokenizer."""

    model: Any
    """A PEFT model where training begins with another run's adapter."""
    tokenizer: PreTrainedTokenizerBase
    device: Device
    revision: str | None
    """The commit that was loaded, for a Hub model."""
    choices: Choices
    stored: torch.dtype
    """The arithmetic that its weights are stored in."""
    stop_ids: frozenset[int]
    """Tokens that generation stops at."""
    context: int | None
    """The longest text it reads, in tokens."""


# -- the machine ----------------------------------------------------------------------------------


def capabilities(offline: bool) -> Capabilities:
    """What this machine offers; with `offline`, no kernel is fetched from a hub."""
    cuda = torch.cuda.is_available()
    return Capabilities(
        cuda=cuda,
        bfloat16=cuda and torch.cuda.is_bf16_supported(including_emulation=False),
        flash_attention=cuda and is_flash_attn_2_available(kernels_fallback_ok=not offline),
        liger=find_spec("liger_kernel") is not None,
        bitsandbytes=find_spec("bitsandbytes") is not None,
    )


def pick_device(choices: Choices) -> Device:
    """Where and in which arithmetic the model computes."""
    return Device(choices.device == "cpu", getattr(torch, choices.precision))


# -- the model ------------------------------------------------------------------------------------


def load_base(
    model: ResolvedModel,
    offline: bool,
    plan: TrainingPlan | None = None,
    start: StartFrom | None = None,
) -> Base:
    """Load tokenizer and weights: safetensors only, and no code that comes with the model.

    With a plan, as that plan trains them, beginning with what `start` names; without one, as they
    are. Raises PlanError or ModelError when the plan asks for what this machine or model lacks, and
    ModelError when a model folder is there no more.
    """
    wanted = plan or TrainingPlan(name="x", dataset_id="", split_fingerprint="", base_model="x")
    source = str(start.model) if start and start.model else model.id_or_path
    common: dict[str, Any] = {
        "revision": model.revision if source == model.id_or_path else None,
        "local_files_only": offline or model.local,
    }
    known = model.shape.parameters if model.shape else 0
    here = capabilities(offline)
    choices = arguments.decide(wanted, here, known)
    with _there(source, model):
        config = AutoConfig.from_pretrained(source, trust_remote_code=False, **common)
        choices = _offered(choices, wanted, config, model.shown_name)
        _need_packable(wanted, config)
        loading = _loading(wanted, choices, as_it_is=plan is None)
        tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False, **common)
        weights = AutoModelForCausalLM.from_pretrained(source, **loading, **common)
    commit = getattr(weights.config, "_commit_hash", None) or model.revision
    if not known:  # a Hub model that was not here before, so of unknown size
        decided = arguments.decide(wanted, here, weights.num_parameters())
        update = {"gradient_checkpointing": decided.gradient_checkpointing}
        choices = choices.model_copy(update=update)
    if wanted.method == "qlora":
        weights = _for_qlora(weights, choices)
    if start and start.adapter:
        weights = _with_adapter(weights, start.adapter, wanted)
    device, longest = pick_device(choices), config.get_text_config()
    return Base(
        model=weights,
        tokenizer=tokenizer,
        device=device,
        revision=None if model.local else commit,
        choices=choices,
        stored=config.dtype or device.dtype,
        stop_ids=_stop_ids(weights, tokenizer),
        context=getattr(longest, "max_position_embeddings", None),
    )


@contextmanager
def _there(source: str, model: ResolvedModel) -> Iterator[None]:
    """A folder that went away is told as that: transformers takes its path for a Hub id then."""
    try:
        yield
    except (OSError, ValueError) as error:
        is_folder = model.local or source != model.id_or_path
        if not is_folder or (Path(source) / "config.json").exists():
            raise
        raise ModelError(
            f"The files of {model.shown_name} went away while it was loaded.",
            source,
            "Put the model folder back, or pick another model; then resume the run.",
        ) from error


def _loading(plan: TrainingPlan, choices: Choices, as_it_is: bool) -> dict[str, Any]:
    """How `AutoModelForCausalLM` loads the weights, and where to."""
    loading = arguments.load_arguments(plan, choices)
    if "device_map" in loading:  # each worker has a GPU of its own
        loading["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0"))}
    if quantized := arguments.quantization_arguments(plan, choices):
        loading["quantization_config"] = BitsAndBytesConfig(**quantized)
    if as_it_is and choices.device == "cuda":
        loading["device_map"] = "auto"  # what doesn't fit the GPU waits in main memory
    return loading


def _for_qlora(weights: Any, choices: Choices) -> Any:
    return prepare_model_for_kbit_training(
        weights,
        use_gradient_checkpointing=choices.gradient_checkpointing,
        gradient_checkpointing_kwargs={"use_reentrant": False},
    )


def _stop_ids(weights: Any, tokenizer: PreTrainedTokenizerBase) -> frozenset[int]:
    given = weights.generation_config.eos_token_id
    ids = given if isinstance(given, list) else [given]
    return frozenset(i for i in [*ids, tokenizer.eos_token_id] if i is not None)


def _offered(choices: Choices, plan: TrainingPlan, config: Any, name: str) -> Choices:
    """The choices with an attention that the architecture offers.

    Raises ModelError when the plan insists on another.
    """
    kind = AutoModelForCausalLM._model_mapping.get(type(config), None)
    if kind is None or _offers(kind, choices.attention):
        return choices
    if plan.attention != "auto":
        raise ModelError(
            f"{name} can't be trained with {plan.attention}, which its architecture lacks.",
            fix="Choose the attention auto.",
        )
    left = "sdpa" if _offers(kind, "sdpa") else "eager"
    return choices.model_copy(update={"attention": left, "padding_free": plan.packing})


def _offers(kind: Any, attention: str) -> bool:
    return attention not in SUPPORT or bool(getattr(kind, SUPPORT[attention], False))


def _need_packable(plan: TrainingPlan, config: Any) -> None:
    """Raises PlanError when rows packed into one sequence would see each other."""
    kinds = set(getattr(config.get_text_config(), "layer_types", None) or ()) - set(APART)
    kind = AutoModelForCausalLM._model_mapping.get(type(config), None)
    if plan.packing and (kinds or getattr(kind, "_is_stateful", False)):
        raise PlanError(
            "Packing needs attention that keeps rows apart, and this model has layers of another "
            "kind, in which packed rows would see each other.",
            ", ".join(sorted(kinds)),
            "Set packing to false.",
        )


def _with_adapter(weights: Any, adapter: Path, plan: TrainingPlan) -> Any:
    """The weights with another run's adapter: to be trained on, or merged when all are trained."""
    lora = arguments.lora_arguments(plan)
    if lora is None:
        merged = PeftModel.from_pretrained(weights, adapter).merge_and_unload()
        return merged.requires_grad_()  # PEFT froze what it put the adapter on
    return PeftModel.from_pretrained(
        weights, adapter, is_trainable=True, config=LoraConfig(**lora, inference_mode=False)
    )


def need_context(plan: TrainingPlan, base: Base) -> None:
    """Raises PlanError when rows may be longer than the model can read."""
    if base.context is not None and plan.max_length > base.context:
        raise PlanError(
            f"max_length is {plan.max_length}, but this model reads {base.context} tokens at most.",
            fix=f"Set max_length to {base.context} or less.",
        )
