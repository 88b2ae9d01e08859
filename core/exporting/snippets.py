"""How to call a model, ready to be copied: the OpenAI client, curl, and the tools that load it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

from core.messages import Record

QUESTION = "Hello!"


class Snippets(Record):
    """Texts to copy; the key is named as an environment variable, never put in."""

    python: str
    curl: str


def openai(
    base_url: str,
    model: str,
    stop_token_ids: Sequence[int] = (),
    template_kwargs: dict[str, Any] | None = None,
    question: str = QUESTION,
) -> Snippets:
    """Python and curl that ask a served model, rendered and stopped as it was trained."""
    more: dict[str, Any] = {}
    if stop_token_ids:
        more["stop_token_ids"] = list(stop_token_ids)
    if template_kwargs:
        more["chat_template_kwargs"] = template_kwargs
    messages = [{"role": "user", "content": question}]
    extra = f",\n    extra_body={more!r}" if more else ""
    python = (
        "import os\nfrom openai import OpenAI\n\n"
        f"client = OpenAI(base_url={base_url!r}, api_key=os.environ.get('API_KEY', 'none'))\n"
        "answer = client.chat.completions.create(\n"
        f"    model={model!r},\n    messages={messages!r},\n    temperature=0{extra},\n)\n"
        "print(answer.choices[0].message.content)\n"
    )
    body = {"model": model, "messages": messages, "temperature": 0, **more}
    told = shlex.quote(json.dumps(body, ensure_ascii=False))
    curl = (
        f"curl {shlex.quote(base_url + '/chat/completions')} \\\n"
        '  -H "Authorization: Bearer $API_KEY" -H "Content-Type: application/json" \\\n'
        f"  -d {told}\n"
    )
    return Snippets(python=python, curl=curl)
