"""The address decides, then the cookie, then the browser."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from ui.language import COOKIE, choose_language
from ui.page import PageHead


@pytest.mark.parametrize(
    ("query", "cookies", "header", "expected"),
    [
        ({"lang": "zh"}, {COOKIE: "en"}, "en", "zh"),
        ({}, {COOKIE: "zh"}, "en", "zh"),
        ({"lang": "xx"}, {COOKIE: "../"}, "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ({}, {}, "de-DE,en;q=0.5,zh;q=0.9", "zh"),
        ({}, {}, "fr", "en"),
        ({}, {}, "zh;q=nonsense, en", "en"),
        ({}, {}, "", "en"),
    ],
)
def test_choosing(
    query: dict[str, str], cookies: dict[str, str], header: str, expected: str
) -> None:
    assert choose_language(query, cookies, header) == expected


def client() -> TestClient:
    async def page(_: Request) -> HTMLResponse:
        return HTMLResponse('<html\n\tlang="en"><head><title>t</title></head></html>')

    async def other(_: Request) -> PlainTextResponse:
        return PlainTextResponse("<head>")

    return TestClient(PageHead(Starlette(routes=[Route("/", page), Route("/other", other)])))


def test_the_page_starts_with_our_script_and_remembers_the_language() -> None:
    answer = client().get("/?lang=zh")
    assert '<html lang="zh-CN"' in answer.text
    assert answer.text.index("navigator") < answer.text.index("<title>")
    assert 'const locale = "zh-CN"' in answer.text
    assert answer.cookies[COOKIE] == "zh"
    assert int(answer.headers["content-length"]) == len(answer.content)


def test_other_answers_are_left_alone() -> None:
    answer = client().get("/other?lang=zh")
    assert answer.text == "<head>"
    assert COOKIE not in answer.cookies
