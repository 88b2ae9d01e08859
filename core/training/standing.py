"""How a run or an evaluation stands, as the end of a sentence that begins with its name."""

from __future__ import annotations

STANDS = {
    "queued": "is waiting in the queue",
    "starting": "is starting",
    "running": "is running",
    "stopping": "is stopping",
    "stopped": "was stopped",
    "succeeded": "has succeeded",
    "failed": "has failed",
    "interrupted": "was interrupted",
    "cleared": "was cleared away",
}


def stands(status: str) -> str:
    """Such as `has succeeded`, to be said of a run or an evaluation."""
    return STANDS[status]
