"""An Ollama Modelfile that renders conversations as the chat template does, as far as it can.

The template is asked for small conversations, and what it puts around each turn becomes a Go
template (Ollama's `TEMPLATE`). Whether that renders the same is seen by rendering others with both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from core.messages import Message
from core.models.templates import ChatTemplate, RowMismatch

MARK = "\u241fduotune\u241f"
"""A text that no template writes by itself."""
ROLES = ("system", "user", "assistant")
SAMPLING = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "min_p": "min_p",
    "repetition_penalty": "repeat_penalty",
}
"""Generation settings of transformers, and what Ollama calls them."""
DATED = "strftime_now"
"""How a template writes today's date, which a Modelfile can't."""
MOST_CONTEXT = 8192
"""Ollama keeps memory for the whole context from the start."""
DIALOGUES: tuple[tuple[str, ...], ...] = (
    ("user",),
    ("system", "user"),
    ("user", "assistant", "user"),
    ("system", "user", "assistant", "user"),
    ("system", "user", "assistant", "user", "assistant", "user"),
)


class Turn(NamedTuple):
    """What stands around one turn's content."""

    before: str
    after: str


class Pieces(NamedTuple):
    """A chat template taken apart."""

    lead: str
    """Before the first turn, where no system turn is given."""
    lead_system: str
    """Before a system turn."""
    turns: dict[str, Turn]
    answer: str
    """What the assistant's answer begins with."""
    is_exact: bool
    """Whether the pieces render small conversations just as the template does."""


def text(
    template: ChatTemplate, stops: Sequence[str], gguf: str, parameters: Mapping[str, float]
) -> str:
    """The Modelfile for a GGUF file beside it."""
    found, bos = take_apart(template), template.tokenizer.bos_token or ""
    lines = [f"FROM ./{gguf}", f'TEMPLATE """{go_template(found, bos)}"""' if found else ""]
    lines += [f"PARAMETER stop {_quoted(stop)}" for stop in stops]
    lines += [f"PARAMETER {name} {value:g}" for name, value in parameters.items()]
    if note := caution(found):
        lines.insert(0, f"# {note}")
    return "\n".join(line for line in lines if line) + "\n"


def parameters(generation: Mapping[str, Any], context: int | None) -> dict[str, float]:
    """Ollama's parameters for a model's generation settings; greedy where those don't sample."""
    found: dict[str, float] = {"temperature": 0}
    if generation.get("do_sample"):
        found = {
            ollama: float(generation[name])
            for name, ollama in SAMPLING.items()
            if isinstance(generation.get(name), int | float)
        }
    return found | ({"num_ctx": min(context, MOST_CONTEXT)} if context else {})


def caution(found: Pieces | None) -> str:
    """What the person must know of the TEMPLATE; "" when it renders just as the trained one."""
    if found is None:
        return (
            "The chat template could not be written in Ollama's language: Ollama takes the one in "
            "the GGUF file, if it knows it."
        )
    if not found.is_exact:
        return (
            "Ollama's template language can't say all that the chat template does: long "
            "conversations may be rendered otherwise than in training."
        )
    return ""


def take_apart(template: ChatTemplate) -> Pieces | None:
    """What a template puts around turns; None when it can't show the simplest conversation."""
    try:
        alone = _rendered(template, ("user",))
        answer = _rendered(template, ("user",), answer=True)[len(alone) :]
        talked = _rendered(template, ("user", "assistant", "user"))
        user = _user(template)
    except RowMismatch:
        return None
    if _mark(0) not in alone:
        return None
    lead = alone.partition(_mark(0))[0].removesuffix(user.before)
    turns = {"user": user, "assistant": _between(talked, user)}
    lead_system = ""
    with suppress(RowMismatch):  # a template may know no system turn
        lead_system, turns["system"] = _system(template, lead, user)
    pieces = Pieces(lead, lead_system, turns, answer, is_exact=False)
    return pieces._replace(is_exact=_agrees(template, pieces))


def _system(template: ChatTemplate, lead: str, user: Turn) -> tuple[str, Turn]:
    """What comes before a system turn as before any other, and what stands around it."""
    shown = _rendered(template, ("system", "user"))
    before, _, rest = shown.partition(_mark(0))
    shared = lead if before.startswith(lead) else ""
    after = rest.partition(_mark(1))[0].removesuffix(user.before)
    return shared, Turn(before[len(shared) :], after)


def go_template(pieces: Pieces, bos: str = "") -> str:
    """The pieces in Ollama's template language; a leading BOS is left out, as Ollama adds it."""
    shown = "".join(
        f'{{{{- {"if" if place == 0 else "else if"} eq .Role "{role}" }}}}'
        f"{_go(turn.before)}{{{{ .Content }}}}{_go(turn.after)}"
        for place, (role, turn) in enumerate(pieces.turns.items())
    )
    lead = _go(pieces.lead.removeprefix(bos))
    if lead and pieces.lead_system != pieces.lead:
        lead = f"{{{{- if not .System }}}}{lead}{{{{- end }}}}"
    return (
        f"{lead}{{{{- range .Messages }}}}{shown}{{{{- end }}}}{{{{- end }}}}{_go(pieces.answer)}"
    )


def rendered(pieces: Pieces, roles: Sequence[str]) -> str:
    """What the pieces make of a conversation, up to where the assistant answers."""
    lead = pieces.lead_system if roles[0] == "system" else pieces.lead
    shown = "".join(
        f"{pieces.turns[role].before}{_mark(n)}{pieces.turns[role].after}"
        for n, role in enumerate(roles)
    )
    return lead + shown + pieces.answer


def _agrees(template: ChatTemplate, pieces: Pieces) -> bool:
    if "system" not in pieces.turns or DATED in template.text:
        return False
    try:
        return all(
            rendered(pieces, roles) == _rendered(template, roles, answer=True)
            for roles in DIALOGUES
        )
    except RowMismatch:
        return False


def _rendered(template: ChatTemplate, roles: Sequence[str], answer: bool = False) -> str:
    messages = tuple(Message.model_validate({"role": role, "content": _mark(n)})
                     for n, role in enumerate(roles))  # fmt: skip
    return template.render(messages, (), answer=answer)


def _mark(number: int) -> str:
    return f"{MARK}{number}"


def _user(template: ChatTemplate) -> Turn:
    """What stands around a later turn of the user: nothing of the conversation's lead is in it."""
    shown = _rendered(template, ("user", "assistant", "user"))
    one = _rendered(template, ("user", "assistant"))
    tail = shown[len(one) :] if shown.startswith(one) else shown.rpartition(_mark(1))[2]
    before, _, after = tail.partition(_mark(2))
    return Turn(before, after)


def _between(talked: str, user: Turn) -> Turn:
    """What stands around an assistant's turn between two of the user's."""
    middle = talked.partition(_mark(0))[2].rpartition(_mark(2))[0]
    middle = middle.removeprefix(user.after)
    middle = middle[: len(middle) - len(user.before)] if user.before else middle
    before, _, after = middle.partition(_mark(1))
    return Turn(before, after)


def _go(text: str) -> str:
    """A literal in a Go template: braces can't stand in it as they are."""
    return text.replace("{{", '{{ "{{" }}').replace('"""', '{{ "\\"\\"\\"" }}')


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
