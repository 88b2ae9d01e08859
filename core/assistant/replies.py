"""What the offline driver says, in both languages side by side; facts are put in by `telling`."""

from __future__ import annotations

from collections.abc import Iterable

from core.assistant.records import Language
from core.assistant.replies_data import DATA
from core.assistant.replies_library import LIBRARY
from core.assistant.replies_runs import RUNS
from core.assistant.replies_worth import WORTH

REPLIES: dict[str, tuple[str, str]] = {
    # -- talk ---------------------------------------------------------------------------------
    "greeting": (
        "Hello! I help you fine-tune a chat model on your own dialogues.",
        "你好！我可以帮你用自己的对话数据微调聊天模型。",
    ),
    "thanks": ("You're welcome.", "不客气。"),
    "left_alone": ("All right, I'll leave everything as it is.", "好的，一切保持原样。"),
    "new_chat": (
        "This is a new conversation; the old one is kept. Datasets, runs and reports are all "
        "still here.",
        "这是新的对话，之前的已保存。数据集、训练和报告都还在。",
    ),
    "help_data": (
        "Drop a file of dialogues here (JSON, CSV, Excel, a chat export, …) and I'll tell you "
        "what is in it and propose a training plan. No file at hand? Say “use the example data”.",
        "把对话文件（JSON、CSV、Excel、聊天记录导出等）拖到这里，我会告诉你里面有什么，并给出训练计划。"
        "手边没有文件？说“用示例数据”就行。",
    ),
    "help_all": (
        "You can say: “what is in my data”, “fix it”, “undo”, “show row 12”, “what will be learned "
        "of row 12”, “does test leak into train”, “train”, “use 3 epochs”, “how is it going”, "
        "“stop”, “resume”, “compare them”, “evaluate”, “show the report”, “list runs”, "
        "“delete this data”, “new conversation”.",
        "你可以说：“数据里有什么”“修复”“撤销”“给我看第 12 条”“第 12 条会学到什么”“有没有泄漏”"
        "“开始训练”“训练3轮”“进度怎么样”“停止”“继续训练”“对比一下”“评估”"
        "“看报告”“列出训练”“删除这份数据”“新对话”。",
    ),
    "unknown": (
        "Sorry, I didn't understand that. I follow plain requests and know no small talk.",
        "抱歉，我没听懂。我只懂简单的指令，不会闲聊。",
    ),
    "could_say": ("Now you could say: {said}.", "现在可以说：{said}。"),
    "not_done": (
        "That did not work; what to do about it stands above.",
        "没有成功，处理办法见上面的说明。",
    ),
    "app_closed": ("The app was closed meanwhile.", "应用中途被关闭。"),
    "broken_off": ("It was broken off.", "已中断。"),
    "ended": ("That is done.", "已完成。"),
    # -- plan ---------------------------------------------------------------------------------
    "plan": (
        "My plan, “{name}”: fine-tune {model} with {method} for {length}, learning "
        "rate {rate}, {batch} rows a step. {train} rows to learn from, {validation} to check "
        "progress, {test} held out for the report.",
        "计划“{name}”：用{method}训练 {model}，{length}，学习率 {rate}，"
        "每步 {batch} 行。"
        "{train} 行用于训练，{validation} 行用于验证，{test} 行留作最后评估。",
    ),
    "plan_seconds": (
        "It should take about {duration}.",
        "预计需要约 {duration}。",
    ),
    "plan_changed": ("Changed: {changes}.", "已修改：{changes}。"),
    "plan_ask": (
        "Say “start” to begin, or tell me what to change, such as “use {epochs} epochs”.",
        "说“开始”就训练；想改什么直接说，比如“训练{epochs}轮”。",
    ),
    "plan_reasons": ("Why these settings:", "这样设置的理由："),
    "plan_failed": (
        "The plan stays as it was. Tell me another value, or change it on the card.",
        "计划没有变。请换一个值，或直接在卡片上改。",
    ),
    "which_value": (
        "To what? {field} is {value} now. Say for example “{example}”.",
        "改成多少？现在 {field} 是 {value}。比如说“{example}”。",
    ),
    "which_value_unknown": (
        "To what? Say for example “{example}”.",
        "改成多少？比如说“{example}”。",
    ),
    "not_whole": ("{field} must be a whole number.", "{field}必须是整数。"),
    "no_plan_waits": (
        "No plan waits that could be changed. Say “train” to get one first.",
        "现在没有等待修改的计划。先说“训练”来得到一个。",
    ),
    "unused": (
        "I did not use {numbers}, because I don't know which setting is meant.",
        "我没有用到 {numbers}，因为不知道指的是哪个设置。",
    ),
    "waits": (
        "The plan waits on its card; nothing starts until you say “start”.",
        "计划还在卡片上等着；你说“开始”之前什么都不会启动。",
    ),
    "resume_waits": (
        "“{name}” can go on from {checkpoint}. Shall I? Say “yes” or “no”.",
        "“{name}”可以从 {checkpoint} 继续。要继续吗？请回答“好”或“不”。",
    ),
    "judge_waits": (
        "Part of the rubric is decided by a judge model, so answers would leave this machine. "
        "Say “yes” to allow it, or “no”.",
        "评分标准的一部分由评审模型判定，回答内容会离开本机。同意请说“好”，不同意说“不”。",
    ),
    "declined": (
        "All right, nothing was started. Tell me what to change, or say “train” for a new plan.",
        "好的，什么都没有启动。告诉我要改什么，或者说“训练”重新做计划。",
    ),
    "superseded": ("A newer proposal took its place.", "已由新的方案代替。"),
    "nothing_waits": ("Nothing is waiting for your yes.", "现在没有需要你确认的事。"),
    # -- runs ---------------------------------------------------------------------------------
    "started": (
        "“{name}” has started. You can close this page: it goes on, and I'll tell you here when "
        "it is done.",
        "“{name}”已经开始训练。可以关掉页面，训练会继续，结束后我会在这里告诉你。",
    ),
    "start_failed": (
        "It was not started. Say “train” to get the plan again.",
        "没有启动。说“训练”可以重新得到计划。",
    ),
    "running": (
        "“{name}” is at step {step} of {total}.",
        "“{name}”正在第 {step} 步，共 {total} 步。",
    ),
    "running_early": ("“{name}” is getting ready ({phase}).", "“{name}”正在准备（{phase}）。"),
    "running_loss": ("Training loss {loss}.", "训练损失 {loss}。"),
    "running_validation": ("Validation loss {loss}.", "验证损失 {loss}。"),
    "running_eta": ("About {duration} left.", "大约还需 {duration}。"),
    "queued": (
        "“{name}” waits for its turn and starts by itself. Say “stop” to take it out of the queue.",
        "“{name}”正在排队，轮到时会自动开始。说“停止”可以把它移出队列。",
    ),
    "cleared": (
        "“{name}” ended long ago: its weights and log were cleared away, its figures stay.",
        "“{name}”早已结束：权重和日志已清理，数据仍保留。",
    ),
    "stopping": (
        "“{name}” saves a checkpoint and stops. Say “resume” when it should go on.",
        "“{name}”会保存检查点后停止。想继续时说“继续训练”。",
    ),
    "stopped": (
        "“{name}” stopped at step {step}.",
        "“{name}”停在了第 {step} 步。",
    ),
    "interrupted": (
        "“{name}” ended without a word at step {step}, as when a machine restarts.",
        "“{name}”在第 {step} 步意外中断，像是机器重启了。",
    ),
    "can_resume": (
        "Say “resume” to go on from {checkpoint}.",
        "说“继续训练”可以从 {checkpoint} 接着来。",
    ),
    "failed": ("“{name}” failed at step {step}.", "“{name}”在第 {step} 步失败了。"),
    "why": ("{problem} {where} {fix}", "原因：{problem} {where} {fix}"),
    "succeeded": ("“{name}” is trained: {step} steps", "“{name}”训练完成：{step} 步"),
    "succeeded_time": ("in {duration}", "用时 {duration}"),
    "succeeded_loss": (
        "best validation loss {loss} at step {best_step}",
        "最低验证损失 {loss}（第 {best_step} 步）",
    ),
    "no_change": (
        "Its adapter leaves the base model exactly as it was.",
        "它的适配器没有改变基础模型。",
    ),
    "next_compare": (
        "Say “compare them” to talk to base and tuned side by side, or “evaluate” for a report.",
        "说“对比一下”可以和微调前后的模型并排聊天，说“评估”可以得到报告。",
    ),
    "no_run": ("Nothing has been trained yet.", "还没有训练过。"),
    "no_live_run": ("No run is under way.", "现在没有正在进行的训练。"),
    "no_resumable": (
        "No run is waiting to be resumed.",
        "没有可以继续的训练。",
    ),
    "no_finished": (
        "There is no finished run yet, so there is no tuned model to talk to.",
        "还没有完成的训练，所以还没有微调后的模型。",
    ),
    "runs": ("Runs, newest first ({total} in all):", "训练记录，最新的在前（共 {total} 次）："),
    "datasets": (
        "Datasets, newest first ({total} in all):",
        "数据集，最新的在前（共 {total} 个）：",
    ),
    "models": (
        "These base models can be picked by name; a Hub id or a local folder works too:",
        "可以按名字选择这些基础模型，也可以给 Hub 名称或本地文件夹：",
    ),
    # -- serving and evaluation ---------------------------------------------------------------
    "opening": (
        "I'm starting base and tuned side by side; loading can take a minute or two.",
        "正在并排启动微调前后的模型，加载可能要一两分钟。",
    ),
    "pair": (
        "Base and tuned “{name}” are ready, and the served adapter is the trained one (checked on "
        "{tokens} tokens). Ask both the same question in the Compare room.",
        "基础模型和微调后的“{name}”都准备好了，并已用 {tokens} 个 token 核对过："
        "服务的正是训练出的适配器。"
        "到“对比”页面向它们提同样的问题吧。",
    ),
    "pair_failed": (
        "They could not be started; nothing that was trained is lost.",
        "没能启动，训练结果没有丢失。",
    ),
    "evaluating": (
        "I'm asking both models the held-out questions of “{name}”; the report comes here when it "
        "is done.",
        "正在用“{name}”留出的问题考两个模型，完成后报告会出现在这里。",
    ),
    "evaluation": (
        "The evaluation of “{name}” is {phase}: {done} of {total}.",
        "“{name}”的评估正在进行（{phase}）：{done} / {total}。",
    ),
    "evaluation_early": (
        "The evaluation of “{name}” is getting ready ({phase}).",
        "“{name}”的评估正在准备（{phase}）。",
    ),
    "evaluation_failures": (
        "{failed} answers or verdicts could not be had so far.",
        "目前有 {failed} 个回答或判定没能得到。",
    ),
    "evaluation_failed": (
        "The evaluation of “{name}” did not finish.",
        "“{name}”的评估没有完成。",
    ),
    "evaluate_again": (
        "Say “continue the evaluation” to go on, or “evaluate” to start afresh.",
        "说“继续评估”可以接着来，说“评估”则重新开始。",
    ),
    "report_missing": (
        "There is no report of “{name}” yet, so I make one.",
        "“{name}”还没有报告，我现在就做。",
    ),
    "report": (
        "{verdict} Measured on {samples} held-out dialogues.",
        "{verdict}以上在 {samples} 段留出的对话上测得。",
    ),
    "report_line": ("- {text}: {base} → {tuned}{interval}", "- {text}：{base} → {tuned}{interval}"),
    "report_remarks": (
        "How to read it: {count} remarks stand in the report.",
        "怎样解读：报告里有 {count} 条说明。",
    ),
    "report_warning": ("Mind: {warning}", "注意：{warning}"),
    "no_report": ("There is no report yet.", "还没有报告。"),
    "engine_stopped": (
        "The engine is stopped and its memory is free again.",
        "引擎已停止，内存已释放。",
    ),
    "engine_idle": ("No engine was running.", "引擎本来就没有运行。"),
    "not_measured": ("not measured", "未测得"),
    **DATA,
    **RUNS,
    **WORTH,
    **LIBRARY,
}


def joined(parts: Iterable[str], language: Language) -> str:
    """Sentences after each other; Chinese sets no blank between them."""
    return ("" if language == "zh" else " ").join(part for part in parts if part)


def reply(key: str, language: Language, **facts: object) -> str:
    """The sentence in the person's language, with the facts put in."""
    template = REPLIES[key][1 if language == "zh" else 0]
    return " ".join(template.format(**facts).split())
