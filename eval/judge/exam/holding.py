"""Hold the exam, and remember its result: a judge is asked once, not at every evaluation."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from pydantic import ValidationError

from core.disk import sha256_text, write_atomic
from core.settings import EndpointSetting
from eval.judge.asking import Asked
from eval.judge.client import host_of
from eval.judge.exam.grading import grade
from eval.judge.exam.items import ExamQuestion, load_items, version
from eval.judge.judging import Judge
from eval.judge.line import NOBODY, Line, ask_all
from eval.judge.records import ExamResult

FLIPPED = {"first": "second", "second": "first"}


def on_record(folder: Path, endpoint: EndpointSetting) -> ExamResult | None:
    """This judge's result, unless items or prompts changed since.

    Whether the same weights are behind its name is seen when it is asked.
    """
    try:
        return ExamResult.model_validate_json(_file(folder, endpoint).read_bytes())
    except (OSError, ValidationError):  # none, or of another version of Duotune
        return None


def exam_calls() -> int:
    """Calls that an exam takes, without retries."""
    items = load_items()
    pairs = [item for item in items if item.is_pair]
    same = sum(item.expected == "tie" for item in pairs)
    addressed = sum("injection" in item.traits for item in items)  # asked with and without
    return len(items) + len(pairs) - same + addressed


async def hold(judge: Judge, folder: Path, line: Line | None = None) -> ExamResult | None:
    """The result on record, or a new one; None when the judge stopped answering.

    `line` then says so to whoever would ask next.
    """
    found, served = on_record(folder, judge.endpoint), await judge.served()
    if found and found.served == served:
        return found
    sitting = _Sitting(judge, line or Line())
    await ask_all(load_items(), sitting.ask, judge.at_once)
    if sitting.line.gone:
        return None
    who = judge.endpoint.model, host_of(judge.endpoint)
    replies = (sitting.seen["calls"], sitting.seen["readable"], sitting.seen["silent"])
    result = grade(load_items(), sitting.said, who, replies).model_copy(update={"served": served})
    if not result.silent:
        write_atomic(_file(folder, judge.endpoint), result.model_dump_json(indent=1))
    return result


class _Sitting:
    """One judge on its way through all items."""

    def __init__(self, judge: Judge, line: Line) -> None:
        self.line = line
        self.said: dict[str, tuple[str, ...]] = {}
        self.seen: Counter[str] = Counter()
        self._judge = judge

    async def ask(self, item: ExamQuestion) -> None:
        if self.line.gone:
            return
        if item.is_pair:
            one = await self._judge.ask_pair(item.sample, item.first, item.second)
            other = await self._judge.ask_pair(item.sample, item.second, item.first)
            flipped = self._place(item, other)
            self.said[item.id] = self._place(item, one), FLIPPED.get(flipped, flipped)
        else:
            verdict = await self._judge.judge(item.asked, item.sample, item.given, "base")
            call = verdict.judge
            self._count(item, call is not None and call.replied, call.trouble if call else "")
            self.said[item.id] = (verdict.outcome,)

    def _place(self, item: ExamQuestion, asked: Asked) -> str:
        self._count(item, asked.kept is not None, asked.trouble)
        return str(asked.kept.reply.value) if asked.kept else "unscored"

    def _count(self, item: ExamQuestion, readable: bool, trouble: str) -> None:
        self.seen["calls"] += 1
        self.seen["readable"] += readable
        self.seen["silent"] += trouble in NOBODY
        self.line.heard(item.id, trouble)


def _file(folder: Path, endpoint: EndpointSetting) -> Path:
    told = f"{endpoint.model}\0{host_of(endpoint)}\0{version()}"
    return folder / f"{sha256_text(told)[:32]}.json"
