"""Writes the README's tree from each file's first line: `python docs/make_tree.py`."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
START, END = "<!-- tree -->", "<!-- end of tree -->"
FOLDERS = ("core", "eval", "ui", "space")


def phrase(file: Path) -> str:
    """The file's first sentence, which says what the file is for."""
    first = file.read_text(encoding="utf-8").split('"""', 2)[1].strip()
    return first.splitlines()[0].split(": `python")[0]


def tree() -> str:
    """One line a file, in folders, as a Markdown list."""
    lines = [f"- `app.py` {phrase(ROOT / 'app.py')}"]
    for folder in FOLDERS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            depth = len(file.relative_to(ROOT).parts) - 1
            if file.name == "__init__.py":
                name = f"**`{file.parent.relative_to(ROOT)}/`**"
                depth -= 1
            else:
                name = f"`{file.name}`"
            lines.append(f"{'  ' * depth}- {name} {phrase(file)}")
    return "\n".join(lines)


def renewed(text: str) -> str:
    """The README with its tree as it should be."""
    before, rest = text.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n{tree()}\n{END}{after}"


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
