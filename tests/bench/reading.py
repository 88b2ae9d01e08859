"""How fast large files are read, in cpu-seconds, and in how much memory.

Each reader runs in a process of its own, so that its memory and its imports are its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.bench import large_file

WAYS = ("validate", "validate_and_dedupe", "array", "datasets")


def measure(home: Path) -> dict[str, object]:
    """MB per cpu-second and peak resident MB of each way to read the same rows."""
    lines, array = home / "rows.jsonl", home / "rows.json"
    result: dict[str, object] = {"file_mb": round(large_file.write(lines) / 1e6, 1)}
    for way in WAYS:
        if way == "array":
            lines.unlink()
            result["array_mb"] = round(large_file.write(array, array=True) / 1e6, 1)
        if way == "datasets":
            array.unlink()
            # It is slow, so a fifth is enough; and it gives a file up that has one broken row.
            large_file.write(lines, rows=large_file.ROWS // 5, whole=True)
        result[way] = _run(way, array if way == "array" else lines)
    return result


def _run(way: str, file: Path) -> dict[str, object]:
    argv = [sys.executable, "-m", "tests.bench.reading_one", way, str(file)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    told: dict[str, object] = json.loads(done.stdout)
    return told
