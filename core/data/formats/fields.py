"""What the keys of a record mean that are not its dialogue: parts, tags, groups, media, origin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from core.data.problems import Finding, Path, shorten

GROUP_KEYS = (
    "conversation_id",
    "thread_id",
    "session_id",
    "dialogue_id",
    "dialog_id",
    "chat_id",
    "message_tree_id",
    "tree_id",
    "user_id",
    "id",
)
"""The first that is there names the group; ids that are different in every row do no harm."""
TAG_KEYS = ("category", "intent", "label", "topic")
MEDIA_KEYS = {
    "images": "a picture",
    "image": "a picture",
    "videos": "a video",
    "video": "a video",
    "audios": "sound",
    "audio": "sound",
}
METADATA = frozenset(
    {
        "_problems",
        "_row",
        "annotator",
        "author",
        "conversation_hash",
        "created",
        "created_at",
        "created_date",
        "creation_date",
        "data_source",
        "dataset",
        "date",
        "domain",
        "hash",
        "idx",
        "index",
        "key",
        "kind",
        "lang",
        "language",
        "license",
        "licence",
        "meta",
        "metadata",
        "model",
        "model_name",
        "num_turns",
        "origin",
        "parallel_tool_calls",
        "prompt_id",
        "question_id",
        "redacted",
        "source",
        "source_dataset",
        "source_url",
        "subset",
        "synthetic",
        "task",
        "task_name",
        "task_type",
        "time",
        "timestamp",
        "toxic",
        "turn",
        "url",
        "uuid",
        "version",
    }
)
"""Where a row comes from: passed over without a word."""
TURN_METADATA = METADATA | {"id", "message_id", "parent_id", "user_id", "turn_identifier"}
_GROUPS = frozenset(GROUP_KEYS)
_TAKEN = frozenset((*GROUP_KEYS, *TAG_KEYS, "tags", "split")) | METADATA


class Around(NamedTuple):
    """What stands in a record beside its dialogue."""

    row: dict[str, Any]
    """`split` and `tags`, where the record has them."""
    group: str
    found: list[Finding]
    """Media, and keys that are not used."""


def around(record: Mapping[str, Any], used: Iterable[str]) -> Around:
    """Read a record's keys, except those `used` for the dialogue."""
    row: dict[str, Any] = {}
    if record.get("split") is not None and "split" not in used:
        row["split"] = record["split"]
    tags = tags_of(record, used)
    if tags is not None:
        row["tags"] = tags
    return Around(row, group_of(record), list(_leftovers(record, set(used))))


def group_of(record: Mapping[str, Any]) -> str:
    """What names the conversation, user or tree of a record; "" when nothing does."""
    if _GROUPS.isdisjoint(record):
        return ""
    for key in GROUP_KEYS:
        value = record.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and value != "":
            return str(value)[:200]
    return ""


def tags_of(record: Mapping[str, Any], used: Iterable[str] = ()) -> Any:
    """The row's own tags with its category, intent and the like; None when it has none."""
    given = record.get("tags")
    more = [tag for key in TAG_KEYS if key not in used for tag in _texts(record.get(key))]
    if not more:
        return given
    if given is None:
        return more
    listed = [given] if isinstance(given, str) else given
    return [*listed, *more] if isinstance(listed, list) else given


def _texts(value: Any) -> list[str]:
    """A tag, or several; none where it is something else."""
    listed = value if isinstance(value, list) else [value]
    texts = [text for text in listed if isinstance(text, str) and text.strip()]
    return texts if len(texts) == len(listed) else []


def _is_taken(key: str, value: Any) -> bool:
    """Whether a key that the dialogue does not use says something that is kept, or is no loss."""
    if key in TAG_KEYS:
        return is_empty(value) or bool(_texts(value))
    return key in _TAKEN


def _leftovers(record: Mapping[str, Any], used: set[str]) -> Iterator[Finding]:
    for key, value in record.items():
        if key in used or value is None or _is_taken(key, value):
            continue
        if key in MEDIA_KEYS:
            if value:
                yield Finding("image_not_supported", (key,), {"kind": MEDIA_KEYS[key]})
        else:
            yield Finding("key_unknown", (key,), {"key": shorten(str(key), 40)})


def unused_keys(
    entry: Mapping[str, Any], used: Collection[str], here: Path, shown: str = ""
) -> Iterator[Finding]:
    """Keys of something inside a record, such as a turn, that say what is not used.

    `shown` is what people call the place, where that is not plain from its path.
    """
    place = shown or shown_path(here)
    for key, value in entry.items():
        if key not in used and key not in TURN_METADATA and not is_empty(value):
            name = f"{place}.{key}".removeprefix(".")
            yield Finding("key_unknown", (*here, key), {"key": shorten(name, 60)})


def is_empty(value: Any) -> bool:
    """Whether a value says nothing."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def shown_path(path: Path) -> str:
    """A path as people write it for all entries of a list: `messages[].content[].name`."""
    text = "".join("[]" if isinstance(key, int) else f".{key}" for key in path)
    return text.removeprefix(".")


def first_key(record: Mapping[str, Any], keys: Iterable[str]) -> str | None:
    """The first of some keys under which something stands."""
    return next((key for key in keys if record.get(key) is not None), None)
