"""NeedForTraining: what a base model reaches before anybody trains it, as it is shown."""

from __future__ import annotations

from pydantic import Field

from core.messages import Record
from eval.around.records import Baselines

MOST_ASKED = 40
"""Questions, unless the person says otherwise: each is asked three times."""


class NeedRequest(Record):
    """How a base model is to be tried."""

    rubric: str
    """As YAML; only its checks score, no judge is asked."""
    limit: int = Field(default=MOST_ASKED, ge=1)
    """Questions at most."""
    system_prompt: str = ""
    """"" takes the data's own, or describes the task."""


class NeedForTraining(Record):
    """What a base model reaches on validation questions without training."""

    dataset_id: str
    base_model: str
    rubric_hash: str
    checks: tuple[str, ...]
    """Names of the checks that score an answer."""
    headline: str
    """The check whose share is told; "" is the score of all checks."""
    available: int
    """Questions of the validation part; `baselines.samples` of them were asked."""
    baselines: Baselines
    sentence: str
    sentence_zh: str
