"""Two pages that ask for the same model at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

TWO_AT_ONCE = """
import threading
from pathlib import Path
from core.models import catalog, readers
from core.settings import Settings

model = catalog.resolve("starter", None, Settings(home=Path(".")))
found = []
threads = [threading.Thread(target=lambda: found.append(readers.read(model))) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(found))
"""


@pytest.mark.slow
def test_a_tokenizer_can_be_asked_for_by_several_threads_first() -> None:
    done = subprocess.run(
        [sys.executable, "-c", TWO_AT_ONCE], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "4", done.stderr
