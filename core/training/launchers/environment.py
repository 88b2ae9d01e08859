"""What a trainer sees of the app's environment: an allow-list, so that no key leaks into a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from core.training.plan import TrainingPlan

ROOT = Path(__file__).resolve().parents[3]
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
PREFIXES = (
    *("LC_", "HF_", "CUDA_", "NVIDIA_", "NCCL_", "PYTORCH_"),
    *("OMP_", "GOMP_", "KMP_", "MKL_", "MALLOC_"),
)
BUSY = 0.5
"""Load for each core."""
TRACKED = {"wandb": "WANDB_", "trackio": "TRACKIO_", "mlflow": "MLFLOW_"}
"""What a tracker is told by; only let through to a run that uses it."""


def environment(
    offline: bool,
    environ: Mapping[str, str] = os.environ,
    plan: TrainingPlan | None = None,
    prefixes: tuple[str, ...] = (),
) -> dict[str, str]:
    """What the trainer gets to see: nothing of the app's keys and settings.

    `prefixes` are further names that a launcher lets through.
    """
    trackers = plan.trackers if plan else ()
    told = tuple(TRACKED[tracker] for tracker in trackers if tracker in TRACKED)
    seen = PREFIXES + told + prefixes
    env = {k: value for k, value in environ.items() if k in ALLOWED or k.startswith(seen)}
    before = environ.get("PYTHONPATH")
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), *([before] if before else [])])
    env["PYTHONUNBUFFERED"] = "1"
    # How long a thread spins before it sleeps. Measured with the starter on two cores: never
    # sleeping made steps ten times slower beside other busy programs, sleeping at once made two
    # threads no faster than one; this is 1.7 times as fast as one thread, and no slower when busy.
    # On an idle machine the usual spin is 8 % faster still.
    if "OMP_WAIT_POLICY" not in env and is_busy():
        env.setdefault("GOMP_SPINCOUNT", "20000")
    # What a step frees is kept for the next one. Given back, it came anew as some 25,000 zeroed
    # pages a step: a tenth to a sixth of a step's time on a CPU. 32 MB is glibc's highest.
    env.setdefault("MALLOC_MMAP_THRESHOLD_", str(32 << 20))
    env.setdefault("MALLOC_TRIM_THRESHOLD_", str(4 << 30))
    env["HF_HUB_DISABLE_TELEMETRY"] = "1"
    # A process that may see several GPUs would get a copy of the model on each from transformers.
    env["CUDA_VISIBLE_DEVICES"] = visible_devices(env.get("CUDA_VISIBLE_DEVICES"), 1)
    if offline:
        env["HF_HUB_OFFLINE"] = "1"
    return env


def is_busy() -> bool:
    """Whether other programs have used more than half of the cores in the last minute."""
    return os.getloadavg()[0] > BUSY * (os.cpu_count() or 1)


def visible_devices(given: str | None, wanted: int) -> str:
    """The first `wanted` of the GPUs that this process may use, as CUDA_VISIBLE_DEVICES.

    `given` is what the variable was; unset means that all are allowed.
    """
    allowed = [str(number) for number in range(wanted)] if given is None else given.split(",")
    return ",".join(device.strip() for device in allowed[:wanted])
