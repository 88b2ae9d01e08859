"""Every label and sentence the page itself says, English and Chinese side by side."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core import wording
from core.assistant.records import Language
from core.errors import DuotuneError
from ui.words.augment import AUGMENT
from ui.words.chat import CHAT
from ui.words.common import COMMON
from ui.words.compare import COMPARE
from ui.words.data import DATA
from ui.words.exports import EXPORTS
from ui.words.library import LIBRARY
from ui.words.models import MODELS
from ui.words.plan import PLAN
from ui.words.plan_need import PLAN_NEED
from ui.words.plan_room import PLAN_ROOM
from ui.words.plan_settings import PLAN_SETTINGS
from ui.words.report import REPORT
from ui.words.report_curve import REPORT_CURVE
from ui.words.report_more import REPORT_MORE
from ui.words.report_rubric import REPORT_RUBRIC
from ui.words.runs import RUNS
from ui.words.tokens import TOKENS
from ui.words.train import TRAIN

WORDS: dict[str, tuple[str, str]] = {
    **COMMON,
    **CHAT,
    **DATA,
    **AUGMENT,
    **MODELS,
    **PLAN,
    **PLAN_SETTINGS,
    **PLAN_ROOM,
    **PLAN_NEED,
    **TRAIN,
    **RUNS,
    **TOKENS,
    **COMPARE,
    **REPORT,
    **REPORT_MORE,
    **REPORT_CURVE,
    **REPORT_RUBRIC,
    **EXPORTS,
    **LIBRARY,
}


@dataclass(frozen=True)
class Voice:
    """Says words in one language."""

    language: Language

    def __call__(self, key: str, **values: object) -> str:
        """The words under a key with values put in; KeyError for words that don't exist."""
        return WORDS[key][self._column].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """The words under a key, or the given text where there are none."""
        return WORDS[key][self._column] if key in WORDS else otherwise

    def said(self, text: str) -> str:
        """What core or eval put into words, in this language."""
        return wording.said(text, self.language)

    def sentences(self, parts: Iterable[str]) -> str:
        """Sentences one after another, as the language sets them; empty ones are left out."""
        return ("" if self.language == "zh" else " ").join(part for part in parts if part)

    def trouble(self, error: DuotuneError) -> list[str]:
        """What happened, where, and what to do, line by line."""
        return wording.error_text(error, self.language).splitlines()

    @property
    def _column(self) -> int:
        return 0 if self.language == "en" else 1


def dictionary(language: Language) -> dict[str, str]:
    """All words of one language by key, as the browser needs them."""
    return {key: pair[0 if language == "en" else 1] for key, pair in WORDS.items()}
