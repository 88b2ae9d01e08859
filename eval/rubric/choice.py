"""Which rubric an evaluation uses when the person names one, or none."""

from __future__ import annotations

from pathlib import Path

from core.data import store
from core.data.examples import SUPPORT_DESK, SUPPORT_DESK_RUBRIC
from core.data.tasks import templates
from core.disk import sha256_file
from core.workspace import Workspace
from eval.rubric.defaults import build
from eval.rubric.formats import convert_file
from eval.rubric.rubrics import Rubric, load_file

BUNDLED = {SUPPORT_DESK: SUPPORT_DESK_RUBRIC}
"""Example data and the rubric written for it."""


def choose(workspace: Workspace, dataset_id: str, file: Path | None = None) -> Rubric:
    """The given file's rubric, the one bundled with the data, or a default built from the data.

    The default is that of the task which the data teaches, where it teaches a known one.
    Raises RubricError when the file is not a rubric.
    """
    if file is not None:
        return _converted(file)
    dataset = store.load(workspace, dataset_id)
    for data, rubric in BUNDLED.items():
        if dataset.source_sha256 == sha256_file(data):
            return load_file(rubric)
    examples = store.load_examples(workspace, dataset_id)
    plain = templates.default_rubric(dataset.name, examples)
    if plain is not None:
        return Rubric.model_validate(plain)
    return build(dataset.name, [example.conversation.reference for example in examples])


def _converted(file: Path) -> Rubric:
    """A rubric of any known format; what it lost on the way stands in the report."""
    found = convert_file(file)
    if not found.notes:
        return found.rubric
    note = " ".join(part for part in (found.rubric.note, *(n.text for n in found.notes)) if part)
    return found.rubric.model_copy(update={"note": note})
