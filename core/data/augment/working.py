"""A whole augmentation from a request: plan it, make the proposals, tell how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from core.data.augment.context import Context
from core.data.augment.noise import make_noise
from core.data.augment.planning import AugmentOptions, make_plan
from core.data.augment.proposals import ProposalFile
from core.data.augment.running import Stop, Work, augment_endpoint, make_paraphrases
from core.data.augment.tally import AugmentProgress, Outcome
from core.errors import SettingError
from core.settings import EndpointSetting, Settings


class Tell(Protocol):
    """Told how far it is, and what came of it."""

    total: int | None

    def __call__(self, phase: str, done: int, counts: dict[str, int], last: bool) -> None: ...


def propose(
    context: Context,
    options: AugmentOptions,
    settings: Settings,
    path: Path,
    tell: Tell,
    stop: Stop,
) -> Outcome:
    """Make the proposals that a request asks for, in a file of proposals.

    Raises DataError when there is nothing to do, SettingError without an endpoint.
    """
    chosen = make_plan(context, options).chosen
    file, phase = ProposalFile(path), "adding noise" if options.noise else "rewording rows"

    def done(now: AugmentProgress) -> None:
        tell.total = now.total
        tell(phase, now.done, now.model_dump(), now.done == now.total)

    def go_on(now: AugmentProgress) -> bool:
        done(now)
        return not stop()

    if options.noise is not None:
        examples = [task.example for task in chosen.tasks]
        return make_noise(examples, options.noise, context, file, go_on)
    endpoint = augment_endpoint(settings)
    judge = judge_endpoint(settings) if options.judged else None
    work = Work(context=context, file=file, endpoint=endpoint, judge=judge)
    return make_paraphrases(chosen.tasks, options.wording, work, done, stop)


def judge_endpoint(settings: Settings) -> EndpointSetting:
    """The endpoint that is asked whether a rewording still wants the same.

    Raises SettingError when there is none.
    """
    if settings.judge is None:
        raise SettingError(
            "No language model is set that could judge rewordings.",
            "DUOTUNE_JUDGE_URL, DUOTUNE_JUDGE_MODEL",
            "Set both for an OpenAI-compatible endpoint, or leave the judge out.",
        )
    return settings.judge
