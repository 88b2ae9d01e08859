"""The web app: one page with five rooms, started once per workspace, on loopback by default.

Element ids that tests and scripts may rely on (`#id`):
  header        header (links `[data-language]`, button `.dt-theme`, `.dt-status`)
  Chat          chat-messages, chat-suggestions (`button[data-id]`), chat-box, chat-driver,
                chat-journey, chat-plan (`[data-setting=NAME]`, `button[type=submit]`), chat-run
                (`button[data-do=stop|resume|again|up]`), chat-verdict
  Data          data-choose, data-upload, data-example, data-summary, data-severity, data-problems,
                data-csv, data-jsonl, data-row, data-previous, data-next, data-dialogue
  Train         train-dataset, train-plan (besides: `button[data-do=measure|differ|sweep|save]`),
                train-open-plan, train-tabs (`#train-tab-runs|compare|sweeps|library|models-button`)
                train-runs (`button[data-id]`), train-run, train-tools (`button[data-do]`),
                train-settings, train-events, train-log-search, train-log, train-compare,
                train-compared, train-sweeps, train-library, train-model-name, train-model-look,
                train-model, train-downloads, train-catalog
  Compare       compare-run, compare-who, compare-open, compare-close, compare-engine, compare-talk
                (newest turn: compare-base, compare-tuned, compare-lane-N, each with -figures;
                blind: compare-side-N; `button[data-do]`, `[data-choice]`), compare-question,
                compare-send, compare-stop, compare-sample, compare-reference, compare-clear,
                compare-blind, compare-history,
                compare-tabs (`#compare-tab-talk|batch|speed|history-button`)
  Report        report-run, report-limit, report-start, report-list, report-tabs, report-stop,
                report-verdict, report-html, report-md, report-json, report-page (an iframe)
Rooms are tabs: `button[role=tab]`; `?room=train` opens one, `?lang=zh` sets the language.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import gradio as gr
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware

from core.actions import Actions
from core.disk import take_lease, write_atomic
from core.errors import SettingError
from core.settings import Settings
from core.workspace import Workspace
from ui.components import widget
from ui.i18n import label, translations
from ui.live import QUIET, Live, wire
from ui.network import free_port, is_loopback, refused
from ui.page import PageHead
from ui.present.header import header
from ui.rooms import chat, compare, data, report, train
from ui.services import Services
from ui.shared_pages import shared_pages
from ui.theme import theme
from ui.upkeep import Upkeep
from ui.visit import Visit, visit_of
from ui.words import Voice

STYLES = sorted((Path(__file__).parent / "styles").glob("*.css"))
QUEUE_LOOK_S = 0.02
LARGEST_UPLOAD = "1gb"
KEPT_S = 24 * 3600
"""Seconds that uploaded and downloadable copies are kept."""
ROOMS = {
    "chat": chat.render,
    "data": data.render,
    "train": train.render,
    "compare": compare.render,
    "report": report.render,
}
"""In the order of the job."""

Say = Callable[[str], None]


@dataclass
class RunningApp:
    """An app that answers; close it, once or more, to free its port and its workspace."""

    address: str
    demo: Any
    lease: int | None

    def close(self) -> None:
        """Stop answering; runs and engines go on."""
        self.demo.close(verbose=False)
        if self.lease is not None:
            os.close(self.lease)
            self.lease = None


def build(actions: Actions) -> gr.Blocks:
    """The whole page over the product's verbs."""
    services = Services(actions)
    with gr.Blocks(
        title=Voice("en")("app.title"), fill_width=True, delete_cache=(3600, KEPT_S)
    ) as demo:
        top = widget("header", "header", role="header")
        parts = [Live(lambda visit: [_header(services, visit)], [top])]
        opened = []
        with gr.Tabs(elem_id="rooms") as tabs:
            for name, render in ROOMS.items():
                with gr.Tab(label(f"room.{name}"), id=name, elem_id=f"room-{name}") as tab:
                    parts.append(render(services))
                _remember_room(tab, name)
                opened.append(tab)
        wire(demo, parts, opened, services.watch.is_busy, services.watch.one_look)
        demo.load(_open_room, None, tabs, **QUIET)
        demo.load(services.assistant.warm_up, None, None, **QUIET)
        _note_progress_on(top, demo)
    demo.queue(default_concurrency_limit=8, max_size=256)
    return demo


def _note_progress_on(widget: Any, demo: Any) -> None:
    """Where no progress is shown, note it on one small widget.

    Gradio notes it on all outputs that any event ever had, at each message of each event, and
    copies all that is in them for it: a streamed answer kept a long page busy with that alone.
    """
    for function in demo.fns.values():
        if function.show_progress == "hidden" and function.outputs:
            function.show_progress_on = [widget]


def _header(services: Services, visit: Visit) -> dict[str, Any]:
    watch = services.watch
    return header(services.actions.engine(), watch.runs(), watch.evaluations(), visit.voice)


