"""Exports and certificates in a real browser: live, through a reload, card by card."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from core.certificates import certifications, store
from core.certificates.certifications import CertificationFolder, CertificationProgress, Proved
from core.data.jobs import JobResult
from core.disk import append_line, write_atomic
from core.exporting import exports
from core.exporting.records import ExportFolder, ExportProgress, Made
from core.training.events import RunStarted, RunSucceeded
from core.training.plan import TrainingPlan
from tests.core.exporting import hand_made
from tests.core.training.conftest import WrittenRun
from tests.core.training.made_elsewhere import foreign_adapter
from tests.ui.browser import visit
from tests.ui.fake_parts import FakeActions
from ui import shell

pytestmark = [pytest.mark.slow, pytest.mark.thorough]


@pytest.fixture
def app(
    actions: FakeActions, small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[shell.RunningApp]:
    """A finished run, kept, and an imported adapter; programs are not started."""
    for module in (exports, certifications):
        monkeypatch.setattr(module, "run_program", lambda *_: None)
    hand_made.finished(actions.workspace, actions.settings)
    folder = actions.workspace.run(hand_made.RUN)
    plan = TrainingPlan.model_validate_json(folder.plan.read_bytes())
    data = {"dataset_id": actions.import_data(small).id}
    folder.plan.write_text(plan.model_copy(update=data).model_dump_json())
    WrittenRun.of(folder).happened(
        RunStarted(attempt=1, pid=1, from_step=0),
        RunSucceeded(
            attempt=1, step=9, best_step=9, best_loss=0.5, seconds=3.0, changes_model=True
        ),
    )
    actions.import_model(foreign_adapter(tmp_path / "foreign"))
    running = shell.launch(actions)
    yield running
    running.close()


def test_a_zip_is_followed_through_a_reload_and_downloaded(
    app: shell.RunningApp, actions: FakeActions
) -> None:
    with visit(f"{app.address}/?room=train") as seen:
        page = seen.page
        tools = page.locator("#train-tools")
        expect(tools.locator(".dt-lineage")).to_contain_text("not exported")
        tools.locator("summary", has_text="Export").click()
        tools.locator("input[value=zip]").check()
        tools.locator("input[name=data_licence]").fill("MIT")
        tools.locator("[data-do=export]").click()
        expect(tools.locator(".dt-export-card")).to_contain_text("Starting.")
        expect(tools.locator("input[value=zip]")).to_be_checked()
        request = actions.exports()[0].request
        assert (request.kind, request.data.licence if request.data else "") == ("zip", "MIT")
        folder = ExportFolder(actions.workspace.export(request.id))
        packing = ExportProgress(phase="packing", told="Packing.", done=1, total=4)
        append_line(folder.progress, packing.model_dump_json())
        expect(tools.locator(".dt-export-card")).to_contain_text("Packing.")
        seen.reload()
        tools.locator("summary", has_text="Export").click()
        expect(tools.locator(".dt-export-card")).to_contain_text("Packing.")
        finish(folder, request.name)
        with page.expect_download() as got:
            tools.locator("[data-do=fetch]").click()
        assert got.value.suggested_filename == request.name
        assert Path(got.value.path()).read_bytes() == b"whole"
        expect(tools.locator(".dt-lineage")).to_contain_text("exported: zip")
        seen.assert_sound()


def finish(folder: ExportFolder, name: str) -> None:
    """What the program would leave behind."""
    place = folder.root / name
    place.write_bytes(b"whole")
    made = Made(path=str(place), bytes=5, files={}, made_at=hand_made.AT,
                certificate_id="cert-1", verdict="green")  # fmt: skip
    write_atomic(folder.made, made.model_dump_json())
    write_atomic(folder.result, JobResult().model_dump_json())


def test_each_kept_model_has_its_own_form_and_certificate_on_a_phone(
    app: shell.RunningApp, actions: FakeActions
) -> None:
    actions.keep_run(hand_made.RUN, "desk")
    phone = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}
    with visit(f"{app.address}/?room=train", **phone) as seen:
        page = seen.page
        page.locator("#train-tab-library-button").click()
        desk, foreign = (
            page.locator(f"#train-library [data-key={n}]") for n in ("desk", "foreign")
        )
        for card in (desk, foreign):
            expect(card.locator("input[value=adapter]")).to_be_checked()
        desk.locator("summary", has_text="Certificate").click()
        desk.locator("input[name=prompts]").fill("3")
        desk.locator("[data-do=certify]").click()
        expect(desk.locator("[data-do=cancel-certify]")).to_be_visible()
        expect(foreign.locator("[data-do=cancel-certify]")).to_have_count(0)
        expect(foreign.locator("[data-form^=certify]")).to_be_hidden()
        (started,) = actions.certifications()
        assert (started.request.name, started.request.wish.prompts) == ("desk", 3)
        folder = CertificationFolder.of(actions.workspace, started.id)
        step = CertificationProgress(told="Reading the model with transformers.")
        append_line(folder.progress, step.model_dump_json())
        expect(desk).to_contain_text("Reading the model with transformers.")
        made = hand_made.certificate("red")
        store.save(started.request.home, made)
        proved = Proved(certificate_id=made.id, verdict="red", sentence=made.sentence)
        write_atomic(folder.proved, proved.model_dump_json())
        write_atomic(folder.result, JobResult().model_dump_json())
        expect(desk.locator(".dt-certificate")).to_contain_text("not the same")
        assert seen.overflow() <= 0
        desk.locator("summary", has_text="Export").click()
        desk.locator("[name=override]").fill("Ann")
        desk.locator("[name=confirm]").fill("another")
        desk.locator("[data-do=export]").click()
        expect(page.locator(".toast-body.error")).to_contain_text("is not its name, 'desk'")
        assert actions.exports() == ()
        desk.locator("[name=confirm]").fill("desk")
        desk.locator("[data-do=export]").click()
        expect(desk.locator(".dt-export-card")).to_be_visible()
        assert actions.exports()[0].request.override == "Ann"
        seen.assert_sound()
