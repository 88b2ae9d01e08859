"""The terminal command that compares: a question, a file of them, a conversation, or speed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from core.actions import Actions
from core.comparing.asking import Asking
from core.comparing.batch import Batch, BatchRequest
from core.comparing.clients import Clients
from core.comparing.prompts import Item
from core.comparing.records import Question
from core.comparing.speed import QUESTIONS, Speed
from core.errors import RunError, ServingError
from core.messages import Message
from core.serving.contenders import Contender
from core.serving.records import Sampling
from core.training.records import Run
from eval.questions import as_items
from eval.records import Sample
from ui import terminal_compare_views as show
from ui import terminal_views as views
from ui.terminal_cli import Json, RunName, cli, open_actions
from ui.terminal_follow import follow_batch
from ui.terminal_output import Terminal, terminal

Who = list[tuple[Contender, str]]
LIMIT = 10


@cli.command()
def compare(
    run: RunName,
    prompt: Annotated[
        str | None,
        typer.Argument(help="A question; left out, you are asked for them, or test rows are."),
    ] = None,
    prompts: Annotated[
        Path | None, typer.Option(help="A file of questions: .txt, or rows with messages.")
    ] = None,
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            help="Another one: a run, RUN@STEP, a kept model, URL#MODEL, an endpoint.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many questions of the file or test part.")
    ] = None,
    speed: Annotated[bool, typer.Option(help="Measure how fast everybody answers.")] = False,
    json: Json = False,
) -> None:
    """Ask base, tuned and others the same and show all answers, or measure their speed."""
    with terminal(json) as output:
        actions = open_actions()
        found = actions.find_run(run)
        who = contenders(actions, found, others or [])
        if speed:
            measured = measure(actions, found, who, limit or QUESTIONS, output)
            output.show(measured, *show.speed_views(measured))
        elif prompts is not None:
            batch(actions, found, who, actions.read_prompts(prompts)[:limit], prompts.name, output)
        elif others:
            items = as_items([asked(prompt)] if prompt else test_samples(actions, found, limit))
            batch(actions, found, who, items, prompt or f"Test part of {found.plan.name}", output)
        elif prompt is None and limit is None and not json and is_watched():
            converse(actions, found, who, output)
        else:
            samples = [asked(prompt)] if prompt else test_samples(actions, found, limit)
            pair = actions.open_pair(found.id, output.say)
            compared = asyncio.run(actions.compare_samples(pair, samples, Sampling()))
            output.show_all("comparisons", compared, *map(views.comparison_view, compared))


def is_watched() -> bool:
    """Whether a person sits at the terminal, who can be asked for questions."""
    return sys.stdin.isatty() and sys.stdout.isatty()


# -- who ------------------------------------------------------------------------------------------


def contenders(actions: Actions, run: Run, others: Sequence[str]) -> Who:
    """A run beside its base, and whoever else was named.

    Raises RunError when nobody fits a name, ServingError when an address does not answer.
    """
    plan = run.plan
    base = Contender(kind="base", name=plan.base_model, revision=plan.revision)
    tuned = Contender(kind="run", name=run.id)
    return [
        (base, f"base ({plan.base_model})"),
        (tuned, plan.name),
        *(_named(actions, text) for text in others),
    ]


def _named(actions: Actions, text: str) -> tuple[Contender, str]:
    if text.startswith(("http://", "https://")):
        return _address(actions, text)
    for offer in actions.contenders():
        if text in (offer.contender.key, offer.contender.name, offer.title):
            return offer.contender, offer.title
    name, _, step = text.partition("@")
    run = actions.find_run(name)
    if not step:
        return Contender(kind="run", name=run.id), run.plan.name
    if not step.isdecimal():
        raise RunError(f"'{step}' is not a step.", fix="Write it as RUN@STEP, such as last@40.")
    one = Contender(kind="checkpoint", name=run.id, step=int(step))
    return one, f"{run.plan.name} (step {step})"


def _address(actions: Actions, text: str) -> tuple[Contender, str]:
    """A model at an address, saved under the address' own name so that it can be asked again."""
    url, _, model = text.partition("#")
    if not model:
        raise ServingError(
            "The endpoint's model is not named.", url, f"Write it behind a #: {url}#MODEL."
        )
    parts = urlsplit(url)
    plain = "".join(letter if letter.isalnum() or letter in ".-" else "-" for letter in model)
    name = f"{parts.hostname}-{parts.port or 443} {plain}"[:60]
    saved = actions.save_endpoint(name, url, model)
    return Contender(kind="endpoint", name=saved.name), saved.name


# -- what -----------------------------------------------------------------------------------------


def test_samples(actions: Actions, run: Run, limit: int | None) -> list[Sample]:
    """The first questions of the test part of a run's data.

    Raises RunError when it has none.
    """
    samples = actions.samples(run.plan.dataset_id)
    if not samples:
        raise RunError(
            "The data of this run has no test part to take questions from.",
            run.plan.dataset_id,
            'Ask your own: `duotune compare RUN "a question"`.',
        )
    return list(samples[: limit or LIMIT])


def asked(prompt: str) -> Sample:
    """A question typed in the terminal, as a sample without a reference."""
    message = Message(role="user", content=prompt)
    return Sample(id="asked", row=0, group="asked", prompt=(message,), reference="")


def batch(
    actions: Actions, run: Run, who: Who, items: Sequence[Item], name: str, output: Terminal
) -> Batch:
    """Ask many questions of everybody, follow it, and show all answers."""
    request = BatchRequest(
        name=name,
        contenders=tuple(contender for contender, _ in who),
        titles=tuple(title for _, title in who),
        run_id=run.id,
    )
    started = actions.start_batch(request, items)
    ended = follow_batch(actions, started.id, output)
    if ended.status == "failed":
        raise RunError(ended.problem, ended.where, ended.fix)
    rows = actions.batch_rows(started.id)
    output.show_all("rows", rows, *[show.row_view(row, ended.request.titles) for row in rows])
    return ended


def measure(actions: Actions, run: Run, who: Who, number: int, output: Terminal) -> Speed:
    """How fast everybody answers questions of the test part."""
    items = as_items(test_samples(actions, run, number))
    lanes = actions.open_lanes([contender for contender, _ in who], output.say)

    async def to_the_end() -> Speed:
        result = None
        async for progress in actions.measure_speed(lanes, items, Clients(), run.id):
            if progress.done % 10 == 0 and progress.result is None:
                output.say(f"{progress.done} of {progress.total} answers")
            result = progress.result
        assert result is not None, "a measurement ends with its result"
        return result

    return asyncio.run(to_the_end())


def converse(actions: Actions, run: Run, who: Who, output: Terminal) -> None:
    """Questions typed one after another, until an empty one; each model remembers its answers."""
    lanes = actions.open_lanes([contender for contender, _ in who], output.say)
    session = actions.start_comparison(
        [contender for contender, _ in who], [title for _, title in who], run.id
    )
    output.say("Ask all of them; an empty line ends it.")
    clients = Clients()
    with asyncio.Runner() as runner:
        while text := input("> ").strip():
            turn = actions.put_question(session.id, Question(text=text))
            session = actions.comparison(session.id)
            asking = actions.ask_lanes(session, turn, dict(enumerate(lanes)), clients)
            runner.run(_to_the_end(asking))
            session = actions.comparison(session.id)
            output.show(session.turns[-1], show.turn_view(session))


async def _to_the_end(asking: Asking) -> None:
    async for _ in asking.follow():
        pass
