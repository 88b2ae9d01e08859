"""Whether a judge is the model it would judge, or a relative of it."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from core.errors import JudgeError
from core.serving.chat import LOOPBACK
from core.serving.records import Pair
from core.settings import EndpointSetting

FAMILIES = {
    "Qwen": r"qwen|qwq|qvq",
    "Llama": r"llama|vicuna|alpaca|hermes-[234]|tulu|nemotron",
    "Gemma": r"gemma|gemini|palm",
    "Mistral": r"mi[sx]tral|ministral|magistral|devstral|zephyr",
    "Phi": r"\bphi-?\d",
    "GPT": r"\bgpt|\bo[134](?:-|$)|davinci|chatgpt",
    "Claude": r"claude",
    "DeepSeek": r"deepseek",
    "GLM": r"\bglm|chatglm",
    "SmolLM": r"smollm",
    "InternLM": r"internlm",
    "Yi": r"\byi-",
    "Granite": r"granite",
    "Command": r"command-|\baya",
    "Falcon": r"falcon",
    "OLMo": r"olmo",
    "Kimi": r"kimi|moonshot",
    "MiniCPM": r"minicpm",
    "Baichuan": r"baichuan",
}
"""Families by what their models are called, those made from one of them included. A name such as
`DeepSeek-R1-Distill-Qwen-7B` belongs to two."""


class Kinship(NamedTuple):
    """A warning for the reader, in both languages; "" twice when nothing says so."""

    text: str = ""
    text_zh: str = ""


def refuse_candidate(judge: EndpointSetting, pair: Pair) -> None:
    """Raise JudgeError when the judge is the very model whose answers it would judge.

    It is that by its name, which is made from the content of its files, or by its address, where
    the tuned model has a server of its own.
    """
    own_server = pair.tuned.engine_id is not None and pair.tuned.engine_id != pair.base.engine_id
    there = same_server(judge.base_url, pair.tuned.base_url)
    if judge.model == pair.tuned.model or (own_server and there):
        raise JudgeError(
            f"The judge is the tuned model itself ({pair.tuned.model}); "
            "a model can't judge itself.",
            "DUOTUNE_JUDGE_MODEL",
            "Choose another model as the judge, or leave the judge out.",
        )


def kinship(
    judge: EndpointSetting, base_model: str, architecture: str = "", pair: Pair | None = None
) -> Kinship:
    """What a reader should know of a judge that is a relative of the models it judges.

    `architecture` is what the base model's config calls itself, for one whose name tells nothing.

    Judges favour their own answers and those of their family: arXiv 2410.21819, 2508.06709.
    """
    is_base = judge.model == base_model
    if pair is not None:
        beside = same_server(judge.base_url, pair.base.base_url)
        is_base = is_base or (beside and judge.model == pair.base.model)
    if is_base:
        return Kinship(
            "The judge is the base model of this comparison: it may favour its own answers.",
            "评审模型就是本次比较的基础模型，可能偏向自己的回答。",
        )
    if shared := sorted(families(judge.model) & families(f"{base_model} {architecture}")):
        name = shared[0]
        return Kinship(
            f"The judge ({judge.model}) and the models it judges are of the {name} family: judges "
            "favour answers of their own family.",
            f"评审模型（{judge.model}）与被评模型同属 {name} 系列：评审往往偏向同系列的回答。",
        )
    return Kinship()


def families(name: str) -> frozenset[str]:
    """The families that a model's name speaks of."""
    plain = name.lower().replace("_", "-")
    return frozenset(family for family, words in FAMILIES.items() if re.search(words, plain))


def same_server(first: str, second: str) -> bool:
    """Whether two addresses are one host and port; all names of this machine are one."""
    return _place(first) == _place(second)


def _place(url: str) -> tuple[str | None, int | None]:
    parts = urlsplit(url)
    host = "loopback" if parts.hostname in LOOPBACK else parts.hostname
    return host, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
