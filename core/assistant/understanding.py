"""Understand what a person asks for, without a language model, in English and Chinese."""

from __future__ import annotations

import re
from typing import Any

from core.assistant import naming, phrases
from core.assistant.data_said import DataSaid, read_data
from core.assistant.library_said import LibrarySaid, read_library
from core.assistant.phrases import Intent
from core.assistant.plain import is_asked, plain
from core.assistant.settings_said import SettingsSaid, read_settings
from core.assistant.sweep_said import read_varied
from core.data.records import Question
from core.messages import Record

RUN_ID = re.compile(r"\brun-\d{8}-\d{6}-[0-9a-f]{4}\b")
LIMIT = re.compile(
    r"\b(?:on|with|use|using|only|first) (\d+) (?:test |held ?out )?"
    r"(?:samples?|examples?|prompts?|questions?|rows?)\b|(\d+) ?(?:条|个?样本|个?问题|个?例子)"
)
ACTS: frozenset[Intent] = frozenset(
    (
        "train",
        "repair",
        "unmask",
        "undo_data",
        "delete_data",
        "stop_run",
        "resume",
        "compare",
        "evaluate",
        "stop_engine",
        "demo_data",
        "new_chat",
    )
)
ON_RUNS: frozenset[Intent] = frozenset(
    ("measure", "sweep", "extend", "clone", "remedy", "move_run", "keep_run", "rename_run",
     "delete_run", "import_model", "export")
)  # fmt: skip
"""Acts on plans and runs whose sentences may name settings that are no wish of their own."""
TOLD_OF_RUNS: frozenset[Intent] = frozenset(
    (
        "need",
        "more_data",
        "stop_preflight",
        "fits",
        "sweep_result",
        "compare_runs",
        "diagnose",
        "queue",
        "shelf",
        "exports",
        "parity",
    )
)
"""Questions and commands of the same kind."""
NAMES_ONE: frozenset[Intent] = frozenset(("rename_run", "keep_run", "import_model"))
"""Acts that may say what something shall be called."""
COMPARES = re.compile(r"\b(compare|versus|vs|difference|differs?)\b|对比|比较|区别")
DELETES = re.compile(r"\b(delete|erase)\b|删[除掉]")
DATA = re.compile(r"\b(data|datasets?|files?)\b|数据|文件")
OF_DATA: frozenset[Intent] = frozenset(("list_datasets", "describe_data", "demo_data"))
"""What a sentence that only names a dataset may be taken for."""
SOME_ROWS = re.compile(
    r"\b(rows?|lines?|records?|examples?|dialogues?|conversations?|turns?|messages?)\b|行|条|对话"
)


class Request(Record):
    """What a sentence asks for."""

    intent: Intent
    settings: SettingsSaid = SettingsSaid()
    run: str | None = None
    """Id or name of the run that it speaks of."""
    runs: tuple[str, ...] = ()
    """Ids and names of all runs that it speaks of, in its order."""
    varied: dict[str, tuple[Any, ...]] = {}  # noqa: RUF012  never changed
    """Values to try, by setting; () for a setting without any."""
    new_name: str | None = None
    """What a run shall be called."""
    limit: int | None = None
    """At most this many samples."""
    purpose: str = ""
    """The person's words for what the tuned model is for."""
    data: DataSaid = DataSaid()
    kept: str | None = None
    """The model of the library that it speaks of."""
    dataset: str | None = None
    """The dataset that it names."""
    library: LibrarySaid = LibrarySaid()


class Known(Record):
    """Names that a sentence may use."""

    models: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    """Names of runs, newest first."""
    kept: tuple[str, ...] = ()
    """Names in the model library."""
    datasets: tuple[str, ...] = ()
    """Names of datasets and of the files that they were read from."""
    questions: tuple[Question, ...] = ()
    """Of the dataset that the conversation is about."""
    files: tuple[str, ...] = ()
    """Names of files dropped in this conversation."""


def understand(text: str, pending: bool = False, known: Known | None = None) -> Request:
    """What the text asks for; `pending` says that something waits for a yes or no."""
    known = known or Known()
    said = plain(text)
    settings = read_settings(text, known.models, known.runs)
    data = read_data(text, known.questions, known.files)
    runs, datasets = _runs(text, known), _runs(text, Known(runs=known.datasets))
    named = _of_named(said, runs, datasets)
    intent = _data_intent(data) or named or _intent(text, said, settings, pending)
    limit = LIMIT.search(said) if intent in ("evaluate", "need") else None
    return Request(
        intent=intent,
        settings=settings,
        run=runs[0] if runs else None,
        runs=runs,
        varied=read_varied(text) if intent == "sweep" else {},
        new_name=naming.new_name(text) if intent in NAMES_ONE else None,
        limit=int(limit[1] or limit[2]) if limit else None,
        purpose=text.strip() if phrases.PURPOSE.search(text) else "",
        data=data,
        kept=next(iter(_runs(text, Known(runs=known.kept))), None),
        dataset=next(iter(datasets), None),
        library=read_library(text),
    )


