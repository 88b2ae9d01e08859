"""What the offline driver says of what training and more data are worth, in both languages."""

from __future__ import annotations

WORTH: dict[str, tuple[str, str]] = {
    "worth_interval": ("{low} to {high}", "{low} 至 {high}"),
    # -- is training needed -------------------------------------------------------------------
    "need_waits": (
        "I can ask {model} without training it: {questions} validation questions, each in three "
        "ways (as it is, with a system prompt, with three examples), {answers} answers in all. "
        "Nothing is trained; the engine starts for it, and I am busy until all answers are there. "
        "For fewer, say “do I need to train, on 10 questions”. Shall I? Say “yes” or “no”.",
        "我可以先不训练，直接问 {model}：{questions} 个验证问题，每个用三种方式各问一次"
        "（不加改动、加系统提示、加三个示例），共 {answers} 个回答。"
        "不会训练任何东西；会启动引擎，在得到全部回答之前我无法做别的事。"
        "想少问一些，可以说“需要训练吗，用 10 个问题”。要问吗？请回答“好”或“不”。",
    ),
    "need_columns": (
        "Without training | Reaches | 95% interval | Questions | No answer",
        "不训练 | 达到 | 95% 区间 | 问题数 | 无回答",
    ),
    "need_none": (
        "As far as these questions show, you need no training: use {way}. Train only if you want "
        "more than they ask.",
        "就这些问题来看，不需要训练：直接用{way}即可。只有当你的要求超出这些问题时才值得训练。",
    ),
    "need_some": (
        "If what {way} reaches is enough for you, you need no training. If not, training is worth "
        "a try: its report holds the tuned model against the base model on the test part, and "
        "against the other ways, too, if you choose “Whether training was needed” in the Report "
        "room.",
        "如果{way}达到的水平已经够用，就不需要训练。如果不够，值得训练一次："
        "报告会在测试部分上比较微调后的模型与基础模型；在“报告”页面勾选“是否需要训练”，"
        "还会一并比较其他几种方式。",
    ),
    "need_unknown": (
        "None of the ways was measured, so this says nothing about training.",
        "这几种方式都未能测得，因此无法说明是否需要训练。",
    ),
    "need_train": ("Say “train” for a plan.", "说“训练”可以得到训练计划。"),
    "need_failed": (
        "The base model was not asked to the end; answers that it gave are kept. Say “do I need to "
        "train?” to go on.",
        "没能问完基础模型，已得到的回答会保留。说“需要训练吗”可以接着问。",
    ),
    # -- would more data help -----------------------------------------------------------------
    "curve_needs_run": (
        "That is measured on a trained run: its plan is trained once more on 25% and on 50% of the "
        "training rows, and all are evaluated alike. Nothing is trained yet, so train first, then "
        "ask me again.",
        "这要用训练好的模型来测：用同样的计划分别在 25% 和 50% 的训练行上再训练一次，"
        "并以相同方式评估。"
        "现在还没有训练完成，请先训练，然后再问我。",
    ),
    "curve_about": (
        "It takes the plan of “{name}” on 25%, 50% and all of its training rows, evaluated alike.",
        "做法是：用“{name}”的计划在 25%、50% 和全部训练行上各训练一次，并以相同方式评估。",
    ),
    "curve_columns": (
        "Training rows | Share | {criterion} | 95% interval",
        "训练行 | 比例 | {criterion} | 95% 区间",
    ),
    "curve_missing_columns": (
        "Training rows | Share | Run | Evaluation",
        "训练行 | 比例 | 训练 | 评估",
    ),
    "curve_missing": ("missing", "缺"),
    "curve_evaluated": ("done", "已完成"),
    "curve_rising": (
        "Gather more rows of this kind, drop the file here and train again.",
        "请收集更多同类数据，把文件拖到这里后再训练一次。",
    ),
    "curve_flat": (
        "The report shows which questions still fail: rows about these may help more than further "
        "rows of the same kind.",
        "报告列出了仍然失败的问题：补充这些方面的数据，可能比继续增加同类数据更有帮助。",
    ),
    "curve_open": (
        "Hold out more questions, evaluate these runs on all of them, and ask me again.",
        "请留出更多问题，并用全部问题评估这几次训练，然后再问我。",
    ),
    "curve_wait": (
        "“{name}” is still at work. I tell you here when it ends; then ask again.",
        "“{name}”仍在进行。结束时我会在这里告诉你，到时请再问一次。",
    ),
    "curve_mend": (
        "“{name}” did not finish. Say “why did {name} fail?” or “resume {name}”, then ask again.",
        "“{name}”没有完成。可以说“{name} 为什么失败了？”或“继续训练 {name}”，然后再问一次。",
    ),
    "curve_waits": (
        "That trains {runs}, one after another. {time} Shall I start? Say “yes” or “no”.",
        "还需再训练 {runs} 次，依次进行。{time}要开始吗？请回答“好”或“不”。",
    ),
    "curve_started": (
        "Queued: {names}. When they are trained, ask “would more data help?” again, and I evaluate "
        "them.",
        "已排队：{names}。训练完成后请再问“更多数据有用吗”，我会接着评估。",
    ),
    "curve_evaluate_waits": (
        "Shall I evaluate “{name}” next, as “{whole}” was? Say “yes” or “no”.",
        "接下来按“{whole}”的评估方式评估“{name}”，可以吗？请回答“好”或“不”。",
    ),
    "curve_evaluate_whole_waits": (
        "Shall I evaluate “{name}” first? The others are evaluated like it. Say “yes” or “no”.",
        "先评估“{name}”，其余的按同样方式评估，可以吗？请回答“好”或“不”。",
    ),
}
