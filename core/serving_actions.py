"""The verbs about serving: who can be asked, lanes, engines, endpoints; part of `core.actions`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from core import slots
from core.errors import RunError
from core.messages import Message
from core.models import catalog
from core.run_actions import RunActions, Say, silent
from core.serving import (
    chat,
    endpoint_probe,
    endpoints,
    lanes,
    offers,
    published,
    registry,
    tending,
)
from core.serving.contenders import MOST_LANES, Contender, Lane, Offer
from core.serving.endpoints import SavedEndpoint
from core.serving.launch import MOST_ADAPTERS
from core.serving.records import Engine, EngineState, Generation, Sampling, ServedModels
from core.training.records import Run


@dataclass(frozen=True)
class ServingActions(RunActions):
    """The verbs about serving, over one workspace and its settings."""

    # -- asking -------------------------------------------------------------------------------

    def contenders(self) -> tuple[Offer, ...]:
        """All that can be asked now: bases, runs with their checkpoints, library, endpoints."""
        return offers.offers(self.engines)

    def open_lanes(self, contenders: Sequence[Contender], say: Say = silent) -> tuple[Lane, ...]:
        """Have one to four contenders served, in this order; costs milliseconds where they are.

        Open them again before a question is retried: an engine that died is started again then.
        Raises RunError or ModelError when one does not exist, ServingError when one can't be
        served or proven, or they do not fit into memory together.
        """
        return self._opened(contenders, say, MOST_LANES)

    def serve(self, contenders: Sequence[Contender], say: Say = silent) -> tuple[Lane, ...]:
        """The same for other programs that ask: as many as an engine has adapters."""
        return self._opened(contenders, say, MOST_ADAPTERS)

    def _opened(self, contenders: Sequence[Contender], say: Say, most: int) -> tuple[Lane, ...]:
        if any(each.kind != "endpoint" for each in contenders):
            self._need_gpu()
        return lanes.open_lanes(self.engines, contenders, say, most)

    def ask_many(
        self, opened: Sequence[Lane], messages: Sequence[Sequence[Message]], sampling: Sampling
    ) -> AsyncIterator[tuple[Generation, ...]]:
        """The growing answers of all lanes; close the iterator to stop them."""
        return chat.stream_many(opened, messages, sampling)

    def _need_gpu(self) -> None:
        """An engine takes most of a GPU's free memory, which a trainer at work may need next."""
        if catalog.gpu_name() is None:
            return
        ours = slots.here()[0]
        for run in self.runs():
            if run.is_at_work and (not run.slots or ours in run.slots):
                raise RunError(
                    f"Run '{run.plan.name}' is training on the GPU, and serving needs its memory.",
                    run.id,
                    "Wait until it is done, or stop it first: it can be resumed later.",
                )

    # -- engines ------------------------------------------------------------------------------

    def engine(self) -> Engine | None:
        """The engine of a base model that runs now, if any."""
        return self.engines.running()

    def engine_state(self) -> EngineState:
        """How serving stands, for display."""
        return self.engines.status()

    def served(self) -> tuple[ServedModels, ...]:
        """What each engine that is ready answers for, its loaded adapters included."""
        return tuple(
            ServedModels(engine=engine, models=registry.offered(self.engines, engine))
            for engine in self.engines.all_running()
        )

    def stop_engine(self, say: Say = silent) -> None:
        """Stop all engines and see their memory given back."""
        self.engines.stop_all(say)

    def tend_engines(self, say: Say = silent, is_needed: bool = False) -> None:
        """Start an engine again that crashed, end what one left behind; to be done now and then.

        None ends for want of questions while it `is_needed`, or an evaluation goes on.
        Raises ServingError when something can't be ended.
        """
        tending.tend(self.engines, is_needed or bool(self._evaluating()), say)

    def leave_engines(self, say: Say = silent) -> None:
        """What the settings say becomes of engines when the app is closed."""
        if not self.engines.living():
            return
        if self.settings.engine_on_exit == "stop":
            self.engines.stop_all(say)
            return
        minutes = self.settings.engine_idle_minutes
        ends = f"ends when nobody asks it for {minutes:g} minutes" if minutes else "never ends"
        say(f"The model server goes on, and {ends}. To stop it now: duotune serve --stop")

    # -- what engines read --------------------------------------------------------------------

    def delete_run(self, run_id: str) -> Run:
        """Remove a run with all its files and what was published of it; returns it as it was.

        Raises RunError while it is live, served, or another live run begins with its model.
        """
        copies = published.of_run(self.workspace.run(run_id))
        run = super().delete_run(run_id)
        published.remove(self.engines, copies)
        return run

    def keep_house(self) -> tuple[str, ...]:
        """Clear away runs whose days are over and copies that no engine reads; returns the runs."""
        cleared = super().keep_house()
        published.sweep(self.engines)
        return cleared

    # -- models served elsewhere --------------------------------------------------------------

    def save_endpoint(
        self, name: str, base_url: str, model: str, key: str = "", say: Say = silent
    ) -> SavedEndpoint:
        """Keep an OpenAI-compatible endpoint under a name, once it has answered.

        Raises ServingError that says why it does not.
        """
        endpoint = endpoints.make(name, base_url, model, key)
        endpoint_probe.probe(endpoint, say)
        return endpoints.save(self.workspace, endpoint)

    def endpoints(self) -> tuple[SavedEndpoint, ...]:
        """The endpoints that were saved, without their keys."""
        return endpoints.entries(self.workspace)

    def remove_endpoint(self, name: str) -> None:
        """Forget an endpoint and its key."""
        endpoints.remove(self.workspace, name)
