"""Which language a text is in: scripts decide, and a small model among Latin letters."""

from __future__ import annotations

import json

import pytest

from core.data.whole.languages import (
    LATIN_SCRIPT,
    OTHER,
    count_languages,
    language_of,
    quick_language,
)
from tests.core.data.whole.making import banking, example, sample


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the weather like?", "en"),
        ("play some jazz", "en"),
        ("你好，请问今天天气怎么样？", "zh"),
        ("用Python写一个quick sort函数", "zh"),
        ("東京都は日本の首都です", "ja"),
        ("안녕하세요, 반갑습니다", "ko"),
        ("Где мой заказ?", "ru"),
        ("Де моє замовлення і коли воно буде?", "uk"),
        ("أين طلبي؟", "ar"),
        ("سفارش من کجاست، چرا نمی‌رسد؟ گفتم", "fa"),
        ("Πού είναι η παραγγελία μου;", "el"),
        ("¿Dónde está mi pedido?", "es"),
        ("quiero cancelar mi pedido", "es"),
        ("Wo ist meine Bestellung?", "de"),
        ("je ne comprends pas", "fr"),
        ("12345 :-)", OTHER),
        ("", OTHER),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert language_of(text) == language


def test_a_quick_look_does_not_guess_among_latin_letters() -> None:
    assert quick_language("quiero cancelar mi pedido") == LATIN_SCRIPT
    assert quick_language("what is it that you want") == "en"
    assert quick_language("한국어") == "ko"


def test_labels_are_in_no_language() -> None:
    row = example("我的卡什么时候到？", "card_arrival_of_the_very_long_label", label="card_arrival")
    assert count_languages([row]) == {"zh": 1}


def test_real_short_texts_as_accurately_as_was_measured() -> None:
    texts = [row.conversation.first_user for row in banking("banking77_train.csv")]
    assert sum(language_of(text) == "en" for text in texts) >= 0.995 * len(texts)
    zh = [row["instruction"] for row in json.loads(sample("lf_alpaca_zh_demo.json").read_bytes())]
    assert sum(language_of(text) == "zh" for text in zh) >= 0.995 * len(zh)
