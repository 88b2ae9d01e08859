"""Open Assistant's trees, nested and flat, and MOSS."""

from __future__ import annotations

from typing import Any

from core.data.formats.detecting import detect, named
from core.data.formats.shape import Numbered, Talk
from tests.core.data.formats.converting import converted, sample_rows, texts_at_origins


def node(text: str, role: str, *replies: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"message_id": text, "text": text, "role": role, "replies": list(replies), **more}


def tree(**more: Any) -> dict[str, Any]:
    worse = node("worse", "assistant", node("follow-up", "prompter"), rank=1)
    asked = node("again", "prompter", node("reply", "assistant", node("thanks", "prompter")))
    best = node("best", "assistant", node("unanswered", "prompter"), asked, rank=0)
    gone = node("gone", "assistant", rank=-1, deleted=True)
    refused = node("refused", "assistant", rank=-1, review_result=False)
    prompt = node("hello", "prompter", worse, gone, best, refused, lang="en", **more)
    return {"message_tree_id": "t1", "tree_state": "ready_for_export", "prompt": prompt}


PATH = ["hello", "best", "again", "reply"]


def test_the_best_path_is_kept_and_the_other_branches_are_counted() -> None:
    record = tree()
    result = converted(record)
    assert result.format == "oasst-tree"
    assert [text for _, text in result.said] == texts_at_origins(result, record) == PATH
    assert [role for role, _ in result.said] == ["user", "assistant"] * 2
    assert result.codes == ["tree_branch_left_out"] * 5
    assert ("prompt", "replies", 0) in [finding.path for finding in result.found]
    assert (result.talk.group, result.usable) == ("t1", True)
    alone = converted(tree()["prompt"])
    assert [text for _, text in alone.said] == PATH
    assert not converted(tree(deleted=True)).usable
    assert not converted({"prompt": node("hello", "prompter")}).usable


def flat(record: dict[str, Any]) -> list[dict[str, Any]]:
    rows, waiting = [], [(record["prompt"], None)]
    while waiting:
        message, parent = waiting.pop()
        replies = message.pop("replies")
        rows.append({**message, "parent_id": parent, "message_tree_id": "t1"})
        waiting += [(reply, message["message_id"]) for reply in replies]
    return rows


def gathered(records: list[Any]) -> list[Talk]:
    entry = named("oasst-flat")
    assert entry.gather is not None
    return list(entry.gather([Numbered(i, r) for i, r in enumerate(records, 1)], {}))


def test_flat_messages_are_put_together() -> None:
    records = flat(tree())
    assert detect(records).votes == {"oasst-flat": len(records)}
    (talk,) = gathered(records)
    assert [turn["content"] for turn in talk.row["messages"]] == PATH
    assert [records[number - 1]["text"] for number in talk.rows[:4]] == PATH
    assert sorted(talk.rows) == list(range(1, len(records) + 1))
    assert talk.group == "t1"
    assert len(talk.found) == 5


def test_flat_messages_without_their_parents_and_in_circles() -> None:
    records = flat(tree())[1:]
    texts = [[turn["content"] for turn in talk.row["messages"]] for talk in gathered(records)]
    assert ["best", "again", "reply"] in texts
    circle = [
        {"message_id": "a", "parent_id": "b", "text": "x", "role": "prompter"},
        {"message_id": "b", "parent_id": "a", "text": "y", "role": "assistant"},
    ]
    assert [talk.rows for talk in gathered(circle)] == [(1, 2)]


def test_moss_turns_in_the_order_of_their_numbers() -> None:
    def said(human: str, moss: str) -> dict[str, str]:
        return {
            "Human": f"<|Human|>: {human}<eoh>\n",
            "Inner Thoughts": "<|Inner Thoughts|>: None<eot>\n",
            "Commands": "<|Commands|>: None<eoc>\n",
            "MOSS": f"<|MOSS|>: {moss}<eom>\n",
        }

    chat = {f"turn_{n}": said(f"q{n}", f"a{n}") for n in (1, 10, 2)}
    record = {"conversation_id": "7", "meta_instruction": "You are MOSS.", "chat": chat}
    result = converted(record)
    assert result.format == "moss"
    assert [text for _, text in result.said] == [
        "You are MOSS.",
        "q1",
        "a1",
        "q2",
        "a2",
        "q10",
        "a10",
    ]
    assert result.talk.origins[3] == ("chat", "turn_2", "Human")
    assert (result.found, result.talk.group) == ([], "7")
    chat["turn_1"]["Commands"] = '<|Commands|>: Search("x")<eoc>\n'
    assert converted(record).codes == ["plugin_steps_left_out"]
    plain = {"meta_instruction": "", "plain_text": "[Human]: a<eoh> [MOSS]: b<eoa>"}
    assert converted(plain).said == [("user", "a"), ("assistant", "b")]


def test_real_trees() -> None:
    results = [converted(r) for r in sample_rows("oasst_en_100_tree.jsonl")]
    assert len(results) == 100
    assert all(result.usable for result in results)
    assert {code for result in results for code in result.codes} == {"tree_branch_left_out"}
    assert len({result.talk.group for result in results}) == 100
