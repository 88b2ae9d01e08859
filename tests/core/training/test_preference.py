"""Preferences are trained from pairs: from ln 2 on, held to what training began with."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.data import store
from core.errors import PlanError
from core.models.catalog import STARTER_FOLDER
from core.models.masks import Masker
from core.models.templates import ChatTemplate
from core.training import manifests, parity
from core.training.events import DataPrepared, Evaluated, StepLogged, WarningRaised
from core.workspace import RunFolder, Workspace
from tests.core.training.attempts import carry_out, happened, tensors
from tests.core.training.conftest import COLOURS, Data, dialogue, make_data

pytestmark = pytest.mark.slow

TOOLS = [{"type": "function", "function": {"name": "stock", "parameters": {"type": "object"}}}]
WITHOUT, AGAIN = 7, 8
"""The row without a rejected answer; the number of the pair with the chosen answer before it."""


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def called(item: str, name: str) -> dict[str, Any]:
    function = {"name": "stock", "arguments": f'{{"item": "{item}"}}'}
    return {"role": "assistant", "tool_calls": [{"id": name, "function": function}]}


def result(text: str, name: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": name, "content": text}


def pair(number: int, part: str) -> dict[str, Any]:
    """A polite answer and a rude one; in every third row after an earlier question."""
    colour = COLOURS[number % len(COLOURS)]
    prompt = [{"role": "system", "content": "You are a shop."}]
    if number % 3 == 0:
        prompt += [user(f"Hello {number}?"), assistant("Good morning!")]
    rejected = [assistant("Maybe." if number == AGAIN else f"No {colour}. Go away now!")]
    if number == AGAIN:
        number, colour = number - 1, COLOURS[number - 1]
    prompt.append(user(f"Question {number}: do you have it in {colour}?"))
    chosen = [assistant(f"Yes, we have it in {colour}.")]
    return {"prompt": prompt, "chosen": chosen, "rejected": rejected, "split": part}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Data:
    """24 pairs to train on and a row without one, 4 pairs to validate, 4 to test."""
    workspace = Workspace.open(tmp_path_factory.mktemp("preference") / "workspace")
    parts = ["train"] * 24 + ["validation"] * 4 + ["test"] * 4
    rows: list[dict[str, object]] = [pair(number, part) for number, part in enumerate(parts)]
    rows.insert(WITHOUT - 1, dialogue(99, "train"))
    return make_data(workspace, rows)


def train(shop: Data, model: Path, name: str, **changes: Any) -> RunFolder:
    settings = {"max_steps": 6, "evaluations": 3, "objective": "dpo", "beta": 0.5, **changes}
    return carry_out(shop, f"run-{name}", shop.plan(str(model), **settings))


def of_kind(folder: RunFolder, kind: type[Any]) -> list[Any]:
    return [event for event in happened(folder) if isinstance(event, kind)]


def losses(folder: RunFolder) -> list[float]:
    return [event.loss for event in of_kind(folder, StepLogged)]


def weights(folder: RunFolder) -> dict[str, bytes]:
    result = folder.adapter if folder.adapter.is_dir() else folder.model
    return tensors(next(result.glob("*.safetensors")))


# -- the trainer ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def supervised(shop: Data, tiny_model: Path) -> RunFolder:
    return train(shop, tiny_model, "sft-0001", objective="sft")


BEGUN: dict[str, dict[str, Any]] = {
    "new": {},
    "on": {"start_from": "run-sft-0001"},
    "full": {"start_from": "run-sft-0001", "method": "full", "learning_rate": 1e-3},
}


@pytest.mark.parametrize("name", BEGUN)
@pytest.mark.usefixtures("supervised")
def test_training_begins_at_ln_2_and_goes_on_bit_by_bit(
    shop: Data, tiny_model: Path, name: str
) -> None:
    whole = train(shop, tiny_model, f"{name}-0001", **BEGUN[name])
    steps, measured = of_kind(whole, StepLogged), of_kind(whole, Evaluated)
    for first in (steps[0], measured[0]):
        assert first.loss == pytest.approx(math.log(2), abs=1e-5)
        assert first.metrics["rewards/margins"] == pytest.approx(0, abs=1e-4)
    assert measured[0].step == 0
    for found in (steps, measured):
        assert found[-1].loss < 0.6
        assert found[-1].metrics["rewards/margins"] > 0.2
        assert found[-1].metrics["rewards/accuracies"] > 0.9
        chosen, rejected = (found[-1].metrics[f"rewards/{side}"] for side in ("chosen", "rejected"))
        assert chosen - rejected == pytest.approx(found[-1].metrics["rewards/margins"], abs=1e-4)

    published = whole.published(name != "full")
    assert manifests.damage(published) is None
    assert parity.load(whole.parity).trained_change > 0.01
    last = whole.checkpoints / "checkpoint-6"
    assert [path.name for path in last.rglob("*.safetensors")] == (
        ["model.safetensors"] if name == "full" else ["adapter_model.safetensors"]
    )

    if name == "new":
        return  # goes on as supervised training does
    cut = shop.workspace.run(f"run-{name}-0002")
    shutil.copytree(whole.checkpoints / "checkpoint-4", cut.checkpoints / "checkpoint-4")
    train(shop, tiny_model, f"{name}-0002", **BEGUN[name])
    assert losses(cut) == losses(whole)[4:]
    assert weights(cut) == weights(whole)


def test_the_reference_is_the_supervised_model(shop: Data, supervised: RunFolder) -> None:
    """With a frozen adapter as with measured weights: log-probabilities are the tuned model's."""
    told = [
        of_kind(shop.workspace.run(f"run-{name}-0001"), Evaluated)[0].metrics["logps/chosen"]
        for name in BEGUN
    ]
    assert told[1] == pytest.approx(told[2], abs=1e-3)
    assert told[1] > told[0] + 1, "supervised training made the chosen answers likelier"
    after, before = (
        parity.load(folder.parity).probes
        for folder in (shop.workspace.run("run-on-0001"), supervised)
    )
    for one, other in zip(after, before, strict=True):
        assert one.base == pytest.approx(other.base[: len(one.base)], abs=1e-4), "of the base"


