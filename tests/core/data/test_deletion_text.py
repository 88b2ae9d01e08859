"""What goes and what stays is said in full, in both languages."""

from __future__ import annotations

import re

from core.data import deletion_text
from core.data.deletion_records import DatasetDeletion, Stays, Version
from core.wording import said

HAN = re.compile("[\u4e00-\u9fff]")
NAMES = ("a", "b", "c", "d", "e", "f")


def going(**changes: object) -> DatasetDeletion:
    desk = Version(id="ds-1", name="desk", rows=1200)
    facts = {
        "id": "ds-1", "name": "desk", "versions": (desk,), "bytes": 2_500_000, "source": "",
        "uploads": 0, "rejected": 0, "keys": 0, "jobs": 0, "worked_out": 0, "holders": (),
    }  # fmt: skip
    return DatasetDeletion.model_validate({**facts, **changes})


def test_only_what_is_there_is_told() -> None:
    told = deletion_text.goes(going())
    assert told == (
        "Its 1,200 usable rows, with their split.", "Disk space that is free then: 2.5 MB.",
    )  # fmt: skip
    assert deletion_text.stays(going()) == ()
    damaged = going(versions=(Version(id="ds-1", name="ds-1", rows=None),))
    assert deletion_text.goes(damaged)[0] == "All files of it."


def test_everything_is_told_in_both_languages() -> None:
    made = Version(id="ds-2", name="desk", rows=90, change="repair")
    full = going(
        versions=(going().versions[0], made), source="desk.jsonl", uploads=2, rejected=3, keys=1,
        jobs=4, worked_out=5, holders=(made,),
        stays=Stays(
            runs=NAMES, kept=("Front-desk",), reports=1, exports=2, comparisons=3, batches=4,
            chats=5,
        ),
    )  # fmt: skip
    goes, stays = deletion_text.goes(full), deletion_text.stays(full)
    assert (len(goes), len(stays)) == (9, 8)
    assert goes[1] == "Versions that were made from it (1): desk (90)."
    assert stays[1].startswith("Runs that were trained on it stay (6): a, b, c, d, e, ….")
    assert [one for one in (*goes, *stays) if not HAN.search(said(one, "zh"))] == []
