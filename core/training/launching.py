"""Start the trainer program for a run: an allow-list of its environment, a log, its own session."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from core.disk import write_atomic
from core.processes import ProcessId, start_detached
from core.training.job import Launch
from core.workspace import RunFolder

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds the package `core`, wherever the app was started from."""
ALLOWED = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
        *("VIRTUAL_ENV", "XDG_CACHE_HOME", "LD_LIBRARY_PATH", "LD_PRELOAD"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
        *("http_proxy", "https_proxy", "no_proxy", "all_proxy"),
    )
)
PREFIXES = ("LC_", "HF_", "CUDA_", "NVIDIA_", "OMP_", "GOMP_", "KMP_", "MKL_", "PYTORCH_", "NCCL_")


def environment(offline: bool, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What the trainer gets to see: nothing of the app's keys and settings."""
    env = {
        name: value
        for name, value in environ.items()
        if name in ALLOWED or name.startswith(PREFIXES)
    }
    before = environ.get("PYTHONPATH")
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else [])])
    env["PYTHONUNBUFFERED"] = "1"
    # How long a thread spins before it sleeps. Measured with the starter on two cores: never
    # sleeping made steps ten times slower beside other busy programs, sleeping at once made two
    # threads no faster than one; this is 1.7 times as fast as one thread, and no slower when busy.
    if "OMP_WAIT_POLICY" not in env:
        env.setdefault("GOMP_SPINCOUNT", "20000")
    # One process trains on one GPU; transformers would otherwise copy the model to all of them.
    env.setdefault("CUDA_VISIBLE_DEVICES", "0")
    env["HF_HUB_DISABLE_TELEMETRY"] = "1"
    if offline:
        env["HF_HUB_OFFLINE"] = "1"
    return env


def launch(folder: RunFolder, attempt: int, offline: bool) -> ProcessId:
    """Start a trainer and record which process it is."""
    # -P: a folder called `core` where the app was started must not be taken for ours
    argv = [sys.executable, "-P", "-m", "core.training.trainer", str(folder.root)]
    process = start_detached(argv, folder.log, environment(offline))
    write_atomic(folder.launch, Launch(attempt=attempt, process=process).model_dump_json())
    return process
