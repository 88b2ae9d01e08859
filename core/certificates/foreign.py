"""What a model made elsewhere is held to: its own files, as nobody recorded its answers."""

from __future__ import annotations

from pathlib import Path

from core.disk import sha256_text
from core.errors import ModelError
from core.models import folders, readers
from core.models.catalog import ResolvedModel
from core.training.parity import Parity

DTYPE = "float32"
"""Arithmetic that its answers are computed in, to hold others against."""


def parity(
    base: ResolvedModel, chat_folder: Path, is_adapter: bool, reads_tokenizer: bool = True
) -> Parity:
    """The record of an imported model, without any figure.

    `chat_folder` has the tokenizer and the template that it is served with; the tokens that end an
    answer are left out where the tokenizer is not to be read, which takes a second the first time.
    Raises ModelError when there is no template, or the tokenizer can't be read.
    """
    template = folders.chat_template(chat_folder)
    if template is None:
        raise ModelError(
            "The model has no chat template, so it does not know how a conversation looks.",
            str(chat_folder),
            "Pick an instruct or chat model, or add a chat_template.jinja to the folder.",
        )
    stops: tuple[int, ...] = ()
    if reads_tokenizer:
        stops = tuple(sorted(readers.read(local(chat_folder)).stop_ids))
    return Parity(
        base_model=base.shown_name,
        revision=base.revision,
        dtype=DTYPE,
        template_sha256=sha256_text(template),
        chat_template_kwargs={},
        stop_token_ids=stops,
        probes=(),
        result="adapter" if is_adapter else "model",
        reference="the files as they were imported",
    )


def local(folder: Path) -> ResolvedModel:
    """A folder as a model to be read."""
    return ResolvedModel(
        name=folder.name, id_or_path=str(folder), revision=None, local=True, shape=None
    )
