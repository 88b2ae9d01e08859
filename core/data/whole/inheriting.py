"""Parts of a version that was made from another: each row stays where it was before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.data.example_file import ExampleFile
from core.data.records import Part, Split
from core.data.whole.clusters import Clusters
from core.data.whole.dividing import SMALLEST, Divided, drawn_parts
from core.data.whole.groups import Group, Member, groups_by_all, strata_of


def parts_before(before: ExampleFile, split: Split, after: ExampleFile) -> dict[str, Part]:
    """The part that each example of a version was in before it was changed, by its id now.

    A changed row is known by its number in the file, and several of one row by their order.
    """
    parts: dict[str, Part] = dict.fromkeys(split.train, "train")
    parts |= dict.fromkeys(split.validation, "validation")
    parts |= dict.fromkeys(split.test, "test")
    places = {
        place: parts[name]
        for place, name in zip(_places(before.rows), before.ids(), strict=True)
        if name in parts
    }
    found: dict[str, Part] = {}
    for place, name in zip(_places(after.rows), after.ids(), strict=True):
        part = parts.get(name) or places.get(place)
        if part is not None:
            found[name] = part
    return found


def _places(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Each example's row, and its place among the examples of that row."""
    seen: dict[int, int] = {}
    found = []
    for row in rows:
        seen[row] = seen.get(row, -1) + 1
        found.append((row, seen[row]))
    return found


def inherited_parts(
    members: Sequence[Member],
    clusters: Clusters | None,
    before: Mapping[str, Part],
    seed: int,
) -> Divided:
    """Rows stay in the parts that they had; groups of none but new rows are drawn.

    A group that would now stand in several parts goes to training.
    """
    groups = groups_by_all(members, clusters.of if clusters else {})
    divided = Divided({}, len(groups), strata_of(groups)[0], clusters is not None)
    new: list[Member] = []
    moved = 0
    for group in groups:
        part = _part_of(group, before)
        if part is None:
            new += group.members
            continue
        divided.parts |= dict.fromkeys((member.id for member in group.members), part)
        moved += sum(before.get(member.id, part) != part for member in group.members)
    divided.parts |= _drawn(new, clusters, seed)
    kept = len(members) - len(new) - moved
    divided.notes.append(
        f"{kept} rows stand in the parts that they had in the version before, "
        f"{len(new)} new ones were drawn."
    )
    if moved:
        divided.notes.append(
            f"{moved} held-out rows moved to training, because training has rows like them now."
        )
    return divided


def _part_of(group: Group, before: Mapping[str, Part]) -> Part | None:
    parts = {before[member.id] for member in group.members if member.id in before}
    if not parts:
        return None
    return parts.pop() if len(parts) == 1 else "train"


def _drawn(new: Sequence[Member], clusters: Clusters | None, seed: int) -> dict[str, Part]:
    if len(new) < SMALLEST:
        return dict.fromkeys((member.id for member in new), "train")
    return drawn_parts(new, clusters, seed).parts