def test_whole_layers_are_trained_beside_an_adapter(shop: Data, tiny_model: Path) -> None:
    folder = train(
        shop, tiny_model, "layers-01", modules_to_save="embed_tokens", max_steps=2, evaluations=1
    )
    assert losses(folder)[0] == pytest.approx(math.log(2), abs=1e-5)
    assert losses(folder)[1] < losses(folder)[0]
    assert folder.model.is_dir()


@pytest.mark.usefixtures("supervised")
def test_what_is_left_out_is_told(shop: Data) -> None:
    folder = shop.workspace.run("run-new-0001")
    (prepared,) = of_kind(folder, DataPrepared)
    assert (prepared.train_rows, prepared.validation_rows) == (24, 4)
    assert prepared.dropped_rows == (WITHOUT,)
    told = [event.message for event in of_kind(folder, WarningRaised)]
    assert f"Row {WITHOUT} of the train part have no rejected answer and were left out." in told
    supervised = shop.workspace.run("run-sft-0001")
    (prepared,) = of_kind(supervised, DataPrepared)
    assert (prepared.train_rows, prepared.dropped_rows) == (24, ())
    told = [event.message for event in of_kind(supervised, WarningRaised)]
    assert any("have the chosen answer of an earlier pair, which is learnt once" in t for t in told)


def test_data_without_pairs_is_refused(data: Data, tiny_model: Path) -> None:
    with pytest.raises(PlanError, match="nothing to prefer"):
        train(data, tiny_model, "none-0001")


# -- what counts ----------------------------------------------------------------------------------

PreparerOf = Callable[..., Any]


@pytest.fixture(scope="module")
def preparer_of() -> PreparerOf:
    """A preparer of pairs by the starter's template, or by one that TRL ships."""
    import copy

    import trl
    from transformers import AutoTokenizer

    from core.training.program.pairing import PairPreparer

    plain = AutoTokenizer.from_pretrained(STARTER_FOLDER)

    def make(name: str = "", max_length: int = 500) -> PairPreparer:
        tokenizer = copy.deepcopy(plain)
        if name:
            path = Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja"
            tokenizer.chat_template = path.read_text(encoding="utf-8")
        stops = frozenset([tokenizer.eos_token_id])
        return PairPreparer(Masker(ChatTemplate.of(tokenizer, name), stops, max_length))

    return make


def examples_of(workspace: Workspace, *rows: dict[str, Any]) -> list[Any]:
    data = make_data(workspace, [*rows])
    return list(store.load_examples(workspace, data.dataset.id))


@pytest.mark.parametrize("name", ["", "qwen3", "qwen2_5"])
def test_the_assistants_last_turn_and_its_end_count(
    workspace: Workspace, preparer_of: PreparerOf, name: str
) -> None:
    """As the model's own template shows them, whatever it does with thinking."""
    preparer = preparer_of(name)
    template = preparer.masker.template
    assert template.kwargs == ({"enable_thinking": False} if name == "qwen3" else {})
    (example,) = examples_of(workspace, pair(3, "train"))
    (made,) = preparer.prepare([example]).stored
    decode, end = template.tokenizer.decode, template.tokenizer.eos_token
    for side, talk in (("chosen", example.conversation), ("rejected", example.worse)):
        whole = template.render(talk.messages, (), answer=False)
        asked = template.render(talk.prompt, (), answer=True)
        assert decode(made["prompt_ids"]) == asked
        assert made["prompt_ids"] == template.tokenizer(asked, add_special_tokens=False).input_ids
        assert decode(made[f"{side}_ids"]) == talk.reference + end
        assert set(made[f"{side}_mask"]) == {1}
        assert whole.startswith(decode(made["prompt_ids"] + made[f"{side}_ids"]))


