"""`python docs/make_data.py` writes docs/data.md: what is read, what is found, what can be mended.

The tables come from the code, so that the page cannot say anything else than the program does.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from core.data.formats.catalog import FORMATS
from core.data.problems import KINDS
from core.data.repairs.catalog import ALL

PAGE = Path(__file__).with_name("data.md")
KIND_FILES = Path(__file__).parent.parent / "core" / "data" / "kinds"
THEMES = {
    "file": "The file",
    "row": "The row as text",
    "format": "The format",
    "exports": "Chat exports",
    "tasks": "Labels and tasks",
    "pairs": "Preference pairs",
    "conversation": "The conversation",
    "turn": "The turn",
    "tools": "Tools",
    "text": "The text",
    "privacy": "Private data and secrets",
    "provenance": "Where data comes from",
    "whole": "All rows together",
    "leaks": "Leaks",
    "tokens": "What a model will learn",
}
HEAD = """# Data: what is read, what is found, what can be mended

This page is written by `python docs/make_data.py` from the code; a test holds it to that.

A file goes one way: bytes to rows (`core/data/reading/`), rows to conversations
(`core/data/formats/`), checks (`core/data/checks/`), then all rows together
(`core/data/whole/`), a frozen split with a leak gate, and a dataset version on disk. Rows and
lines are counted from 1. `error` means that the row is not trained on; `warning` and `note` cost
nothing by themselves. Nothing is changed without being asked: a repair makes a new version that
names its parent, and can be undone.

## Containers and encodings

JSON (a list, an object that wraps lists, objects one after another), JSON Lines, CSV and TSV,
XLSX, Parquet, Arrow, YAML, plain text of chat exports; each alone, in gzip, or in a zip. What a
file is, is told by its bytes and never by its name. Text is UTF-8 unless a byte order mark, UTF-16
without one, CESU-8, or a guess (GBK and others) says otherwise; a guess is always told, and
`--encoding` overrides it.

## What exactly is refused

| harm | what happens |
|---|---|
| more than 1 GB, a million rows, 8 MB in one row | refused or left unread, and said so |
| a zip that unpacks to far more than it is, names that leave its folder, archives in it | refused |
| pickles, programs, pictures, documents, encrypted files | refused by their first bytes |
| values nested deeper than 60 levels, YAML aliases that multiply | the row or the file is refused |

"""
MIDDLE = """
## Pairs of answers

A row with a chosen and a rejected answer to the same question (`chosen`/`rejected` as texts, turns
or whole transcripts; OpenAI's `preferred_output`/`non_preferred_output`; `messages` with a
`rejected` answer beside them) is one conversation that ends with the chosen answer, and keeps the
rejected one beside it. Supervised training learns the chosen answer; training with `objective =
"dpo"` learns to prefer it. What both sides share is every turn up to and with the last question.
Repairs of texts and masking change both sides alike; repairs of order look at the dialogue, and a
pair whose question they take away is told. A rejected answer that can't be used costs its pair,
never the row, and is told. Rows that share the chosen answer and differ in the rejected one are
different rows: each is a pair of its own, supervised training learns the answer once, and
evaluation asks the question once.

## Splits and the leak gate

Exact duplicates are used once. Then rows that must not be parted are grouped: the same first user
turn (case, width and spacing aside), the same conversation, user or tree id, a cluster of near
duplicates, and whatever was made from another row by augmentation. Groups are drawn into training,
validation and test, in proportion by label or else by language; the ids are frozen with a
fingerprint. Parts that the file itself names are kept and checked. The leak gate then compares the
held-out rows with training: equal text, MinHash of character 5-grams, 13 words in a row (a Han
character is a word), and for short texts the cosine of character n-grams.

## Private data

Numbers that pass their checksum (cards, IBAN, Chinese ids) and keys are errors: such a row is
trained on only after it was masked. What only looks alike, e-mail addresses and phones are
warnings. Masking is the same for the same value within a dialogue; what a mask stands for is
written to `keys/` in the workspace, readable by its owner only, never into the dataset.
`duotune unmask DATASET` (or a button, or a word in the chat) puts the values back as a new version;
values that are errors stay masked, and so do rows that no key knows, counted. `--file IN --to OUT`
puts them into a copy of a JSON Lines or JSON file instead, such as a report's `comparisons.jsonl`:
each record gets the values of the example that its `id`, `example_id`, `sample_id` or `custom_id`
(or that of its `sample`, `example` or `metadata`) names, because masks are numbered anew in each
dialogue. `--export-key FILE` copies the key, `--key FILE` uses such a copy, and `--forget` deletes
the key for good; the file as it was read and the version from before the masking are kept.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Formats\n\n", _table(("name", "format"), _formats()), MIDDLE]
    for stem, title in THEMES.items():
        parts.append(f"\n## {title}\n\n")
        parts.append(_table(("code", "severity", "what is said", "repair"), _codes(stem)))
    parts += ["\n## Repairs\n\n", _table(("name", "what it does"), _repairs())]
    return "".join(parts)


def _formats() -> Iterator[Sequence[str]]:
    for form in sorted(FORMATS, key=lambda form: form.name):
        yield f"`{form.name}`", form.en


def _codes(stem: str) -> Iterator[Sequence[str]]:
    codes = tomllib.loads((KIND_FILES / f"{stem}.toml").read_text(encoding="utf-8"))
    for code in sorted(codes):
        kind = KINDS[code]
        said = f"{kind.en[0]} {kind.en[1]}"
        yield f"`{code}`", kind.severity, said, f"`{kind.repair}`" if kind.repair else ""


def _repairs() -> Iterator[Sequence[str]]:
    for repair in ALL:
        more = " Takes something away, so it is only done when asked for." if repair.removes else ""
        yield f"`{repair.name}`", repair.en + more


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(map(_cell, line))} |\n" for line in lines)


def _cell(text: str) -> str:
    plain = text.replace("{{", "{").replace("}}", "}").replace("|", "\\|").replace("\n", " ")
    return re.sub(r"<(?=[a-z/!])", "&lt;", plain)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
