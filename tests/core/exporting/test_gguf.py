"""GGUF by a converter that stands in for llama.cpp's: a script of the same name and arguments."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import RunError
from core.exporting import gguf
from core.settings import Settings
from core.workspace import Workspace
from tests.core.exporting import hand_made
from tests.core.exporting.test_carrying import carry, measured

pytestmark = pytest.mark.full

WRITES = """
import argparse
from pathlib import Path
asked = argparse.ArgumentParser()
asked.add_argument("model", type=Path)
asked.add_argument("--outfile", type=Path)
asked.add_argument("--outtype")
given = asked.parse_args()
assert (given.model / "tokenizer.json").is_file()
head = b"GGUF" + (3).to_bytes(4, "little") + (1).to_bytes(8, "little") + bytes(8)
given.outfile.write_bytes(head + given.outtype.encode())
"""
UNKNOWN_TOKENIZER = """
raise NotImplementedError(
    "BPE pre-tokenizer was not recognized - update get_vocab_base_pre()")
"""


def llama_cpp(folder: Path, script: str) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / gguf.SCRIPT).write_text(script)
    return Settings(home=folder, offline=True, llama_cpp=folder)


def test_without_the_converter_a_person_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="does not know where it is") as raised:
        gguf.converter(Settings(home=tmp_path))
    assert "DUOTUNE_LLAMA_CPP" in raised.value.fix
    with pytest.raises(RunError, match="without convert_hf_to_gguf"):
        gguf.converter(Settings(home=tmp_path, llama_cpp=tmp_path))


def test_a_gguf_export_is_the_file_and_a_modelfile(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = llama_cpp(tmp_path / "llama", WRITES)
    hand_made.finished(workspace, settings)
    asked = measured(monkeypatch)
    # the weights in the place of merged ones: nothing here is loaded
    request = hand_made.request(workspace, "gguf", gguf_type="q8_0")
    made = carry(workspace, settings, request)
    place = Path(made.path)
    assert asked[0].becomes_gguf
    assert (place / "tea-desk.q8_0.gguf").read_bytes()[24:] == b"q8_0"
    assert list(place.glob("*.safetensors")) == []
    told = (place / "Modelfile").read_text()
    assert told.startswith("FROM ./tea-desk.q8_0.gguf\nTEMPLATE")
    assert 'PARAMETER stop "<|im_end|>"' in told
    assert "ollama create tea-desk -f Modelfile" in (place / "README.md").read_text()
    assert made.notes == ()
    assert set(made.files) == {p.name for p in place.iterdir()} - {"duotune.json"}


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (UNKNOWN_TOKENIZER, "does not know this model's tokenizer"),
        ("print('ERROR:hf-to-gguf:Model Qwen9 is not supported'); exit(1)", "architecture"),
        ("import no_such_gguf", "lacks the Python package 'no_such_gguf'"),
        ("print('the disk is on fire'); exit(3)", "the disk is on fire"),
        ("pass", "wrote no GGUF file"),
    ],
)
def test_each_failure_is_a_sentence(tmp_path: Path, script: str, told: str) -> None:
    settings = llama_cpp(tmp_path, script)
    with pytest.raises(RunError, match=told):
        gguf.convert(settings, tmp_path, tmp_path / "x.gguf", "f16", tmp_path / "log.txt")
