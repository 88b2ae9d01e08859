"""All repairs, in the order in which they are applied."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from core.data.problems import KINDS
from core.data.repairs import calls, masking, shapes, texts, turns
from core.data.repairs.editing import same
from core.data.repairs.repair import RawRow, Repair, RepairContext

# How a row is written comes first, then what its texts hold, then which turns are left.
ALL = (
    Repair(
        "name_roles",
        "Write each speaker as a role that is known (human as user, gpt as assistant).",
        "把说话人写成可识别的角色（human 写成 user，gpt 写成 assistant）。",
        shapes.name_roles,
    ),
    Repair(
        "write_as_text",
        "Write numbers and objects that stand in place of a text as text.",
        "把应为文本的数字或对象写成文本。",
        shapes.write_as_text,
    ),
    Repair(
        "read_parts",
        "Read content parts of other types that hold text as text.",
        "把其他类型但含有文字的内容片段按文本读取。",
        shapes.read_parts,
    ),
    Repair(
        "mend_weights",
        "Write each weight as 0 or 1, and only on assistant turns.",
        "把 weight 写成 0 或 1，并只保留在 assistant 轮次上。",
        shapes.mend_weights,
    ),
    Repair(
        "mend_tools",
        "Write the tools as a list of function definitions.",
        "把 tools 写成函数定义的列表。",
        calls.mend_tools,
    ),
    Repair(
        "mend_calls",
        "Write tool calls as a list, each with its function.",
        "把工具调用写成列表，每项含有函数。",
        calls.mend_calls,
    ),
    Repair(
        "mend_arguments",
        "Write the arguments of tool calls as the JSON text of an object, encoded once.",
        "把工具调用的参数写成对象的 JSON 文本，只编码一次。",
        calls.mend_arguments,
    ),
    Repair(
        "join_system",
        "Join the system key and the system turn into one system turn.",
        "把 system 键与 system 轮次合并为一个 system 轮次。",
        turns.join_system,
    ),
    Repair(
        "move_system",
        "Move all system turns to the beginning, as one.",
        "把所有 system 轮次移到开头并合并为一个。",
        turns.move_system,
    ),
    Repair(
        "mend_encoding",
        "Read again text that was read with the wrong encoding.",
        "重新解读用错误编码读取的文本。",
        texts.mend_encoding,
    ),
    Repair(
        "unescape_html",
        "Write HTML entities as the characters they stand for, outside of code.",
        "把代码以外的 HTML 实体写成对应的字符。",
        texts.unescape_html,
    ),
    Repair(
        "strip_tags",
        "Remove HTML tags outside of code.",
        "删除代码以外的 HTML 标签。",
        texts.strip_tags,
    ),
    Repair(
        "strip_hidden",
        "Remove zero-width, direction and control characters.",
        "删除零宽字符、方向控制符和控制字符。",
        texts.strip_hidden,
    ),
    Repair(
        "escape_tokens",
        "Remove control tokens at the edges of a text, and put a space into those inside.",
        "删除文本首尾的控制符，并在文中的控制符里加空格。",
        texts.escape_tokens,
    ),
    Repair(
        "cut_loop",
        "Leave one of what a text repeats at its end.",
        "文本结尾反复出现的内容只保留一次。",
        texts.cut_loop,
    ),
    Repair(
        "cut_question",
        "Cut the user's text from the start of a reply that repeats it.",
        "删去回答开头复述的用户原话。",
        texts.cut_question,
    ),
    Repair(
        "fill_placeholders",
        "Fill in placeholders with the answers you give.",
        "用您给出的内容填写占位符。",
        texts.fill_placeholders,
        asks=True,
    ),
    Repair(
        "strip_edges",
        "Remove white space at the start and the end of texts.",
        "删除文本首尾的空白。",
        texts.strip_edges,
    ),
    Repair(
        "drop_empty",
        "Drop empty turns, and with an empty reply the question it leaves unanswered.",
        "删除空的轮次；回答为空时，连同未得到回答的提问一起删除。",
        turns.drop_empty,
    ),
    Repair(
        "merge_turns",
        "Join turns of the same speaker that follow one another.",
        "合并同一角色连续的轮次。",
        turns.merge_turns,
    ),
    Repair(
        "drop_opening",
        "Drop what the assistant says before the user speaks.",
        "删除用户开口之前 assistant 的话。",
        turns.drop_opening,
    ),
    Repair(
        "drop_unanswered",
        "Drop the turns after the last reply.",
        "删除最后一条回答之后的轮次。",
        turns.drop_unanswered,
    ),
    Repair(
        "link_results",
        "Give tool calls and the results that follow them the same ids.",
        "让工具调用与紧随其后的结果使用相同的 id。",
        calls.link_results,
    ),
    Repair(
        "mask_private",
        "Replace private and secret text by masks such as [EMAIL_1] that a key can undo.",
        "把隐私和密钥替换为 [EMAIL_1] 之类的掩码，可用密钥文件还原。",
        masking.mask_private,
    ),
    Repair(
        "remove_row",
        "Take the row out of the dataset.",
        "从数据集中删除这条数据。",
        turns.remove_row,
        removes=True,
    ),
)
REPAIRS: dict[str, Repair] = {repair.name: repair for repair in ALL}


class Repaired(NamedTuple):
    """A row after repairs."""

    row: RawRow | None
    """None when the row was removed."""
    used: tuple[str, ...]
    """The repairs that changed it, in order."""


def repairs_for(codes: Iterable[str]) -> tuple[Repair, ...]:
    """The repairs that mend these problems, in the order in which they are applied."""
    names = {KINDS[code].repair for code in codes if code in KINDS}
    return tuple(repair for repair in ALL if repair.name in names)


def repair_row(row: RawRow, repairs: Iterable[Repair], context: RepairContext) -> Repaired:
    """The row after some repairs, and which of them changed it."""
    used: list[str] = []
    mended: RawRow | None = row
    for repair in repairs:
        if mended is None:
            break
        before, mended = mended, repair.apply(mended, context)
        if not same(mended, before):
            used.append(repair.name)
    return Repaired(mended, tuple(used))
