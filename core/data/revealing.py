"""Put masked values back into a file, such as a model's answers: each record by its example id.

Masks are numbered within a dialogue, so [EMAIL_1] hides another value in each. A record of the file
therefore has to say which example it belongs to: by the id of an example (`ex-` and 16 hex digits)
under `id`, `example_id`, `sample_id` or `custom_id`, in the record itself or in its `sample`,
`example` or `metadata`. What stands inside a record belongs to the same example, unless it names
another one.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from core.data.mask_keys import taken
from core.data.repairs.masking import MaskKey, looks_masked, reveal, standing
from core.errors import DataError, disk_errors
from core.messages import Record

EXAMPLE_ID = re.compile(r"ex-[0-9a-f]{16}")
ID_KEYS = ("id", "example_id", "sample_id", "custom_id")
HOLDERS = ("sample", "example", "metadata")
"""Parts of a record that may say which example the whole record belongs to."""
BOM = b"\xef\xbb\xbf"
USE_IDS = (
    "Masks are numbered anew in each dialogue: use an export whose records carry the id of their "
    "example, such as a report's comparisons.jsonl."
)


class Revealed(Record):
    """A file with masked values back, and what became of its records."""

    file: str
    """Where it was written."""
    records: int
    """Records that name an example, with what stands inside of them."""
    values: int
    """Values that were put back; of an example each one once."""
    examples: int
    """Examples that they belong to."""
    unknown: int
    """Texts with what looks like a mask, that no key knows; they are as they were."""
    nameless: int
    """Texts with what looks like a mask, in no record that names an example; as they were."""
    broken_lines: int
    """Lines that are no JSON, such as one that was cut off; as they were."""


def reveal_file(key: MaskKey, source: Path, target: Path) -> Revealed:
    """Write a copy of a JSON Lines or JSON file with its masks replaced, for this user's eyes only.

    Lines without a mask that is known are copied as they are. Raises DataError, with nothing
    written, when the file is of another kind, no record names an example or no mask is known;
    WorkspaceError when the disk refuses.
    """
    work = _Revealing(key)
    with disk_errors(source, "read the file"):
        data = source.read_bytes().removeprefix(BOM)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    with disk_errors(target, "write the file"):
        if target.exists():
            raise taken(target)
        try:
            with open(part, "wb", opener=_for_owner) as file:
                _write(work, data, source, file)
            if not work.values:
                raise _why_nothing(work, source)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    return Revealed(
        file=str(target),
        records=work.records,
        values=sum(map(len, work.values.values())),
        examples=len(work.values),
        unknown=work.unknown,
        nameless=work.nameless,
        broken_lines=work.broken_lines,
    )


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write(work: _Revealing, data: bytes, source: Path, file: BinaryIO) -> None:
    """Line by line where the first line is JSON, else the file as one value."""
    lines = data.splitlines(keepends=True)
    first = next((line for line in lines if line.strip()), b"")
    if _is_json(first):
        file.writelines(_line(work, line) for line in lines)
        return
    shown = work.shown(_whole(data, source))
    file.write(_encoded(json.dumps(shown, ensure_ascii=False, indent=2)) + b"\n")


def _line(work: _Revealing, line: bytes) -> bytes:
    """A line with its values back; the same bytes where there are none."""
    if not line.strip():
        return line
    try:
        value = _decoded(line)
    except ValueError:
        work.broken_lines += 1
        return line
    shown = work.shown(value)
    if shown == value:
        return line
    end = line[len(line.rstrip(b"\r\n")) :]
    return _encoded(json.dumps(shown, ensure_ascii=False)) + end


def _encoded(text: str) -> bytes:
    """JSON text as bytes; half of a character, which UTF-8 can't have, stays an escape."""
    return text.encode("utf-8", "backslashreplace")


def _is_json(line: bytes) -> bool:
    try:
        _decoded(line)
    except ValueError:
        return False
    return True


def _whole(data: bytes, source: Path) -> Any:
    """The file as one value. Raises DataError when it is no JSON."""
    try:
        return _decoded(data)
    except ValueError as error:
        raise DataError(
            "Values can be put back into JSON Lines or JSON files only.", source.name, USE_IDS
        ) from error


def _decoded(data: bytes) -> Any:
    """JSON as Python has it. Raises ValueError for anything else."""
    try:
        return json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def _why_nothing(work: _Revealing, source: Path) -> DataError:
    """Why no value was put back."""
    if not work.records:
        return DataError(
            "No record of this file says which example it belongs to.",
            source.name,
            USE_IDS,
        )
    if work.unknown:
        return DataError(
            "The key knows none of the masks in this file.",
            source.name,
            "Use the dataset that the file was made from, and check that its key is whole.",
        )
    return DataError(
        "There are no masks in this file.", source.name, "Nothing has to be put back into it."
    )


@dataclass
class _Revealing:
    """The values of one key on their way back into records, counted."""

    key: MaskKey
    records: int = 0
    unknown: int = 0
    nameless: int = 0
    broken_lines: int = 0
    values: dict[str, set[str]] = field(default_factory=dict)
    """What was put back, by the id of its example."""

    def shown(self, value: Any, example: str = "") -> Any:
        """A value with its masks replaced; `example` is the id that it stands under."""
        if isinstance(value, str):
            return self._text(value, example)
        if isinstance(value, list):
            return [self.shown(item, example) for item in value]
        if not isinstance(value, dict):
            return value
        named = example_of(value)
        self.records += bool(named) and named != example
        return {name: self.shown(item, named or example) for name, item in value.items()}

    def _text(self, text: str, example: str) -> str:
        masks = self.key.masks_of(example)
        found = standing([text], masks)
        if found:
            self.values.setdefault(example, set()).update(found.values())
            return reveal(text, masks)
        if looks_masked(text) and not masks:
            self.unknown += bool(example)
            self.nameless += not example
        return text


def example_of(record: dict[str, Any]) -> str:
    """The id of the example that a record belongs to; "" when it names none, or several."""
    for place in (record, *(record.get(name) for name in HOLDERS)):
        if isinstance(place, dict):
            found = {place[key] for key in ID_KEYS if _is_id(place.get(key))}
            if found:
                return found.pop() if len(found) == 1 else ""
    return ""


def _is_id(value: object) -> bool:
    return isinstance(value, str) and bool(EXAMPLE_ID.fullmatch(value))
