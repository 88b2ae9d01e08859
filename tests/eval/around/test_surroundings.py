"""The program asks what surrounds a verdict once, keeps it, and a report can be made again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.data import ingest, splitting, store
from core.data.records import Dataset
from core.disk import write_atomic
from core.models import catalog
from core.serving.records import Pair
from core.training import runs
from core.training.records import Run, RunView
from core.workspace import Workspace
from eval import evaluations, evidence_files, program
from eval.folder import ReportFolder
from eval.records import EvaluationParts, EvaluationRequest, Report
from tests.eval import made_up
from tests.fakes import Behaviour, FakeServer, Messages

pytestmark = [pytest.mark.slow, pytest.mark.thorough]

REPORT = "rep-20261121-104500-1a2b"
RUN = "run-20261121-103005-9f2c"
CITIES = [
    "Oslo",
    "Paris",
    "Rome",
    "Cairo",
    "Lima",
    "Quito",
    "Delhi",
    "Tokyo",
    "Seoul",
    "Hanoi",
    "Accra",
    "Tunis",
    "Riga",
    "Bern",
]
GOODS = [
    "lamp",
    "chair",
    "kettle",
    "bicycle",
    "piano",
    "blanket",
    "mirror",
    "ladder",
    "tent",
    "drill",
    "carpet",
    "fridge",
]
EVERYTHING = EvaluationParts(baselines=True, most_asked=10)


def question(i: int) -> str:
    return f"My {GOODS[i % 9]} for {CITIES[i // 9]} did not come, and parcel {i * 7919} is lost."


def answer_of(asked: str) -> str:
    return f"[REFUND] For the {asked.split()[1]} you get your money back."


def learnt(messages: Messages) -> str:
    """What a tuned model says that learnt the task and forgot the rest."""
    asked = str(messages[-1]["content"])
    return answer_of(asked) if asked.startswith("My ") else "[REFUND] Done."


def plain(messages: Messages) -> str:
    """What a base model says that knows some of the general set."""
    asked = str(messages[-1]["content"])
    known = {"What is 17 + 25? Answer with the number only.": "42", "水的化学式是什么？": "H2O"}
    return known.get(asked, "I can't say." if asked.startswith("My ") else "Paris, Tokyo, 7, 8.")


@pytest.fixture
def dataset(workspace: Workspace, tmp_path: Path) -> Dataset:
    rows = [
        {
            "messages": [
                {"role": "user", "content": question(i)},
                {"role": "assistant", "content": answer_of(question(i))},
            ],
            "split": ("train", "validation", "test", "test")[i % 4],
        }
        for i in range(80)
    ]
    file = tmp_path / "parcels.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return store.save(workspace, ingest.read_file(file), file)


@pytest.fixture
def server() -> FakeServer:
    found = FakeServer({"base": Behaviour(plain), "tuned": Behaviour(learnt)})

    def logprobs(model: str, ids: list[int]) -> list[float]:
        return [-2.0 if model == "base" else -2.4 - len(ids) % 3 / 10] * (len(ids) - 1)

    found.logprobs = logprobs
    return found


@pytest.fixture
def folder(
    workspace: Workspace, dataset: Dataset, server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> ReportFolder:
    """An evaluation that was asked for, of a run whose adapter lies where the trainer puts it."""
    view = made_up.run_view()
    split = splitting.frozen_split(workspace, dataset.id)
    plan = view.run.plan.model_copy(
        update={"dataset_id": dataset.id, "split_fingerprint": split.fingerprint}
    )
    run: Run = view.run.model_copy(update={"plan": plan})
    monkeypatch.setattr(runs, "view", lambda *_: RunView(run=run, curve=view.curve, events=()))
    published = workspace.run(run.id).adapter
    published.mkdir(parents=True)
    starter = Path(catalog.__file__).parent / "starter"
    for name in ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja"):
        if (starter / name).exists():
            (published / name).write_bytes((starter / name).read_bytes())

    def opened(*_: object) -> Pair:
        ends = {side: server.endpoint(side) for side in ("base", "tuned")}
        return made_up.pair().model_copy(update=ends)

    monkeypatch.setattr(program, "open_pair", opened)
    found = ReportFolder.of(workspace, REPORT)
    request = EvaluationRequest(run_id=RUN, rubric=made_up.RUBRIC, parts=EVERYTHING)
    write_atomic(found.request, request.model_dump_json())
    monkeypatch.setenv("DUOTUNE_HOME", str(workspace.root))
    monkeypatch.setattr("sys.argv", ["program", str(found.root)])
    return found


def loaded(workspace: Workspace) -> Report:
    return evaluations.load_report(workspace, REPORT)


def test_a_model_that_learnt_the_task_and_forgot_the_rest_is_told_so(
    workspace: Workspace, folder: ReportFolder, server: FakeServer
) -> None:
    with server:
        assert program.main() == 0
        report = loaded(workspace)
        assert report.verdict.kind == "better_and_worse"
        assert "forgot general ability" in report.verdict.sentence
        assert "遗忘了通用能力" in report.verdict.sentence_zh

        forgetting = report.forgetting
        assert forgetting is not None
        assert (forgetting.verdict, forgetting.texts_verdict) == ("lost", "lost")
        assert forgetting.overall.estimate.pairs == forgetting.overall.items >= 149
        assert forgetting.texts is not None
        assert forgetting.texts.estimate.difference == pytest.approx(0.5, abs=0.1)
        likelihood = report.likelihood
        assert likelihood is not None
        assert (likelihood.texts, likelihood.left_out) == (report.samples, 0)
        assert likelihood.estimate.base == pytest.approx(2.0)

        controls = report.controls
        assert controls is not None
        assert controls.valid
        assert {r.kind: r.estimate.pairs for r in controls.results}["base_again"] == 10
        baselines = report.baselines
        assert baselines is not None
        assert [b.kind for b in baselines.results] == ["base", "system_prompt", "few_shot"]
        assert baselines.needed
        assert len(baselines.results[2].shown_rows) == 3

        first = next(r for r in server.requests if "What is 17 + 25?" in json.dumps(r))
        assert first["temperature"] == 0
        _goes_on_without_asking_again(workspace, folder, server, report)


def _goes_on_without_asking_again(
    workspace: Workspace, folder: ReportFolder, server: FakeServer, before: Report
) -> None:
    folder.report.unlink()
    server.requests.clear()
    assert program.main() == 0
    assert server.requests == []
    again = loaded(workspace)
    assert again.model_copy(update={"created": before.created}) == before


def test_every_figure_can_be_made_again_from_the_rows(
    workspace: Workspace, folder: ReportFolder, server: FakeServer
) -> None:
    with server:
        assert program.main() == 0
    written = loaded(workspace)
    again = evidence_files.rederive(folder.root)
    assert again.model_dump() == written.model_dump()
    lines = (folder.root / "general.jsonl").read_text().splitlines()
    (folder.root / "general.jsonl").write_text("\n".join(lines[: len(lines) // 2]))
    assert evidence_files.rederive(folder.root).forgetting != written.forgetting
    assert server.key not in (folder.root / evidence_files.NAME).read_text()


def test_a_server_without_probabilities_leaves_a_section_out_and_says_why(
    workspace: Workspace, folder: ReportFolder, server: FakeServer
) -> None:
    def refused(_model: str, _ids: list[int]) -> list[float]:
        raise RuntimeError("no probabilities here")

    server.logprobs = refused
    with server:
        assert program.main() == 0
    report = loaded(workspace)
    assert report.likelihood is not None
    assert report.likelihood.estimate.difference is None
    assert report.likelihood.texts == 0
    assert report.likelihood.note
    assert report.likelihood.note_zh
    assert report.forgetting is not None
    assert report.forgetting.texts_verdict is None
    assert report.verdict.kind in ("better", "better_and_worse")
