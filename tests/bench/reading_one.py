"""`python -m tests.bench.reading_one WAY FILE`: read one file in one way and print what it took."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from core.data.examples import SUPPORT_DESK


def validate(file: Path, dedupe: bool = False) -> dict[str, int]:
    """What `duotune check --quick --ignore-duplicates` does: every row's syntax, schema, roles and
    order, with located errors; nothing is kept."""
    from core.data.records import ReadChoices
    from core.data.report import Beside, check_file

    choices = ReadChoices(structure_only=True)
    report = check_file(file, choices, Beside(), lambda *_: None, dedupe)
    return {"rows": report.rows, "usable": report.usable, "problems": len(report.problems)}


def validate_and_dedupe(file: Path) -> dict[str, int]:
    """What `duotune check --quick` does: the same, with exact duplicates found."""
    return validate(file, dedupe=True)


def datasets(file: Path) -> dict[str, int]:
    """What `datasets` does to load the same file; it checks nothing."""
    from datasets import load_dataset

    cache = str(file.parent / "cache")
    loaded = load_dataset("json", data_files=str(file), cache_dir=cache, split="train")
    return {"rows": len(loaded)}


WAYS: dict[str, Callable[[Path], dict[str, int]]] = {
    "validate": validate,
    "validate_and_dedupe": validate_and_dedupe,
    "array": validate,
    "datasets": datasets,
}


def _small(folder: Path) -> Path:
    file = folder / "small.jsonl"
    file.write_text(SUPPORT_DESK.read_text(encoding="utf-8"), encoding="utf-8")
    return file


def _peak_mb() -> float:
    """Of this program alone: getrusage would tell the starting program's where that was more."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    kilobytes = next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]
    return round(int(kilobytes) / 1024, 1)


def main(way: str, file: Path) -> None:
    """Print the cpu-seconds of the reading itself and the peak memory of all of it."""
    with tempfile.TemporaryDirectory() as folder:
        WAYS[way](_small(Path(folder)))  # what is imported on first use is not reading
    began = time.process_time()
    try:
        told: dict[str, object] = dict(WAYS[way](file))
    except Exception as error:  # noqa: BLE001  a reader that gives up is a result, too
        told = {"gave_up": f"{type(error).__name__}: {str(error)[:200]}"}
    seconds = time.process_time() - began
    told |= {
        "cpu_s": round(seconds, 2),
        "mb_per_cpu_s": round(file.stat().st_size / 1e6 / seconds, 1),
        "peak_rss_mb": _peak_mb(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
