"""Sentences of core and eval in Chinese: recognised with their facts, and complete."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.data.problems import file_error
from core.data.splitting import make_split
from core.errors import PlanError, RunError
from core.training.plan_changes import PlanChanges
from core.wording import HOLE, error_parts, error_text, said
from tests.core.assistant.talking import Talk, tea_file

ROOT = Path(__file__).parent.parent.parent
KEYS = tomllib.loads((ROOT / "core" / "sentences_zh.toml").read_text(encoding="utf-8"))
HAN = re.compile("[\u4e00-\u9fff]")
ERROR = re.compile(r"(Data|Plan|Model|Run|Serving|Judge|Workspace)Error$|^(Failure|Diverged)$")
TERMINAL_ONLY = (
    "core/settings.py",
    "core/actions.py",
    "eval/rubric/located_yaml.py",
    "ui/shell.py",
    "ui/term",
)
"""Told before there is a page, by `duotune`, or with words of a YAML reader inside."""


def test_facts_stand_in_the_chinese_and_words_of_ours_are_said_too() -> None:
    text = "Run 'a: b.' is running: there is nothing to resume."
    assert said(text, "zh") == "训练任务“a: b.”正在进行，没有什么可继续的。"
    assert said(text, "en") == text
    text = "These settings can't be used: epochs = 400.0: input should be less than or equal to 100"
    text += "; rank = 0: input should be greater than or equal to 1."
    assert said(text, "zh") == (
        "这些设置无法使用：训练轮数 = 400.0，不能大于 100；LoRA 秩 = 0，不能小于 1。"
    )
    text = (
        "The model server could not start for starter. There was not enough memory for the model."
    )
    assert said(text, "zh") == "无法为 starter 启动模型服务。内存不足，无法加载模型。"


@pytest.mark.parametrize("text", ["", "C: a path", "某个文件。", "Nobody wrote this: 3.", "{x}"])
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert said(text, "zh") == text


def test_errors_are_told_in_parts() -> None:
    error = RunError("The report can't be read.", "/x/y", "Start a new evaluation.")
    assert error_parts(error, "zh") == ("无法读取报告。", "/x/y", "请开始新的评估。")
    assert error_text(PlanError("No plan has been proposed yet."), "zh") == "还没有提出方案。"
    assert error_text(error, "en") == str(error)
    unusable = file_error("file_empty", file="tea.jsonl")
    assert error_parts(unusable, "zh")[0] == "tea.jsonl 是空文件。"


@pytest.mark.parametrize(
    "changes", [{}, {"rank": 8}, {"max_steps": 0}, {"max_steps": 5}, {"max_length": 16}]
)
def test_all_of_a_proposal_is_said_in_chinese(tmp_path: Path, changes: dict[str, int]) -> None:
    actions = Talk(tmp_path / "home").actions
    dataset = actions.import_data(tea_file(tmp_path))
    proposal = actions.propose_plan(dataset.id, PlanChanges.parse(changes))
    texts = [*proposal.warnings, *proposal.plan.reasons.values()]
    assert proposal.warnings
    assert [text for text in texts if not HAN.search(said(text, "zh"))] == []


def test_all_notes_of_a_split_are_said_in_chinese(tmp_path: Path) -> None:
    actions = Talk(tmp_path / "home").actions
    few = actions.split(actions.import_data(tea_file(tmp_path, rows=6)).id)
    examples = actions.examples(actions.import_data(tea_file(tmp_path, rows=30)).id)
    marked = [
        example.model_copy(update={"part": "test" if example.row < 10 else None})
        for example in examples
    ]
    given = make_split("ds-1", marked)
    all_train = make_split("ds-1", [e.model_copy(update={"part": "train"}) for e in examples])
    notes = [*few.notes, *given.notes, *all_train.notes]
    assert len(notes) >= 4
    assert [note for note in notes if not HAN.search(said(note, "zh"))] == []


# -- the file against the program -----------------------------------------------------------------


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in ("core", "eval", "ui"):
        for file in sorted((ROOT / folder).rglob("*.py")):
            yield str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8"))


def texts_of(node: ast.expr, constants: dict[str, ast.expr]) -> list[str]:
    """What a text can be, facts replaced by one word each."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(v.value if isinstance(v, ast.Constant) else "ab12" for v in values)]  # type: ignore[misc]
        case ast.IfExp(body=body, orelse=other):
            return [*texts_of(body, constants), *texts_of(other, constants)]
        case ast.Name(id=name) if name in constants:
            return texts_of(constants[name], constants)
    return []


def told_by_errors() -> Iterator[tuple[str, str]]:
    """(file, text) of the problem and the remedy of every error that is made."""
    for file, tree in sources():
        constants = {
            node.targets[0].id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or not ERROR.search(ast.unparse(node.func)):
                continue
            told = [*node.args[:1], *node.args[2:3]]
            told += [k.value for k in node.keywords if k.arg in ("problem", "fix")]
            for text in (text for given in told for text in texts_of(given, constants)):
                yield file, text


@pytest.mark.full
def test_every_error_that_nobody_foresaw_has_its_chinese() -> None:
    told = [
        (file, ast.literal_eval(node.args[0]))
        for file, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Unforeseen"
    ]
    assert len(told) > 4
    said_as = [(file, said(f"{text}: ValueError: ab12.", "zh")) for file, text in told]
    assert [pair for pair in said_as if not HAN.search(pair[1])] == []


def test_every_error_has_its_chinese() -> None:
    found = [pair for pair in told_by_errors() if not pair[0].startswith(TERMINAL_ONLY)]
    assert len(found) > 150
    missing = [
        (file, text)
        for file, text in found
        if text.replace("ab12", "").strip(" '.")
        and not any(HAN.search(said(one, "zh")) for one in (text, text.removeprefix("ab12 ")))
    ]
    assert missing == []


@pytest.mark.full
def test_no_entry_is_left_of_a_sentence_that_is_said_no_more() -> None:
    kept = {"train", "test", "base", "tuned"}
    said_somewhere = "\n".join(
        node.value.replace("\\1", "").replace("\\2", "")
        for _, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    pydantic = re.compile("input should be|string should have", re.IGNORECASE)
    stale = []
    for key in KEYS.keys() - kept:
        if pydantic.search(key):
            continue
        pieces = re.split(r"[.:] ?|\?|answers? ", HOLE.sub("?", key))
        longest = max(pieces, key=len).removesuffix("s")
        if longest not in said_somewhere:
            stale.append(key)
    assert stale == []


def test_holes_are_the_same_on_both_sides() -> None:
    for key, chinese in KEYS.items():
        names = [name for _, name in HOLE.findall(key)]
        assert len(names) == len(set(names)), key
        assert set(re.findall(r"\{(\w+)\}", chinese)) <= set(names), key
