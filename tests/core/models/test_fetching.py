"""A download ends in the hub client's own cache, whole and checked, and is resumed when broken."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from core.disk import take_lease
from core.errors import ModelError, WorkspaceError
from core.models import catalog, hub
from core.models.fetching import Fetch, FetchProgress, fetch_model
from core.models.folders import inspect as inspect_folder
from core.models.hub_cache import HubFile, repository
from core.models.inspection import inspect
from core.settings import Settings
from tests.core.models.made_models import SHAPES, in_shards, made_model, write_weights
from tests.fake_hub import FakeHub, FakeModel, oid

NAME = "me/tiny"
NEEDED = {"config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"}


@pytest.fixture
def tiny(fake_hub: FakeHub, tmp_path: Path) -> FakeModel:
    """A model with a megabyte of weights, and files that nobody needs."""
    folder = made_model(tmp_path / "m")
    shapes = {**SHAPES, "model.layers.0.mlp.down_proj.weight": [500, 500]}
    write_weights(folder / "model.safetensors", shapes)
    for name in ("modeling.py", "pytorch_model.bin", "consolidated.safetensors", "LICENSE"):
        (folder / name).write_bytes(b"x")
    fake_hub.models[NAME] = FakeModel.of(folder)
    return fake_hub.models[NAME]


def fetch(settings: Settings, revision: str | None = None) -> tuple[Path, list[FetchProgress]]:
    told: list[FetchProgress] = []
    return fetch_model(NAME, revision, settings, told.append), told


def test_only_what_is_needed_is_fetched_and_found_offline(
    settings: Settings, tiny: FakeModel
) -> None:
    folder, told = fetch(settings)
    assert {path.name for path in folder.iterdir()} == NEEDED | {"LICENSE"}
    for path in folder.iterdir():
        assert path.read_bytes() == tiny.files[path.name]
    assert told[0].phase == "inspecting"
    assert told[-1].bytes_done == told[-1].bytes_total
    assert told[-1].bytes_total == sum(len(tiny.files[name]) for name in NEEDED | {"LICENSE"})
    found = catalog.resolve(NAME, None, Settings(offline=True))
    assert found.revision == tiny.commit
    assert found.shape == inspect_folder(folder)


@pytest.mark.full
def test_what_is_here_is_described_while_the_hub_is_not_in_reach(
    settings: Settings, tiny: FakeModel
) -> None:
    tiny.files["README.md"] = b"---\nlicense: gemma\n---\n"
    tiny.card = {"license": "gemma"}
    fetch(settings)
    online = inspect(NAME, settings)
    offline = inspect(NAME, Settings(offline=True))
    assert offline == online
    assert (offline.commit, offline.terms.name) == (tiny.commit, "Gemma Terms of Use")
    (repository(NAME) / "snapshots" / tiny.commit / "model.safetensors").unlink()
    with pytest.raises(hub.HubUnreachable):
        inspect(NAME, Settings(offline=True))


@pytest.mark.full
def test_a_model_in_shards_is_fetched_whole(
    fake_hub: FakeHub, settings: Settings, tmp_path: Path
) -> None:
    fake_hub.models[NAME] = FakeModel.of(in_shards(made_model(tmp_path / "m")))
    folder, _ = fetch(settings)
    assert len(list(folder.glob("model-*.safetensors"))) == 2
    assert inspect_folder(folder).parameters == 100 * 64 + 64 * 64 + 128 * 64 + 64


@pytest.mark.full
def test_a_second_download_fetches_nothing(
    fake_hub: FakeHub, settings: Settings, tiny: FakeModel
) -> None:
    fetch(settings)
    fake_hub.requests.clear()
    fetch(settings)
    assert fake_hub.fetched("model.safetensors") == ["bytes=0-100000"]  # the header, to look at it


def test_what_an_ended_process_left_is_gone_on_with(
    fake_hub: FakeHub, settings: Settings, tiny: FakeModel
) -> None:
    data = tiny.files["model.safetensors"]
    blob = repository(NAME) / "blobs" / oid("model.safetensors", data)
    blob.parent.mkdir(parents=True)
    blob.with_name(f"{blob.name}.duotune.incomplete").write_bytes(data[:300_000])
    folder, _ = fetch(settings)
    assert fake_hub.fetched("model.safetensors")[1:] == ["bytes=300000-"]
    assert (folder / "model.safetensors").read_bytes() == data
    assert not list(blob.parent.glob("*.incomplete"))


def test_a_line_that_breaks_is_taken_up_where_it_broke(
    fake_hub: FakeHub,
    settings: Settings,
    tiny: FakeModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda seconds: None)
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 100_000)
    fake_hub.breaks_after = [450_000]
    tiny.files["vocab.json"] = tiny.files.pop("tokenizer.json")  # so that one file is large
    folder, _ = fetch(settings)
    first, second = fake_hub.fetched("model.safetensors")[1:]
    assert (first, second) == ("", "bytes=400000-")
    assert (folder / "model.safetensors").read_bytes() == tiny.files["model.safetensors"]


def test_a_file_with_other_content_is_thrown_away(
    fake_hub: FakeHub, settings: Settings, tiny: FakeModel
) -> None:
    good = tiny.files["model.safetensors"]
    tiny.served["model.safetensors"] = good[:-1] + b"\x01"
    with pytest.raises(ModelError, match=r"model\.safetensors of me/tiny is not what the hub says"):
        fetch(settings)
    assert not list((repository(NAME) / "blobs").glob("*.incomplete"))
    tiny.served.clear()
    folder, _ = fetch(settings)
    assert (folder / "model.safetensors").read_bytes() == good


@pytest.mark.full
def test_a_small_file_with_other_content_is_thrown_away(
    settings: Settings, tiny: FakeModel
) -> None:
    tiny.served["chat_template.jinja"] = tiny.files["chat_template.jinja"].replace(b"user", b"usar")
    tiny.served["LICENSE"] = b"y"
    with pytest.raises(ModelError, match=r"LICENSE of me/tiny is not what the hub says"):
        fetch(settings)
    tiny.served.clear()
    folder, _ = fetch(settings)
    assert (folder / "LICENSE").read_bytes() == b"x"


def test_the_disk_is_asked_before_the_first_byte(
    fake_hub: FakeHub, settings: Settings, tiny: FakeModel
) -> None:
    tiny.claims["model.safetensors"] = 10**18
    with pytest.raises(WorkspaceError, match="needs 1,000,000,000"):
        fetch(settings)
    assert fake_hub.fetched("model.safetensors") == ["bytes=0-100000"]


def test_a_model_that_cannot_be_tuned_is_not_downloaded(
    fake_hub: FakeHub, settings: Settings, tiny: FakeModel
) -> None:
    tiny.files.pop("chat_template.jinja")
    with pytest.raises(ModelError, match="no chat template"):
        fetch(settings)
    assert fake_hub.fetched("model.safetensors") == ["bytes=0-100000"]


def test_a_mirror_that_tells_no_hashes_is_not_trusted(
    settings: Settings, tiny: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = hub.model_info

    def bare(*given: object) -> object:
        info = whole(*given)  # type: ignore[arg-type]
        for file in info.siblings or []:
            file.lfs = file.blob_id = None
        return info

    monkeypatch.setattr(hub, "model_info", bare)
    with pytest.raises(ModelError, match="does not tell the hashes"):
        fetch(settings)


@pytest.mark.full
def test_two_of_one_model_do_not_clash(settings: Settings, tiny: FakeModel) -> None:
    folder = repository(NAME)
    lease = take_lease(folder.parent / ".locks" / folder.name / "duotune.lease")
    assert lease is not None
    with pytest.raises(ModelError, match="being downloaded by another Duotune"):
        fetch(settings)
    os.close(lease)
    fetch(settings)


@pytest.mark.full
def test_a_token_reaches_the_hub_and_not_its_storage(
    fake_hub: FakeHub, with_token: Settings, tiny: FakeModel
) -> None:
    tiny.gated, tiny.granted = "manual", ("hf_granted",)
    fetch(with_token)
    stored = [headers for _, path, headers in fake_hub.requests if path.startswith("/cdn/")]
    assert stored
    assert not any("authorization" in headers for headers in stored)


def test_speed_and_time_left_are_measured_or_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([10.0, 10.2, 12.0])
    monkeypatch.setattr("core.models.fetching.time.monotonic", lambda: next(times))
    digest = hashlib.sha256(b"").hexdigest()
    file = HubFile("w.safetensors", 1_000, digest, tmp_path / digest)
    told: list[FetchProgress] = []
    under_way = Fetch(NAME, "c", Settings(), (file,), told.append)
    for size in (0, 100, 500):
        file.partial.write_bytes(random.Random(1).randbytes(size))
        under_way._report("downloading")
    assert [step.bytes_per_s for step in told] == [None, None, 250.0]
    assert [step.eta_s for step in told] == [None, None, 2.0]
    assert [step.bytes_done for step in told] == [0, 100, 500]
