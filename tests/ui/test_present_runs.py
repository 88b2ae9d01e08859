"""What stands around a run: its health, the doctor, tools, the log, comparisons and the library."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.errors import RunError
from core.library_actions import Deletion, Shelved
from core.lineage import Lineage
from core.training.comparing import RunComparison, RunFigures, SettingRow
from core.training.doctor.diagnosing import Diagnosis
from core.training.doctor.remedies import Remedy
from core.training.events import AfterCare, RunSucceeded
from core.training.library import Kept, LibraryEntry
from core.training.logs import LogLine, LogSearch
from core.training.records import Continuation, Curve, EvaluationFact, RunView
from core.training.sweep import Sweep, SweepResult, Trial
from tests.ui.test_present_run import EN, PLAN, ZH, figures, run
from ui.present import library, plan_list, run_compare, run_events, run_health, run_tools
from ui.present import run as shown
from ui.present.leaving import Leaving
from ui.present.run import Beside


def panel(beside: Beside | None = None, **facts: Any) -> dict[str, Any]:
    view = RunView(run=run(**facts), curve=Curve(train=(), validation=()), events=())
    return shown.panel(view, EN, beside)


def does(value: dict[str, Any]) -> list[tuple[str, bool]]:
    return [(one["do"], bool(one.get("primary"))) for one in value["actions"]]


# -- health ---------------------------------------------------------------------------------------


def curve(validation: float, train: float = 1.0) -> Curve:
    return Curve(
        train=((5, 9.0), (15, train), (20, train)), validation=((10, 3.0), (20, validation))
    )


@pytest.mark.parametrize(
    ("validation", "tone"), [(1.19, "good"), (1.2, "warn"), (2.0, "warn"), (2.01, "bad")]
)
def test_validation_loss_over_training_loss_tells_overfitting(validation: float, tone: str) -> None:
    told = run_health.told(PLAN, curve(validation), EN)
    assert told is not None
    assert told["tone"] == tone
    assert f"{validation:.2f} times" in told["text"]


def test_what_was_not_measured_has_no_health() -> None:
    assert run_health.ratio(Curve(train=((1, 2.0),), validation=())) is None
    assert run_health.ratio(Curve(train=(), validation=((1, 2.0),))) is None
    assert run_health.ratio(curve(1.0, train=0.0)) is None
    assert run_health.ratio(Curve(train=((4, 2.0),), validation=((2, 3.0), (3, 1.0)))) is None
    dpo = PLAN.edited({"objective": "dpo"})
    assert run_health.told(dpo, curve(5.0), EN) is None


# -- queue, life and going on ---------------------------------------------------------------------


def test_a_run_that_waits_says_for_what_and_can_move_up_or_leave() -> None:
    value = panel(status="queued", place=2, waits_for="One run waits before it.", phase=None)
    assert value["status"] == "waiting, place 2"
    assert value["phase"] == "One run waits before it."
    assert does(value) == [("up", False), ("stop", False)]
    assert does(panel(status="queued", place=1)) == [("stop", False)]


def test_signs_of_life_are_rounded_so_that_the_panel_rests() -> None:
    assert panel(last_sign_s=3.2)["sign"] == "responding"
    assert panel(last_sign_s=61.9)["sign"] == panel(last_sign_s=58.1)["sign"]
    assert panel(last_sign_s=200.0)["status"] == "not responding"
    assert panel(status="stopped", last_sign_s=None)["sign"] == ""


def test_a_live_run_shows_its_epoch_and_memory() -> None:
    told = figures(panel(epoch=1.25, rss_mb=912.4, gpu_mb=12_700.0))
    assert told["Epoch"] == "1.25 of 2"
    assert told["Memory"] == "912 MiB"
    assert told["GPU memory"] == "12.4 GiB"
    assert figures(panel(slots=("gpu-0",)))["GPU memory"] == "not measured"


def test_one_button_goes_on_and_says_from_where() -> None:
    on = Continuation(
        run_id="run-0001", from_step=40, total_steps=120, remaining_steps=80, seconds=30.0,
        epochs=3.0, sentences=("Goes on from step 40 of 120: 80 steps remain.",),
    )  # fmt: skip
    value = panel(Beside(None, on), status="stopped", last_checkpoint="checkpoint-40", phase=None)
    assert does(value) == [("resume", True)]
    assert value["actions"][0]["label"] == "Continue from step 40"
    assert value["next"] == "Goes on from step 40 of 120: 80 steps remain."


# -- the doctor -----------------------------------------------------------------------------------


def diagnosis(remedy: Remedy | None) -> Diagnosis:
    return Diagnosis(
        run_id="run-0001", signature="gpu_oom", cause="The GPU ran out of memory.",
        evidence="CUDA out of memory", where="log.txt", fix="Halve the batch.", remedy=remedy,
    )  # fmt: skip


def test_the_doctor_offers_its_change_first_with_both_values() -> None:
    again = Remedy(kind="again", changes={"batch_size": 4, "liger": "off"})
    facts = {"status": "failed", "last_checkpoint": "checkpoint-40", "phase": None}
    value = panel(Beside(diagnosis(again)), **facts)
    assert value["failure"] is None
    assert value["doctor"]["evidence"] == "CUDA out of memory"
    changes = [tuple(one.values()) for one in value["doctor"]["changes"]]
    assert changes == [("Batch size", "8", "4"), ("Liger kernels", "where they help", "never")]
    assert does(value) == [("again", True), ("resume", False)]
    assert does(panel(Beside(diagnosis(Remedy(kind="continue"))), **facts)) == [("resume", True)]
    assert does(panel(Beside(diagnosis(Remedy(kind="plan"))), status="failed")) == [
        ("new_plan", True)
    ]
    assert does(panel(Beside(diagnosis(None)), status="failed")) == []


# -- tools and texts ------------------------------------------------------------------------------


def asked(html: str) -> list[str]:
    return re.findall('data-do="([a-z-]+)"', html)


def test_what_can_be_done_with_a_run_follows_from_how_it_stands() -> None:
    assert asked(run_tools.tools(run(), EN)) == ["clone", "label", "save", "script"]
    facts = {"status": "succeeded", "has_model": True, "last_checkpoint": "checkpoint-120"}
    ended = run(**facts, note="<i>")
    told = run_tools.tools(ended, EN)
    assert asked(told) == ["clone", "keep", "label", "look-longer", "save", "script", "delete"]
    assert "&lt;i&gt;" in told
    on = Continuation(
        run_id=ended.id, from_step=120, total_steps=200, remaining_steps=80, seconds=None,
        epochs=5.0, added_epochs=3.0, sentences=("Goes on.",),
    )  # fmt: skip
    longer = run_tools.tools(ended, EN, on)
    assert "Train 3 more" in longer
    assert 'data-epochs="3"' in longer
    assert run_tools.tools(ended.model_copy(update={"id": "run-0002"}), EN, on) == run_tools.tools(
        ended.model_copy(update={"id": "run-0002"}), EN
    ), "it was asked of another run"
    assert run_tools.tools(None, EN) == ""


def test_lines_that_were_found_are_marked_and_counted() -> None:
    line = LogLine(number=12, text="a <b>Loss</b> of 3", is_cut=True)
    told = run_events.found(LogSearch(text="loss", lines=(line,), found=5, searched=90), EN)
    assert "<mark>Loss</mark>" in told
    assert "&lt;b&gt;" in told
    assert "5 of 90 lines hold it. The 4 before these are left out." in told


def test_what_was_checked_after_a_run_is_told() -> None:
    care = AfterCare(
        tensors=56, update_norm=1.0, prompts=8, changed=7, asked=4, stopped=4, limit_tokens=64,
        seconds=2.0,
    )  # fmt: skip
    end = RunSucceeded(
        attempt=1, step=9, best_step=9, best_loss=0.5, seconds=9.0, changes_model=True,
        aftercare=care,
    )  # fmt: skip
    (told,) = run_events.checked([end], EN)
    assert "7 of 8" in told
    assert "4 of 4 answers by itself within 64 tokens" in told
    assert run_events.checked([], EN) == []


def test_the_settings_of_a_run_leave_out_what_its_method_does_not_read() -> None:
    told = plan_list.listed(PLAN.edited({"method": "full"}), EN)
    assert "Full fine-tuning" in told
    assert "LoRA rank" not in told
    assert "the base model" in told


# -- several runs ---------------------------------------------------------------------------------


def row(name: str, best: float | None, **facts: Any) -> RunFigures:
    given = {
        "id": name, "name": name, "status": "succeeded", "best_loss": best, "best_step": 9,
        "last_loss": None, "last_validation_loss": best, "steps": 9, "seconds": 61.0,
        "tokens_per_s": None, "train_rows": 28, "train_tokens": 1200,
    }  # fmt: skip
    return RunFigures.model_validate({**given, **facts})


def test_runs_side_by_side_show_results_settings_and_what_does_not_compare() -> None:
    fact = EvaluationFact(
        report_id="rep-1", verdict="Better.", base=0.1, tuned=0.9, difference=0.8, pairs=9
    )
    found = RunComparison(
        runs=(row("a", 0.5), row("<b>", 0.4, evaluations=(fact,))),
        settings=(SettingRow(field="rank", values=(8, 16)),),
        same_data=False,
    )
    told = run_compare.comparison(found, EN)
    assert "<td><b>0.4</b></td>" in told
    assert "&lt;b&gt;" in told
    assert "10.0 → 90.0" in told
    assert "LoRA rank" in told
    assert "do not compare" in told
    assert "not measured" in told
    same = run_compare.comparison(found.model_copy(update={"settings": ()}), ZH)
    assert "全部相同" in same


def test_runs_to_compare_are_ticked() -> None:
    assert "Two runs are needed" in run_compare.choose([run()], EN)
    told = run_compare.choose([run(), run(id="run-0002")], EN)
    assert told.count('type="checkbox"') == 2
    assert asked(told) == ["compare"]


def test_a_sweep_shows_its_trials_and_hands_on_the_best() -> None:
    sweep = Sweep(
        id="swp-1", created="2026-11-21T10:30:05+00:00", plan=PLAN, varied={"rank": ("8", "16")},
        run_ids=("run-1", "run-2"),
    )  # fmt: skip
    trials = tuple(
        Trial(
            run_id=name, values={"rank": rank}, status="succeeded", best_loss=loss, best_step=9,
            seconds=60.0,
        )
        for name, rank, loss in (("run-1", 8, 0.4), ("run-2", 16, 0.5))
    )  # fmt: skip
    found = SweepResult(sweep=sweep, trials=trials, best="run-1", sentence="Done.")
    told = run_compare.sweeps([found], {"run-1": "<one>"}, EN)
    assert "&lt;one&gt;" in told
    assert asked(told) == ["open", "clone", "open"]
    assert "Done." in told
    assert "No sweep yet" in run_compare.sweeps([], {}, EN)


def test_the_library_says_where_a_model_comes_from_and_whether_it_is_whole() -> None:
    entry = LibraryEntry(
        name="desk", run_id="run-1", run_name="Desk", kept_at="2026-11-21T10:30:05+00:00",
        model_folder="adapter", base_model="starter", revision=None, dataset_id="ds-1",
        split_fingerprint="f", dataset_name="<tea>", evaluations=(), result=None, bytes=2_900_000,
        content_sha256="c", note="For Ann",
    )  # fmt: skip
    kept = Kept(entry=entry, folder="/w/library/desk", is_whole=False)
    from_run = Lineage(subject="library", name="desk", origin="trained")
    shelved = Shelved(kept=kept, lineage=from_run, is_served=False)
    found = library.Shown(shelved, Leaving("desk", "desk", trouble=RunError("Files are gone.")))
    told = library.library([found], EN)
    assert "&lt;tea&gt;" in told
    assert "/w/library/desk/adapter" in told
    assert "files are missing" in told
    assert told.count("Files are gone.") == 2, "neither exported nor certified"
    assert "3 MB" in told
    assert asked(told) == ["label", "remove", "look-delete"], "what is damaged can't be tried"
    going = Deletion(
        name="desk", bytes=2_900_000, certificates=("cert-1",), exports=("exp-1",),
        stay=("/elsewhere",), is_last=True,
    )  # fmt: skip
    told = library.library([found], EN, going)
    assert asked(told) == ["label", "remove", "delete"]
    assert all(named in told for named in ("exp-1", "/elsewhere", "gone for good"))
    assert "empty" in library.library([], EN)


def test_the_card_in_the_chat_says_the_place_in_the_queue() -> None:
    told = shown.card(run(status="queued", place=3, waits_for="2 runs wait before it."), EN)
    assert "waiting, place 3" in told
    assert "2 runs wait before it." in told
