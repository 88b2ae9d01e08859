"""An evaluation to be judged, made up on disk, and judges to judge it."""

from __future__ import annotations

import asyncio
import json
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from core.settings import EndpointSetting, Settings
from core.workspace import Workspace
from eval import scorekeeping
from eval.case import Case
from eval.folder import ReportFolder
from eval.judge.exam import ExamQuestion, load_items
from eval.judge.records import JudgeOptions
from eval.records import Comparison, EvaluationRequest
from eval.rubric.rubrics import load
from eval.scorekeeping import Scored
from tests.eval import made_up
from tests.fakes import FakeServer

RUBRIC = """
id: judged
criteria:
  - {id: brief, text: Short., kind: check, check: {type: length, max_chars: 200}}
  - {id: warm, text: The answer is warm., kind: judge}
  - {id: clear, text: The answer is clear., kind: judge}
"""
REPORT = "rep-20261121-104500-1a2b"
PLAIN = JudgeOptions(pairwise=False, exam=False, repeated=0)


def case(home: Path, judge: EndpointSetting | None, **request: Any) -> Case:
    """A case with an empty folder; its comparisons are `compared()`."""
    workspace = Workspace.open(home)
    folder = ReportFolder(workspace.reports / REPORT)
    folder.root.mkdir(parents=True, exist_ok=True)
    given = {"run_id": "run-20261121-103005-9f2c", "rubric": RUBRIC} | request
    asked = EvaluationRequest.model_validate(given)
    return Case(
        workspace=workspace, settings=Settings(home=home, judge=judge), folder=folder,
        request=asked, rubric=load(asked.rubric), run=made_up.run_view(),
        dataset=made_up.dataset(), split=None, samples=(),  # type: ignore[arg-type]
    )  # fmt: skip


def compared(count: int = 6) -> list[Comparison]:
    return [
        Comparison(
            sample=made_up.sample(i),
            base=made_up.said(f"Base answer {i}."),
            tuned=made_up.said(f"Tuned answer {i}."),
        )
        for i in range(count)
    ]


def setting(server: FakeServer, model: str = "judge") -> EndpointSetting:
    return EndpointSetting(base_url=server.base_url, model=model, api_key=SecretStr(server.key))


def score(made: Case, comparisons: list[Comparison]) -> Scored:
    found: list[Scored] = []

    async def scoring() -> None:
        found.append(await scorekeeping.score(made, made_up.pair(), comparisons))

    asyncio.run(scoring())  # asyncio.run prints what its main task returns when it ends
    return found[0]


def reply(field: str, value: object, evidence: str = "") -> str:
    return json.dumps({"evidence": evidence, "reason": "So it is.", field: value})


def shown(prompt: str, name: str) -> str:
    """A part of a judge's prompt, such as `answer` or `first answer`."""
    before, _, inside = prompt.partition(f" begin {name}\n")
    return inside.partition(f"\n{before[-16:]} end {name}")[0]


def perfect(messages: list[dict[str, Any]]) -> str:
    """A judge that knows the exam's answers, and finds everything else met or a tie."""
    prompt = messages[0]["content"]
    pair = "begin first answer" in prompt
    item = next((item for item in load_items() if _is_about(item, prompt, pair)), None)
    if not pair:
        return reply("met", item is None or item.expected == "met")
    if item is None or item.expected == "tie":
        return reply("better", "tie")
    right = item.first if item.expected == "first" else item.second
    return reply("better", "first" if shown(prompt, "first answer") == right else "second")


def _is_about(item: ExamQuestion, prompt: str, pair: bool) -> bool:
    if item.is_pair != pair or shown(prompt, "conversation") != f"[user] {item.question}":
        return False
    return pair or f"Criterion:\n{item.criterion}\n" in prompt


def judging_when_told(home: Path, told: Connection) -> None:
    """A process of its own: judge with the endpoint that comes through the pipe."""
    url, key, many = told.recv()
    endpoint = EndpointSetting(base_url=url, model="judge", api_key=SecretStr(key))
    score(case(home, endpoint, judging=PLAIN), compared(many))
