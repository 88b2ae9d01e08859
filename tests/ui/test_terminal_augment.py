"""The commands about more rows and even classes, as a shell sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from core.actions import Actions
from core.settings import Settings
from core.workspace import Workspace
from tests.core.data.augment.augmenting import serving
from tests.fakes import Behaviour, FakeServer, Messages
from tests.ui.commands import Run, classes, commands, told
from ui.terminal_augment import read_request

pytestmark = pytest.mark.full


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    return commands(tmp_path, monkeypatch)


def test_balance_leaves_rows_out_and_says_which(run: Run, tmp_path: Path) -> None:
    told(run("import", classes(tmp_path), "--json"))
    shown = run("balance", "last", "--limit", 8)
    assert shown.exit_code == 0, shown.stderr
    assert "refund" in shown.stdout
    again = run("balance", "last", "--limit", 8, "--json")
    assert "No class has more than 8 rows" in told(again, 1)["error"]["problem"]


def writer(messages: Messages) -> str:
    """Rewords what it is asked to: some words more, and another order."""
    text = messages[0]["content"]
    material, _ = json.JSONDecoder().raw_decode(text[text.index("{\n") :])
    (turn,) = material["user_turns"]
    words = turn.split()
    return json.dumps({"rewordings": [[" ".join(["so", *words[4:], "and", *words[:4]])]]})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, run: Run) -> Any:
    with serving({"writer": Behaviour(writer)}) as server:
        monkeypatch.setenv("DUOTUNE_AUGMENT_URL", server.base_url)
        monkeypatch.setenv("DUOTUNE_AUGMENT_MODEL", "writer")
        monkeypatch.setenv("DUOTUNE_AUGMENT_KEY", server.key)
        yield server


def test_nothing_is_sent_before_somebody_agrees(
    run: Run, tmp_path: Path, server: FakeServer
) -> None:
    told(run("import", classes(tmp_path), "--json"))
    shown = run("augment", "last", "--rows", 3)
    assert shown.exit_code == 0, shown.stderr
    assert f"127.0.0.1:{server.port}" in shown.stdout
    assert "add --yes" in shown.stderr
    plan = told(run("augment", "last", "--rows", 3, "--json"))
    assert (plan["cost"]["calls"], plan["rows"], plan["job"]) == (3, 3, None)
    assert plan["sent_to"] == f"127.0.0.1:{server.port}"
    assert server.requests == []
    assert told(run("jobs", "--json")) == {"jobs": []}
    assert "No work on data yet." in run("jobs").stdout


def test_rows_are_reworded_and_accepted_at_once_or_later(
    run: Run, tmp_path: Path, server: FakeServer
) -> None:
    kept = told(run("import", classes(tmp_path), "--json"))
    ended = told(
        run("augment", "last", "--rows", 4, "--variants", 1, "--yes", "--accept", "all", "--json")
    )
    assert ended["job"]["status"] == "done"
    assert (ended["outcome"]["proposed"], len(ended["proposals"])) == (4, 4)
    assert len(server.requests) == 4
    made = ended["dataset"]
    assert (made["parent"], made["change"]["kind"]) == (kept["id"], "augmented")
    assert made["summary"]["usable"] == 47 + made["change"]["added"]
    old, new = (told(run("split", one["id"], "--json"))["split"] for one in (kept, made))
    assert (old["test"], old["validation"]) == (new["test"], new["validation"])
    job = told(run("jobs", "--json"))["jobs"][0]
    assert job["id"] in run("jobs").stdout
    assert told(run("cancel", job["id"], "--json"))["status"] == "done"
    assert "no such job" in told(run("cancel", "job-none-at-all", "--json"), 1)["error"]["problem"]


def test_noise_needs_no_endpoint_and_is_accepted_by_id(run: Run, tmp_path: Path) -> None:
    kept = told(run("import", classes(tmp_path), "--json"))
    shown = run("augment", "last", "--noise", "typos", "--rows", 5, "--yes")
    assert shown.exit_code == 0, shown.stderr
    assert "Proposals     5, " in shown.stdout
    job = told(run("jobs", "--json"))["jobs"][0]["id"]
    assert f"duotune accept {job} sound" in shown.stderr.replace("\n", " ")
    home = Path(str(tmp_path / "home"))
    proposals = Actions(Workspace.open(home), Settings(home=home)).augmentation(job).proposals
    made = told(run("accept", job, next(iter(proposals.by_id)), "--json"))
    assert (made["parent"], made["change"]["added"]) == (kept["id"], 1)
    assert told(run("accept", "last", "sound", "--json"))["change"]["added"] >= 2
    assert (
        "no such proposal" in told(run("accept", job, "pr-none", "--json"), 1)["error"]["problem"]
    )
    resumed = run("resume", job)
    assert resumed.exit_code == 0, resumed.stderr


def test_growth_says_what_small_classes_lack(run: Run, tmp_path: Path, server: FakeServer) -> None:
    told(run("import", classes(tmp_path), "--json"))
    shown = run("augment", "last", "--grow", 9)
    assert shown.exit_code == 0, shown.stderr
    assert "greet" in shown.stdout
    plan = told(run("augment", "last", "--grow", 9, "--json"))
    assert plan["lacking"]["greet"] >= 4
    assert plan["cost"]["calls"] == plan["rows"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--noise", "smell"], "'smell' is no kind of noise."),
        (["--noise", "case", "--variants", "9"], "9 noisy copies of a row are too many."),
        (["--noise", ","], "No kind of noise is named."),
        (["--grow", "5", "--rows", "3"], "--grow plans rows and variants by itself"),
        ([], "No language model is set that could reword rows."),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(
    run: Run, tmp_path: Path, arguments: list[str], says: str
) -> None:
    told(run("import", classes(tmp_path), "--json"))
    error = told(run("augment", "last", *arguments, "--yes", "--json"), 1)["error"]
    assert says in error["problem"]
    assert error["fix"]


def test_all_noise_and_half_of_the_median_can_be_asked_for() -> None:
    assert len(getattr(read_request(None, None, "all", None), "kinds", ())) == 4
    assert getattr(read_request(None, None, None, 0), "floor", 1) is None
    assert getattr(read_request(None, 2, None, None), "rows", None) == 100
