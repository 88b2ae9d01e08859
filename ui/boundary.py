"""The one boundary where errors become something on screen: a sentence, never a traceback."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import gradio as gr

from core.errors import DuotuneError
from ui.markup import text
from ui.visit import visit_of
from ui.words import Voice

F = TypeVar("F", bound=Callable[..., Any])
LOG = logging.getLogger("duotune.ui")


def told(callback: F) -> F:
    """Wrap a callback so that whatever it raises is told to the person in words."""
    if inspect.isasyncgenfunction(callback):

        @functools.wraps(callback)
        async def stream(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
            with _errors_as_words(args):
                async for value in callback(*args, **kwargs):
                    yield value

        return cast(F, stream)
    if inspect.iscoroutinefunction(callback):

        @functools.wraps(callback)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with _errors_as_words(args):
                return await callback(*args, **kwargs)

        return cast(F, awaited)

    @functools.wraps(callback)
    def called(*args: Any, **kwargs: Any) -> Any:
        with _errors_as_words(args):
            return callback(*args, **kwargs)

    return cast(F, called)


@contextmanager
def _errors_as_words(args: tuple[Any, ...]) -> Iterator[None]:
    try:
        yield
    except DuotuneError as error:
        voice = _voice(args)
        raise _toast("\n".join(voice.trouble(error)), voice) from error
    except gr.Error:
        raise
    except Exception as error:
        LOG.exception("A callback of the page failed.")
        voice = _voice(args)
        sentence = voice("trouble.unexpected", kind=type(error).__name__)
        raise _toast(sentence, voice) from error


def _voice(args: tuple[Any, ...]) -> Voice:
    return visit_of(next((arg for arg in args if isinstance(arg, gr.Request)), None)).voice


def _toast(sentences: str, voice: Voice) -> gr.Error:
    title = voice("trouble.title")
    return gr.Error(text(sentences), duration=None, title=title, print_exception=False)
