"""What judging costs beside the judge: processor time and memory of a call.

The judge is a process of its own that answers at once. Our process's processor seconds are divided
by the calls: once for a whole judging (questions, replies kept on disk, verdicts, progress), once
for a bare loop of the same requests with the same client library.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from core.settings import EndpointSetting
from eval.judge.asking import SAMPLING
from eval.judge.prompt import MET_SHAPE, Material, response_format
from eval.records import Comparison
from eval.rubric.rubrics import load
from tests.eval import made_up
from tests.eval.judging_case import PLAIN, case, score

ROOT = Path(__file__).parent.parent.parent
CRITERIA = 8
PROMPTS = 1_000
SMALL = 250
"""Prompts after which memory is looked at first."""
WORDS = "The parcel was sent on Monday and will arrive within three working days. " * 4
RUBRIC = "id: bench\ncriteria:\n" + "".join(
    f"  - {{id: c{i}, text: The answer meets the wish number {i}., kind: judge}}\n"
    for i in range(CRITERIA)
)


def measure(home: Path, prompts: int = PROMPTS) -> dict[str, object]:
    """Milliseconds of processor time a call, and MB held after a quarter of the calls and all."""
    small = max(1, prompts * SMALL // PROMPTS)
    with _judge() as endpoint:
        first = _in_a_process(home / "small", endpoint, small)
        whole = _in_a_process(home / "whole", endpoint, prompts)
        bare = _bare_ms(endpoint, small * 2 * CRITERIA)
    calls = [2 * CRITERIA * many for many in (small, prompts)]
    return {
        "calls": calls[1],
        "cpu_ms_per_call": round(whole["cpu_s"] / calls[1] * 1000, 3),
        "bare_client_ms_per_call": round(bare, 3),
        "wall_ms_per_call": round(whole["wall_s"] / calls[1] * 1000, 3),
        "working_mb": [first["working_mb"], whole["working_mb"]],
        "held_for_the_report_kb_per_verdict": round(
            (whole["held_mb"] - first["held_mb"]) * 1024 / (calls[1] - calls[0]), 2
        ),
    }


def _in_a_process(home: Path, endpoint: EndpointSetting, prompts: int) -> dict[str, float]:
    """A judging in a fresh interpreter, whose memory nothing else has been in."""
    argv = [sys.executable, "-m", "tests.bench.judging", str(home), endpoint.base_url]
    done = subprocess.run(
        [*argv, str(prompts)], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


@contextmanager
def _judge() -> Iterator[EndpointSetting]:
    argv = [sys.executable, "-m", "tests.bench.fake_judge"]
    server = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        yield EndpointSetting(base_url=f"http://127.0.0.1:{port}/v1", model="judge")
    finally:
        server.terminate()
        server.wait()


def _bare_ms(endpoint: EndpointSetting, calls: int) -> float:
    """The same requests with the client library and nothing around it."""
    question = Material(made_up.sample(1), WORDS, "mark").question(load(RUBRIC).criteria[0])
    fields = {
        "model": "judge",
        "messages": [{"role": "user", "content": question.text}],
        "max_tokens": 400,
        **SAMPLING,
        "response_format": response_format(MET_SHAPE),
    }
    body = json.dumps(fields).encode()

    async def asking() -> float:
        from aiohttp import ClientSession

        left = iter(range(calls))
        async with ClientSession(headers={"Content-Type": "application/json"}) as session:

            async def work() -> None:
                for _ in left:
                    url = f"{endpoint.base_url}/chat/completions"
                    async with session.post(url, data=body) as response:
                        json.loads(await response.read())

            began = time.process_time()
            await asyncio.gather(*(work() for _ in range(8)))
            return time.process_time() - began

    return asyncio.run(asking()) / calls * 1000


def _compared(prompts: int) -> list[Comparison]:
    return [
        Comparison(
            sample=made_up.sample(i),
            base=made_up.said(f"Base {i}. {WORDS}"),
            tuned=made_up.said(f"Tuned {i}. {WORDS}"),
        )
        for i in range(prompts)
    ]


def judge_alone(home: Path, base_url: str, prompts: int) -> dict[str, float]:
    """One judging, and what it took; what is held afterwards is told apart from what it worked
    with."""
    endpoint = EndpointSetting(base_url=base_url, model="judge")
    score(case(home / "warm", endpoint, rubric=RUBRIC, judging=PLAIN), _compared(2))
    made, comparisons = (
        case(home / "real", endpoint, rubric=RUBRIC, judging=PLAIN),
        _compared(prompts),
    )
    process = psutil.Process()
    before, began = process.memory_info().rss, time.monotonic()
    cpu = time.process_time()
    found = score(made, comparisons)
    cpu_s, wall_s = time.process_time() - cpu, time.monotonic() - began
    held = process.memory_info().rss - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    assert all(verdict.outcome == "met" for verdict in found.verdicts)
    return {
        "cpu_s": cpu_s,
        "wall_s": wall_s,
        "held_mb": held / 2**20,
        "working_mb": round((peak - held) / 2**20, 1),
    }


if __name__ == "__main__":
    print(json.dumps(judge_alone(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))))
