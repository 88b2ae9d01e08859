"""Every model of the catalog is described in full, and can be trained and served here."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.models import catalog, support
from core.models.facts import ModelFacts, hub_models
from core.models.hub import check_id
from core.models.licences import LICENCES
from core.serving.launch import SERVE_PYTHON

ENTRIES = hub_models().models
NAMES = [model.name for model in ENTRIES]


def test_the_list_is_broad_dated_and_names_every_model_once() -> None:
    assert len(ENTRIES) > 30
    assert len(set(NAMES)) == len(NAMES)
    assert NAMES[0] == catalog.SMALL_QWEN
    assert {model.family for model in ENTRIES} >= {"Qwen3", "Qwen3.5", "Qwen3.6", "Qwen2.5"}
    year, month = hub_models().checked.split("-")
    assert int(year) >= 2026
    assert 1 <= int(month) <= 12


@pytest.mark.parametrize("model", ENTRIES, ids=NAMES)
def test_an_entry_is_complete(model: ModelFacts) -> None:
    check_id(model.name)
    assert model.parameters is not None
    assert 10**8 < model.parameters < 10**12
    assert model.active_parameters is None or model.active_parameters < model.parameters
    assert model.context is not None
    assert model.context % 1024 == 0
    assert model.languages[0].islower()
    assert model.terms in LICENCES.values()
    assert model.terms.url.startswith("https://")
    assert bool(model.terms.restrictions) == model.terms.must_be_accepted
    assert tuple(map(int, model.min_transformers.split("."))) < (5, 17)
    assert bool(model.note) == bool(model.note_zh)


def test_restricted_families_are_restricted() -> None:
    known = {model.name: model for model in ENTRIES}
    assert "700 million" in known["meta-llama/Llama-3.2-1B-Instruct"].terms.restrictions
    assert known["meta-llama/Llama-3.2-1B-Instruct"].gated
    assert known["google/gemma-3-4b-it"].terms.name == "Gemma Terms of Use"
    assert known["Qwen/Qwen2.5-3B-Instruct"].terms.kind == "non-commercial"
    assert known["Qwen/Qwen2.5-7B-Instruct"].terms.kind == "permissive"
    assert known["openai/gpt-oss-20b"].quantisation == "mxfp4"


def test_the_trainer_can_load_each_of_them() -> None:
    known = support.text_model_types()
    assert known is not None
    assert [model.name for model in ENTRIES if model.model_type not in known] == []


def test_the_engine_tells_what_it_serves(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    (packages / support.REGISTRY).parent.mkdir(parents=True)
    (packages / support.REGISTRY).write_text(
        '_TEXT_GENERATION_MODELS = {\n    "AForCausalLM": ("a", "AForCausalLM"),\n}\n'
        '_EMBEDDING_MODELS = {\n    "BModel": ("b", "BModel"),\n}\n'
        '_MULTIMODAL_MODELS = {\n    "CForAll": (\n        "c",\n        "CForAll",\n    ),\n}\n'
    )
    python = tmp_path / "bin" / "python"
    assert support.served_architectures(python) == frozenset(["AForCausalLM", "CForAll"])
    assert support.served_architectures(Path("/nowhere/bin/python")) is None


@pytest.mark.skipif(not SERVE_PYTHON.exists(), reason="the serving environment is not set up")
def test_the_engine_here_serves_the_families_of_the_catalog() -> None:
    served = support.served_architectures(SERVE_PYTHON)
    assert served is not None
    assert served >= {
        *("Qwen2ForCausalLM", "Qwen3ForCausalLM", "Qwen3MoeForCausalLM", "LlamaForCausalLM"),
        *("Qwen3_5ForConditionalGeneration", "Qwen3_5MoeForConditionalGeneration"),
        *("Gemma3ForCausalLM", "Gemma3ForConditionalGeneration", "Gemma4ForConditionalGeneration"),
        *("MistralForCausalLM", "Phi3ForCausalLM", "SmolLM3ForCausalLM", "GptOssForCausalLM"),
    }
