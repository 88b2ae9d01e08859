"""What any model is, before a download: one record for Hub ids and local folders alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from core.errors import ModelError
from core.messages import Record
from core.models import catalog, folders, hub, licences, support, weights
from core.models.formula import count_parameters
from core.models.licences import LicenceTerms
from core.models.model_files import MARKS, ModelFiles, from_folder, wanted_files
from core.models.template_facts import TemplateFacts, template_facts
from core.serving.launch import CPU_HEADS, SERVE_PYTHON
from core.settings import Settings

Counted = Literal["headers", "hub", "formula"]
"""Where a number of parameters comes from: weight headers, the hub's count of them, or config."""
BASE_FIX = "Pick the instruct or chat version of the model."


class Refusal(Record):
    """Why a model can't be tuned here, and what to do."""

    problem: str
    fix: str


class ModelInspection(Record):
    """A model, as far as its files tell without its weights."""

    name: str
    id_or_path: str
    local: bool
    commit: str | None
    """Of a Hub model; what is downloaded and trained is exactly this."""
    model_type: str | None
    architecture: str | None
    parameters: int | None
    parameters_from: Counted | None
    dtypes: dict[str, int]
    """Numbers in the weight files by their format, as safetensors calls it."""
    quantisation: str | None
    """The format that weights are packed in; None for plain numbers."""
    context: int | None
    vocabulary: int | None
    head_dim: int | None
    images: bool
    """Whether it reads pictures, sound or video beside text."""
    trained_here: bool | None
    """Whether the trainer can load this architecture; None when the config can't be read."""
    served_here: bool | None
    """Whether the engine here knows the architecture and can serve its attention heads; None while
    the engine is not set up."""
    template: TemplateFacts | None
    languages: tuple[str, ...]
    base_models: tuple[str, ...]
    """What it was made from, as its card says."""
    terms: LicenceTerms
    gated: bool
    download_bytes: int | None
    """Of all files that a download fetches; None for a local folder."""
    page: str
    """Its page on the hub; "" for a folder."""
    cautions: tuple[str, ...]
    """What to mind, though it can be tuned."""
    refusal: Refusal | None
    """Why it can't be tuned here; None when it can."""


def inspect(name: str, settings: Settings, revision: str | None = None) -> ModelInspection:
    """Look at a catalog name, Hub id or local folder; reads config, tokenizer and weight headers.

    Raises ModelError when there is no such model, or its config can't be read. A model that is
    there but can't be tuned comes back with its `refusal`.
    """
    if name == catalog.STARTER or catalog.looks_local(name):
        starter = name == catalog.STARTER
        folder = catalog.STARTER_FOLDER if starter else Path(name).expanduser().resolve()
        with folders.readable(folder):
            return describe(from_folder(folder, name), settings)
    return describe(_of_hub(name, revision, settings), settings)


def _of_hub(name: str, revision: str | None, settings: Settings) -> ModelFiles:
    """What the hub tells; while it is not in reach, what a download has left on this machine."""
    from core.models.hub_files import fetch

    try:
        return fetch(name, revision, settings)
    except hub.HubUnreachable:
        folder = hub.cached_folder(name, revision)
        if folder is None or not any(folder.glob("*.safetensors")):
            raise
    known = catalog.facts_of(name, settings)
    here = from_folder(folder, name)
    return replace(
        here,
        id_or_path=name,
        local=False,
        commit=folder.name,
        page=hub.page(name),
        gated=known is not None and known.gated,
    )


def describe(files: ModelFiles, settings: Settings) -> ModelInspection:
    """What a model's files say, in one record.

    Raises ModelError when the config holds values of another kind than a model's.
    """
    try:
        return _described(files, settings)
    except (TypeError, AttributeError, LookupError, ValueError, ArithmeticError) as error:
        raise ModelError(
            "config.json or the weights' header holds a value of another kind than a model's.",
            files.id_or_path,
            weights.COPY_FIX,
        ) from error


def _described(files: ModelFiles, settings: Settings) -> ModelInspection:
    config = files.config or {}
    text = weights.text_config(config)
    packed = quantisation(config)
    count, counted = _parameters(files, packed)
    template = _template(files)
    head = _head_dim(text)
    architecture = _architecture(config)
    wanted = wanted_files(files.sizes, weights.wanted(files.sizes, files.index))
    facts: dict[str, Any] = {
        "model_type": _word(config.get("model_type")),
        "architecture": architecture,
        "parameters": count,
        "parameters_from": counted,
        "dtypes": weights.elements(files.tensors) if files.tensors else {},
        "quantisation": packed,
        "context": _whole(text.get("max_position_embeddings")),
        "vocabulary": _whole(text.get("vocab_size")),
        "head_dim": head,
        "images": any(key in config for key in ("vision_config", "audio_config")),
        "trained_here": not folders.refused_architecture(config) if files.config else None,
        "served_here": _served(architecture, head, settings),
        "template": template,
    }
    return ModelInspection(
        name=files.name,
        id_or_path=files.id_or_path,
        local=files.local,
        commit=files.commit,
        languages=_words(files.card.get("language")),
        base_models=_words(files.card.get("base_model")),
        terms=terms_of(files, settings),
        gated=files.gated,
        download_bytes=None if files.local else sum(files.sizes[name] for name in wanted),
        page=files.page,
        cautions=cautions(facts),
        refusal=refusal(files, template),
        **facts,
    )


