"""What was equal for both sides is told as it was."""

from __future__ import annotations

from eval import conditions
from eval.records import EvaluationRequest
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
