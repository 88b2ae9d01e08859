"""What a person must know of a run now, in sentences: silence, memory, and its last days."""

from __future__ import annotations

from core.training import retention
from core.training.continuing import words_of
from core.training.records import Returned, Run


def notices(run: Run) -> tuple[str, ...]:
    """All that is worth telling of a run beside its figures, most urgent first."""
    told = [_silence(run), retention.warning(run), _memory(run.returned) if run.returned else ""]
    return tuple(sentence for sentence in told if sentence)


def _silence(run: Run) -> str:
    if not run.is_silent or run.last_sign_s is None:
        return ""
    return (
        f"Run '{run.plan.name}' is not responding: no sign of life for "
        f"{words_of(run.last_sign_s)}. If that lasts, stop it and continue from its last "
        "checkpoint; its log may say more."
    )


def _memory(returned: Returned) -> str:
    if returned.warning:
        return f"The model server's memory did not come back: {returned.warning}"
    if returned.freed_mb is None:
        return ""
    return f"The model server gave {returned.freed_mb:,} MiB of GPU memory back for this run."
