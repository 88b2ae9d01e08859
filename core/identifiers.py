"""Names for new things: sortable by time, unique without asking anybody."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime


def new_id(prefix: str) -> str:
    """An identifier such as `run-20261121-103005-9f2c41`, safe as a folder name."""
    return f"{prefix}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def now() -> str:
    """The present moment as ISO text, UTC, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")
