"""Options that a person passes on to `vllm serve`: known ones, and none that Duotune decides."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from typing import NoReturn

from core.errors import SettingError

VARIABLE = "DUOTUNE_VLLM_OPTIONS"
NUMBERS = (
    "--tensor-parallel-size",
    "--data-parallel-size",
    "--pipeline-parallel-size",
    "--max-model-len",
    "--max-num-seqs",
    "--max-num-batched-tokens",
    "--block-size",
    "--num-gpu-blocks-override",
    "--kv-cache-memory-bytes",
    "--max-parallel-loading-workers",
)
FRACTIONS = ("--gpu-memory-utilization", "--cpu-offload-gb")
WORDS = (
    "--kv-cache-dtype",
    "--quantization",
    "--load-format",
    "--attention-backend",
    "--distributed-executor-backend",
    "--tool-call-parser",
    "--reasoning-parser",
    "--tokenizer-mode",
    "--all2all-backend",
    "--download-dir",
    "--compilation-config",
    "--structured-outputs-config",
    "--seed",
)
FLAGS = (
    "--enforce-eager",
    "--enable-expert-parallel",
    "--enable-prefix-caching",
    "--no-enable-prefix-caching",
    "--enable-chunked-prefill",
    "--no-enable-chunked-prefill",
    "--disable-custom-all-reduce",
    "--fully-sharded-loras",
    "--enable-auto-tool-choice",
    "--enable-prompt-tokens-details",
    "--language-model-only",
)
SHORT = {
    "--tensor-parallel-size": "-tp",
    "--data-parallel-size": "-dp",
    "--pipeline-parallel-size": "-pp",
}
OURS = {
    "--host": "the engine answers on this machine only",
    "--port": "a free one is taken",
    "--uds": "the engine answers on a loopback port",
    "--api-key": "each engine gets a key of its own",
    "--model": "the run says which model is served",
    "--revision": "the run says which commit is served",
    "--tokenizer": "the tokenizer is the model's own",
    "--chat-template": "the template must be the one of training",
    "--served-model-name": "requests go by Duotune's names",
    "--dtype": "the proof of what is served depends on it",
    "--generation-config": "sampling is what the request says",
    "--override-generation-config": "sampling is what the request says",
    "--middleware": "Duotune's own guards the engine",
    "--root-path": "Duotune finds the engine by its address",
    "--allowed-origins": "no web page may ask the engine",
    "--trust-remote-code": "code of a model is never run",
    "--enable-lora": "Duotune loads adapters itself",
    "--lora-modules": "Duotune loads adapters itself",
    "--max-loras": "Duotune counts adapters itself",
    "--max-cpu-loras": "Duotune counts adapters itself",
    "--max-lora-rank": "it follows from the adapters",
    "--lora-dtype": "the proof of what is served depends on it",
    "--lora-target-modules": "an adapter is served whole",
    "--api-server-count": "adapters can be loaded into one server only",
    "--enable-sleep-mode": "DUOTUNE_ENGINE_SLEEP=1 switches it on",
    "--config": "options are read from this setting alone",
}
"""What Duotune decides, with the reason."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise SettingError(
            f"{VARIABLE} can't be used: {message}.",
            fix="Write it as on the command line, such as --tensor-parallel-size 2.",
        )


def parse(text: str) -> tuple[str, ...]:
    """Options as `vllm serve` takes them, each under its full name, its value after it.

    Raises SettingError naming the option that is unknown, ill-formed, or Duotune's to decide.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise SettingError(f"{VARIABLE} can't be used: {error}.", fix="Close the quote.") from error
    for word in words:
        _refuse_ours(word.partition("=")[0].replace("_", "-"))
    given = vars(_parser().parse_args([_hyphened(word) for word in words]))
    options: list[str] = []
    for name in (*NUMBERS, *FRACTIONS, *WORDS, *FLAGS):
        value = given.get(name)
        if value is not None:
            options += [name] if value is True else [name, str(value)]
    return tuple(options)


def value_of(options: Sequence[str], name: str, default: float = 0) -> float:
    """A number among parsed options."""
    return float(options[options.index(name) + 1]) if name in options else default


def devices(options: Sequence[str]) -> int:
    """How many GPUs an engine with these options takes."""
    sizes = (value_of(options, f"--{kind}-parallel-size", 1) for kind in ("tensor", "data"))
    count = int(value_of(options, "--pipeline-parallel-size", 1))
    for size in sizes:
        count *= int(size)
    return max(count, 1)


def _refuse_ours(word: str) -> None:
    if word in OURS:
        raise SettingError(
            f"{VARIABLE} holds {word}, which Duotune decides: {OURS[word]}.",
            fix=f"Take {word} out of it.",
        )


def _hyphened(word: str) -> str:
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value if word.startswith("--") else word


def _parser() -> _Parser:
    parser = _Parser(prog=VARIABLE, add_help=False, allow_abbrev=False)
    for name in NUMBERS:
        parser.add_argument(name, *filter(None, [SHORT.get(name)]), dest=name, type=_positive)
    for name in FRACTIONS:
        parser.add_argument(name, dest=name, type=float)
    for name in WORDS:
        parser.add_argument(name, dest=name)
    for name in FLAGS:
        parser.add_argument(name, dest=name, action="store_true", default=None)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is below 1")
    return number
