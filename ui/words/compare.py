"""Words of the Compare room."""

from ui.words.compare_talk import COMPARE_TALK
from ui.words.compare_work import COMPARE_WORK

COMPARE = {
    **COMPARE_TALK,
    **COMPARE_WORK,
    "compare.run": ("Finished run", "已完成的训练"),
    "compare.no_runs": (
        "Base and tuned stand here side by side once a run has finished.",
        "训练完成后，可以在这里并排对比两个模型。",
    ),
    "compare.open": ("Start the engine", "启动引擎"),
    "compare.close": ("Stop the engine", "停止引擎"),
    "compare.closed": (
        "The engine is off. Starting it takes from half a minute to a few minutes.",
        "引擎未启动。启动需要半分钟到几分钟。",
    ),
    "compare.opening": ("Starting: {doing}", "正在启动：{doing}"),
    "compare.opening.first": ("looking at the adapter", "正在检查适配器"),
    "compare.ready": ("Ready to be asked: {titles}.", "现在可以提问：{titles}。"),
    "compare.proven": (
        "{title}: what is served was checked against the trained one on {tokens} tokens.",
        "{title}：已在 {tokens} 个 token 上核对，所服务的模型与训练结果一致。",
    ),
    "compare.unproven": (
        "{title}: there is nothing to check by that it is served as it was trained.",
        "{title}：没有可用于核对其与训练结果一致的依据。",
    ),
    "compare.identical": (
        "Tuned is identical to base: this adapter changes nothing.",
        "微调后与基础模型完全相同：该适配器没有改变模型。",
    ),
    "compare.prompt": ("Ask all of them", "同时提问"),
    "compare.prompt.hint": (
        "One question, each model answers at its own speed",
        "一个问题，各模型按各自的速度回答",
    ),
    "compare.send": ("Ask", "提问"),
    "compare.stop": ("Stop", "停止"),
    "compare.clear": ("New conversation", "新对话"),
    "compare.sample": ("Take a question from the test part", "从测试数据中取一题"),
    "compare.reference": ("The data's answer (row {row})", "数据中的答案（第 {row} 行）"),
    "compare.settings": (
        "System prompt and sampling, the same for all",
        "系统提示与采样设置（对所有模型相同）",
    ),
    "compare.system": ("System prompt", "系统提示"),
    "compare.temperature": ("Temperature", "温度"),
    "compare.temperature.info": (
        "0 is greedy: the likeliest token each time",
        "0 表示每次取最可能的 token",
    ),
    "compare.top_p": ("Top p", "Top p"),
    "compare.max_tokens": ("Tokens at most", "最多 token"),
    "compare.seed": ("Seed", "随机种子"),
    "compare.waits": ("Nothing asked yet", "尚未提问"),
    "compare.figures": (
        "first token {first} · {rate} tokens/s · {tokens} tokens",
        "首个 token {first} · 每秒 {rate} token · 共 {tokens} token",
    ),
    "compare.writing": ("writing", "正在回答"),
    "compare.cut": ("cut at the token limit", "达到长度上限被截断"),
    "compare.stopped": ("stopped", "已停止"),
    "compare.same": ("the same answer as the first", "与第一个回答相同"),
    "compare.milliseconds": ("{ms} ms", "{ms} 毫秒"),
    "compare.seconds": ("{s} s", "{s} 秒"),
}