def terms_of(files: ModelFiles, settings: Settings) -> LicenceTerms:
    """The licence that a model's card states, or the catalog where the card can't be read."""
    terms = licences.stated(files.card, files.page)
    known = catalog.facts_of(files.name, settings)
    return known.terms if known and terms.kind in ("unknown", "unstated") else terms


def quantisation(config: Mapping[str, Any]) -> str | None:
    """The format that a config says weights are packed in, such as mxfp4, gptq or fp8."""
    told = config.get("quantization_config") or weights.text_config(config).get(
        "quantization_config"
    )
    if not isinstance(told, dict):
        return None
    return str(told.get("quant_method") or told.get("quant_algo") or "unnamed")[:40]


def refusal(files: ModelFiles, template: TemplateFacts | None) -> Refusal | None:
    """The first reason why a model can't be tuned here."""
    if files.closed is not None:
        return Refusal(problem=files.closed.problem, fix=files.closed.fix)
    if problem := folders.refused_architecture(files.config or {}):
        return Refusal(problem=problem, fix=folders.ARCHITECTURE_FIX)
    if not any(name.endswith(".safetensors") for name in files.sizes):
        return Refusal(
            problem="It has no safetensors weights, and Duotune loads nothing else.",
            fix=folders.SAFETENSORS_FIX,
        )
    if lacking := weights.missing(files.sizes, files.index):
        return Refusal(
            problem=f"{len(lacking)} of its weight files are missing, {lacking[0]} first.",
            fix=weights.COPY_FIX,
        )
    if not any(name in files.sizes for name in folders.TOKENIZERS):
        return Refusal(problem="It has no tokenizer.", fix="Pick a model that comes with one.")
    if template is None:
        return Refusal(
            problem="It has no chat template: it goes on with texts, and was never taught to talk.",
            fix=BASE_FIX,
        )
    if template.refusal:
        return Refusal(
            problem=f"Its chat template can't show a question with its answer: {template.refusal}.",
            fix="Pick another model, or correct its chat template.",
        )
    return None


def cautions(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """What to mind about a model that can be tuned."""
    found, template = [], facts["template"]
    if facts["quantisation"]:
        found.append(
            f"Its weights are packed as {facts['quantisation']}: tuning them needs a GPU that this "
            "format's library supports, and may fail."
        )
    if facts["images"]:
        found.append(
            "It reads pictures or sound, too: only its text part is tuned, and whether the engine "
            "applies that is checked before a tuned model is shown."
        )
    if facts["served_here"] is False:
        found.append("The engine here can't serve it: it can be trained, but not compared.")
    if template and template.thinking == "only":
        found.append(
            "It thinks before every answer: data without thinking will teach it not to do so."
        )
    if template and template.system_role in ("refused", "dropped"):
        found.append(
            "Its chat template knows no system turn: rows that have one can't be trained on."
            if template.system_role == "refused"
            else "Its chat template leaves system turns out without a word."
        )
    if template and template.ends_with_stop is False:
        found.append(
            "Generation does not stop at what its chat template writes after an answer, so a tuned "
            "model may not stop by itself."
        )
    return tuple(found)


def _parameters(files: ModelFiles, packed: str | None) -> tuple[int | None, Counted | None]:
    """How many parameters, and where that comes from; packed weights hold several in a number."""
    if files.tensors and not packed:
        return weights.parameters(files.tensors, files.config or {}), "headers"
    if files.config and (count := count_parameters(weights.text_config(files.config))):
        return count, "formula"
    return (files.hub_parameters, "hub") if files.hub_parameters else (None, None)


def _template(files: ModelFiles) -> TemplateFacts | None:
    if files.template is None:
        return None
    marks = {name: _mark(files.tokenizer.get(name)) for name in MARKS}
    return template_facts(
        files.template, {key: mark for key, mark in marks.items() if mark}, stop_texts(files)
    )


def stop_texts(files: ModelFiles) -> tuple[str, ...]:
    """The texts of the tokens that generation stops at, as far as the files tell."""
    told = files.generation.get("eos_token_id", (files.config or {}).get("eos_token_id"))
    numbers = told if isinstance(told, list) else [told]
    texts = [files.added_tokens.get(number) for number in numbers if isinstance(number, int)]
    return tuple({text for text in [*texts, _mark(files.tokenizer.get("eos_token"))] if text})


def _mark(token: Any) -> str | None:
    """A special token's text; older files write it as an object."""
    text = token.get("content") if isinstance(token, dict) else token
    return text if isinstance(text, str) else None


def _head_dim(text: Mapping[str, Any]) -> int | None:
    heads, hidden = _whole(text.get("num_attention_heads")), _whole(text.get("hidden_size"))
    return _whole(text.get("head_dim")) or (hidden // heads if hidden and heads else None)


def _served(architecture: str | None, head: int | None, settings: Settings) -> bool | None:
    known = support.served_architectures(settings.vllm_python or SERVE_PYTHON)
    if known is None or architecture is None:
        return None
    fits = head is None or head in CPU_HEADS or catalog.gpu_name() is not None
    return architecture in known and fits


def _architecture(config: Mapping[str, Any]) -> str | None:
    return next(iter(_words(config.get("architectures"))), None)


def _word(value: Any) -> str | None:
    return value[:80] if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    """A positive whole number of a config; None for anything else that stands there."""
    fits = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if fits else None


def _words(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else [value]
    return tuple(word[:120] for word in listed if isinstance(word, str) and word)
