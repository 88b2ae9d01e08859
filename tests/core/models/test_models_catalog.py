"""The catalog finds models, and refuses in plain words what can't be trusted or trained."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelError
from core.models import catalog, folders, hub, weights
from core.models.templates import chat_template_kwargs
from core.settings import Settings
from tests.core.models.made_models import CONFIG, SHAPES, in_shards, made_model, write_weights
from tests.fake_hub import FakeHub

OFFLINE = Settings(offline=True)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that has all that the catalog asks of one."""
    return made_model(tmp_path / "model", "{{ messages }}")


def test_a_local_folder_is_read_from_its_headers(model: Path) -> None:
    found = catalog.resolve(str(model), None, OFFLINE)
    assert found.local
    assert found.revision is None
    assert found.shown_name == "model"
    assert found.shape is not None
    assert found.shape.parameters == 100 * 64 + 64 * 64 + 128 * 64 + 64
    assert found.shape.linear_widths == (64 + 64) + (128 + 64)
    assert (found.shape.context, found.shape.head_dim) == (256, 32)


def test_another_model_of_the_same_shape_has_another_fingerprint(model: Path) -> None:
    before = folders.inspect(model).fingerprint
    path = model / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)
    assert folders.inspect(model).fingerprint != before


def only_pickles(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def no_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def remote_code(folder: Path) -> None:
    config = {**CONFIG, "model_type": "my_own_thing", "auto_map": {"AutoConfig": "x.MyConfig"}}
    (folder / "config.json").write_text(json.dumps(config))


def cut_short(folder: Path) -> None:
    write_weights(folder / "model.safetensors", cut=100)


def a_shard_is_missing(folder: Path) -> None:
    (in_shards(folder) / "model-00002-of-00002.safetensors").unlink()


def pictures_only(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({**CONFIG, "model_type": "mistral3"}))


def template_of_bytes(folder: Path) -> None:
    (folder / "chat_template.jinja").write_bytes(b"\xff\xfe\xff")


def hostile_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 64)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: (f / "config.json").unlink(), "not a model folder: config.json is missing"),
        (lambda f: (f / "config.json").write_text("{"), "config.json can't be read"),
        (only_pickles, "pickles"),
        (lambda f: (f / "model.safetensors").unlink(), "holds no .safetensors weights"),
        (no_template, "no chat template"),
        (lambda f: (f / "tokenizer.json").unlink(), "no tokenizer"),
        (remote_code, "needs code of its own"),
        (cut_short, "damaged or was not copied in full"),
        (hostile_header, "damaged or was not copied in full"),
        (a_shard_is_missing, "1 of its weight files are missing, model-00002-of"),
        (pictures_only, "not as a text model"),
        (template_of_bytes, "chat_template.jinja is not text"),
    ],
)
def test_a_folder_that_cannot_be_used_says_why(
    model: Path, spoil: Callable[[Path], Any], says: str
) -> None:
    spoil(model)
    with pytest.raises(ModelError, match=says) as caught:
        catalog.resolve(str(model), None, OFFLINE)
    assert str(model) in caught.value.where


def nested_config(folder: Path) -> None:
    (folder / "config.json").write_text("[" * 100_000)


def wrong_kind(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({**CONFIG, "max_position_embeddings": "many"}))


def words_for_numbers(folder: Path) -> None:
    (folder / "config.json").write_text(json.dumps({**CONFIG, "num_attention_heads": "two"}))


def raw_header(folder: Path, header: object) -> None:
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (nested_config, "config.json can't be read"),
        (wrong_kind, "another kind"),
        (words_for_numbers, "another kind"),
        (lambda folder: raw_header(folder, [1, 2]), "is damaged"),
        (lambda folder: raw_header(folder, {"a": {"x": 1}}), "is damaged"),
        (lambda folder: raw_header(folder, {"a": {"data_offsets": [0, 0]}}), "another kind"),
        (lambda folder: raw_header(folder, {"a": 3}), "is damaged"),
    ],
)
def test_a_folder_of_nonsense_is_refused_in_words(
    model: Path, spoil: Callable[[Path], None], says: str
) -> None:
    spoil(model)
    with pytest.raises(ModelError, match=says) as refused:
        catalog.resolve(str(model), None, OFFLINE)
    assert refused.value.where
    assert refused.value.fix