def _open_room(request: gr.Request) -> Any:
    room = visit_of(request).room
    return gr.Tabs(selected=room) if room in ROOMS else gr.skip()


def _remember_room(tab: Any, name: str) -> None:
    """Keep the open room in the address, so that a reload comes back to it."""
    tab.select(
        None,
        js=f"""() => {{
          if (!window.duotuneTouched) return;  // Gradio opens the first tab by itself
          const address = new URL(location.href);
          address.searchParams.set("room", "{name}");
          history.replaceState(null, "", address);
        }}""",
    )


def check_binding(settings: Settings) -> None:
    """Refuse to be reached from other machines without a login.

    Raises SettingError.
    """
    if settings.login is None and not is_loopback(settings.host):
        raise SettingError(
            f"DUOTUNE_HOST is '{settings.host}', which other machines can reach, and there is no "
            "login.",
            fix="Set DUOTUNE_LOGIN to name:password, or leave DUOTUNE_HOST at 127.0.0.1.",
        )


def take_workspace(workspace: Workspace) -> int:
    """The lease that makes this the only app of a workspace.

    Raises SettingError that names the address of the other one.
    """
    lease = take_lease(workspace.app_lease)
    if lease is not None:
        return lease
    address = ""
    with suppress(OSError, ValueError, KeyError):
        address = json.loads(workspace.app_record.read_text(encoding="utf-8"))["address"]
    raise SettingError(
        "Duotune is already open for this workspace.",
        address or str(workspace.root),
        "Use that one, stop it first, or choose another workspace with DUOTUNE_HOME.",
    )


def launch(actions: Actions) -> RunningApp:
    """Start answering and return; the caller closes it.

    Raises SettingError for an unsafe binding, a taken port, or a second app in one workspace.
    """
    settings, workspace = actions.settings, actions.workspace
    check_binding(settings)
    lease = take_workspace(workspace)
    try:
        os.environ["GRADIO_TEMP_DIR"] = str(workspace.exchange)
        demo, port = _listening(actions)
        _calm(demo)
    except BaseException:
        os.close(lease)
        raise
    shown = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
    address = f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
    write_atomic(workspace.app_record, json.dumps({"address": address, "pid": os.getpid()}))
    return RunningApp(address, demo, lease)


def _listening(actions: Actions) -> tuple[gr.Blocks, int]:
    """The page on its port; when another program takes a free one first, the next is tried."""
    settings = actions.settings
    while True:
        port = free_port(settings)
        demo = build(actions)
        try:
            demo.launch(**_launch_options(actions, port))
        except OSError:
            demo.close(verbose=False)
            if refused(settings.host, port) is None:
                raise  # the port is not why
        else:
            return demo, port


def _calm(demo: Any) -> None:
    """Let Gradio look into its queue 50 times a second.

    It does so a thousand times, which takes 6 % of a core from the training beside it (measured).
    """
    if hasattr(demo._queue, "sleep_when_free"):
        demo._queue.sleep_when_free = QUEUE_LOOK_S


def _launch_options(actions: Actions, port: int) -> dict[str, Any]:
    settings = actions.settings
    login = settings.login.get_secret_value() if settings.login else None
    return {
        "server_name": settings.host,
        "server_port": port,
        "auth": [tuple(login.split(":", 1))] if login else None,
        "prevent_thread_lock": True,
        "quiet": True,
        "show_error": True,
        "share": False,
        "ssr_mode": False,
        "run_history": False,
        "footer_links": [],
        "max_file_size": LARGEST_UPLOAD,
        "enable_monitoring": False,
        "theme": theme(),
        "css_paths": STYLES,
        "i18n": translations(),
        "app_kwargs": {
            "routes": [shared_pages(actions)],
            "middleware": [*_only_this_machine(login), Middleware(PageHead)],
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
        },
    }


def _only_this_machine(login: str | None) -> list[Middleware]:
    """Without a login, answer to loopback names only, so that no web page reaches in by another."""
    if login is not None:
        return []
    return [Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])]


def serve(actions: Actions, say: Say) -> None:
    """Open the app and answer until interrupted; says the address.

    Raises SettingError as `launch` does.
    """
    app = launch(actions)
    say(f"Duotune is open at {app.address}")
    settings = actions.settings
    if settings.login_is_new and settings.login is not None:
        name, _, password = settings.login.get_secret_value().partition(":")
        say(f"Log in as {name} with the password {password} (DUOTUNE_LOGIN sets your own).")
    upkeep = Upkeep(actions, say=say)
    upkeep.start()
    if settings.engine_on_exit == "stop":
        signal.signal(signal.SIGTERM, _interrupt)  # or an engine would outlive a service's stop
    try:
        app.demo.block_thread()
    finally:
        upkeep.end()
        app.close()


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
