"""Settings that a person names in a sentence, in English or Chinese, as values for a plan."""

from __future__ import annotations

import re
import unicodedata

from pydantic import Field

from core.assistant import naming
from core.assistant.plain import plain
from core.messages import Record

NUMBER = r"-?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d{1,2})?k?"
LINK = (
    r"(?:(?:\s|=|:|\b(?:to|of|as|at|is|be|should|with|about|around|just|only|value|use)\b"
    r"|大概|[改成为到调设置用是换变降提升高低至约定在])*)"
)
NAMES = {
    "learning_rate": r"learning[ _]?rate|learn rate|lr|学习速?率",
    "batch_size": r"(?:per device )?batch(?:es)?(?:[ _]?size)?|bs|批(?:次|量|处理)?大小|批次|批量",
    "rank": r"(?:lora )?rank|lora r|r(?= ?[=:])|秩",
    "alpha": r"(?:lora )?alpha",
    "max_length": (
        r"max(?:imum)?[ _]?(?:sequence |seq |context |token )?(?:length|len|tokens)"
        r"|(?:sequence|seq|context)(?:[ _]?(?:length|len|window))?|cut ?off"
        r"|(?:最大)?(?:序列|上下文|文本)?长度"
    ),
    "max_steps": r"max(?:imum)?[ _]?steps|steps|(?:最大|总|训练)?步数",
    "epochs": r"(?:number of |num[ _]?)?epochs?(?: ?数)?|(?:训练)?轮(?:数|次)",
    "seed": r"(?:random )?seed|(?:随机)?种子",
}
UNITS = {
    "epochs": r"(?:full |training )?epochs?|passes|(?:个 ?)?(?:轮次?|遍|epochs?|周期)",
    "max_steps": r"(?:training |optimi[sz]er |total )?steps?|步",
    "max_length": r"(?:个 ?)?tokens?",
}
FIXED = {
    "dropout": r"\bdropout\b",
    "scheduler": r"\bscheduler?\b|\bcosine\b|调度",
    "warmup_ratio": r"\bwarm ?-?up\b|预热",
    "weight_decay": r"\bweight decay\b|权重衰减",
    "gradient_accumulation": r"\b(gradient )?accumulation\b|梯度累积",
}
DIGITS = dict(zip("零一二三四五六七八九", range(10), strict=True)) | {"两": 2}
SPOKEN = "one two three four five six seven eight nine ten"
WORDS = {word: place for place, word in enumerate(SPOKEN.split(), start=1)}


class SettingsSaid(Record):
    """What a sentence asks of the plan."""

    values: dict[str, float | int | str] = Field(default_factory=dict)
    """By PlanChanges field."""
    factors: dict[str, float] = Field(default_factory=dict)
    """Multiply the present value by this."""
    added: dict[str, float] = Field(default_factory=dict)
    """Add this to the present value."""
    vague: tuple[str, ...] = ()
    """Fields that should change, without a value."""
    fixed: tuple[str, ...] = ()
    """Plan fields that the person can't change."""
    unused: tuple[str, ...] = ()
    """Numbers in the sentence that belong to none of these."""

    @property
    def any(self) -> bool:
        return bool(self.values or self.factors or self.added or self.vague or self.fixed)


def _scanner() -> re.Pattern[str]:
    """One pattern for every way to say a value, so that a scan from the left takes each once."""
    ways = [
        r"(?P<more>(?:再多?|多)(?:训练|跑|来|练|学)? ?(?P<more_zh>\d+) ?(?:个 ?)?(?:轮|遍|epochs?))"
    ]
    ways.append(r"(?P<more_en>\d+) (?:more|additional|extra) (?:epochs?|passes)\b")
    ways += [
        rf"(?<![a-z])(?:{alias})-?{LINK}(?P<name_{field}>{NUMBER})(?![\w.])"
        for field, alias in NAMES.items()
    ]
    ways += [
        rf"(?<![\w.])(?<!第)(?<!第 )(?P<unit_{field}>{NUMBER})[ -]?(?:{unit})(?![a-z])"
        for field, unit in UNITS.items()
    ]
    ways.append(r"(?P<rate>(?:0?\.\d+|\d+(?:\.\d+)?e-\d+)) (?:learning rate|lr)\b")
    for field, alias in NAMES.items():
        ways.append(
            rf"(?P<double_{field}>\b(?:double|twice)(?: of)?(?: the)? (?:{alias})(?![a-z]))"
        )
        ways.append(rf"(?P<halve_{field}>\b(?:halve|half)(?: of)?(?: the)? (?:{alias})(?![a-z]))")
        ways.append(rf"(?P<doubled_{field}>(?:{alias}) ?(?:翻倍|加倍|翻一番|doubled))")
        ways.append(rf"(?P<halved_{field}>(?:{alias}) ?(?:减半|halved))")
    return re.compile("|".join(ways))


