"""Licences are recognised from model cards, and restricted ones wait for a person's yes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest

from core.models.licences import LICENCES, LicenceTerms, licence_gate, stated
from core.wording import error_parts, said

HAN = re.compile("[\u4e00-\u9fff]")
PAGE = "https://hub/a/b"


class Model(NamedTuple):
    name: str
    terms: LicenceTerms


@pytest.mark.parametrize(
    ("card", "name", "kind"),
    [
        ({"license": "apache-2.0"}, "Apache-2.0", "permissive"),
        ({"license": "MIT"}, "MIT", "permissive"),
        ({"license": "llama3.1"}, "Llama 3.1 Community License", "conditional"),
        (
            {"license": "other", "license_name": "qwen-research"},
            "Qwen Research License",
            "non-commercial",
        ),
        ({"license": ["mit", "cc-by-nc-4.0"]}, "CC-BY-NC-4.0", "non-commercial"),
        ({"license": "other", "license_name": "my-own"}, "my-own", "unknown"),
        ({"license": "brand-new-1.0"}, "brand-new-1.0", "unknown"),
        ({"license": "other"}, "other", "unknown"),
        ({"license": "unknown"}, "unstated licence", "unknown"),
        ({}, "unstated licence", "unknown"),
    ],
)
def test_a_card_states_its_licence(card: dict[str, Any], name: str, kind: str) -> None:
    terms = stated(card, PAGE)
    assert (terms.name, terms.kind) == (name, kind)
    assert terms.url.startswith("https://")


def test_a_link_that_is_none_is_not_followed() -> None:
    card = {"license": "other", "license_name": "x", "license_link": "javascript:alert(1)"}
    assert stated(card, PAGE).url == PAGE
    assert stated({**card, "license_link": "https://x/LICENSE"}, PAGE).url == "https://x/LICENSE"


def test_a_permissive_licence_and_a_folder_that_states_none_ask_nothing() -> None:
    assert licence_gate(Model("a", LICENCES["mit"]), None) is None
    assert licence_gate(Model("/my/folder", stated({}, "")), None) is None


@pytest.mark.parametrize("key", ["gemma", "llama3.2", "mrl", "qwen-research", "cc-by-nc-4.0"])
def test_a_restricted_licence_is_accepted_by_its_own_name_only(key: str) -> None:
    model = Model("a/b", LICENCES[key])
    asked = licence_gate(model, None)
    assert asked is not None
    assert model.terms.restrictions in asked.problem
    assert asked.where == model.terms.url
    assert model.terms.name in asked.fix
    assert licence_gate(model, "Apache-2.0") is not None
    assert licence_gate(model, model.terms.name) is None


def test_an_unknown_licence_asks_too() -> None:
    assert licence_gate(Model("a/b", stated({}, PAGE)), None) is not None


def test_every_restriction_is_said_in_chinese() -> None:
    kinds = [*LICENCES.values(), stated({}, PAGE), stated({"license": "x"}, PAGE)]
    for terms in kinds:
        if terms.restrictions:
            assert HAN.search(said(terms.restrictions, "zh")), terms.name
            asked = licence_gate(Model("a/b", terms), None)
            assert asked is not None
            problem, _, fix = error_parts(asked, "zh")
            assert said(terms.restrictions, "zh") in problem
            assert HAN.search(fix)
