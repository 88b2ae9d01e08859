"""Give a record to its format together with what the file says around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Any

from core.data.formats import labels, slack, telegram
from core.data.formats.shape import Format, Talk
from core.data.problems import Finding, Path
from core.data.reading.names import NAMES
from core.data.reading.rows import Row

SPLITS = frozenset(NAMES["splits"])


def placed(row: Row, form: Format, context: Mapping[str, Any]) -> Any:
    """The record as its format's `gather` takes it: labelled texts with the keys they stood
    under, messages of a Slack archive with their channel's file and the users' names, messages of
    a Telegram account with their chat."""
    if form in slack.FORMATS and row.file:
        return {"file": row.file, "message": row.value, "users": user_names(context)}
    if form in telegram.FORMATS and (chat := _chat(row.base)):
        return {"chat": chat, "message": row.value}
    keys = [key for key in row.base if isinstance(key, str)]
    if form in labels.FORMATS and keys:
        return {"base": keys, "value": row.value}
    return row.value


def _chat(base: Path) -> str:
    """Which of several chats a message was found in; "" when the file is one chat.

    Its name stands beside the messages, where rows are not looked for: it is known by its number.
    """
    number = next((key for key in base[:-1] if isinstance(key, int)), None)
    return "" if number is None else f"chat {number + 1}"


def in_named_part(row: Row, talk: Talk, parts: Mapping[str, str]) -> Talk:
    """A conversation in the part of a split that its row's place names, unless it names one itself.

    Rows under `train` and `test`, or in files of an archive that are called so, are divided.
    """
    if not (row.base or parts) or not talk.row or talk.row.get("split") is not None:
        return talk
    part = parts.get(row.file, "")
    if row.base and str(row.base[0]).casefold() in SPLITS:
        part = str(row.base[0])
    if not part:
        return talk
    found = (*talk.found, Finding("part_by_place", (), {"part": part}))
    return talk._replace(row={**talk.row, "split": part}, found=found)


def left_out(kept: Mapping[int, Row], told: Set[int]) -> Iterator[Row]:
    """Rows, by number, that say something and are not among those that were `told` of."""
    for number, row in kept.items():
        if number not in told and _says_something(row.value):
            yield row


def _says_something(value: object) -> bool:
    """Blank lines, headings and comments of a text do not."""
    if isinstance(value, str):
        return bool(value.strip()) and not value.lstrip().startswith(("#", "<!--"))
    return bool(value)


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