def test_the_chosen_side_is_what_supervised_training_learns(
    workspace: Workspace, preparer_of: PreparerOf
) -> None:
    from core.training.program.preparation import Preparer

    preparer = preparer_of()
    examples = examples_of(workspace, pair(1, "train"), pair(2, "train"))
    pairs, plain = preparer.prepare(examples), Preparer(preparer.masker).prepare(examples)
    for place in range(2):
        counted = [i for i in pairs.labels[place] if i != -100]
        assert counted == [i for i in plain.labels[place] if i != -100]
        kept = pairs.input_ids[place]
        assert plain.input_ids[place][: len(kept)] == kept


def test_a_tools_result_and_what_both_begin_with_do_not_count(
    workspace: Workspace, preparer_of: PreparerOf
) -> None:
    from core.training.program.preference import Collator

    shared = [called("rake", "call_1"), result("none", "call_1")]
    better = [called("hose", "call_2"), result("44 of them", "call_2"), assistant("Yes.")]
    row = {
        "prompt": [user("Rakes or hoses?")],
        "chosen": [*shared, *better],
        "rejected": [*shared, assistant("No idea.")],
        "tools": TOOLS,
    }
    preparer = preparer_of("qwen2_5")
    (example,) = examples_of(workspace, row)
    prepared = preparer.prepare([example])
    assert not prepared.refused
    (made,) = prepared.stored
    tokenizer = preparer.masker.template.tokenizer
    batch = Collator(pad_token_id=0).torch_call([made, made])
    assert batch["completion_mask"].shape == batch["input_ids"].shape
    counted = [
        tokenizer.decode(ids[mask.bool()])
        for ids, mask in zip(batch["input_ids"], batch["completion_mask"], strict=True)
    ]
    assert counted[0] == counted[1]
    assert "hose" in counted[0]
    assert counted[0].endswith(f"Yes.{tokenizer.eos_token}")
    assert not any(text in counted[0] for text in ("44 of them", "rake", "none"))
    assert counted[2] == f"No idea.{tokenizer.eos_token}"
    assert "rake" in tokenizer.decode(made["prompt_ids"])


def test_pairs_that_are_too_long_are_cut_or_left_out_and_counted(
    workspace: Workspace, preparer_of: PreparerOf
) -> None:
    from core.training.program.preparation import notes

    long = "word " * 40
    rows: list[dict[str, Any]] = [
        {"prompt": "Short?", "chosen": "Yes.", "rejected": "No."},
        {"prompt": "Cut?", "chosen": f"Yes. {long}", "rejected": "No."},
        {"prompt": "Alike?", "chosen": f"{long} yes", "rejected": f"{long} no"},
        {"prompt": f"Long question? {long}", "chosen": "Yes.", "rejected": "No."},
        {"messages": [user("Plain?"), assistant("Yes.")]},
    ]
    preparer = preparer_of(max_length=40)
    facts = preparer.prepare(examples_of(workspace, *rows))
    assert (facts.rows, facts.cut_rows) == ({1, 2}, {2})
    assert (facts.alike_rows, facts.unpaired_rows) == ({3}, {5})
    assert facts.dropped_rows == {3, 4, 5}
    assert len(facts.stored) == 2
    assert [len(p["prompt_ids"]) + len(p["chosen_ids"]) <= 40 for p in facts.stored] == [True] * 2
    told = notes("train", facts)
    assert len(told) == 4
    assert all(any(f"Row {row} " in text for text in told) for row in (2, 3, 4, 5))
    assert facts.supervised == sum(
        sum(p[f"{side}_mask"]) for p in facts.stored for side in ("chosen", "rejected")
    )
    assert facts.tokens > facts.supervised


def test_an_answer_in_several_texts_is_left_out_and_told(
    workspace: Workspace, preparer_of: PreparerOf
) -> None:
    """Qwen3 shows an answer's first turn without the thinking part that it is generated with."""
    steps = [called("rake", "call_1"), result("4", "call_1"), assistant("Yes.")]
    row = {"prompt": [user("Rakes?")], "chosen": steps, "rejected": [assistant("No.")]}
    other = {"prompt": "Hoses?", "chosen": "Yes.", "rejected": "No."}
    facts = preparer_of("qwen3").prepare(examples_of(workspace, row, other))
    assert "shows each of them in another text" in facts.refused[1]
    assert facts.rows == {2}
