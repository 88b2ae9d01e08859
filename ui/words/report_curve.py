"""Words of a run's learning curve: what there is of it, what is missing, and what it says."""

REPORT_CURVE = {
    "curve.title": ("Would more data help?", "更多数据会有帮助吗？"),
    "curve.ask": ("Would more data help? …", "更多数据会有帮助吗？……"),
    "curve.looking": (
        "Looking for runs on fewer of the same rows …",
        "正在查找用更少数据行完成的训练……",
    ),
    "curve.hint": (
        "One plan on 25%, 50% and all of its training rows, each evaluated on the same questions "
        "by the same rubric.",
        "同一方案分别用 25%、50% 和全部训练行训练，再用同样的问题和评分标准评估。",
    ),
    "curve.share": ("Share", "比例"),
    "curve.rows": ("Training rows", "训练行数"),
    "curve.run": ("Run", "训练"),
    "curve.evaluation": ("Evaluation", "评估"),
    "curve.not_started": ("not started", "未开始"),
    "curve.after": ("once all are trained", "全部训练完成后"),
    "curve.ended": (
        "The Train room says why it ended, and trains on.",
        "训练页面说明其结束原因，并可继续训练。",
    ),
    "curve.done": ("done", "已完成"),
    "curve.evaluate": ("Evaluate", "评估"),
    "curve.evaluating": ("“{name}” is being evaluated.", "正在评估“{name}”。"),
    "curve.train": ("Train what is missing: {n}", "训练缺少的部分：{n} 次"),
    "curve.train.note": (
        "They wait for their turn, one after another.",
        "它们会依次排队进行。",
    ),
    "curve.queued": ("Runs that were queued: {n}.", "已排队的训练：{n} 次。"),
    "curve.queued.none": ("Nothing is missing any more.", "已不缺少任何训练。"),
    "curve.interval": ("95% interval", "95% 区间"),
    "curve.more": ("More than before, in points", "比前一步提升（百分点）"),
    "curve.picture": ("{name}, in %, with 95% intervals", "{name}（%），含 95% 区间"),
}
