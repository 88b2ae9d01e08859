"""Words of asking a base model before it is trained: what is done, how far, what it reaches."""

PLAN_NEED = {
    "need.title": ("Do I need to train at all?", "我需要训练吗？"),
    "need.hint": (
        "Starts the model server and asks {model} {n} of the validation questions in three ways: "
        "as it is, with a system prompt, and with three examples: {answers} answers. Trains "
        "nothing and leaves the test part unseen. Answers are kept: asked again, only what is "
        "missing is asked.",
        "启动模型服务，向 {model} 提出 {n} 个验证问题，各用三种方式：原样、加系统提示、加三个示例，"
        "共 {answers} 个回答。不做任何训练，也不使用测试部分。回答会保留："
        "再次询问时只问缺少的部分。",
    ),
    "need.none": (
        "This data has no validation part to ask questions from.",
        "这份数据没有可供提问的验证部分。",
    ),
    "need.limit": ("Questions at most", "最多题数"),
    "need.system": ("System prompt to try", "要尝试的系统提示"),
    "need.system.usual": (
        "left empty: the data's own, or a description of the task",
        "留空则使用数据自带的提示，或对任务的描述",
    ),
    "need.ask": ("Ask the base model", "询问基础模型"),
    "need.again": ("Ask again", "再次询问"),
    "need.starting": ("Starting …", "正在启动……"),
    "need.way": ("Without training", "不训练的做法"),
    "need.reaches": ("Reaches", "达到"),
    "need.interval": ("95% interval", "95% 区间"),
    "need.questions": ("Questions", "问题数"),
    "need.unanswered": ("No answer", "无回答"),
    "need.given": ("The system prompt", "系统提示"),
    "need.rows": ("Rows shown as examples: {rows}", "用作示例的数据行：{rows}"),
}
