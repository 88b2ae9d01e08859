"""Words of the plan card, in the Chat room and in the Train room."""

PLAN = {
    "plan.title": ("Training plan", "训练方案"),
    "plan.waits": ("waits for you", "等待确认"),
    "plan.epochs.overridden": (
        "The fixed number of steps decides; clear it to train by epochs.",
        "由固定步数决定；清空固定步数即可按轮数训练。",
    ),
    "plan.range": ("{low} to {high}.", "{low} 到 {high}。"),
    "plan.range.above": ("Above {low}, up to {high}.", "大于 {low}，不超过 {high}。"),
    "plan.range.below": ("{low} to less than {high}.", "不小于 {low}，小于 {high}。"),
    "plan.range.within": ("Above {low}, below {high}.", "大于 {low}，小于 {high}。"),
    "plan.range.from": ("{low} or more.", "不小于 {low}。"),
    "plan.why.base_model": (
        "A name from the list, a Hub id, or a local folder.",
        "列表中的名称、Hub 编号或本地文件夹。",
    ),
    "plan.data": ("Data", "数据"),
    "plan.method.told": ("{method}; learns from {objective}", "{method}；学习{objective}"),
    "plan.rows": (
        "{train} training · {validation} validation · {test} test rows",
        "训练 {train} · 验证 {validation} · 测试 {test} 行",
    ),
    "plan.steps": ("Steps", "步数"),
    "plan.time": ("Time", "时间"),
    "plan.time.unknown": ("not measured on this machine yet", "尚未在本机测量"),
    "plan.about": ("about {value}", "约 {value}"),
    "plan.effective_batch": ("{n} rows each", "每步 {n} 行"),
    "plan.cost": ("Cost", "费用"),
    "plan.on": ("on", "开"),
    "plan.off": ("off", "关"),
    "plan.more": ("Advanced settings", "高级设置"),
    "plan.then": ("If you start it", "开始之后"),
    "plan.then.run": (
        "A new run is saved in your workspace; the data file is not changed.",
        "工作区会新增一个训练任务；数据文件不会改变。",
    ),
    "plan.then.engine": (
        "A serving engine that runs now is stopped first, so that its memory is free.",
        "如果推理引擎正在运行，会先停止它以释放内存。",
    ),
    "plan.then.steps": (
        "The model trains on this machine; you can close the page, stop it and resume it.",
        "模型在本机训练；可以关闭页面，也可以随时停止和继续。",
    ),
    "plan.then.test": (
        "The {test} test rows stay unseen, for the verdict.",
        "{test} 行测试数据不会参与训练，留作评估。",
    ),
    "plan.approve": ("Start training", "开始训练"),
    "plan.busy": ("Starting", "正在启动"),
    "plan.decline": ("Not now", "暂不"),
    "plan.reason": ("What should be different?", "您希望怎样调整？"),
    "plan.send": ("Send", "发送"),
    "approval.approve": ("Yes, do it", "确认执行"),
    "approval.then": ("What happens", "将会发生"),
    "approval.then.start_training": (
        "A training run starts on this machine.",
        "将在本机开始训练。",
    ),
    "approval.then.resume_run": (
        "The run goes on from its newest whole checkpoint.",
        "从最新的完整检查点继续训练。",
    ),
    "approval.then.apply_remedy": (
        "A new run starts with the change that the doctor advises.",
        "按诊断建议的改动开始一次新的训练。",
    ),
    "approval.then.start_sweep": (
        "One run for each combination is queued; they run one after another.",
        "每种组合排队训练一次，依次进行。",
    ),
    "approval.then.need_for_training": (
        "The engine starts, and the base model answers each question in three ways. Nothing is "
        "trained.",
        "启动引擎，由基础模型以三种方式回答每个问题。不进行训练。",
    ),
    "approval.then.start_curve": (
        "A run on 25% and one on 50% of the training rows are queued, where they are missing.",
        "将排队用 25% 和 50% 的训练行各训练一次（已有的除外）。",
    ),
    "approval.then.delete_run": (
        "Its weights, log and figures are gone for ever.",
        "其权重、日志和数据将被永久删除。",
    ),
    "approval.then.delete_dataset": (
        "All that was named goes for ever; nothing brings it back.",
        "所列内容将被永久删除，无法恢复。",
    ),
    "approval.then.stop_run": (
        "The run saves a checkpoint and leaves; it can be resumed.",
        "保存检查点后停止，之后可以继续。",
    ),
    "approval.then.stop_engine": (
        "The engine ends and its memory is given back.",
        "引擎停止并释放内存。",
    ),
    "approval.then.start_evaluation": (
        "Both models answer the held-out questions; the engine starts if it is off.",
        "两个模型回答预留的问题；如引擎未启动会先启动。",
    ),
    "approval.then.resume_evaluation": (
        "The evaluation goes on; answers that it has are kept.",
        "继续评估；已有的回答都会保留。",
    ),
    "approval.then.open_pair": (
        "The engine starts, which takes memory until it is stopped.",
        "引擎启动，停止前会占用内存。",
    ),
    "approval.then.other": ("The action above is carried out once.", "执行上述操作一次。"),
}
