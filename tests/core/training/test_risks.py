"""What to mind before a start: each risk is named exactly when the plan has it."""

from __future__ import annotations

from typing import Any

import pytest

from core.data.records import Example, Split
from core.messages import Conversation, Message
from core.models.catalog import ResolvedModel
from core.models.folders import Shape
from core.training import risks
from core.training.machine import Machine
from core.training.plan import TrainingPlan

PLAN = TrainingPlan(name="a", dataset_id="ds-1", split_fingerprint="f", base_model="m")
CPU = Machine(gpus=0, gpu_name=None, cores=2, packages=frozenset())
GPU = Machine(gpus=1, gpu_name="H100", cores=16, packages=frozenset())
SHAPE = Shape(
    model_type="qwen3",
    parameters=600_000_000,
    context=4096,
    head_dim=128,
    linear_widths=1,
    weight_bytes=1,
    fingerprint="f",
)


def examples(count: int, answer: str = "Yes.") -> list[Example]:
    messages = (Message(role="user", content="Tea?"), Message(role="assistant", content=answer))
    talk = Conversation(messages=messages)
    return [Example(id=f"ex-{n:012d}", row=n + 1, conversation=talk) for n in range(count)]


def told(
    machine: Machine = GPU,
    rows: int = 200,
    steps: int = 100,
    answer: str = "Yes.",
    thinks: bool | None = False,
    validation: bool = True,
    **changes: Any,
) -> str:
    train = examples(rows, answer)
    split = Split(
        dataset_id="ds-1",
        train=tuple(example.id for example in train),
        validation=("ex-1",) if validation else (),
        test=(),
        seed=7,
        given=False,
        fingerprint="f",
    )
    model = ResolvedModel(name="m", id_or_path="m", revision=None, local=True, shape=SHAPE)
    case = risks.Case(PLAN.edited(changes), model, split, train, steps, machine, thinks)
    return "\n".join(risks.of(case))


def test_a_usual_plan_has_no_risk() -> None:
    assert told() == ""


@pytest.mark.parametrize(
    ("case", "says"),
    [
        ({"rows": 12}, "Only 12 training rows"),
        ({"steps": 3}, "Only about 3 optimizer steps"),
        ({"max_steps": 0}, "exactly the base"),
        ({"epochs": 10}, "10 passes over the same rows"),
        ({"answer": "<think>Hm.</think>Yes."}, "200 of the training rows looked at hold reasoning"),
        ({"thinks": True}, "with thinking off"),
        ({"validation": False}, "overfitting can't be seen"),
        ({"validation": False, "early_stopping": 2}, "early_stopping never stops"),
        ({"early_stopping": 5, "evaluations": 5}, "there are only 5"),
        ({"learning_rate": 5e-3}, "0.005 is unusually high"),
        ({"method": "full", "learning_rate": 1e-3}, "at most 0.0001 is usual"),
        ({"method": "full"}, "changes every weight"),
        ({"method": "dora"}, "merged into a whole model"),
        ({"objective": "dpo"}, "without start_from"),
        ({"machine": CPU, "precision": "bfloat16"}, "4 to 5 times slower"),
        ({"machine": CPU, "compile": True}, "30 times slower"),
    ],
)
def test_each_risk_is_named(case: dict[str, Any], says: str) -> None:
    assert says in told(**case)


def test_reasoning_in_the_data_suits_a_model_that_thinks() -> None:
    assert told(answer="<think>Hm.</think>Yes.", thinks=True) == ""
    assert told(answer="<think>Hm.</think>Yes.", thinks=None) == ""
