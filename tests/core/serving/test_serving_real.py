"""The real engine: base and tuned answer as transformers and PEFT do, or are not shown at all."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.disk import sha256_text
from core.errors import ServingError
from core.messages import Message
from core.models import folders
from core.processes import group_members
from core.serving import adapters, chat, checking
from core.serving.engines import Engines
from core.serving.pairs import IDENTICAL, open_pair
from core.serving.records import Generation, Sampling
from core.serving.served import is_served
from core.training import parity as parities
from core.training.parity import Parity, Probe
from core.training.plan import TrainingPlan
from core.training.records import Run
from tests.core.training.attempts import carry_out
from tests.core.training.conftest import dialogue, make_data

pytestmark = pytest.mark.slow
STARTER = Path(folders.__file__).parent / "starter"
GREEDY = Sampling(max_tokens=24)
DIALOGUES = (
    ("My kettle arrived broken.", "We are sorry; a new one is on its way."),
    ("你好，我想退货。", "好的，请告诉我订单号。"),
)
ASK = (Message(role="user", content="Where is my order 1207?"),)


@dataclass(frozen=True)
class Trained:
    """A LoRA adapter on the starter with random weights, as PEFT sees it."""

    model: Any
    tokenizer: Any

    def answer(self, tuned: bool) -> str:
        """The greedy answer to ASK by transformers, with PEFT when tuned."""
        import torch

        prompt = self.tokenizer.apply_chat_template(
            [m.as_openai() for m in ASK],
            add_generation_prompt=True,
            return_dict=True,
            return_tensors="pt",
        )
        with torch.no_grad(), self.side(tuned):
            made = self.model.generate(**prompt, max_new_tokens=24, do_sample=False)
        new = made[0, prompt["input_ids"].shape[1] :]
        return str(self.tokenizer.decode(new, skip_special_tokens=True))

    def side(self, tuned: bool) -> Any:
        from contextlib import nullcontext

        return nullcontext() if tuned else self.model.disable_adapter()

    def logprobs(self, ids: list[int], tuned: bool) -> tuple[float, ...]:
        import torch

        with torch.no_grad(), self.side(tuned):
            table = self.model(torch.tensor([ids])).logits[0].log_softmax(-1)
        return tuple(table[i, token].item() for i, token in enumerate(ids[1:]))

    def save(self, engines: Engines, run_id: str) -> Run:
        """Leave a run folder as the trainer does."""
        folder = engines.workspace.run(run_id)
        self.model.save_pretrained(folder.adapter)
        probes = []
        for ask, answer in DIALOGUES:
            turns = [{"role": "user", "content": ask}, {"role": "assistant", "content": answer}]
            ids = self.tokenizer.apply_chat_template(turns, return_dict=False)
            base, tuned = self.logprobs(ids, tuned=False), self.logprobs(ids, tuned=True)
            probes.append(Probe(token_ids=tuple(ids), base=base, tuned=tuned))
        parities.save(
            folder.parity,
            Parity(
                base_model="starter",
                revision=None,
                dtype="float32",
                template_sha256=sha256_text(folders.chat_template(STARTER) or ""),
                chat_template_kwargs={},
                stop_token_ids=(self.tokenizer.eos_token_id,),
                probes=tuple(probes),
            ),
        )
        return as_run(run_id)


def as_run(run_id: str) -> Run:
    plan = TrainingPlan(name="x", dataset_id="ds-0000", split_fingerprint="", base_model="starter")
    nothing = dict.fromkeys(
        ("phase", "total_steps", "eta_s", "tokens_per_s", "loss", "validation_loss")
    )
    facts = {"id": run_id, "plan": plan, "status": "succeeded", "created": "", "attempt": 1}
    return Run.model_validate(facts | {"step": 0, "last_checkpoint": None} | nothing)


def train(spread: float, **changes: Any) -> Trained:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    torch.manual_seed(1)
    base = AutoModelForCausalLM.from_pretrained(STARTER, dtype=torch.float32)
    shape = {"r": 32, "lora_alpha": 64, "target_modules": "all-linear", **changes}
    config = LoraConfig(**shape, task_type="CAUSAL_LM")
    model = get_peft_model(base, config)
    for name, weight in model.named_parameters():
        if "lora_B" in name and spread:
            torch.nn.init.normal_(weight, std=spread)
    return Trained(model.eval(), AutoTokenizer.from_pretrained(STARTER))


@pytest.fixture(scope="module")
def trained() -> Iterator[Trained]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield train(0.03)
    torch.set_num_threads(before)


def silent(_: str) -> None:
    return None


def copy_of(engines: Engines, source: Run, run_id: str) -> Run:
    """The same run under another id, to be damaged."""
    target = engines.workspace.run(run_id).root
    shutil.copytree(engines.workspace.run(source.id).root, target)
    return as_run(run_id)


def rename_tensors(folder: Path, old: str, new: str) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / adapters.WEIGHTS)
    save_file({k.replace(old, new): v for k, v in weights.items()}, folder / adapters.WEIGHTS)


def test_both_sides_answer_as_transformers_and_peft_do(engines: Engines, trained: Trained) -> None:
    pair = open_pair(engines, trained.save(engines, "run-real-1"), silent)
    assert pair.check.agrees
    assert pair.check.worst_difference < 0.001
    assert pair.check.served_change > 0.1
    assert pair.tuned.note == ""

    async def ask() -> tuple[Generation, Generation]:
        async for states in chat.stream_both(pair.base, pair.tuned, ASK, GREEDY):
            last = states
        return last

    base, tuned = asyncio.run(ask())
    assert base.text == trained.answer(tuned=False)
    assert tuned.text == trained.answer(tuned=True)
    assert base.text != tuned.text
    assert base.tokens
    assert base.first_token_s
    assert base.finish_reason in ("stop", "length")


def test_a_second_app_finds_engine_and_verdict(engines: Engines, trained: Trained) -> None:
    run = trained.save(engines, "run-real-2")
    first = open_pair(engines, run, silent)
    said: list[str] = []
    other = Engines(engines.workspace, engines.settings)
    assert open_pair(other, run, said.append) == first
    assert said == [], "nothing was started, loaded or compared again"


def test_a_rank_stabilised_adapter_is_served_at_its_own_scale(engines: Engines) -> None:
    stabilised = train(0.01, use_rslora=True)
    pair = open_pair(engines, stabilised.save(engines, "run-real-9"), silent)
    assert pair.check.worst_difference < 0.001
    assert pair.check.served_change > 0.1


def test_an_adapter_that_trained_nothing_is_named_so(engines: Engines) -> None:
    pair = open_pair(engines, train(0).save(engines, "run-real-3"), silent)
    assert pair.check.agrees
    assert pair.check.served_change == 0
    assert pair.tuned.note == IDENTICAL


def test_an_inert_adapter_is_never_shown_as_tuned(engines: Engines, trained: Trained) -> None:
    good = trained.save(engines, "run-real-4")
    wrapped = copy_of(engines, good, "run-real-5")
    folder = engines.workspace.run(wrapped.id).adapter
    rename_tensors(folder, "base_model.model.", "base_model.model._orig_mod.")
    with pytest.raises(ServingError, match="without effect"):
        open_pair(engines, wrapped, silent)

    strange = copy_of(engines, good, "run-real-6")
    folder = engines.workspace.run(strange.id).adapter
    rename_tensors(folder, "base_model.model.model.", "base_model.model.language_model.")
    with pytest.raises(ServingError, match="without any effect"):
        open_pair(engines, strange, silent)
    engine = engines.running()
    assert engine is not None
    published = adapters.publish(engines.workspace, folder)
    with checking.connect(engine, engines.key(engine).get_secret_value()) as client:
        assert published.id not in [model.id for model in client.models.list()]


def test_another_adapter_than_the_trained_one_is_refused(
    engines: Engines, trained: Trained
) -> None:
    run = trained.save(engines, "run-real-7")
    other = train(0.02)
    other.model.save_pretrained(engines.workspace.run(run.id).adapter)
    with pytest.raises(ServingError, match="not what was trained"):
        open_pair(engines, run, silent)


def test_what_the_engine_refuses_is_a_sentence(engines: Engines, trained: Trained) -> None:
    pair = open_pair(engines, trained.save(engines, "run-real-8"), silent)
    long = (Message(role="user", content="word " * 3000),)
    answer = asyncio.run(chat.complete(pair.base, long, GREEDY))
    assert answer.error is not None
    assert "too long for the model" in answer.error
    unknown = pair.base.model_copy(update={"model": "nobody"})
    answer = asyncio.run(chat.complete(unknown, ASK, GREEDY))
    assert answer.error is not None
    assert "does not know this model" in answer.error


def test_a_whole_model_is_served_beside_its_base(engines: Engines) -> None:
    """Trained in full by the real trainer, proven and asked through two real engines."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    parts = ["train"] * 24 + ["validation"] * 4
    data = make_data(engines.workspace, [dialogue(n, part) for n, part in enumerate(parts)])
    plan = data.plan("starter", method="full", learning_rate=1e-3, max_steps=6)
    folder = carry_out(data, "run-real-10", plan)
    run = as_run(folder.run_id)
    pair = open_pair(engines, run, silent)
    assert pair.check.agrees
    assert pair.check.adapter_id.startswith("mo-")
    assert pair.check.worst_difference < 0.001
    assert pair.check.served_change > 0.1
    assert pair.base.engine_id != pair.tuned.engine_id
    assert pair.base.base_url != pair.tuned.base_url

    async def ask() -> tuple[Generation, Generation]:
        async for states in chat.stream_both(pair.base, pair.tuned, ASK, GREEDY):
            last = states
        return last

    base, tuned = asyncio.run(ask())
    model = AutoModelForCausalLM.from_pretrained(folder.model, dtype=torch.float32).eval()
    itself = Trained(model, AutoTokenizer.from_pretrained(folder.model))
    assert tuned.text == itself.answer(tuned=True)
    assert base.text != tuned.text

    said: list[str] = []
    assert open_pair(engines, run, said.append) == pair
    assert said == [], "nothing was started or compared again"
    whole = run.model_copy(update={"plan": plan, "has_model": True})
    assert is_served(engines, whole)
    (own,) = [each for each in engines.all_running() if each.id == pair.tuned.engine_id]
    engines.stop(own)
    assert not is_served(engines, whole)


def test_nothing_outlives_a_killed_server(engines: Engines) -> None:
    engine = engines.ensure("starter", rank=32)
    members = group_members(engine.process)
    assert len(members) > 1
    os.kill(engine.process.pid, signal.SIGKILL)
    engines.stop_all()
    assert group_members(engine.process) == []
    assert not engines.folder(engine).has_processes()
    assert engines.running() is None
