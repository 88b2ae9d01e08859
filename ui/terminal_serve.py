"""The terminal command that serves models to other programs until it is interrupted."""

from __future__ import annotations

import signal
import time
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer
from pydantic import BaseModel

from core.actions import Actions
from core.errors import RunError, ServingError
from core.models.catalog import STARTER
from core.serving.contenders import Contender, Lane
from ui.terminal_cli import Json, cli, open_actions
from ui.terminal_output import Terminal, terminal

POLL_S = 1.0
KINDS = ("base", "library")


class ServedModel(BaseModel):
    """A model as other programs ask for it."""

    title: str
    model: str
    base_url: str
    api_key: str
    note: str


@cli.command()
def serve(
    runs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[RUN]...",
            help="Runs (RUN@STEP for a checkpoint), base:MODEL or library:NAME; left out, the "
            "newest finished run.",
        ),
    ] = None,
    detach: Annotated[bool, typer.Option(help="Leave it running and return.")] = False,
    stop: Annotated[bool, typer.Option(help="Stop whatever is served.")] = False,
    json: Json = False,
) -> None:
    """Serve models behind one OpenAI-compatible address, each proven, until Ctrl-C."""
    with terminal(json) as output:
        actions = open_actions()
        if stop:
            was = bool(actions.engines.living())
            actions.stop_engine(output.say)
            _told(output, {"stopped": was}, "" if was else "Nothing was being served.")
            return
        before = {engine.id for engine in actions.engines.all_running()}
        lanes = actions.serve(chosen(actions, runs or []), output.say)
        served = [_served(lane) for lane in lanes]
        _told(output, {"models": [one.model_dump() for one in served]}, view(served))
        if detach:
            actions.leave_engines(output.say)
        else:
            _keep(actions, lanes, before, output)


def chosen(actions: Actions, names: Sequence[str]) -> list[Contender]:
    """The base of each model that is meant, then the model itself; each once.

    Raises RunError for what nobody knows.
    """
    found: list[Contender] = []
    for name in names or [_newest(actions)]:
        found += _meant(actions, name)
    bases = [one for one in found if one.kind == "base"]
    ordered = [*bases, *(one for one in found if one.kind != "base")]
    return list(dict.fromkeys(ordered))


def _newest(actions: Actions) -> str:
    done = [run.id for run in actions.runs() if run.has_model]
    return done[0] if done else f"base:{STARTER}"


def _meant(actions: Actions, name: str) -> list[Contender]:
    kind, _, rest = name.partition(":")
    if kind in KINDS and rest:
        return [Contender.model_validate({"kind": kind, "name": rest})]
    text, _, step = name.partition("@")
    if step and not step.isdecimal():
        raise RunError(f"'{step}' is not a step.", fix="Such as: duotune serve last@40")
    run = actions.find_run(text)
    base = Contender(kind="base", name=run.plan.base_model, revision=run.plan.revision)
    if step:
        return [base, Contender(kind="checkpoint", name=run.id, step=int(step))]
    return [base, Contender(kind="run", name=run.id)]


def _served(lane: Lane) -> ServedModel:
    return ServedModel(
        title=lane.title,
        model=lane.endpoint.model,
        base_url=lane.endpoint.base_url,
        api_key=lane.endpoint.api_key.get_secret_value(),
        note=lane.note,
    )


def view(served: Sequence[ServedModel]) -> str:
    """Where the models are, by what names, and how they are asked."""
    last = served[-1]
    names = [
        f"  {one.model}   {one.title}   {one.base_url}" + (f"   {one.note}" if one.note else "")
        for one in served
    ]
    keys = {one.base_url: one.api_key for one in served}
    told = [f"{url}   API key: {key}" for url, key in keys.items()]
    curl = (
        f"curl {last.base_url}/chat/completions -H 'Authorization: Bearer {last.api_key}' "
        "-H 'Content-Type: application/json' "
        f"""-d '{{"model": "{last.model}", "messages": [{{"role": "user", "content": "Hi"}}]}}'"""
    )
    python = (
        "from openai import OpenAI\n"
        f'client = OpenAI(base_url="{last.base_url}", api_key="{last.api_key}")\n'
        "answer = client.chat.completions.create(\n"
        f'    model="{last.model}", messages=[{{"role": "user", "content": "Hi"}}]\n'
        ")\n"
        "print(answer.choices[0].message.content)"
    )
    return "\n".join([*told, "Models:", *names, "", curl, "", python, ""])


def _told(output: Terminal, data: dict[str, object], words: str) -> None:
    if output.as_json:
        output.print_json(data)
        output.results.file.flush()
    elif words:
        output.results.print(words, soft_wrap=True, highlight=False)


def _keep(actions: Actions, lanes: Sequence[Lane], before: set[str], output: Terminal) -> None:
    """Serve until interrupted; then stop what was started here, and see that it is gone."""
    ours = {lane.endpoint.engine_id for lane in lanes} - {None}
    output.say("Serving. Ctrl-C stops it.")
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        while True:
            time.sleep(POLL_S)
            actions.tend_engines(output.say, is_needed=True)
            _need_alive(actions, ours)
    except KeyboardInterrupt:
        output.say("Ending.")
    finally:
        signal.signal(signal.SIGTERM, previous)
        for engine in actions.engines.living():
            if engine.id in ours - before:
                actions.engines.stop(engine, output.say)
        if ours & before:
            output.say("It was running before, so it goes on. To stop it: duotune serve --stop")


def _need_alive(actions: Actions, ours: set[str | None]) -> None:
    if not ours:
        raise ServingError(
            "Only models that are served elsewhere were picked, so there is nothing to serve.",
            fix="Pick a run or a base model.",
        )
    alive = {engine.id for engine in actions.engines.all_running()}
    if ours - alive:
        state = actions.engine_state()
        where = f"log: {state.engine.log}" if state.engine else ""
        raise ServingError(state.phase, where, "Serve them again; the log says more.")


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
