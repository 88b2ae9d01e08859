"""The library tells where each model comes from, and lets go of one with all that hangs on it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from core.actions import Actions
from core.certificates import certifications
from core.disk import write_atomic
from core.errors import RunError
from core.exporting import exports
from core.exporting.records import ExportFolder, ExportRequest, Made
from core.identifiers import now
from core.settings import Settings
from core.training import library, library_edit, runs
from core.training.library import Kept
from core.workspace import Workspace
from tests.core.training.made_elsewhere import foreign_adapter
from tests.core.training.test_library import FOUND, succeeded


@pytest.fixture
def actions(workspace: Workspace) -> Actions:
    settings = Settings(home=workspace.root, offline=True, engine="transformers")
    return Actions(workspace, settings)


def kept(actions: Actions, name: str = "tea", run_id: str = "run-20261121-100000-ab12") -> Kept:
    run = succeeded(actions.workspace, run_id).folder.run_id
    return library.keep(actions.workspace, runs.status(actions.workspace, run), name, (FOUND,), "t")


def exported(actions: Actions, source: str, export_id: str, place: Path | None = None) -> None:
    """An export that is done, as its program leaves it."""
    folder = ExportFolder(actions.workspace.export(export_id))
    directory = place or folder.root
    request = ExportRequest(
        id=export_id, kind="adapter", content="adapter", source="library", source_id=source,
        name="out", directory=directory, created=now(),
    )  # fmt: skip
    (directory / "out").mkdir(parents=True, exist_ok=True)
    write_atomic(folder.request, request.model_dump_json())
    made = Made(
        path=str(directory / "out"), bytes=1, files={}, made_at=now(), certificate_id="cert-1",
        verdict="green",
    )  # fmt: skip
    write_atomic(folder.made, made.model_dump_json())
    write_atomic(folder.result, "{}")


def test_the_lineage_is_read_from_disk_and_outlives_the_run(actions: Actions) -> None:
    kept(actions)
    exported(actions, "tea", "exp-20261121-1")
    seen = actions.shelved("tea").lineage
    assert seen.run is not None
    assert (seen.run.status, seen.run.best_loss) == ("succeeded", 0.5)
    assert seen.plan is not None
    assert seen.data is not None
    assert (seen.data.name, seen.data.is_here) == ("t", False)
    assert [one.report_id for one in seen.evaluations] == [FOUND.report_id]
    assert [(one.id, one.verdict) for one in seen.exports] == [("exp-20261121-1", "green")]
    assert actions.lineage(seen.run.id).kept_as == ("tea",)
    assert actions.lineage(seen.run.id).exports == (), "the export was made of the library's"
    actions.delete_run(seen.run.id)
    later = actions.shelved("tea").lineage
    assert later.run is not None
    assert (later.run.status, later.run.best_loss) == ("deleted", 0.5)
    assert later.plan == seen.plan


def test_a_renamed_model_keeps_what_was_exported_of_it(actions: Actions) -> None:
    kept(actions)
    exported(actions, "tea", "exp-20261121-1")
    renamed = actions.rename_kept("tea", "Desk two")
    assert Path(renamed.folder).name == renamed.entry.name == "Desk-two"
    assert [one.kept for one in actions.shelf()] == [renamed]
    assert [one.id for one in actions.lineage("Desk-two").exports] == ["exp-20261121-1"]
    again = actions.note_kept("Desk-two", " for Ann ")
    assert library.entries(actions.workspace)[0] == again
    assert again.entry.note == "for Ann"
    kept(actions, "other", "run-20261121-110000-cd34")
    with pytest.raises(RunError, match="another model called 'other'"):
        actions.rename_kept("Desk-two", "other")


def test_keeping_it_again_keeps_the_note(actions: Actions) -> None:
    first = kept(actions)
    actions.note_kept("tea", "mine")
    run = runs.status(actions.workspace, first.entry.run_id)
    again = library.keep(actions.workspace, run, "tea")
    assert (again.entry.note, again.entry.kept_at) == ("mine", first.entry.kept_at)


def test_two_models_are_compared_field_by_field(actions: Actions, tmp_path: Path) -> None:
    kept(actions)
    actions.import_model(foreign_adapter(tmp_path / "foreign"))
    found = actions.compare_kept("tea", "foreign")
    facts = {one.field: one for one in found.facts}
    assert facts["origin"].values == ("trained", "imported")
    assert facts["best_loss"].values == (0.5, None)
    assert not facts["origin"].is_same
    assert (found.has_plans, found.same_files, found.same_data) == (False, False, False)
    with pytest.raises(RunError, match="with itself"):
        actions.compare_kept("tea", "tea")


def test_plans_of_both_are_compared(actions: Actions) -> None:
    kept(actions)
    second = kept(actions, "second", "run-20261121-110000-cd34")
    plan = library_edit.plan_of(second)
    assert plan is not None
    (Path(second.folder) / "plan.json").write_text(plan.edited({"rank": 64}).model_dump_json())
    found = actions.compare_kept("tea", "second")
    assert [(one.field, one.after) for one in found.settings] == [("rank", 64)]
    assert found.has_plans
    assert found.same_data


def test_deleting_names_what_goes_then_takes_it(actions: Actions, tmp_path: Path) -> None:
    run_id = kept(actions).entry.run_id
    exported(actions, "tea", "exp-20261121-1")
    exported(actions, "tea", "exp-20261121-2", tmp_path / "elsewhere")
    exported(actions, "other", "exp-20261121-3")
    going = actions.deletion("tea")
    assert set(going.exports) == {"exp-20261121-1", "exp-20261121-2"}
    assert going.stay == (str(tmp_path / "elsewhere" / "out"),)
    assert not going.is_last, "its run has it too"
    actions.delete_run(run_id)
    assert actions.deletion("tea").is_last
    assert [one.id for one in actions.exports()] != [], "looking deletes nothing"
    actions.delete_kept("tea")
    assert actions.library() == ()
    assert [one.id for one in actions.exports()] == ["exp-20261121-3"]
    assert (tmp_path / "elsewhere" / "out").is_dir()


def test_what_is_served_is_neither_deleted_nor_renamed(
    actions: Actions, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = kept(actions).folder
    engine = SimpleNamespace(model_path=f"{folder}/model")
    monkeypatch.setattr(type(actions.engines), "living", lambda _: [engine])
    for change in (
        lambda: actions.delete_kept("tea"),
        lambda: actions.remove_kept("tea"),
        lambda: actions.rename_kept("tea", "new"),
    ):
        with pytest.raises(RunError, match="being served"):
            change()
    assert actions.shelved("tea").is_served


def test_an_imported_model_is_tried_beside_its_base(actions: Actions, tmp_path: Path) -> None:
    actions.import_model(foreign_adapter(tmp_path / "foreign"))
    assert [one.key for one in actions.contenders_of("foreign")] == [
        "base:starter", "library:foreign",
    ]  # fmt: skip
    assert actions.lineage("foreign").origin == "imported"


def test_a_model_that_is_exported_or_certified_can_not_be_deleted(
    actions: Actions, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(exports, "run_program", lambda *_: None)
    monkeypatch.setattr(certifications, "run_program", lambda *_: None)
    actions.import_model(foreign_adapter(tmp_path / "foreign"))
    export = actions.start_export("foreign", "adapter")
    certification = actions.start_certification("foreign")
    for end in (
        lambda: actions.cancel_export(export.id),
        lambda: actions.cancel_certification(certification.id),
    ):
        with pytest.raises(RunError, match="exported or certified"):
            actions.deletion("foreign")
        end()
    assert actions.delete_kept("foreign").exports == (export.id,)


def test_a_folder_that_can_not_be_read_can_still_be_taken_out(actions: Actions) -> None:
    place = Path(kept(actions).folder)
    (place / "entry.json").write_text("{")
    actions.remove_kept("tea")
    assert not place.exists()
