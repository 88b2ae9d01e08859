"""Ollama's template language says what the chat template does, or the Modelfile says it can't."""

from __future__ import annotations

import pytest

from core.exporting import modelfile
from core.models.templates import ChatTemplate
from tests.core.models import templates_made as made
from tests.core.models.templates_made import Made


def template(text: str) -> ChatTemplate:
    return made.masker_of(Made(text, "<|im_end|>")).template


DATE = "{%- if strftime_now is defined %}"
UNDATED = "\n".join(line for line in made.LLAMA3.splitlines() if DATE not in line)


@pytest.mark.parametrize("text", [made.CHATML, UNDATED])
def test_pieces_render_what_the_template_renders(text: str) -> None:
    pieces = modelfile.take_apart(template(text))
    assert pieces is not None
    assert pieces.is_exact
    assert set(pieces.turns) == {"user", "assistant", "system"}
    assert modelfile.caution(pieces) == ""


def test_the_go_template_is_what_ollama_reads() -> None:
    text = modelfile.text(template(made.CHATML), ["<|im_end|>"], "tea.f16.gguf", {"num_ctx": 1024})
    assert text == (
        "FROM ./tea.f16.gguf\n"
        'TEMPLATE """{{- range .Messages }}'
        '{{- if eq .Role "user" }}<|im_start|>user\n{{ .Content }}<|im_end|>\n'
        '{{- else if eq .Role "assistant" }}<|im_start|>assistant\n{{ .Content }}<|im_end|>\n'
        '{{- else if eq .Role "system" }}<|im_start|>system\n{{ .Content }}<|im_end|>\n'
        '{{- end }}{{- end }}<|im_start|>assistant\n"""\n'
        'PARAMETER stop "<|im_end|>"\n'
        "PARAMETER num_ctx 1024\n"
    )


def test_a_template_that_ollama_cannot_follow_says_so() -> None:
    refusing = modelfile.text(template(made.GEMMA), [], "x.gguf", {})
    assert refusing.startswith("# Ollama's template language can't say all")
    broken = modelfile.text(template("{{ raise_exception('never') }}"), ["</s>"], "x.gguf", {})
    assert broken.startswith("# The chat template could not be written")
    assert "TEMPLATE" not in broken


def test_a_date_that_a_template_writes_is_told() -> None:
    assert "# Ollama's template language" in modelfile.text(template(made.LLAMA3), [], "x.gguf", {})


def test_a_beginning_of_text_is_left_to_ollama() -> None:
    chosen = template(UNDATED)
    chosen.tokenizer.bos_token = "<s>"
    text = modelfile.text(chosen, [], "x.gguf", {})
    assert 'TEMPLATE """{{- range .Messages }}' in text
    assert "<s>" not in text


def test_sampling_is_the_bases_own_or_none() -> None:
    given = {"do_sample": True, "temperature": 0.6, "top_k": 20, "repetition_penalty": 1.05}
    assert modelfile.parameters(given, 40_000) == {
        "temperature": 0.6, "top_k": 20.0, "repeat_penalty": 1.05, "num_ctx": 8192,
    }  # fmt: skip
    assert modelfile.parameters({"temperature": 0.6}, None) == {"temperature": 0}
