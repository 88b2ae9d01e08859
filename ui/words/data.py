"""Words of the Data room."""

from ui.words.data_deleting import DATA_DELETING
from ui.words.data_findings import DATA_FINDINGS
from ui.words.data_learning import DATA_LEARNING
from ui.words.data_masks import DATA_MASKS
from ui.words.data_read import DATA_READ
from ui.words.data_versions import DATA_VERSIONS

DATA = {
    **DATA_FINDINGS,
    **DATA_READ,
    **DATA_VERSIONS,
    **DATA_LEARNING,
    **DATA_MASKS,
    **DATA_DELETING,
    "data.choose": ("Dataset", "数据集"),
    "data.upload": ("Add a file", "添加文件"),
    "data.upload.hint": (
        "Any dialogue file: JSON, JSONL, CSV, Excel, Parquet, YAML, text or chat exports, also "
        "zipped. It stays on this machine.",
        "任意对话文件：JSON、JSONL、CSV、Excel、Parquet、YAML、文本或聊天记录，也可以是压缩包。"
        "数据只保存在本机。",
    ),
    "data.example": ("Use the example data", "使用示例数据"),
    "data.none": (
        "No dataset yet. Add a file, or try the example: a support desk in English and Chinese.",
        "还没有数据集。添加文件，或试用示例：中英文客服对话。",
    ),
    "data.damaged": ("Not listed, because damaged: {n}", "有 {n} 个数据集已损坏，未列出"),
    "data.of_rows": ("of {rows} in the file", "文件共 {rows} 行"),
    "data.turns": ("Messages", "消息"),
    "data.turns.hint": ("{n} rows with several questions", "{n} 行含多轮提问"),
    "data.browse": ("Rows", "数据行"),
    "data.row": ("Row number", "行号"),
    "data.previous": ("Previous", "上一行"),
    "data.next": ("Next", "下一行"),
    "data.row.title": ("Row {row}", "第 {row} 行"),
    "data.row.place": ("{n} of {total} usable rows", "可用行第 {n} / {total}"),
    "data.row.missing": (
        "Row {row} is not usable or not in the file; the nearest usable row is shown.",
        "第 {row} 行不可用或不存在，已显示最近的可用行。",
    ),
    "data.row.no_part": ("in no part", "未划分"),
    "data.learned": ("learned from", "用于学习"),
    "data.worse": ("rejected answer", "被否定的回答"),
    "data.context": ("context only", "仅作上下文"),
    "data.tool_call": ("calls {name}", "调用 {name}"),
    "data.row.rejected": (
        "Row {row} was rejected; this is what it holds",
        "第 {row} 行已被排除，内容如下",
    ),
    "data.view": ("Show as", "显示方式"),
    "data.view.dialogue": ("Dialogue", "对话"),
    "data.view.tokens": ("Tokens", "Token"),
    "data.model": ("Base model", "基础模型"),
    "data.max_length": ("Most tokens of a row", "每行最多 token 数"),
    "data.page": ("Page {n} of {total}", "第 {n} / {total} 页"),
    "data.page.back": ("Previous page", "上一页"),
    "data.page.forth": ("Next page", "下一页"),
    "data.reading": ("Reading {file} …", "正在读取 {file} ……"),
    "data.working": ("Working …", "正在处理……"),
    "data.job.inspect": ("Reading the texts", "检查文本内容"),
    "data.job.tokens": ("Counting tokens", "统计 token"),
    "data.job.augment": ("Writing more rows", "扩充数据"),
    "data.job.far": ("{phase}: {done}", "{phase}：{done}"),
    "data.job.far_of": ("{phase}: {done} of {total}", "{phase}：{done} / {total}"),
    "data.job.cancel": ("Cancel", "取消"),
    "data.job.cancelled": ("{what} was cancelled.", "{what}已取消。"),
    "data.job.resume": ("Go on", "继续"),
    "data.job.failed": ("{what} did not work.", "{what}未能完成。"),
    "data.phase.starting": ("starting", "正在启动"),
    "data.phase.reading": ("rows read", "已读取"),
    "data.phase.comparing": ("rows compared", "已比较"),
    "data.phase.counting_tokens": ("rows counted", "已统计"),
    "data.phase.comparing_rows": ("rows compared", "已比较"),
    "data.phase.adding_noise": ("rows done", "已处理"),
    "data.phase.rewording_rows": ("rows asked", "已询问"),
}
