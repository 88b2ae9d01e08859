"""The rows of an archive's files, one file after another, numbers running on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import BinaryIO, NamedTuple

from core.data.problems import Finding, NoUsableRows, file_error
from core.data.reading.locating import LineCounter
from core.data.reading.malformed import Fault
from core.data.reading.opened import Opened
from core.data.reading.rows import Row
from core.data.reading.unpacking import Unpacked


class Part(NamedTuple):
    """One file of an archive."""

    name: str
    unpack: Callable[[], Unpacked]


OpenPart = Callable[[BinaryIO, str, ExitStack], Opened]


class _Ready(NamedTuple):
    """A file of an archive whose rows can be read."""

    part: Part
    opened: Opened
    stack: ExitStack


def join_parts(parts: Iterable[Part], open_part: OpenPart, stack: ExitStack) -> Opened:
    """All rows of all files; NoUsableRows when none of the files can be read."""
    remarks: list[Row] = []
    ready = _each(parts, open_part, remarks)
    first = next(ready, None)
    if first is None:
        raise _no_part(remarks)
    stack.push(first.stack)
    second = next(ready, None)
    if second is not None:
        stack.push(second.stack)
    is_alone = second is None
    return Opened(
        f"zip+{first.opened.container}",
        first.opened.encoding,
        _rows(_chained(first, second, ready), remarks, is_alone),
        first.opened.source if is_alone else None,
        delimiter=first.opened.delimiter if is_alone else "",
    )


def _chained(first: _Ready, second: _Ready | None, rest: Iterator[_Ready]) -> Iterator[_Ready]:
    yield first
    if second is not None:
        yield second
    yield from rest


def _each(parts: Iterable[Part], open_part: OpenPart, remarks: list[Row]) -> Iterator[_Ready]:
    for part in parts:
        stack = ExitStack()
        try:
            unpacked = part.unpack()
            stack.enter_context(unpacked.file)
            opened = open_part(unpacked.file, part.name, stack)
        except NoUsableRows as error:
            stack.close()
            remarks += [
                _remark(Fault(problem.code, 0, problem.values), part.name)
                for problem in error.problems
            ]
            continue
        found = (*unpacked.found, *opened.found)
        remarks += [_remark(_as_fault(finding), part.name) for finding in found]
        yield _Ready(part, opened, stack)


def _rows(ready: Iterable[_Ready], remarks: list[Row], is_alone: bool) -> Iterator[Row]:
    number = 0
    for one in ready:
        yield from _taken(remarks)
        for row in _lined(one.opened, is_alone):
            file = "/".join(filter(None, (one.part.name, row.file)))
            if row.number is None:
                yield row._replace(file=file)
                continue
            number += 1
            yield row._replace(number=number, file=file)
        if not is_alone:  # places in it are asked for until the very end
            one.stack.close()
    yield from _taken(remarks)


def _lined(opened: Opened, is_alone: bool) -> Iterator[Row]:
    """Rows with their lines where offsets are of no use, as there are several files."""
    if is_alone or opened.source is None:
        yield from opened.rows
        return
    lines = LineCounter(opened.source)
    for row in opened.rows:
        if row.line is None:
            line, column = lines.place(row.offset)
            row = row._replace(line=line, column=column)
        yield row


def _taken(remarks: list[Row]) -> Iterator[Row]:
    while remarks:
        yield remarks.pop(0)


def _remark(fault: Fault, file: str) -> Row:
    return Row(None, 0, b"", None, (fault,), 1, (), file)


def _as_fault(finding: Finding) -> Fault:
    return Fault(finding.code, 0, finding.values, finding.path)


def _no_part(remarks: list[Row]) -> NoUsableRows:
    fault = remarks[0].faults[0]
    return file_error(fault.code, **fault.values)
