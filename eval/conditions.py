"""What was equal for both sides of an evaluation, in words a reader can check."""

from __future__ import annotations

import json
import platform
import urllib.request
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from urllib.parse import urlsplit

from core.data.records import Dataset, Split
from core.serving.records import Endpoint, Pair, Sampling
from core.settings import EndpointSetting
from eval import statistics
from eval.records import EvaluationRequest, Sample
from eval.rubric.rubrics import Rubric
from eval.wording import count

LIBRARIES = (
    *("duotune", "torch", "transformers", "trl", "peft"),
    *("openai", "numpy", "scipy"),
)
NOT_RECORDED = "not recorded"


def of_serving(pair: Pair, request: EvaluationRequest) -> dict[str, str]:
    """Template, sampling, engine and the proof of the tuned side."""
    check = pair.check
    kwargs = pair.tuned.template_kwargs
    settings = f" with {json.dumps(kwargs)}" if kwargs else ""
    return {
        "Chat template": f"The base model's own, applied by {_servers(pair)}{settings}.",
        "Sampling": _sampling(request.sampling),
        "Order": (
            "Base is asked first on every other question, tuned on the rest; "
            f"{count(request.concurrency, 'question')} under way at once."
        ),
        "Engine": engine_version(pair.base),
        "Adapter" if pair.base.engine_id == pair.tuned.engine_id else "Tuned model": (
            f"{check.adapter_id}, compared with the trained one by prompt log-probabilities over "
            f"{count(check.tokens, 'token')}: at most {check.worst_difference:.2g} nats apart "
            f"(tolerance {check.tolerance:.2g}), "
            f"{'so it is the trained one' if check.agrees else 'which does NOT agree'}. It differs "
            f"from the base by up to {check.served_change:.3g} nats as served, "
            f"{check.trained_change:.3g} as trained."
        ),
    }


def of_data(
    dataset: Dataset, split: Split, asked: Sequence[Sample], request: EvaluationRequest
) -> dict[str, str]:
    """Which questions were asked, and how they were kept apart from training."""
    of_part = len(split.test if request.part == "test" else split.validation)
    which = (
        f"All {count(of_part, 'row')} of the {request.part} part."
        if len(asked) == of_part
        else f"{len(asked):,} of the {count(of_part, 'row')} of the {request.part} part, drawn "
        f"with seed {request.seed}."
    )
    return {
        "Questions": which,
        "Dataset": f"{dataset.name} ({dataset.id}), from {dataset.source_name}.",
        "Split": (
            f"{'Named by the file' if split.given else f'Drawn with seed {split.seed}'}; "
            f"fingerprint {split.fingerprint}."
        ),
    }


def of_scoring(rubric: Rubric, judge: EndpointSetting | None) -> dict[str, str]:
    """Rubric, judge, statistics and versions."""
    return {
        "Rubric": f"{rubric.title or rubric.id}, hash {rubric.hash}.",
        "Judge": (
            f"{judge.model} at {urlsplit(judge.base_url).netloc.rpartition('@')[2]}, temperature 0."
            if judge
            else "None is set."
        ),
        "Statistics": (
            "Paired differences over questions grouped by their first user turn: the hull of the "
            f"95% BCa bootstrap ({statistics.RESAMPLES:,} resamples, seed {statistics.SEED}) and "
            "the 95% cluster-robust t interval; exact McNemar or sign-flip test; Wilson intervals "
            "for single levels; Holm's correction for criteria beside the headline."
        ),
        "Versions": ", ".join([f"Python {platform.python_version()}", *_versions()]) + ".",
    }


def engine_version(endpoint: Endpoint) -> str:
    """The server's own word on its version."""
    parts = urlsplit(endpoint.base_url)
    request = urllib.request.Request(
        f"{parts.scheme}://{parts.netloc}/version",
        headers={"Authorization": f"Bearer {endpoint.api_key.get_secret_value()}"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback: no proxy
    try:
        with opener.open(request, timeout=5) as response:
            return f"vLLM {json.load(response)['version']}."
    except (OSError, ValueError, KeyError, TypeError):
        return f"vLLM; its version was {NOT_RECORDED}."


def _servers(pair: Pair) -> str:
    if pair.base.engine_id == pair.tuned.engine_id:
        return "one server for both sides"
    return "the two servers alike"


def _sampling(sampling: Sampling) -> str:
    how = "greedy" if sampling.temperature == 0 else "sampled"
    return (
        f"Temperature {sampling.temperature:g} ({how}), top_p {sampling.top_p:g}, at most "
        f"{count(sampling.max_tokens, 'token')}, seed {sampling.seed}; the same for both."
    )


def _versions() -> list[str]:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} {NOT_RECORDED}")
    return found
