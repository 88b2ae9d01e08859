"""A model in this process, with adapters over it, that says what it makes of token ids.

Only the plain server imports this. One caller at a time: the server sees to that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

MOST_THREADS = 2
"""More only compete with who asks, and with each other (measured on two busy cores)."""
HALF_A_CHARACTER = "\ufffd"


class Piece(NamedTuple):
    """What one more token brought."""

    token: int
    text: str
    """"" while a character is incomplete, and of a token that ends the turn."""


@dataclass
class Asked:
    """How to generate."""

    ids: list[int]
    most: int
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int | None = None
    stop_ids: frozenset[int] = frozenset()
    is_given_up: Callable[[], bool] = lambda: False
    """Asked before each token: whether nobody waits for it any more."""


@dataclass
class PlainModel:
    """Weights, tokenizer and adapters by name."""

    model: Any
    tokenizer: Any
    base: str
    """What requests call the model without an adapter."""
    adapters: dict[str, str] = field(default_factory=dict)
    """Folders by name."""

    @classmethod
    def open(cls, folder: str, revision: str | None, dtype: str, base: str) -> PlainModel:
        """Load a model for answering; `dtype` as vLLM names it."""
        torch.set_num_threads(min(MOST_THREADS, torch.get_num_threads()))
        tokenizer = AutoTokenizer.from_pretrained(folder, revision=revision)
        model = AutoModelForCausalLM.from_pretrained(folder, revision=revision, dtype=dtype)
        return cls(model.to(_device()).eval(), tokenizer, base)

    @property
    def device(self) -> Any:
        return next(self.model.parameters()).device

    @property
    def end_ids(self) -> frozenset[int]:
        """Tokens that the model itself names as the end of a turn."""
        ids = {self.tokenizer.eos_token_id}
        named = self.model.generation_config.eos_token_id
        ids.update(named if isinstance(named, list) else [named])
        return frozenset(one for one in ids if one is not None)

    # -- adapters -----------------------------------------------------------------------------

    def load(self, name: str, folder: str) -> None:
        """Put an adapter over the model; raises what PEFT raises when it does not fit."""
        if not Path(folder, "adapter_config.json").is_file():
            raise FileNotFoundError(f"No adapter found for {folder}")
        if isinstance(self.model, PeftModel):
            self.model.load_adapter(folder, adapter_name=name)
        else:
            self.model = PeftModel.from_pretrained(self.model, folder, adapter_name=name)
        self.model.eval()
        self.adapters[name] = folder

    def unload(self, name: str) -> None:
        """Take an adapter off the model."""
        del self.adapters[name]
        if self.adapters:
            self.model.delete_adapter(name)
        else:
            self.model = self.model.unload()

    def _as(self, name: str) -> AbstractContextManager[Any]:
        """Have the model answer with one adapter, or with none."""
        if name in self.adapters:
            self.model.set_adapter(name)
            return nullcontext()
        return self.model.disable_adapter() if self.adapters else nullcontext()

    # -- answering ----------------------------------------------------------------------------

    def logprobs(self, name: str, ids: Sequence[int], top: int) -> list[dict[int, float] | None]:
        """Of each prompt token its log-probability, and of the `top` likeliest in its place."""
        with torch.inference_mode(), self._as(name):
            table = self.model(torch.tensor([list(ids)], device=self.device)).logits[0]
        table = table.float().log_softmax(-1)
        told: list[dict[int, float] | None] = [None]
        for place, token in enumerate(ids[1:]):
            likeliest = table[place].topk(top).indices.tolist() if top else []
            told.append({one: table[place, one].item() for one in (token, *likeliest)})
        return told

    def pieces(self, name: str, asked: Asked) -> Iterator[Piece]:
        """Tokens one after the other, the one that ends the turn included."""
        source = None
        if asked.seed is not None:
            source = torch.Generator(device=self.device).manual_seed(asked.seed)
        shown, end = _Text(self.tokenizer), self.end_ids | asked.stop_ids
        inputs, cache = torch.tensor([asked.ids], device=self.device), None
        for _ in range(asked.most):
            if asked.is_given_up():
                return
            with torch.inference_mode(), self._as(name):
                told = self.model(inputs, past_key_values=cache, use_cache=True)
            cache = told.past_key_values
            token = _pick(told.logits[0, -1].float(), asked, source)
            if token in end:
                yield Piece(token, "")
                return
            yield Piece(token, shown.add(token))
            inputs = torch.tensor([[token]], device=self.device)


def _device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _pick(logits: Any, asked: Asked, source: Any) -> int:
    """The likeliest token, or one drawn from the smallest set that holds `top_p` of the mass."""
    if asked.temperature < 1e-5:
        return int(logits.argmax())
    chances = (logits / asked.temperature).softmax(-1)
    if asked.top_p < 1:
        ordered, places = chances.sort(descending=True)
        before = ordered.cumsum(-1) - ordered
        chances[places[before >= asked.top_p]] = 0
    return int(torch.multinomial(chances, 1, generator=source))


@dataclass
class _Text:
    """Tokens as text, piece by piece; bytes of a character wait for each other."""

    tokenizer: Any
    ids: list[int] = field(default_factory=list)
    told: int = 0
    """Tokens whose text was given out."""
    start: int = 0
    """From where tokens are read together: a blank may depend on the one before."""

    def add(self, token: int) -> str:
        self.ids.append(token)
        before = self._decode(self.ids[self.start : self.told])
        text = self._decode(self.ids[self.start :])
        if len(text) <= len(before) or text.endswith(HALF_A_CHARACTER):
            return ""
        self.start, self.told = self.told, len(self.ids)
        return text[len(before) :]

    def _decode(self, ids: list[int]) -> str:
        return str(self.tokenizer.decode(ids, skip_special_tokens=True))
