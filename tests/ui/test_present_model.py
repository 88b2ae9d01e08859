"""The catalog, an inspection and a download as a person reads them, in both languages."""

from __future__ import annotations

import re

import pytest

from core.models import catalog
from core.models.downloads import Download
from core.models.facts import hub_models
from core.models.inspection import ModelInspection, Refusal, inspect
from core.models.licences import LICENCES, LicenceTerms
from core.settings import Settings
from ui.present import model as present
from ui.words import Voice

EN, ZH = Voice("en"), Voice("zh")
HAN = re.compile("[\u4e00-\u9fff]")
OFFLINE = Settings(offline=True)


@pytest.fixture(scope="module")
def starter() -> ModelInspection:
    return inspect("starter", OFFLINE)


def test_the_catalog_lists_every_model_and_what_licences_ask() -> None:
    models = catalog.models(OFFLINE)
    shown = present.catalog(models, hub_models().checked, EN)
    assert all(model.name in shown for model in models)
    assert "30.5 B, 3.3 B at a time" in shown
    assert "2026-" in shown
    assert shown.count("700 million") == 1
    assert "Llama 3.2 Community License, Llama 3.1 Community License" in shown
    chinese = present.catalog(models, hub_models().checked, ZH)
    assert "7 亿" in chinese
    assert "Free below" not in chinese
    assert "小巧快速" in chinese


def test_an_inspection_says_what_was_counted_and_where(starter: ModelInspection) -> None:
    facts = dict(present.inspection_facts(starter, EN))
    assert facts["Parameters"] == "4,983,552 (counted in the weight files)"
    assert facts["Context"] == "1,024 tokens"
    assert facts["Weights"] == "BF16"
    assert facts["Chat template"] == "no thinking part, system turns, no tools, marks its answers"
    assert facts["Trains here"] == "yes"
    assert "Download" not in facts
    assert "can be tuned here" in present.inspection(starter, EN)
    names = [name for name, _ in present.inspection_facts(starter, ZH)]
    assert all(HAN.search(name) for name in names)


def test_what_nobody_found_out_is_not_known(starter: ModelInspection) -> None:
    closed = starter.model_copy(
        update={
            "parameters": None,
            "parameters_from": None,
            "context": None,
            "dtypes": {},
            "template": None,
            "trained_here": None,
            "served_here": None,
            "languages": (),
            "gated": True,
            "download_bytes": 1_234_000_000,
            "refusal": Refusal(problem="It has no tokenizer.", fix="Pick another model."),
        }
    )
    facts = dict(present.inspection_facts(closed, EN))
    for name in ("Parameters", "Context", "Weights", "Languages", "Trains here"):
        assert facts[name] == "not known"
    assert facts["Can be compared here"] == "not known: the engine is not set up"
    assert facts["Download"] == "1.2 GB"
    card = present.inspection(closed, ZH)
    assert "无法在此微调" in card
    assert "它没有分词器" in card


def test_a_restricted_licence_stands_out_with_its_link(starter: ModelInspection) -> None:
    bound = starter.model_copy(update={"terms": LICENCES["gemma"], "cautions": ("Mind <this>.",)})
    card = present.inspection(bound, EN)
    assert "its licence must be accepted" in card
    assert 'href="https://ai.google.dev/gemma/terms"' in card
    assert "Mind &lt;this&gt;." in card
    hostile = LicenceTerms(name="<script>", kind="unknown", url="")
    assert "<script>" not in present.inspection(bound.model_copy(update={"terms": hostile}), EN)


def test_a_long_list_of_languages_is_counted() -> None:
    assert present.languages(("en", "zh")) == "en, zh"
    assert present.languages(tuple("abcdefgh")) == "a, b, c, d, e, f +2"


def moment(**changes: object) -> Download:
    given = {
        "id": "dl-0123abcd",
        "model": "a/b",
        "revision": None,
        "created": "2026-11-01T10:00:00Z",
        "status": "running",
        "phase": "downloading",
        "commit": "c",
        "bytes_done": 1_500_000_000,
        "bytes_total": 4_000_000_000,
        "bytes_per_s": 25_000_000.0,
        "eta_s": 100.0,
    }
    return Download.model_validate({**given, **changes})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "a/b: downloading, 1.5 GB of 4.0 GB, 25.0 MB/s, about 1 min 40 s left"),
        (
            {"bytes_per_s": None, "eta_s": None},
            "a/b: downloading, 1.5 GB of 4.0 GB, not measured, not measured",
        ),
        ({"phase": "inspecting", "bytes_total": None}, "a/b: looking at the model"),
        ({"status": "done"}, "a/b: on this machine, 1.5 GB"),
        ({"status": "failed"}, "a/b: failed, 1.5 GB"),
        ({"status": "cancelled"}, "a/b: cancelled; what was fetched is kept, 1.5 GB"),
    ],
)
def test_a_download_is_one_line(changes: dict[str, object], words: str) -> None:
    assert present.download(moment(**changes), EN) == words
    assert HAN.search(present.download(moment(**changes), ZH))


@pytest.mark.parametrize("phase", ["starting", "inspecting", "downloading", "checking"])
def test_every_phase_of_a_download_has_words(phase: str) -> None:
    assert present.download(moment(phase=phase), EN).startswith("a/b: ")


def test_what_can_be_done_follows_from_what_was_found(starter: ModelInspection) -> None:
    here = str(present.doing(starter, EN))
    assert 'data-do="use" data-model="starter"' in here
    assert "download" not in here
    facts = {
        "local": False,
        "id_or_path": "org/model",
        "commit": "abc",
        "download_bytes": 3_100_000_000,
    }
    far = str(present.doing(starter.model_copy(update=facts), EN))
    assert 'data-do="download" data-model="org/model" data-revision="abc"' in far
    assert "Download 3.1 GB" in far
    refused = starter.model_copy(update={"refusal": Refusal(problem="No.", fix="Other.")})
    assert present.doing(refused, EN) is None


def test_downloads_can_be_cancelled_gone_on_with_and_used() -> None:
    base = {"id": "dl-1", "model": "org/<m>", "revision": None, "created": "", "commit": None}
    unmeasured = {"bytes_per_s": None, "eta_s": None}
    states = {
        "running": {"phase": "downloading", "bytes_done": 5, "bytes_total": 10},
        "failed": {"phase": "failed", "bytes_done": 5, "bytes_total": 10, "problem": "No room."},
        "done": {"phase": "done", "bytes_done": 10, "bytes_total": 10},
    }
    found = [
        Download.model_validate(base | facts | {"status": status} | unmeasured)
        for status, facts in states.items()
    ]
    shown = str(present.downloads(found, EN))
    assert "width:50.0%" in shown
    assert re.findall('data-do="([a-z-]+)"', shown) == ["cancel-download", "download", "use"]
    assert "No room." in shown
    assert "org/&lt;m&gt;" in shown
    assert present.downloads([], EN) == ""