def test_a_folder_that_may_not_be_read_says_so(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(weights, "header", refuse)
    with pytest.raises(ModelError, match="can't be read: Permission denied") as refused:
        catalog.resolve(str(model), None, OFFLINE)
    assert refused.value.where.endswith("model.safetensors")


def test_a_name_too_long_for_a_path_is_no_folder() -> None:
    with pytest.raises(ModelError, match="neither a model of the catalog"):
        catalog.resolve("x" * 5000, None, OFFLINE)


def test_copies_of_the_weights_in_another_layout_are_not_counted(model: Path) -> None:
    before = folders.inspect(model)
    write_weights(model / "consolidated.safetensors")
    assert folders.inspect(model).parameters == before.parameters


def test_a_tied_output_layer_that_is_stored_twice_counts_once(tmp_path: Path) -> None:
    folder = made_model(tmp_path / "tied", tie_word_embeddings=True)
    write_weights(folder / "model.safetensors", {**SHAPES, "lm_head.weight": [100, 64]})
    assert folders.inspect(folder).parameters == 100 * 64 + 64 * 64 + 128 * 64 + 64


def test_a_config_named_after_the_text_part_of_a_bigger_model_is_known(tmp_path: Path) -> None:
    assert folders.inspect(made_model(tmp_path / "gemma", model_type="gemma3_text")).parameters


def test_a_template_inside_the_tokenizer_config_counts(model: Path) -> None:
    no_template(model)
    variants = [{"name": "default", "template": "A"}, {"name": "tool_use", "template": "B"}]
    (model / "tokenizer_config.json").write_text(json.dumps({"chat_template": variants}))
    assert folders.chat_template(model) == "A"
    assert catalog.resolve(str(model), None, OFFLINE).shape is not None


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/no/such/folder", "does not exist"),
        ("./nor/this", "does not exist"),
        ("gpt9", "No model is called"),
        ("../../etc/passwd", "does not exist"),
        ("a b/c", "neither a model of the catalog"),
        ("org/..", "neither a model of the catalog"),
        ("Nobody/made-this-one", "not on this machine"),
    ],
)
def test_a_name_that_leads_nowhere_says_so(name: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        catalog.resolve(name, None, OFFLINE)


def test_the_starter_is_first_and_resolves_to_the_bundled_folder() -> None:
    found = catalog.models(OFFLINE)
    assert found[0].name == catalog.STARTER
    assert found[0].local
    assert (found[0].licence, found[1].name) == ("Apache-2.0", catalog.SMALL_QWEN)
    starter = catalog.resolve("starter", None, OFFLINE)
    assert Path(starter.id_or_path) == catalog.STARTER_FOLDER
    assert starter.shown_name == "starter"
    assert starter.shape is not None
    assert starter.shape.parameters == found[0].parameters


@pytest.mark.parametrize(
    ("offline", "gpu", "reachable", "expected"),
    [
        (False, "NVIDIA X", True, catalog.SMALL_QWEN),
        (True, "NVIDIA X", True, catalog.STARTER),
        (False, None, True, catalog.STARTER),
        (False, "NVIDIA X", False, catalog.STARTER),
    ],
)
def test_the_default_is_the_starter_unless_gpu_and_hub_are_there(
    monkeypatch: pytest.MonkeyPatch,
    offline: bool,
    gpu: str | None,
    reachable: bool,
    expected: str,
) -> None:
    monkeypatch.setattr(catalog, "gpu_name", lambda: gpu)
    monkeypatch.setattr(hub, "answers", lambda endpoint: reachable)
    assert catalog.default_model(Settings(offline=offline)) == expected


def test_a_hub_that_does_not_answer_is_not_in_reach(fake_hub: FakeHub) -> None:
    assert hub.answers("http://127.0.0.1:9") is False
    assert hub.answers(f"{fake_hub.endpoint}/nothing-here") is False


def test_thinking_is_switched_off_where_a_template_knows_the_switch() -> None:
    assert chat_template_kwargs("{% if enable_thinking %}") == {"enable_thinking": False}
    assert chat_template_kwargs("{{ messages }}") == {}
