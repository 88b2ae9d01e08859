"""One text in which a chat template, or a writer, has marked who speaks."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from core.data.formats.draft import Draft, as_it_is
from core.data.formats.roles import role_of
from core.data.formats.shape import Answers, Format, Talk
from core.data.problems import Path


class Dialect(NamedTuple):
    """How a text marks its turns."""

    name: str
    marks: tuple[str, ...]
    """Stand in every text of this dialect: looked for before the pattern."""
    header: re.Pattern[str]
    """Begins a turn; its first group is the speaker."""
    ends: tuple[str, ...] = ()
    """What may stand at the end of a turn."""
    roles: tuple[tuple[str, str], ...] = ()
    """Speakers that are not known by their own name."""

    def is_in(self, text: str) -> bool:
        """Whether a text may be of this dialect."""
        return all(mark in text for mark in self.marks)


def _dialect(name: str, marks: tuple[str, ...], header: str, *ends: str, **roles: str) -> Dialect:
    return Dialect(name, marks, re.compile(header), ends, tuple(roles.items()))


NAME = r"([A-Za-z_]{2,20})"
DIALECTS = (
    _dialect(
        "ChatML", ("<|im_start|>",), rf"<\|im_start\|>{NAME}(?:\n|<\|im_sep\|>)", "<|im_end|>"
    ),
    _dialect(
        "Llama 3",
        ("<|start_header_id|>",),
        rf"(?:<\|begin_of_text\|>)?<\|start_header_id\|>{NAME}<\|end_header_id\|>",
        "<|eot_id|>",
        "<|eom_id|>",
        "<|end_of_text|>",
    ),
    _dialect(
        "Llama 4",
        ("<|header_start|>",),
        rf"(?:<\|begin_of_text\|>)?<\|header_start\|>{NAME}<\|header_end\|>",
        "<|eot|>",
        "<|eom|>",
    ),
    _dialect(
        "Gemma",
        ("<start_of_turn>",),
        rf"(?:<bos>)?<start_of_turn>{NAME}\n",
        "<end_of_turn>",
        "<eos>",
    ),
    Dialect(
        "DeepSeek",
        ("<｜Assistant｜>",),
        re.compile(r"(?:<｜begin▁of▁sentence｜>)?<｜(User|Assistant)｜>"),
        ("<｜end▁of▁sentence｜>",),
    ),
    Dialect(
        "Llama 2",
        ("[INST]",),
        re.compile(r"(?:<s>\s*)?\[(/?INST)\]"),
        ("</s>",),
        (("INST", "user"), ("/INST", "assistant")),
    ),
    _dialect(
        "Zephyr",
        ("<|assistant|>",),
        r"<\|(system|user|assistant)\|>",
        "</s>",
        "<|end|>",
        "<|endoftext|>",
        "<|eos|>",
    ),
    _dialect("MOSS", ("<eoh>",), r"<?\|?\[?(Human|MOSS)\]?\|?>?: ?", "<eoh>", "<eom>", "<eoa>"),
    _dialect(
        "Alpaca",
        ("### Instruction:", "### Response:"),
        r"(?:^|\n)### (Instruction|Input|Response): ?",
        "</s>",
        "<|endoftext|>",
        Instruction="user",
        Input="user",
        Response="assistant",
    ),
    _dialect(
        "Guanaco", ("### ", "### Assistant:"), r"### (Human|User|Assistant|System): ?", "</s>"
    ),
    _dialect(
        "HH-RLHF",
        ("Human:", "\n\nAssistant:"),
        r"(?:^|\n\n)(Human|Assistant): ?",
        "</s>",
        "<|endoftext|>",
    ),
    _dialect(
        "Vicuna",
        ("USER:", "ASSISTANT:"),
        r"(?:^|(?<=[\s>]))(USER|ASSISTANT): ?",
        "</s>",
        "<|endoftext|>",
    ),
)
BEGINNINGS = ("<s>", "<bos>", "<|begin_of_text|>", "<|endoftext|>", "<｜begin▁of▁sentence｜>")
SYSTEM_BLOCK = re.compile(r"\s*<<SYS>>(.*?)<</SYS>>\s*", re.DOTALL)


LOOKED_AT = 20_000
"""Characters in which the first mark of a template stands, if any."""


class Parsed(NamedTuple):
    """A text taken apart."""

    template: str
    turns: list[tuple[str, str]]
    """Role (or the speaker's name, where no role is known for it) and text."""


def parse_text(text: str) -> Parsed | None:
    """The turns of a tagged text; None when it has no marks that are known."""
    for dialect in DIALECTS:
        if dialect.is_in(text) and (turns := _turns(text, dialect)):
            return Parsed(dialect.name, turns)
    return None


def _turns(text: str, dialect: Dialect) -> list[tuple[str, str]]:
    headers = list(dialect.header.finditer(text))
    if not headers:
        return []
    before = _clean(text[: headers[0].start()], (*dialect.ends, *BEGINNINGS))
    turns = [("system", before)] if before else []
    ends = [header.start() for header in headers[1:]] + [len(text)]
    renamed = dict(dialect.roles)
    for header, end in zip(headers, ends, strict=True):
        role = renamed.get(header[1]) or role_of(header[1]) or header[1]
        said = _clean(text[header.end() : end], dialect.ends)
        if header[1] == "Input" and turns and turns[-1][0] == "user":
            turns[-1] = ("user", "\n".join(filter(None, (turns[-1][1], said))))
        else:
            turns += _with_system(role, said, first=not turns)
    return turns


def _with_system(role: str, said: str, first: bool) -> list[tuple[str, str]]:
    """Llama 2 writes the system prompt inside the first turn of the user."""
    block = SYSTEM_BLOCK.match(said) if first and role == "user" else None
    if block is None:
        return [(role, said)]
    return [("system", block[1].strip()), ("user", said[block.end() :])]


def _clean(text: str, marks: tuple[str, ...]) -> str:
    """Text without white space and template marks around it."""
    text = text.strip()
    while mark := next((mark for mark in marks if text.endswith(mark)), ""):
        text = text.removesuffix(mark).rstrip()
    while mark := next((mark for mark in BEGINNINGS if text.startswith(mark)), ""):
        text = text.removeprefix(mark).lstrip()
    return text


def add_tagged(draft: Draft, text: str, origin: Path, prompt: bool = False) -> bool:
    """Write down the turns of a tagged text, if it is one; a prompt's last header is no turn."""
    parsed = parse_text(text)
    if parsed is None:
        return False
    draft.note("template_taken_apart", origin, template=parsed.template)
    turns = parsed.turns
    if prompt and turns[-1] == ("assistant", ""):
        turns = turns[:-1]
    for role, said in turns:
        draft.say(role, said, origin)
    return True


def _text(record: Any) -> Any:
    return record.get("text") if isinstance(record, dict) else record


def fits(record: Any) -> bool:
    """Whether a record is a text with marks of a template, or keeps one under `text`."""
    text = _text(record)
    return isinstance(text, str) and any(d.is_in(text[:LOOKED_AT]) for d in DIALECTS)


def fits_plain(record: Any) -> bool:
    """Whether a record is nothing but a text."""
    return isinstance(_text(record), str)


def convert(record: Any, _: Answers) -> Iterable[Talk]:
    """The turns; a text without marks stays as it is, and is told to be one."""
    inside = isinstance(record, dict)
    text, draft = _text(record), Draft()
    if not isinstance(text, str) or not add_tagged(draft, text, ("text",) if inside else ()):
        return (as_it_is(record if inside else {"text": record}),)
    return (draft.talk(record if inside else {}, ("text",)),)


TAGGED = Format("tagged-text", "Text with template marks", "带模板标记的文本", fits, convert)
PLAIN = Format("plain-text", "Plain text", "纯文本", fits_plain, convert)
