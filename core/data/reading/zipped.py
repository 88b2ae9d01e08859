"""Which files of an archive are data, and which say something about the others."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from core.data.reading.archives import Archive
from core.data.reading.damage import DAMAGE
from core.data.reading.json_files import LIST
from core.data.reading.names import NAMES
from core.data.reading.signatures import HEAD_BYTES, container_of, refused_kind
from core.data.reading.table_shape import find_delimiter
from core.data.reading.yaml_files import looks_like_yaml

MAX_CONTEXT_BYTES = 16 << 20
SLACK_DAY = re.compile(r"(?P<root>.*?)[^/]+/\d{4}-\d\d-\d\d\.json")
PART_NAME = re.compile(r"([a-z]+)(?:[-_.]\d{1,6}(?:-of-\d{1,6})?)?(?:\.[a-z0-9]+)*")
TRAINING = frozenset({"train", "training"})
SLACK_LISTS = ("users.json", "channels.json")
SLACK_CONTEXT = frozenset(NAMES["slack"])
DOCUMENTS = re.compile(r"(^|/)(read ?me|licen[cs]e|changelog|notice|manifest)[^/]*$", re.IGNORECASE)


class Chosen(NamedTuple):
    """What is done with the files of an archive."""

    entries: tuple[zipfile.ZipInfo, ...]
    """Read as rows."""
    context: tuple[zipfile.ZipInfo, ...] = ()
    left_out: tuple[str, ...] = ()


def choose_entries(archive: Archive) -> Chosen:
    """The files with rows: Slack's day files, or all that look like data, or else all text."""
    return _slack(archive.entries) or _by_content(archive)


def read_context(archive: Archive, entries: Sequence[zipfile.ZipInfo]) -> dict[str, Any]:
    """The parsed JSON of some files of an archive; those that can't be read are missing."""
    context: dict[str, Any] = {}
    for entry in entries:
        if entry.file_size > MAX_CONTEXT_BYTES:
            continue
        try:
            context[entry.filename] = msgspec.json.decode(archive.zip.read(entry))
        except DAMAGE:
            continue
    return context


def _slack(entries: Sequence[zipfile.ZipInfo]) -> Chosen | None:
    names = {entry.filename for entry in entries}
    roots = {m["root"] for name in names if (m := SLACK_DAY.fullmatch(name))}
    roots = {root for root in roots if any(root + name in names for name in SLACK_LISTS)}
    if len(roots) != 1:
        return None
    (root,) = roots
    days = [entry for entry in entries if SLACK_DAY.fullmatch(entry.filename)]
    context = [entry for entry in entries if entry.filename.removeprefix(root) in SLACK_CONTEXT]
    used = {entry.filename for entry in (*days, *context)}
    return Chosen(
        tuple(sorted(days, key=lambda entry: entry.filename)),
        tuple(context),
        tuple(entry.filename for entry in entries if entry.filename not in used),
    )


def _by_content(archive: Archive) -> Chosen:
    kinds = {entry.filename: _kind(archive, entry) for entry in archive.entries}
    best = next((k for k in ("data", "text", "document") if k in kinds.values()), None)
    entries = tuple(e for e in archive.entries if best and kinds[e.filename] == best)
    left_out = tuple(name for name, kind in kinds.items() if kind != best)
    return Chosen(entries, (), left_out)


def _kind(archive: Archive, entry: zipfile.ZipInfo) -> str:
    """`data`, `text`, `document`, or `other` for what is no text."""
    try:
        with archive.zip.open(entry) as file:
            head = file.read(HEAD_BYTES)
    except DAMAGE:
        return "data"  # so that it is said that it can't be unpacked
    container = container_of(head)
    if container is not None:
        is_data = container != "zip" or entry.filename.lower().endswith(".xlsx")
        return "data" if is_data else "other"
    return kind_of_text(head, entry.filename)


def kind_of_text(head: bytes, name: str) -> str:
    """As `_kind`, for what is not a container."""
    if not head.strip() or refused_kind(head) is not None:
        return "other"
    if DOCUMENTS.search(name):
        return "document"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_json = text.startswith(b"{") or LIST.match(text) is not None
    if is_json or find_delimiter(text) or looks_like_yaml(text.decode("utf-8", "replace")):
        return "data"
    return "text" if head.count(b"\0") * 100 < len(head) else "other"


def parts_by_name(names: Sequence[str]) -> dict[str, str]:
    """Which files are named for a part of a split: `data/test-00000-of-00002.parquet`.

    Empty unless there is one for training and one that is held out: a file by itself may be called
    `test` for another reason.
    """
    found = {name: part for name in names if (part := _part_named(name))}
    training = {name for name, part in found.items() if part in TRAINING}
    return found if training and len(training) < len(found) else {}


def _part_named(name: str) -> str:
    match = PART_NAME.fullmatch(name.rpartition("/")[2].casefold())
    return match[1] if match and match[1] in NAMES["splits"] else ""
