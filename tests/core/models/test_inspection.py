"""Any model is described before a download: a hub's and a folder's in the same record."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError
from core.models import catalog, formula
from core.models.inspection import ModelInspection, inspect
from core.models.licences import licence_gate
from core.settings import Settings
from core.wording import said
from tests.core.models.made_models import CONFIG, in_shards, made_model, write_weights
from tests.core.models.templates_made import TEMPLATES
from tests.fake_hub import FakeHub, FakeModel

HAN = re.compile("[\u4e00-\u9fff]")
OFFLINE = Settings(offline=True)
COUNT = 100 * 64 + 64 * 64 + 128 * 64 + 64


def test_the_starter_is_described_offline() -> None:
    found = inspect("starter", OFFLINE)
    assert (found.local, found.commit, found.refusal, found.cautions) == (True, None, None, ())
    assert (found.parameters, found.parameters_from) == (4_983_552, "headers")
    assert (found.context, found.vocabulary, found.head_dim) == (1024, 4096, 64)
    assert (found.terms.name, found.languages) == ("Apache-2.0", ("en", "zh"))
    assert found.trained_here
    assert found.template is not None
    assert found.template.ends_with_stop


def put(hub: FakeHub, folder: Path, **more: Any) -> str:
    """The id of a hub model with the files of a folder."""
    hub.models["me/tiny"] = FakeModel.of(folder, **more)
    return "me/tiny"


@pytest.mark.parametrize("shards", [False, True], ids=["one file", "shards"])
def test_a_hub_model_and_its_folder_are_described_alike(
    fake_hub: FakeHub, settings: Settings, tmp_path: Path, shards: bool
) -> None:
    folder = made_model(tmp_path / "m")
    if shards:
        in_shards(folder)
    card = "---\nlicense: mit\nlanguage: [en, zh]\nbase_model: a/b\n---\n# Tiny\n"
    (folder / "README.md").write_text(card)
    told = {"license": "mit", "language": ["en", "zh"], "base_model": "a/b"}
    there = inspect(put(fake_hub, folder, card=told), settings)
    here = inspect(str(folder), settings)
    place = {"name", "id_or_path", "local", "commit", "page", "download_bytes"}
    assert there.model_dump(exclude=place) == here.model_dump(exclude=place)
    assert there.commit == fake_hub.models["me/tiny"].commit
    assert (there.parameters, there.dtypes) == (COUNT, {"F32": COUNT})
    assert (there.terms.name, there.languages, there.base_models) == (
        "MIT",
        ("en", "zh"),
        ("a/b",),
    )


def test_weights_are_not_fetched_and_code_is_not_touched(
    fake_hub: FakeHub, settings: Settings, tmp_path: Path
) -> None:
    folder = made_model(tmp_path / "m")
    write_weights(folder / "model.safetensors", {"model.layers.0.w": [2000, 1000]})
    for name in ("modeling_tiny.py", "pytorch_model.bin", "consolidated.safetensors"):
        (folder / name).write_bytes(b"x" * 1000)
    found = inspect(put(fake_hub, folder), settings)
    assert found.parameters == 2_000_000
    assert fake_hub.fetched("model.safetensors") == ["bytes=0-100000"]
    asked = {path.rpartition("/")[2] for _, path, _ in fake_hub.requests}
    assert not asked & {"modeling_tiny.py", "pytorch_model.bin", "consolidated.safetensors"}
    sizes = {path.name: path.stat().st_size for path in folder.iterdir()}
    needed = ("config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors")
    assert found.download_bytes == sum(sizes[name] for name in needed)


def test_the_token_goes_to_the_hub_alone(
    fake_hub: FakeHub, with_token: Settings, tmp_path: Path
) -> None:
    name = put(fake_hub, made_model(tmp_path / "m"), gated="manual", granted=("hf_granted",))
    assert inspect(name, with_token).gated
    for _, path, headers in fake_hub.requests:
        token = headers.get("authorization")
        assert token == (None if path.startswith("/cdn/") else "Bearer hf_granted"), path


def test_a_gated_model_tells_what_it_is_and_where_to_ask(
    fake_hub: FakeHub, settings: Settings, tmp_path: Path
) -> None:
    name = put(
        fake_hub,
        made_model(tmp_path / "m"),
        gated="manual",
        card={"license": "llama3.2"},
        safetensors={"parameters": {"BF16": 1_235_814_400}, "total": 1_235_814_400},
    )
    found = inspect(name, settings)
    assert (found.gated, found.parameters, found.parameters_from) == (True, 1_235_814_400, "hub")
    assert (found.template, found.trained_here, found.model_type) == (None, None, None)
    assert found.refusal is not None
    assert "must grant you access" in found.refusal.problem
    assert "https://huggingface.co/me/tiny" in found.refusal.fix
    assert "HF_TOKEN" in found.refusal.fix
    asked = licence_gate(found, None)
    assert asked is not None
    assert "Llama 3.2 Community License" in asked.fix


def test_a_mirror_without_metadata_falls_back_on_the_catalog_for_the_licence(
    fake_hub: FakeHub, settings: Settings, tmp_path: Path
) -> None:
    fake_hub.models["google/gemma-3-1b-it"] = FakeModel.of(made_model(tmp_path / "m"))
    found = inspect("google/gemma-3-1b-it", settings)
    assert found.terms.name == "Gemma Terms of Use"


def pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def with_config(**config: Any) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "config.json").write_text(json.dumps({**CONFIG, **config}))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without("chat_template.jinja"), "no chat template"),
        (without("tokenizer.json"), "no tokenizer"),
        (pickles, "no safetensors weights"),
        (with_config(model_type="own", auto_map={"AutoConfig": "x.Y"}), "needs code of its own"),
        (with_config(model_type="mistral3"), "not as a text model"),
        (with_config(model_type=""), "of a kind unknown here"),
    ],
)
@pytest.mark.parametrize("where", [pytest.param("hub", marks=pytest.mark.slow), "folder"])
def test_what_cannot_be_tuned_says_why_and_what_to_do(
    fake_hub: FakeHub,
    settings: Settings,
    tmp_path: Path,
    where: str,
    spoil: Callable[[Path], None],
    says: str,
) -> None:
    folder = made_model(tmp_path / "m")
    spoil(folder)
    name = put(fake_hub, folder) if where == "hub" else str(folder)
    found = inspect(name, settings)
    assert found.refusal is not None
    assert says in found.refusal.problem
    assert found.refusal.fix
    assert HAN.search(said(found.refusal.problem, "zh"))
    assert HAN.search(said(found.refusal.fix, "zh"))


def look(tmp_path: Path, template: str | None = None, **config: Any) -> ModelInspection:
    given = {"template": template} if template else {}
    return inspect(str(made_model(tmp_path / "m", **given, **config)), OFFLINE)


def test_packed_weights_are_counted_by_the_formula_and_warned_of(tmp_path: Path) -> None:
    folder = made_model(tmp_path / "m", quantization_config={"quant_method": "mxfp4"})
    write_weights(folder / "model.safetensors", {"model.layers.0.blocks": [10]}, dtype="U8")
    found = inspect(str(folder), OFFLINE)
    assert (found.quantisation, found.parameters_from, found.dtypes) == (
        "mxfp4",
        "formula",
        {"U8": 10},
    )
    assert found.parameters == formula.count_parameters(CONFIG)
    assert any("packed as mxfp4" in caution for caution in found.cautions)


@pytest.mark.parametrize(
    ("config", "template", "says"),
    [
        ({"vision_config": {}}, None, "reads pictures"),
        ({"architectures": ["NobodyForCausalLM"]}, None, "can't serve it"),
        ({"head_dim": 40}, None, "can't serve it"),
        ({}, TEMPLATES["gemma"].text, "knows no system turn"),
        ({"eos_token_id": 8}, TEMPLATES["llama3"].text, "does not stop"),
        ({}, "{{ '<think>' if add_generation_prompt else messages | map(attribute='content')"
             " | join('<|im_end|>') + '<|im_end|>' }}", "thinks before every answer"),
    ],
)  # fmt: skip
def test_what_to_mind_is_said_in_both_languages(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    config: dict[str, Any],
    template: str | None,
    says: str,
) -> None:
    monkeypatch.setattr(catalog, "gpu_name", lambda: None)
    served = frozenset({"Qwen3ForCausalLM"})
    monkeypatch.setattr("core.models.support.served_architectures", lambda python: served)
    folder = made_model(tmp_path / "m", **({"template": template} if template else {}), **config)
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"added_tokens_decoder": {"8": {"content": "<|stop|>"}}, "eos_token": "<|e|>"})
    )
    found = inspect(str(folder), OFFLINE)
    assert any(says in caution for caution in found.cautions), found.cautions
    assert all(HAN.search(said(caution, "zh")) for caution in found.cautions)
    assert found.refusal is None


def test_whether_the_engine_serves_it_is_not_known_without_one(tmp_path: Path) -> None:
    settings = Settings(offline=True, vllm_python=tmp_path / "bin" / "python")
    assert inspect(str(made_model(tmp_path / "m")), settings).served_here is None


@pytest.mark.parametrize(
    "config", [{"vocab_size": "many"}, {"hidden_size": -1}, {"text_config": 3}, {"head_dim": []}]
)
def test_nonsense_in_a_config_is_not_known_rather_than_wrong(
    tmp_path: Path, config: dict[str, Any]
) -> None:
    found = look(tmp_path, **config)
    assert found.parameters == COUNT
    assert found.vocabulary in (None, 100)


def test_a_broken_index_of_tensors_is_refused_in_words(tmp_path: Path) -> None:
    folder = made_model(tmp_path / "m")
    header = json.dumps({"a": {"dtype": "F32", "data_offsets": [0, 0]}}).encode()
    (folder / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelError, match="another kind"):
        inspect(str(folder), OFFLINE)


def test_no_folder_and_no_config_say_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not exist"):
        inspect(str(tmp_path / "nothing"), OFFLINE)
    folder = made_model(tmp_path / "m")
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"config\.json is missing"):
        inspect(str(folder), OFFLINE)


def test_a_card_of_nonsense_states_no_licence(tmp_path: Path) -> None:
    folder = made_model(tmp_path / "m")
    (folder / "README.md").write_bytes(b"---\nlicense: [\n---\n\xff")
    found = inspect(str(folder), OFFLINE)
    assert found.terms.kind == "unstated"
    assert licence_gate(found, None) is None


def test_a_hub_model_that_is_here_already_is_read_without_fetching_twice(
    fake_hub: FakeHub, settings: Settings, tmp_path: Path
) -> None:
    name = put(fake_hub, made_model(tmp_path / "m"))
    inspect(name, settings)
    fake_hub.requests.clear()
    shutil.rmtree(tmp_path / "m")
    inspect(name, settings)
    assert not any("/config.json" in path for _, path, _ in fake_hub.requests)


@pytest.mark.parametrize(
    ("config", "millions"),
    [
        # Qwen3-4B and gpt-oss-20b as their cards count them: 4.0 and 20.9 billion
        ({"hidden_size": 2560, "num_hidden_layers": 36, "vocab_size": 151_936, "head_dim": 128,
          "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 9728,
          "tie_word_embeddings": True}, 4_022),
        ({"hidden_size": 2880, "num_hidden_layers": 24, "vocab_size": 201_088, "head_dim": 64,
          "num_attention_heads": 64, "num_key_value_heads": 8, "intermediate_size": 2880,
          "num_local_experts": 32}, 20_907),
    ],
)  # fmt: skip
def test_the_formula_agrees_with_what_cards_count(config: dict[str, Any], millions: int) -> None:
    assert (formula.count_parameters(config) or 0) // 10**6 == millions
    assert formula.count_parameters({}) is None
