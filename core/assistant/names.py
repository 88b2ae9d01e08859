"""What settings, phases and numbers are called when a person reads them, in both languages."""

from __future__ import annotations

from core.assistant.records import Language

FIELDS = {
    "name": ("name", "名称"),
    "description": ("purpose", "用途"),
    "base_model": ("base model", "基础模型"),
    "rank": ("rank", "秩"),
    "alpha": ("alpha", "alpha"),
    "learning_rate": ("learning rate", "学习率"),
    "epochs": ("epochs", "轮数"),
    "max_steps": ("steps", "步数"),
    "batch_size": ("batch size", "批大小"),
    "max_length": ("max length", "最大长度"),
    "seed": ("seed", "随机种子"),
    "gradient_accumulation": ("gradient accumulation", "梯度累积"),
    "evaluations": ("validations", "验证次数"),
    "train_share": ("share of the training rows", "训练行比例"),
    "dropout": ("dropout", "dropout"),
    "scheduler": ("scheduler", "学习率调度"),
    "warmup_ratio": ("warm-up", "预热比例"),
    "weight_decay": ("weight decay", "权重衰减"),
    "revision": ("revision", "模型版本"),
    "licence_accepted": ("accepted licence", "已接受的许可证"),
    "objective": ("objective", "训练目标"),
    "start_from": ("run to begin with", "起始训练"),
    "beta": ("beta", "beta"),
    "method": ("method", "训练方法"),
    "target_modules": ("layers with an adapter", "目标模块"),
    "modules_to_save": ("layers trained whole", "完整训练的模块"),
    "optimizer": ("optimizer", "优化器"),
    "max_grad_norm": ("gradient norm", "梯度裁剪"),
    "packing": ("packing", "打包"),
    "early_stopping": ("early stopping", "早停"),
    "precision": ("precision", "精度"),
    "gradient_checkpointing": ("gradient checkpointing", "梯度检查点"),
    "attention": ("attention", "注意力实现"),
    "liger": ("Liger kernels", "Liger 内核"),
    "compile": ("torch.compile", "torch.compile"),
    "launcher": ("launcher", "启动方式"),
    "workers": ("workers", "进程数"),
    "trackers": ("trackers", "跟踪器"),
    "retention_days": ("days kept", "保留天数"),
}
METHODS = {
    "lora": ("LoRA of rank {rank}", "秩为 {rank} 的 LoRA "),
    "rslora": ("rsLoRA of rank {rank}", "秩为 {rank} 的 rsLoRA "),
    "dora": ("DoRA of rank {rank}", "秩为 {rank} 的 DoRA "),
    "qlora": ("QLoRA of rank {rank}", "秩为 {rank} 的 QLoRA "),
    "full": ("full fine-tuning", "全量微调"),
}
PREFERENCES = (" on preferences (DPO)", "按偏好（DPO）")
"""What is said besides of a plan that learns from pairs of answers."""
LANGUAGES = {
    "en": ("English", "英文"),
    "zh": ("Chinese", "中文"),
    "ja": ("Japanese", "日文"),
    "ko": ("Korean", "韩文"),
    "fr": ("French", "法文"),
    "de": ("German", "德文"),
    "es": ("Spanish", "西班牙文"),
    "it": ("Italian", "意大利文"),
    "pt": ("Portuguese", "葡萄牙文"),
    "nl": ("Dutch", "荷兰文"),
    "ru": ("Russian", "俄文"),
    "ar": ("Arabic", "阿拉伯文"),
    "hi": ("Hindi", "印地文"),
    "vi": ("Vietnamese", "越南文"),
    "id": ("Indonesian", "印尼文"),
    "tr": ("Turkish", "土耳其文"),
    "pl": ("Polish", "波兰文"),
    "uk": ("Ukrainian", "乌克兰文"),
    "latin": ("Latin script", "拉丁文字"),
    "other": ("other", "其他语言"),
}
LEAKS = {
    "exact": ("equal", "完全相同"),
    "near": ("nearly equal", "近似"),
    "similar": ("very similar", "非常相似"),
    "ngram": ("a long run of words shared", "共享长片段"),
}
PARTS = {
    "train": ("training", "训练"),
    "validation": ("validation", "验证"),
    "test": ("test", "测试"),
}
PHASES = {
    "launching": ("starting the trainer", "启动训练程序"),
    "loading": ("loading the model", "加载模型"),
    "preparing": ("preparing data", "准备数据"),
    "training": ("first steps", "刚开始训练"),
    "evaluating": ("measuring validation loss", "测验证损失"),
    "saving": ("saving", "保存"),
    "checking": ("checking the adapter", "检查适配器"),
    "engine": ("starting both models", "启动模型"),
    "answers": ("collecting answers", "收集回答"),
    "around": ("asking for controls and general questions", "提问对照和通用问题"),
    "judging": ("judging", "评审"),
    "report": ("writing the report", "撰写报告"),
}
STATUS = {
    "queued": ("waiting", "排队中"),
    "starting": ("starting", "启动中"),
    "running": ("running", "进行中"),
    "stopping": ("stopping", "停止中"),
    "stopped": ("stopped", "已停止"),
    "succeeded": ("finished", "已完成"),
    "failed": ("failed", "失败"),
    "interrupted": ("interrupted", "已中断"),
    "cleared": ("cleared away", "已清理"),
}


def pick(names: dict[str, tuple[str, str]], key: str, language: Language) -> str:
    """A word in the person's language; the key itself when it has none."""
    return names.get(key, (key, key))[1 if language == "zh" else 0]


def value(given: object, language: Language = "en") -> str:
    """A setting's value as a person writes it."""
    if given is None or given in ((), [], ""):
        return "无" if language == "zh" else "none"
    if isinstance(given, bool):
        return ("开" if given else "关") if language == "zh" else ("on" if given else "off")
    if isinstance(given, tuple | list):
        return ", ".join(map(str, given))
    return f"{given:g}" if isinstance(given, float) else str(given)


def plural(word: str, count: float) -> str:
    return word if count == 1 else f"{word}s"


def duration(seconds: float, language: Language) -> str:
    """Seconds as people say them, to two units at most."""
    whole = max(1, round(seconds))
    hours, minutes, rest = whole // 3600, whole % 3600 // 60, whole % 60
    units = ("小时", "分", "秒") if language == "zh" else ("h", "min", "s")
    parts = [
        f"{count} {unit}"
        for count, unit in zip((hours, minutes, rest), units, strict=True)
        if count
    ]
    return " ".join(parts[:2])