SCANNER = _scanner()
DIRECTION = re.compile(
    r"\b(lower|higher|increase|decrease|reduce|raise|bigger|smaller|larger|fewer|less|more|longer"
    r"|shorter|slower|faster|change|adjust|different|another|other|set|modify|tweak"
    r"|too (?:high|low|big|large|small|long|short|many|few))\b"
    r"|[调改降提升增减加换][高低大小多少长短]?|[大小高低多少长短]一?[点些]"
)
LONGER = re.compile(
    r"\btrain (it )?(for )?(a bit |a little |much )?(longer|shorter)\b"
    r"|训练久一?点|多(训练|跑|练)(一会|几)"
)


def read_settings(text: str, models: tuple[str, ...] = ()) -> SettingsSaid:
    """Every setting that the text names; `models` are names that a plan may use."""
    values: dict[str, float | int | str] = {}
    text = unicodedata.normalize("NFKC", text)
    name, text = naming.take_name(text)
    model, text = naming.take_model(text, models)
    if name:
        values["name"] = name
    if model:
        values["base_model"] = model
    factors: dict[str, float] = {}
    added: dict[str, float] = {}
    rest = prepared(text)
    for match in SCANNER.finditer(rest):
        _take(match, values, factors, added)
    left = SCANNER.sub(" ", rest)
    return SettingsSaid(
        values=values,
        factors=factors,
        added=added,
        vague=_vague(left),
        fixed=tuple(field for field, said in FIXED.items() if re.search(said, left)),
        unused=tuple(re.findall(rf"(?<![\w./-]){NUMBER}(?![\w/-])", left)),
    )


def prepared(text: str) -> str:
    """Plain text with every number in digits and the old value of `from 2 to 3` taken out."""
    text = re.sub(r"(?<=\d)[,，](?=\d{3}\b)", "", text).replace("×", "*")
    text = plain(re.sub(r"(\d+(?:\.\d+)?)\s*[*x]\s*10\s*\^?\s*(-\d+)", r"\1e\2", text))
    text = re.sub(r"(?<![\d.])10 ?\^ ?(-\d+)", r"1e\1", text)
    text = re.sub(r"\bhalf an? epoch\b|半(个 ?)?(轮|epoch)", "0.5 epochs", text)
    text = re.sub(r"\ban? (?:single )?(?=epoch\b)|\bsingle (?=epoch\b)", "1 ", text)
    text = re.sub(r"\banother (?=epoch\b)", "1 more ", text)
    spoken = "|".join(WORDS)
    text = re.sub(rf"\b(to|of|=|is) ({spoken})\b", lambda m: f"{m[1]} {WORDS[m[2]]}", text)
    after = r"(?= (?:more |additional |extra )?(?:epochs?|passes|steps?)\b)"
    text = re.sub(rf"\b({spoken}){after}", lambda m: str(WORDS[m[1]]), text)
    han = "零一二两三四五六七八九十百千"
    unit = r"(?= ?(?:个 ?)?(?:轮|遍|步|周期|epoch))"
    text = re.sub(
        rf"(?<![第哪下上这那每{han}])([{han}]+){unit}", lambda m: f" {han_number(m[1])} ", text
    )
    text = re.sub(
        rf"([万千])分之 ?([{han}]+|[\d.]+)",
        lambda m: f" {han_number(m[2])}e-{'4' if m[1] == '万' else '3'}",
        text,
    )
    text = re.sub(rf"\bfrom {NUMBER} (?=(?:up |down )?to\b)", "", text)
    text = re.sub(rf"从 ?{NUMBER} ?[轮步]?(?= ?[改调变提降增减加到换])", "", text)
    return " ".join(text.split())


def han_number(text: str) -> float | int:
    """The value of a Chinese numeral below ten thousand, or of digits."""
    if text[0] in "0123456789.":
        return _number(text)
    total = digit = 0
    for character in text:
        if character in DIGITS:
            digit = DIGITS[character]
        else:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[character]
            digit = 0
    return total + digit


def _number(text: str) -> float | int:
    value = float(text.removesuffix("k")) * (1024 if text.endswith("k") else 1)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _take(
    match: re.Match[str],
    values: dict[str, float | int | str],
    factors: dict[str, float],
    added: dict[str, float],
) -> None:
    said = {key: value for key, value in match.groupdict().items() if value is not None}
    if more := said.get("more_zh") or said.get("more_en"):
        added["epochs"] = _number(more)
        return
    kind, _, field = next(iter(said)).partition("_")
    if kind == "rate":
        values["learning_rate"] = _number(said["rate"])
    elif kind in ("name", "unit"):
        values[field] = _number(next(iter(said.values())))
    else:
        factors[field] = 2.0 if kind.startswith("double") else 0.5


def _vague(rest: str) -> tuple[str, ...]:
    if LONGER.search(rest):
        return ("epochs",)
    if not DIRECTION.search(rest):
        return ()
    fields = [
        field
        for field, alias in NAMES.items()
        if re.search(rf"(?<![a-z])(?:{alias})(?![a-z])", rest)
    ]
    return tuple(fields)
