"""Words of masked private data: what is hidden, the way back, and giving its key up."""

DATA_MASKS = {
    "data.kind.unmasked": ("values put back", "已还原隐私"),
    "data.made.unmasked": ("{name} with its masked values back", "由 {name} 还原隐私内容而来"),
    "data.masks": ("Masked private values", "已打码的隐私内容"),
    "data.masks.count": ("{values} in {rows}.", "共 {values}，分布在 {rows}。"),
    "data.masks.value": ("1 value", "1 项"),
    "data.masks.values": ("{n} values", "{n} 项"),
    "data.masks.row": ("1 row", "1 行"),
    "data.masks.rows": ("{n} rows", "{n} 行"),
    "data.masks.ask": ("Count what is hidden", "统计打码内容"),
    "data.masks.strict": (
        "Valid card, account and identity numbers and keys stay masked: rows with them are not "
        "trained on.",
        "有效的卡号、账号、身份证号和密钥会保持打码：含有它们的数据不能用于训练。",
    ),
    "data.masks.unknown": (
        "What looks like a mask, but no key knows it: {rows}.",
        "看起来像掩码、但密钥不认识的：{rows}。",
    ),
    "data.masks.unmask": ("Put values back", "还原隐私内容"),
    "data.masks.forget": ("Make final …", "设为不可还原……"),
    "data.masks.forget.what": (
        "This deletes the key: these values can't be put back any more, here and in all versions "
        "that share them. The file as it was read and the version from before are kept and still "
        "hold the values.",
        "这会删除密钥：这里以及共用这些掩码的所有版本都无法再还原。"
        "读入时的文件和打码之前的版本会保留，其中仍有这些内容。",
    ),
    "data.masks.forget.copy": ("To keep a copy of the key first:", "如需先保留密钥的副本："),
    "data.masks.forget.do": ("Delete the key", "删除密钥"),
    "data.masks.final": (
        "The key was deleted on {date}, so masks stay for good: {rows}. The file as it was read is "
        "kept and still holds the values.",
        "密钥已于 {date} 删除，掩码无法还原：{rows}。读入时的文件会保留，其中仍有这些内容。",
    ),
    "data.masks.forgotten": (
        "The key is deleted, for {versions}.",
        "密钥已删除，涉及 {versions}。",
    ),
    "data.masks.version": ("1 version", "1 个版本"),
    "data.masks.versions": ("{n} versions", "{n} 个版本"),
    "data.masks.done": ("Put back: {values}, in {rows}.", "已还原 {values}，分布在 {rows}。"),
    "data.masks.same": (
        "These are exactly the rows of “{name}”, so that version is shown.",
        "结果与“{name}”的数据完全相同，已显示该版本。",
    ),
    "data.masks.held": (
        "Still masked: {values}, in {rows}, because such rows are not trained on.",
        "仍保持打码 {values}，分布在 {rows}：含有它们的数据不能用于训练。",
    ),
    "data.masks.equal": (
        "Left out, because they equal an earlier row now: {rows}.",
        "还原后与前面的数据相同而被排除：{rows}。",
    ),
}
