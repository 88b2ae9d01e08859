"""A page with 39 messages on it stays quick and small while two models answer at 50 tokens/s."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from tests.bench import page

pytestmark = [pytest.mark.slow, pytest.mark.thorough]
SECONDS = 30.0
MOST_GROWTH_MB = 4.0


def test_no_task_is_long_and_memory_stays(tmp_path: Path) -> None:
    told = cast(dict[str, Any], page.measure(tmp_path, SECONDS))
    assert told["messages_on_screen"] >= 39
    assert told["tokens_lost"] == 0
    assert told["tasks_over_100_ms_of_processor"] == 0, told
    assert 0 < told["processor_share"] < 0.6
    assert told["heap_mb_after"] - told["heap_mb_before"] < MOST_GROWTH_MB