def is_approval(text: str) -> bool:
    """Whether the whole text is a yes: no question, no condition, nothing else asked."""
    said = plain(text)
    if is_asked(text) or not said:
        return False
    if phrases.YES.fullmatch(said) or phrases.YES_ZH.fullmatch(said.replace(" ", "")):
        return True
    words = set(said.split())
    if words & {"thanks", "thank"}:
        words -= {"ok", "okay"}  # "ok, thanks" ends a conversation rather than starts a run
    return words <= phrases.YES_WORDS | phrases.FILLERS and bool(words & phrases.YES_WORDS)


def is_refusal(text: str) -> bool:
    """Whether the whole text is a no."""
    said = plain(text)
    return bool(phrases.NO.fullmatch(said) or phrases.NO.fullmatch(said.replace(" ", "")))


def _data_intent(data: DataSaid) -> Intent | None:
    """What is said in the dataset's own terms: its placeholders, or an answer to its questions."""
    if data.fills:
        return "repair"
    return "answer" if data.answers else None


def _intent(text: str, said: str, settings: SettingsSaid, pending: bool) -> Intent:
    if pending and (answer := _answer(text, said, settings)):
        return answer
    if of_runs := _of_runs(said):
        return of_runs
    if settings.any and not phrases.COMMANDS.search(said) and _is_wish(text, said):
        return "change"
    meaning = _meaning(said)
    if meaning == "repair" and _is_question(said):
        return "describe_data"
    if meaning in ("train", "delete_data") and _is_question(said):
        return "help"
    if phrases.NEGATED.search(said) and (
        meaning in ACTS or (meaning == "unknown" and phrases.VERBS.search(said))
    ):
        return "leave"
    return _lone_answer(text) or meaning if meaning in ("unknown", "thanks") else meaning


def _of_named(said: str, runs: tuple[str, ...], datasets: tuple[str, ...]) -> Intent | None:
    """What can only be meant of the runs or the dataset that are named."""
    if phrases.NEGATED.search(said):
        return None
    if len(runs) > 1 and COMPARES.search(said):
        return "compare_runs"
    if not DELETES.search(said):
        return None
    meaning = _meaning(said)
    says_data = meaning == "delete_data" or (datasets and DATA.search(said))
    if runs and not says_data:
        return "delete_run"
    is_data = says_data or meaning in ("unknown", *OF_DATA)
    is_data = is_data and meaning not in ("delete_run", "repair", "new_chat")
    is_part = SOME_ROWS.search(said) or _is_question(said)
    return "delete_data" if datasets and is_data and not is_part else None


def _of_runs(said: str) -> Intent | None:
    """A request about runs, which goes before the settings that it may name."""
    meaning = _meaning(said)
    if meaning in TOLD_OF_RUNS:
        return meaning
    if meaning not in ON_RUNS:
        return None
    if phrases.NEGATED.search(said):
        return "leave"
    return "help" if _is_question(said) else meaning


def _lone_answer(text: str) -> Intent | None:
    """A yes or no while nothing waits."""
    if is_approval(text):
        return "approve"
    return "decline" if is_refusal(text) else None


def _meaning(said: str) -> Intent:
    return next((intent for intent, found in phrases.MEANINGS if found.search(said)), "unknown")


def _answer(text: str, said: str, settings: SettingsSaid) -> Intent | None:
    """Yes, no or wait, when something is pending and the text is nothing else."""
    if settings.any:
        return None
    if is_approval(text):
        return "approve"
    if is_refusal(text):
        return "decline"
    return "hold" if phrases.HOLD.search(said) and _meaning(said) != "need" else None


def _is_question(said: str) -> bool:
    return bool(phrases.QUESTION.search(said)) and not phrases.REQUEST.search(said)


def _is_wish(text: str, said: str) -> bool:
    """Whether a sentence that names settings wants them, rather than asks about them."""
    if phrases.REQUEST.search(said):
        return True
    return not phrases.QUESTION.search(said) and not is_asked(text)


def _runs(text: str, known: Known) -> tuple[str, ...]:
    """Ids and names of the runs that a text names, in its order."""
    lowered = text.casefold()
    found = {match.start(): match[0] for match in RUN_ID.finditer(lowered)}
    names = sorted({name for name in known.runs if len(name) > 2}, key=len, reverse=True)
    for name in names:
        named = rf"(?<![a-z0-9_]){re.escape(name.casefold())}(?![a-z0-9_])"
        if match := re.search(named, lowered):
            found[match.start()] = name
            lowered = lowered.replace(match[0], " " * len(match[0]))
    return tuple(found[place] for place in sorted(found))
