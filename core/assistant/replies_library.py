"""What the offline driver says about the model library, in both languages."""

from __future__ import annotations

LIBRARY: dict[str, tuple[str, str]] = {
    "help_library": (
        "About models: “show my models”, “import the model in /path/to/folder”, “export it as "
        "GGUF”, “check that what is served is what was trained”.",
        "关于模型：“看看我的模型”“导入 /路径/文件夹 里的模型”“导出为 GGUF”"
        "“检查服务的模型和训练的是否一致”。",
    ),
    "shelf": ("Your models:", "您的模型："),
    "shelf_line": ("- “{name}”: {facts}", "- “{name}”：{facts}"),
    "shelf_imported": ("imported", "导入"),
    "shelf_base": ("on {base_model}", "基于 {base_model}"),
    "shelf_data": ("data {data}", "数据 {data}"),
    "shelf_loss": ("best loss {best_loss}", "最低损失 {best_loss}"),
    "shelf_scores": ("rubric {base_score} to {tuned_score}", "评分 {base_score} 到 {tuned_score}"),
    "shelf_exports": ("exported as {exports}", "已导出 {exports}"),
    "shelf_damaged": ("files are missing", "文件缺失"),
    "shelf_empty": (
        "No model is kept yet. Say “keep it” after a run, or “import the model in "
        "/path/to/folder”.",
        "还没有保存的模型。训练完成后说“保留这个模型”，或说“导入 /路径/文件夹 里的模型”。",
    ),
    "import_where": (
        "Which folder or zip archive? Say for example “import the model in /path/to/folder”, and "
        "“on base NAME” if it does not say its base model.",
        "从哪个文件夹或 zip 导入？比如说“导入 /路径/文件夹 里的模型”；如果它没有注明基础模型，"
        "再加上“基础模型是 名称”。",
    ),
    "import_waits": (
        "Copy the model in {folder} into the library? No code of it is run. Say “yes” or “no”.",
        "要把 {folder} 里的模型复制到模型库吗？不会运行其中的任何代码。请回答“好”或“不”。",
    ),
    "imported": (
        "It is in the library as “{name}”. You can pick it in the Compare room.",
        "已存入模型库，名称“{name}”。可在对比页面选择它。",
    ),
    "import_failed": (
        "It was not imported; what to do stands above.",
        "没有导入，处理办法见上面的说明。",
    ),
    "export_kind": (
        "As what? Say “export it as adapter”, “merged”, “GGUF” or “zip”.",
        "导出成什么？可以说“导出为适配器”“合并”“GGUF”或“zip”。",
    ),
    "export_waits": (
        "Export “{name}” as {kind}? It is compared with what was trained first, which can take "
        "minutes. Say “yes” or “no”.",
        "要把“{name}”导出为 {kind} 吗？会先与训练结果比对，可能需要几分钟。请回答“好”或“不”。",
    ),
    "export_started": (
        "“{of}” is being exported as {kind}. I'll say when it is done.",
        "正在把“{of}”导出为 {kind}，完成后会告诉您。",
    ),
    "export_running": ("“{of}” as {kind}: being made", "“{of}”导出为 {kind}：进行中"),
    "export_done": (
        "“{of}” as {kind}: {place} (parity: {verdict})",
        "“{of}”导出为 {kind}：{place}（一致性：{verdict}）",
    ),
    "export_ended": (
        "“{of}” as {kind}: not made. {problem} {fix}",
        "“{of}”导出为 {kind}：未完成。{problem}{fix}",
    ),
    "no_exports": ("Nothing was exported yet.", "还没有导出过模型。"),
    "certify_waits": (
        "Measure on every way that “{name}” is used whether it answers as trained? It starts the "
        "model server and can take minutes. Say “yes” or “no”.",
        "要在“{name}”的每种使用方式上测量它是否与训练结果一致吗？会启动模型服务，可能需要几分钟。"
        "请回答“好”或“不”。",
    ),
    "certify_started": (
        "“{name}” is being measured. I'll say what comes of it.",
        "正在测量“{name}”，有结果会告诉您。",
    ),
    "certify_failed": (
        "“{name}” could not be measured. {problem} {fix}",
        "无法测量“{name}”。{problem}{fix}",
    ),
    "batch_done": (
        "The questions of “{name}” are answered: {done} answers. They are in the Compare room.",
        "“{name}”的问题已全部回答：{done} 个回答，见对比页面。",
    ),
    "batch_partly": (
        "The questions of “{name}” are answered: {done} answers, and {failed} failed. Resume it in "
        "the Compare room to ask those again.",
        "“{name}”的问题已回答：{done} 个回答，{failed} 个失败。可在对比页面继续以重新提问。",
    ),
    "batch_failed": (
        "The questions of “{name}” could not be answered. {problem} {fix}",
        "“{name}”的问题未能回答。{problem}{fix}",
    ),
    "certificate": ("“{name}”: {sentence}", "“{name}”：{sentence}"),
    "certificate_line": ("- {way}: {verdict}", "- {way}：{verdict}"),
    "verdict_green": ("the same", "一致"),
    "verdict_red": ("not the same", "不一致"),
    "verdict_not_measured": ("not measured", "未测量"),
}
