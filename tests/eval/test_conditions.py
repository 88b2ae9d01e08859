"""What was equal for both sides is told as it was."""

from __future__ import annotations

import re

from core.data.records import Split
from eval import conditions, conditions_zh
from eval.records import EvaluationRequest
from eval.rubric.rubrics import load
from tests.eval import made_up


def test_a_model_with_a_server_of_its_own_is_not_called_an_adapter() -> None:
    request = EvaluationRequest(run_id="run-20261121-103005-9f2c", rubric="")
    beside = made_up.pair()
    told = conditions.of_serving(beside, request)
    assert "by one server for both sides" in told["Chat template"]
    assert told["Adapter"].startswith("ad-0123456789")

    own = beside.tuned.model_copy(update={"engine_id": "eng-2"})
    told = conditions.of_serving(beside.model_copy(update={"tuned": own}), request)
    assert "by the two servers alike" in told["Chat template"]
    assert "Adapter" not in told
    assert "so it is the trained one" in told["Tuned model"]


def test_every_condition_is_told_in_both_languages_in_one_order() -> None:
    request = EvaluationRequest(run_id="run-20261121-103005-9f2c", rubric="")
    rubric, data = load(made_up.RUBRIC), made_up.dataset()
    split = Split(
        dataset_id=data.id, train=(), validation=(), test=("s1", "s2"), seed=7, given=False,
        fingerprint="f" * 64,
    )  # fmt: skip
    asked = [made_up.sample(1)]
    told = {
        **conditions.of_data(data, split, asked, request),
        **conditions.of_serving(made_up.pair(), request),
        **conditions.of_scoring(rubric, None),
    }
    chinese = {
        **conditions_zh.of_data(data, split, asked, request),
        **conditions_zh.of_serving(made_up.pair(), request, told),
        **conditions_zh.of_scoring(rubric, told, None),
    }
    assert len(chinese) == len(told)
    for (name, value), (name_zh, value_zh) in zip(told.items(), chinese.items(), strict=True):
        assert name_zh != name
        numbers, numbers_zh = (sorted(re.findall(r"\d+", text)) for text in (value, value_zh))
        assert numbers == numbers_zh, name
