"""Give a record to its format together with what the file says around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.data.formats import labels, slack
from core.data.formats.shape import Format
from core.data.reading.rows import Row


def placed(row: Row, form: Format, context: Mapping[str, Any]) -> Any:
    """The record as its format's `gather` takes it: labelled texts with the keys they stood
    under, messages of a Slack archive with their channel's file and the users' names."""
    if form in slack.FORMATS and row.file:
        return {"file": row.file, "message": row.value, "users": user_names(context)}
    keys = [key for key in row.base if isinstance(key, str)]
    if form in labels.FORMATS and keys:
        return {"base": keys, "value": row.value}
    return row.value


def user_names(context: Mapping[str, Any]) -> dict[str, str]:
    """Slack's user ids with the names that people see."""
    names: dict[str, str] = {}
    for name, entries in context.items():
        if name.rsplit("/", 1)[-1] != "users.json" or not isinstance(entries, list):
            continue
        for user in entries:
            if isinstance(user, dict) and isinstance(user.get("id"), str):
                profile = user.get("profile")
                real = profile.get("real_name") if isinstance(profile, dict) else None
                names[user["id"]] = str(real or user.get("real_name") or user.get("name") or "")
    return names
