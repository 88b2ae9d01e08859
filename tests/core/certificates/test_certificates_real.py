"""Certificates over real runs, real exports and the real engine: green, or red with the cause."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.certificates import certify
from core.certificates.certify import Exported, Wish
from core.certificates.records import Certificate
from core.certificates.source import Source
from core.serving.engines import Engines
from core.settings import Settings
from core.workspace import Workspace
from tests.core.certificates import tiny_runs
from tests.core.training.conftest import Data

pytestmark = [pytest.mark.slow, pytest.mark.thorough, pytest.mark.timeout(3600)]


def silent(_: str) -> None:
    return None


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engines]:
    """Engines of this module alone, which don't compile: for a few short questions that costs more
    than it brings."""
    workspace = Workspace.open(tmp_path_factory.mktemp("certified"))
    settings = Settings(home=workspace.root, offline=True, vllm_options=("--enforce-eager",))
    found = Engines(workspace, settings)
    yield found
    found.stop_all()


@pytest.fixture(scope="module")
def data(engines: Engines) -> Data:
    return tiny_runs.small_data(engines)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("bases")
    return {
        name: tiny_runs.make_model(folder / name, name, seed)  # or two would have equal weights
        for seed, name in enumerate(tiny_runs.ARCHITECTURES)
    }


@pytest.fixture(scope="module")
def lora_run(engines: Engines, data: Data, bases: dict[str, Path]) -> Source:
    return tiny_runs.train(engines, data, "run-cert-lora", bases["qwen3"])


@pytest.fixture(scope="module")
def honest(lora_run: Source, tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("honest")
    with pytest.MonkeyPatch.context() as patch:
        tiny_runs.run_here(patch)
        return tiny_runs.merged_export(lora_run, work / "merged", work)


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny_runs.run_here(monkeypatch)


def certified(engines: Engines, found: Source, folder: Path) -> Certificate:
    exported = Exported(id="exp-test-0001", folder=folder, home=folder.parent / "home")
    return certify.certify_export(engines, found, exported, Wish(prompts=4, limit=24), silent)


def table(name: str, made: Certificate) -> str:
    """What was measured, one line a way; shown by pytest -s and in failures."""
    lines = [f"{name}: {made.verdict} {' '.join(made.causes)}"]
    for lane in made.lanes:
        slope = "" if lane.slope is None else f" slope {lane.slope:.3f}±{lane.slope_error:.3f}"
        worst = "" if lane.worst_difference is None else f" worst {lane.worst_difference:.5f}"
        lines.append(
            f"  {lane.way}: {lane.verdict} {' '.join(lane.causes)}{worst}{slope} tokens "
            f"{lane.agreed}/{lane.compared} ties {lane.ties} stops {lane.stopped}/{lane.stops} "
            f"{lane.seconds or ''} {lane.sentence}"
        )
    print("\n".join(lines), flush=True)
    return "\n".join(lines)


def test_an_honest_merged_export_is_green(engines: Engines, lora_run: Source, honest: Path) -> None:
    made = certified(engines, lora_run, honest)
    assert made.verdict == "green", table("honest export", made)
    assert [lane.verdict for lane in made.lanes] == ["green"] * 4


@pytest.mark.parametrize("cause", tiny_runs.SABOTAGES)
def test_a_sabotaged_export_is_red_with_its_cause(
    engines: Engines, lora_run: Source, honest: Path, tmp_path: Path, cause: str
) -> None:
    folder = tmp_path / "export"
    shutil.copytree(honest, folder)
    tiny_runs.SABOTAGES[cause](folder, lora_run, tmp_path)
    made = certified(engines, lora_run, folder)
    shown = table(f"sabotage {cause}", made)
    assert made.verdict == "red", shown
    assert made.causes[0] == cause, shown
    served = made.lanes[-1]
    assert served.verdict != "not measured", shown
    if cause != "dtype":  # in another 16-bit dtype it answers alike: only the files show it
        assert cause in served.causes, shown


@pytest.mark.parametrize("method", tiny_runs.METHODS)
@pytest.mark.parametrize("architecture", tiny_runs.ARCHITECTURES)
def test_honest_runs_are_green_on_every_way(
    engines: Engines, data: Data, bases: dict[str, Path], architecture: str, method: str
) -> None:
    settings = tiny_runs.METHODS[method]
    run_id = f"run-cert-{architecture}-{method}"
    found = tiny_runs.train(engines, data, run_id, bases[architecture], **settings)
    engines.ensure(str(bases[architecture]), rank=8)  # kept from method to method
    made = certify.certify_run(engines, found, Wish(prompts=4, limit=24), silent)
    shown = table(f"{architecture} {method}", made)
    assert made.verdict == "green", shown
    ways = ["transformers", "vllm"] if method == "full" else ["peft", "vllm+adapter", "vllm+merged"]
    assert [lane.way for lane in made.lanes] == ways
    assert all(lane.verdict == "green" for lane in made.lanes), shown
    assert all(lane.compared == lane.agreed > 0 for lane in made.lanes[1:]), shown
    assert found.parity.trained_change > 0.1, "something was trained"
