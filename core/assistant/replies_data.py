"""What the offline driver says about data, in both languages side by side."""

from __future__ import annotations

DATA: dict[str, tuple[str, str]] = {
    "data": (
        "I read {file}: {usable} of its {rows} rows can be used.",
        "我读了 {file}：{rows} 行中有 {usable} 行可用。",
    ),
    "data_all": (
        "I read {file}: all {rows} rows can be used.",
        "我读了 {file}：{rows} 行全部可用。",
    ),
    "data_gathered": (
        "I read {file}, {rows} messages in all; usable dialogues in it: {usable}.",
        "我读了 {file}：共 {rows} 条消息，可用对话 {usable} 段。",
    ),
    "data_rejected": ("{rejected} have errors.", "{rejected} 行有错误。"),
    "data_duplicates": (
        "{duplicates} repeat an earlier one and are left out.",
        "{duplicates} 行与前面的重复，已排除。",
    ),
    "data_problem": ("The first problem: {problem}", "第一个问题：{problem}"),
    "data_shape": (
        "{languages}; {multi_turn} have more than one question, {with_system} a system message.",
        "{languages}；{multi_turn} 条是多轮对话，{with_system} 条有系统提示。",
    ),
    "data_languages": ("Languages: {languages}.", "语言：{languages}。"),
    "data_classes": (
        "They teach {classes} classes.",
        "共教 {classes} 个类别。",
    ),
    "data_tools": ("{with_tools} use tools.", "{with_tools} 条使用了工具。"),
    "data_advice": ("Most worth fixing: {advice}", "最值得处理的：{advice}"),
    "data_more": (
        "The card has {count} more.",
        "卡片上还有 {count} 项。",
    ),
    "data_question": (
        "A choice is yours: {question} I took “{chosen}”; choose another on the card, or say it.",
        "有一处由您决定：{question}我先选了“{chosen}”，可在卡片上改，也可以直接说。",
    ),
    "data_question_told": (
        "A choice is yours: {question} Choose another than “{chosen}” on the card, or say it.",
        "有一处由您决定：{question}如果不是“{chosen}”，可在卡片上改，也可以直接说。",
    ),
    "data_reading": (
        "The file is large, so its texts are being read in the background; I'll tell you here when "
        "that is done. Then I know of private data, near duplicates and odd texts, too.",
        "文件较大，正在后台读取文本内容，完成后我会在这里告诉你，届时隐私、近似重复和异常文本也会列出。",
    ),
    "data_too_few": (
        "That is too little to train on.",
        "这些还不够训练。",
    ),
    "no_data": ("There is no data here yet.", "这里还没有数据。"),
    "data_failed": (
        "Nothing else was changed. Once it is corrected, drop it here again.",
        "其他内容都没有改变。改好后再拖进来就行。",
    ),
    "inspected": (
        "The texts of {name} are read: {usable} of its {rows} rows can be used.",
        "{name} 的文本读完了：{rows} 行中有 {usable} 行可用。",
    ),
    "inspected_next": ("Say “train” for a plan.", "说“训练”就给出训练计划。"),
    "inspect_failed": (
        "The texts of {name} could not be read. {problem} {fix}",
        "没能读完 {name} 的文本。{problem} {fix}",
    ),
    "rubric_kept": (
        "I'll use the rubric {file} for evaluations in this conversation.",
        "本对话中的评估将使用评分标准 {file}。",
    ),
    # -- repair -------------------------------------------------------------------------------
    "repair_head": ("I would make a new version of {name}:", "我会为 {name} 生成一个新版本："),
    "repair_waits": (
        "The version before stays, so this can be undone. Shall I? Say “yes” or “no”.",
        "原来的版本会保留，可以撤销。要这样做吗？请回答“好”或“不”。",
    ),
    "repair_line": ("{what} ({count} found)", "{what}（{count} 处）"),
    "repaired": (
        "Done: {changed} rows changed, {removed} taken out, {added} gained. Now {usable} rows can "
        "be used.",
        "完成：修改 {changed} 行，去掉 {removed} 行，新增 {added} 行。现在有 {usable} 行可用。",
    ),
    "repaired_undo": (
        "Say “undo” to take it back, or “what changed” to see it.",
        "说“撤销”可以还原，说“改了什么”可以查看。",
    ),
    "unmask_waits": (
        "I would put the {values} private values back that are masked in {rows} rows of {name}, as "
        "a new version. The version before stays. Shall I? Say “yes” or “no”.",
        "我会还原 {name} 里 {rows} 行中打码的 {values} 项隐私内容，并生成一个新版本。"
        "原来的版本会保留。要这样做吗？请回答“好”或“不”。",
    ),
    "unmasked": (
        "Done: {values} values are back, in {rows} rows.",
        "完成：还原了 {rows} 行中的 {values} 项内容。",
    ),
    "unmasked_held": (
        "{values} in {rows} rows stay masked, because rows with such values are not trained on.",
        "{rows} 行中的 {values} 项仍保持打码，因为含有这些内容的数据不能用于训练。",
    ),
    "unmasked_unknown": (
        "{rows} rows hold what looks like a mask, but no key knows it.",
        "{rows} 行里有看起来像掩码、但密钥不认识的内容。",
    ),
    "unmasked_equal": (
        "{rows} rows equal an earlier one now and were left out.",
        "{rows} 行还原后与前面的相同，已排除。",
    ),
    "unmasked_same": (
        "These are exactly the rows of {name} as they were before, so that version is used.",
        "结果与之前的 {name} 完全相同，因此使用该版本。",
    ),
    "no_masks": (
        "Nothing was masked in this dataset, so there is nothing to put back.",
        "这个数据集没有打过码，没有可以还原的。",
    ),
    "undone": (
        "Taken back: {name} is as it was before, with {usable} usable rows.",
        "已撤销：{name} 恢复到之前的版本，{usable} 行可用。",
    ),
    "answered": (
        "I read {file} again with “{answers}”: {usable} of its {rows} rows can be used.",
        "我按“{answers}”重新读了 {file}：{rows} 行中有 {usable} 行可用。",
    ),
    "answered_gathered": (
        "I read {file} again with “{answers}”; usable dialogues in its {rows} messages: {usable}.",
        "我按“{answers}”重新读了 {file}：{rows} 条消息中有 {usable} 段可用对话。",
    ),
    "no_undo": (
        "Nothing was changed in this dataset, so there is nothing to undo.",
        "这个数据集没有改动过，没有可以撤销的。",
    ),
    "no_changes": (
        "Nothing was changed in this dataset: it is as it was read.",
        "这个数据集没有改动过，与读入时一样。",
    ),
    "mend_none": (
        "I found nothing of that kind here that I can mend.",
        "这里没有发现可以修复的这类问题。",
    ),
    "mend_nothing": (
        "Nothing here can be mended by itself.",
        "这里没有可以自动修复的问题。",
    ),
    "mend_duplicates": (
        "Rows that equal an earlier one are left out already. Those that nearly do are kept "
        "together when the data is split, so the test stays fair.",
        "与前面完全相同的行已经排除；近似的行在划分时会放在同一部分，测试仍然公平。",
    ),
    "mend_named": (
        "What is left takes rows away or needs your words, so say what you want:",
        "剩下的会删除数据或需要您补充内容，请说明要处理哪一项：",
    ),
    "mend_line": ("- {what} ({n} found)", "- {what}（{n} 处）"),
    # -- deleting -----------------------------------------------------------------------------
    "delete_data_head": ("Delete “{name}” for ever? This goes:", "要永久删除“{name}”吗？将删除："),
    "delete_data_stays": ("This stays:", "会保留："),
    "delete_data_waits": ("Say “yes” or “no”.", "请回答“好”或“不”。"),
    "data_deleted": ("“{name}” is deleted.", "“{name}”已删除。"),
    "data_deleted_all": (
        "“{name}” is deleted, all {versions} versions.",
        "“{name}”的全部 {versions} 个版本已删除。",
    ),
    "delete_data_failed": ("Nothing was deleted.", "什么都没有删除。"),
    # -- looking ------------------------------------------------------------------------------
    "changes": (
        "{name}: {changed} rows changed, {removed} taken out, {added} gained.",
        "{name}：修改 {changed} 行，去掉 {removed} 行，新增 {added} 行。",
    ),
    "changes_none": ("No row differs.", "没有行发生变化。"),
    "split": (
        "{train} rows to learn from, {validation} to check progress, {test} held out for the "
        "report.",
        "{train} 行用于训练，{validation} 行用于验证，{test} 行留作最后评估。",
    ),
    "no_leaks": (
        "No held-out row stands in the training rows: none is equal, nearly equal, or shares a "
        "long run of words.",
        "没有泄漏：留出的行与训练数据没有相同、近似或共享长片段的。",
    ),
    "leaks": (
        "{leaked} of {held_out} held-out rows stand in the training rows too ({kinds}). A score "
        "on them measures memory; the report gives the score without them, too.",
        "留出的 {held_out} 行中有 {leaked} 行也出现在训练数据里（{kinds}）。"
        "这些行测的是记忆；报告也会给出去掉它们的得分。",
    ),
    "leaks_file": (
        "I compared all {train} rows of {name} with {held_out} of {file}.",
        "我把 {name} 的全部 {train} 行与 {file} 的 {held_out} 行作了比较。",
    ),
    "leaks_file_found": (
        "{leaked} of them stand in {name} too ({kinds}).",
        "其中 {leaked} 行也在 {name} 里（{kinds}）。",
    ),
    "leaks_file_none": ("None of them stands in it.", "没有发现重叠。"),
    "leak_pair": (
        "- row {held_out} is like row {train}: “{text}”",
        "- 第 {held_out} 行与第 {train} 行相似：“{text}”",
    ),
    "leak_more": ("… and {count} more.", "……还有 {count} 行。"),
    "row": (
        "Row {row} has {turns} turns{part}.",
        "第 {row} 行有 {turns} 个轮次{part}。",
    ),
    "row_part": (" and is used for {part}", "，属于{part}部分"),
    "tokens": (
        "Of row {row} the model reads {tokens} tokens and learns {supervised}: the answers. "
        "{context} are context only.",
        "第 {row} 行模型读到 {tokens} 个 token，学习其中 {supervised} 个（即回答），"
        "{context} 个仅作上下文。",
    ),
    "tokens_cut": (
        "{cut} are cut, because the row is longer than is trained on.",
        "{cut} 个被截掉，因为超过训练长度。",
    ),
    "tokens_endless": (
        "The end of an answer is not learned, so the model would not learn to stop there.",
        "有回答的结尾没有被学习，模型学不会在那里停止。",
    ),
}
