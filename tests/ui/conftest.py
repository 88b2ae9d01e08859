"""A workspace whose slow parts are faked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ui.fake_parts import FakeActions, install


@pytest.fixture
def actions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeActions:
    made = install(monkeypatch.setattr, tmp_path / "workspace")
    made.pace.step_s = made.pace.open_s = made.pace.question_s = 0.001
    return made


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A file of 40 rows: 28 to train on, 6 to validate, 6 to test; the last two rows are broken."""
    rows = []
    for n in range(40):
        part = "train" if n < 28 else "validation" if n < 34 else "test"
        system = {"role": "system", "content": "You are a shop."}
        user = {"role": "user", "content": f"Where is order {n}?"}
        reply = {"role": "assistant", "content": f"[DELIVERY] Order {n} is on its way."}
        rows.append({"messages": [system, user, reply], "split": part, "tags": ["delivery"]})
    lines = [json.dumps(row) for row in rows]
    lines += ['{"messages": [{"role": "user", "content": "no answer"}]}', '{"messages": [']
    file = tmp_path / "orders.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def wait() -> Callable[[Callable[[], object]], None]:
    """Wait until something holds, at most 20 seconds."""

    def until(holds: Callable[[], object]) -> None:
        deadline = time.monotonic() + 20
        while not holds():
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.02)

    return until
