"""A turn of the agent: its events become items of the conversation, its end is saved."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from pydantic_ai import (
    AgentRunResultEvent,
    DeferredToolRequests,
    DeferredToolResults,
    FunctionToolCallEvent,
    FunctionToolResultEvent,
    PartDeltaEvent,
    PartStartEvent,
    TextPart,
    TextPartDelta,
    ToolApproved,
    ToolDenied,
)
from pydantic_ai.exceptions import AgentRunError
from pydantic_ai.messages import (
    ModelMessage,
    ModelResponse,
    ToolCallPart,
    ToolReturnPart,
)
from pydantic_ai.usage import UsageLimits

from core.assistant import chats, telling
from core.assistant.agent import build_agent, driving_model, offline_model, why_unusable
from core.assistant.asking import question
from core.assistant.hearing import Heard
from core.assistant.history import reminded, without_calls
from core.assistant.offline import next_step
from core.assistant.records import Pending, ToolUsed, Trouble
from core.assistant.replies import reply
from core.assistant.turn import Turn
from core.identifiers import new_id
from core.settings import EndpointSetting

MOST_REQUESTS = 12


async def converse(turn: Turn, prompt: str) -> None:
    """Answer what the person said."""
    history = chats.load_history(turn.actions.workspace, turn.chat_id)
    await _Exchange(turn, _heard(turn)).run(history, prompt)


async def resume(turn: Turn, pending: Pending, approved: bool, reason: str = "") -> None:
    """Carry out the action the person approved, or tell the agent that they declined."""
    heard = _heard(turn).model_copy(update={"decided": pending.verb, "declined": not approved})
    history = chats.load_history(turn.actions.workspace, turn.chat_id)
    call = ToolCallPart(pending.verb, pending.arguments, tool_call_id=pending.call_id)
    denied = ToolDenied(reason or "The person declined; nothing was started.")
    results = DeferredToolResults(
        approvals={call.tool_call_id: ToolApproved() if approved else denied}
    )
    past = [*history, ModelResponse(parts=[call])]
    await _Exchange(turn, heard, pending).run(past, None, results)


def keep_rubric(turn: Turn, name: str) -> None:
    """Keep a dropped rubric file with the conversation; raises RubricError when it is none."""
    from eval.rubric import formats as rubric_formats

    source = Path(turn.memory.files[name])
    rubric_formats.convert_file(source)
    kept = turn.actions.workspace.chat(turn.chat_id) / f"rubric{source.suffix}"
    shutil.copyfile(source, kept)
    turn.remember(rubric=str(kept))


def _heard(turn: Turn) -> Heard:
    return Heard(
        text=turn.said.text,
        files=turn.names,
        rubrics=turn.rubrics,
        known_files=tuple(turn.memory.files),
        language=turn.chat.language,
        situation=turn.look(),
        models=tuple(model.name for model in turn.actions.models()),
    )


class _Exchange:
    """One run of the agent, and a second by the offline rules if the language model breaks off."""

    def __init__(self, turn: Turn, heard: Heard, decided: Pending | None = None) -> None:
        self.turn, self.heard, self.decided = turn, heard, decided
        self.offline = offline_model(turn, heard)
        self.began: dict[str, float] = {}

    async def run(
        self,
        history: list[ModelMessage],
        prompt: str | None,
        results: DeferredToolResults | None = None,
    ) -> None:
        """Run to the end, and save what was said."""
        endpoint = self.turn.actions.settings.assistant
        try:
            await self._attempt(history, prompt, results, endpoint)
        except AgentRunError as error:
            if endpoint is None:
                raise
            self.turn.break_off()
            self.turn.unusable = self.turn.unusable or why_unusable(error, endpoint)
            if self.decided and self.turn.results:  # done already: it must not be done again
                self.turn.speak(next_step(self.heard, self.turn.results).text)
            else:
                await self._attempt(history, prompt, results, None)
        self._tell_fallback()

    async def _attempt(
        self,
        history: list[ModelMessage],
        prompt: str | None,
        results: DeferredToolResults | None,
        endpoint: EndpointSetting | None,
    ) -> None:
        async with (
            driving_model(endpoint, self.offline, self._unusable) as model,
            build_agent().run_stream_events(
                prompt,
                message_history=reminded(history),
                deps=self.turn,
                model=model,
                deferred_tool_results=results,
                usage_limits=UsageLimits(request_limit=MOST_REQUESTS),
            ) as events,
        ):
            async for event in events:
                self._show(event)
                if isinstance(event, AgentRunResultEvent):
                    self._settle(history, event.result.output, event.result.new_messages())

    def _unusable(self, why: str, fix: str) -> None:
        self.turn.unusable = (why, fix)

    # -- events ---------------------------------------------------------------------------------

    def _show(self, event: object) -> None:
        match event:
            case PartStartEvent(part=TextPart(content=text)):
                self.turn.fall_silent()
                self.turn.grow(text)
            case PartDeltaEvent(delta=TextPartDelta(content_delta=text)):
                self.turn.grow(text)
            case FunctionToolCallEvent(part=call):
                self._tool_begins(call)
            case FunctionToolResultEvent(part=part):
                self._tool_ends(part)

    def _tool_begins(self, call: ToolCallPart) -> None:
        """Add the tool's line; the one of a decided action is there already."""
        self.turn.fall_silent()
        self.began[call.tool_call_id] = time.monotonic()
        if self.decided is None or call.tool_call_id != self.decided.call_id:
            item_id = self.turn.line_for(call.tool_call_id)
            arguments = call.args_as_dict(raise_if_invalid=False)
            self.turn.add(
                ToolUsed(
                    call_id=item_id, verb=call.tool_name, arguments=arguments, status="running"
                )
            )

    def _tool_ends(self, part: object) -> None:
        """Mark the tool's line; a part that is no return is a call the model got wrong."""
        call_id = str(getattr(part, "tool_call_id", ""))
        item_id = self.turn.lines.get(call_id, call_id)
        if not self.turn.uses(item_id, "running"):
            return
        returned = isinstance(part, ToolReturnPart) and bool(self.turn.results)
        last = self.turn.results[-1] if returned else None
        done = last is not None and last.kind != "failed"
        self.turn.mark(
            item_id,
            status="done" if done else "failed",
            result=telling.line(last, self.turn.chat.language) if last else "",
            seconds=round(time.monotonic() - self.began[call_id], 2),
        )

    # -- the end --------------------------------------------------------------------------------

    def _settle(
        self,
        history: list[ModelMessage],
        output: str | DeferredToolRequests,
        new: list[ModelMessage],
    ) -> None:
        """Let what needs approval wait, and save the messages without it."""
        turn = self.turn
        turn.fall_silent()
        waiting: set[str] = set()
        if isinstance(output, DeferredToolRequests):
            waiting = {call.tool_call_id for call in output.approvals}
            self._await_approval(output)
        if not waiting:
            self._await_plan()
        messages = [*history, *without_calls(new, waiting)]
        chats.save_history(turn.actions.workspace, turn.chat_id, messages)
        answered = [m.model_name for m in new if isinstance(m, ModelResponse) and m.model_name]
        turn.update(driver=answered[-1] if answered else turn.chat.driver)

    def _await_plan(self) -> None:
        """A plan proposed in this turn waits; one that is the same as before goes on waiting."""
        turn = self.turn
        if turn.proposed is None:
            return
        arguments = {"plan": turn.proposed.plan.model_dump(mode="json")}
        if turn.chat.pending and turn.chat.pending.arguments == arguments:
            return
        turn.wait_for(
            Pending(
                call_id=new_id("call"),
                verb="start_training",
                arguments=arguments,
                warnings=turn.proposed.warnings,
            )
        )

    def _await_approval(self, output: DeferredToolRequests) -> None:
        """The first call waits; others asked for at once are not kept."""
        turn = self.turn
        for place, call in enumerate(output.approvals):
            item_id = turn.lines.get(call.tool_call_id, call.tool_call_id)
            if place:
                told = reply("superseded", turn.chat.language)
                turn.mark(item_id, status="declined", result=told)
                continue
            given: dict[str, Any] = output.metadata.get(call.tool_call_id, {})
            warnings = tuple(given.get("warnings", ()))
            if call.tool_name == "start_training" and turn.proposed:
                warnings = turn.proposed.warnings
            pending = Pending(
                call_id=item_id,
                verb=call.tool_name,
                arguments=given.get("arguments", {}),
                warnings=warnings,
            )
            turn.wait_for(pending)
            if asked := question(turn.actions, pending, turn.chat.language):
                turn.speak(asked)

    def _tell_fallback(self) -> None:
        """Say once that the language model could not be used; forget it when it answers again."""
        turn, endpoint = self.turn, self.turn.actions.settings.assistant
        if endpoint is None:
            return
        if turn.unusable is None:
            if turn.memory.fallback_told:
                turn.remember(fallback_told=False)
        elif not turn.memory.fallback_told:
            why, fix = turn.unusable
            problem = f"The language model '{endpoint.model}' could not be used: {why}"
            told = f"{fix} Meanwhile I follow plain requests without it."
            turn.add(Trouble(problem=problem, where=endpoint.base_url, fix=told))
            turn.remember(fallback_told=True)
