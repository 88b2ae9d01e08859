"""Words of deleting a dataset: what goes with it, what stays, and that it was done."""

DATA_DELETING = {
    "data.delete.title": ("Data", "数据"),
    "data.delete": ("Delete this data …", "删除这份数据……"),
    "data.delete.goes": ("This goes for ever", "以下内容将永久删除"),
    "data.delete.stays": ("This stays", "以下内容会保留"),
    "data.delete.do": ("Delete it for ever", "永久删除"),
    "data.delete.do_all": ("Delete all {n} versions for ever", "永久删除全部 {n} 个版本"),
    "data.delete.whole": ("Every version of this file …", "该文件的所有版本……"),
    "data.delete.done": ("'{name}' is deleted.", "“{name}”已删除。"),
}
