"""What the offline driver says about runs beyond starting and stopping, in both languages."""

from __future__ import annotations

RUNS: dict[str, tuple[str, str]] = {
    "help_runs": (
        "About plans and runs: “use DoRA”, “no packing”, “early stopping”, “does it fit”, “measure "
        "it first”, “do I need to train”, “would more data help”, “try several learning rates”, "
        "“why did it fail”, “extend it by 2 epochs”, “clone the run with rank 8”, “compare the "
        "runs”, “what is running”, “keep it”, “rename the run to Desk”, “delete the run”.",
        "关于方案和训练：“用 DoRA”“不要打包”“早停”“放得下吗”“先预跑”“需要训练吗”“更多数据有用吗”"
        "“试几个学习率”“为什么失败了”“延长两轮”“克隆上次的训练，秩 8”“对比这两次训练”“现在在跑什么”"
        "“保留这个模型”“把训练改名为 客服”“删除这次训练”。",
    ),
    # -- the doctor ---------------------------------------------------------------------------
    "diagnosis": ("“{name}”: {cause}", "“{name}”：{cause}"),
    "diagnosis_evidence": ("The line that shows it: {evidence}", "依据：{evidence}"),
    "diagnosis_well": (
        "“{name}” did not end badly: it is {status}.",
        "“{name}”没有出错，状态是{status}。",
    ),
    "remedy_plan": (
        "It needs a new plan: say “train” to get one.",
        "需要重新做计划：说“训练”即可。",
    ),
    "remedy_again": (
        "Shall I start “{name}” again with {changes}? Say “yes” or “no”.",
        "要用 {changes} 重新开始“{name}”吗？请回答“好”或“不”。",
    ),
    "remedy_same": (
        "Shall I start “{name}” again from the beginning, unchanged? Say “yes” or “no”.",
        "要不作改动、从头重新开始“{name}”吗？请回答“好”或“不”。",
    ),
    "remedy_none": (
        "No change of settings is known to help; what to do stands above.",
        "没有已知的设置改动能解决，请按上面的说明处理。",
    ),
    "ask_why": (
        "Say “why did it fail?” for the cause and what helps.",
        "说“为什么失败了？”可以查看原因和解决办法。",
    ),
    "nothing_failed": ("No run has ended badly.", "没有失败的训练。"),
    # -- going on -----------------------------------------------------------------------------
    "extend_waits": (
        "“{name}” can be trained {epochs}. {how} Shall I? Say “yes” or “no”.",
        "“{name}”可以再训练 {epochs} 轮。{how}要继续吗？请回答“好”或“不”。",
    ),
    "no_extendable": (
        "No run has a whole checkpoint to go on from.",
        "没有带完整检查点、可以继续的训练。",
    ),
    "no_run_to_clone": ("There is no run to copy yet.", "还没有可以复制的训练。"),
    # -- what a plan needs --------------------------------------------------------------------
    "fit_fits": ("“{name}” fits.", "“{name}”放得下。"),
    "fit_tight": ("“{name}” may just fit.", "“{name}”可能刚好放得下。"),
    "fit_does_not_fit": ("“{name}” does not fit.", "“{name}”放不下。"),
    "fit_unknown": (
        "Whether “{name}” fits is not known.",
        "还不知道“{name}”是否放得下。",
    ),
    "fit_time": ("It should take about {duration}.", "预计需要约 {duration}。"),
    "fit_time_unknown": ("Its time is not measured yet.", "所需时间尚未测得。"),
    "fit_measure": (
        "Say “measure it first” for a pre-flight that measures memory and time.",
        "说“先预跑”可以实测内存和时间。",
    ),
    "fit_change": ("Say “{said}” to do that.", "说“{said}”即可采用。"),
    "preflight_started": (
        "I'm measuring “{name}” in the background; what it takes comes here when it is done. Say "
        "“stop the measurement” to end it.",
        "正在后台预跑“{name}”，测完后结果会出现在这里。说“停止预跑”可以结束。",
    ),
    "preflight_cost": ("That costs about {cost} {currency}.", "费用约 {cost} {currency}。"),
    "no_preflight": ("Nothing is being measured.", "现在没有预跑。"),
    "nothing_to_measure": (
        "There is no data to plan with yet, so there is nothing to measure.",
        "还没有数据，无法做计划，也就没有可测的。",
    ),
    # -- several runs -------------------------------------------------------------------------
    "sweep_waits": (
        "That is {runs} runs, one after another: {varied}. {time} Shall I start them? Say “yes” or "
        "“no”.",
        "一共 {runs} 次训练，依次进行：{varied}。{time}要开始吗？请回答“好”或“不”。",
    ),
    "sweep_time": (
        "Together they should take about {duration}.",
        "合计预计需要约 {duration}。",
    ),
    "sweep_time_unknown": (
        "How long they take is not measured yet.",
        "所需时间尚未测得。",
    ),
    "sweep_started": (
        "{runs} runs are queued. Say “how did the sweep go” to compare them.",
        "{runs} 次训练已排队。说“看看对比试验”可以比较结果。",
    ),
    "sweep_which": (
        "Which setting shall I vary, with which values? Say for example “try learning rates 1e-4, "
        "2e-4 and 5e-4”.",
        "要试哪个设置的哪些值？比如说“学习率试 1e-4、2e-4 和 5e-4”。",
    ),
    "sweep": ("The runs of “{name}”, the best first:", "“{name}”的各次训练，最好的在前："),
    "sweep_line": ("- {values}: {loss} ({status})", "- {values}：{loss}（{status}）"),
    "no_sweep": (
        "There is no sweep yet. Say “try several learning rates”.",
        "还没有对比试验。可以说“试几个学习率”。",
    ),
    "compared": ("Side by side:", "并排对比："),
    "compared_line": (
        "- {name}: {status}, best validation loss {loss}",
        "- {name}：{status}，最低验证损失 {loss}",
    ),
    "compared_setting": ("- {field}: {values}", "- {field}：{values}"),
    "compared_same": (
        "No setting differs that decides what is trained.",
        "决定训练内容的设置没有差异。",
    ),
    "compared_other_data": (
        "They learned from other rows or another split, so their losses do not compare.",
        "它们用的数据或划分不同，损失不能直接比较。",
    ),
    "compare_which": (
        "Which two runs? Say “compare” with both names, or “list runs” to see them.",
        "要比较哪两次训练？说“对比”加两个名称，或说“列出训练”查看。",
    ),
    "queue_at_work": ("At work: {names}.", "正在进行：{names}。"),
    "queue_waiting": ("Waiting, in this order: {names}.", "排队顺序：{names}。"),
    "queue_empty": ("Nothing runs and nothing waits.", "没有正在进行或排队的训练。"),
    # -- what becomes of a run ----------------------------------------------------------------
    "kept": (
        "The model of “{run}” is kept in the library as “{name}”; nothing clears it away there.",
        "“{run}”的模型已存入模型库，名称“{name}”，不会被清理。",
    ),
    "renamed": ("“{before}” is called “{name}” now.", "“{before}”已改名为“{name}”。"),
    "rename_to_what": (
        "What shall it be called? Say for example “rename the run to Night Shift”.",
        "改成什么名字？比如说“把训练改名为 夜班”。",
    ),
    "delete_waits": (
        "Delete “{name}” with its weights, log and figures, for ever? What is kept in the library "
        "stays. Say “yes” or “no”.",
        "要永久删除“{name}”及其权重、日志和数据吗？模型库里的会保留。请回答“好”或“不”。",
    ),
    "deleted": ("“{name}” is deleted.", "“{name}”已删除。"),
}
