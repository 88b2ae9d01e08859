"""Words of the view of a row as tokens."""

TOKENS = {
    "tokens.title": ("Row {row} as the model reads it", "模型读到的第 {row} 行"),
    "tokens.total": ("{n} tokens, {learned} learned", "共 {n} 个 token，学习 {learned} 个"),
    "tokens.kind.supervised": ("learned", "学习"),
    "tokens.kind.context": ("context only", "仅作上下文"),
    "tokens.kind.cut": ("cut", "截掉"),
    "tokens.kind.lost": ("cut, would have been learned", "截掉，本应学习"),
    "tokens.eos": ("generation stops here", "生成在此停止"),
    "tokens.sequence": ("Text {n} of {total}", "第 {n} / {total} 段文本"),
    "tokens.turn_by_turn": (
        "This model's template shows earlier answers differently, so each answer is trained in a "
        "text of its own.",
        "该模型的模板对较早的回答有不同的写法，因此每个回答各用一段文本训练。",
    ),
    "tokens.more": ("{n} more tokens are not shown.", "另有 {n} 个 token 未显示。"),
    "tokens.cut": (
        "{cut} tokens after the first {limit} are cut; {lost} of them would have been learned.",
        "前 {limit} 个之后的 {cut} 个 token 被截掉，其中 {lost} 个本应学习。",
    ),
    "tokens.nothing": ("Nothing is learned from this row.", "从这一行学不到任何内容。"),
    "tokens.endless": (
        "The end of an answer is not learned, so the model does not learn to stop there.",
        "有回答的结尾没有被学习，模型学不会在那里停止。",
    ),
    "tokens.ids": ("token {ids}", "token 编号 {ids}"),
}
