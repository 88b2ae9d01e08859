"""All formats, from the most particular to the most general: the first that fits names a record."""

from __future__ import annotations

from core.data.formats import (
    alpaca,
    anthropic,
    discord,
    gemini,
    labels,
    lists,
    moss,
    openai,
    pairs,
    preference,
    questions,
    roleplay,
    sharegpt,
    slack,
    tagged_text,
    telegram,
    trees,
    wechat,
    whatsapp,
)
from core.data.formats.shape import Format

FORMATS: tuple[Format, ...] = (
    # keys that nobody else has
    *trees.FORMATS,
    *moss.FORMATS,
    *gemini.FORMATS,
    *preference.FORMATS,
    *sharegpt.FORMATS,
    *anthropic.FORMATS,
    # `messages` whose entries are not OpenAI's, and other lists of turns
    *discord.FORMATS,
    *telegram.FORMATS,
    *slack.FORMATS,
    *roleplay.FORMATS,
    *openai.FORMATS,
    # columns that belong together
    *pairs.FORMATS,
    *alpaca.FORMATS,
    *wechat.FORMATS,
    *whatsapp.FORMATS,
    tagged_text.TAGGED,
    # any text with a label, any question with an answer, any list
    *labels.FORMATS,
    *questions.FORMATS,
    *lists.FORMATS,
    tagged_text.PLAIN,
)
