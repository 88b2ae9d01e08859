"""Models by conversation: what is kept, importing, exporting, proving."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core.assistant import news
from core.assistant.library_said import LibrarySaid, read_library
from core.assistant.records import AssistantSaid, CardShown
from core.assistant.understanding import Known, understand
from core.certificates.certifications import Certification, CertificationRequest, Proved
from core.certificates.records import Certificate, Lane
from core.comparing.batch import Batch, BatchProgress, BatchRequest
from core.exporting.records import Export, ExportRequest, Made
from tests.core.assistant.talking import Talk, last_said, troubles
from tests.core.assistant.test_runs_talk import HAN, pending
from tests.core.training.made_elsewhere import foreign_adapter
from tests.fakes_runs import FakeRunActions

SAID = {
    "shelf": """
        show my models
        what are my tuned models?
        list my trained models
        open the model library
        看看我的模型
        我训练的模型有哪些
        打开模型库""",
    "import_model": """
        import the model in /home/ann/tea
        please import the adapter from ~/tea.zip
        can you import this lora: /srv/lora
        导入 /srv/tea 里的模型
        把 /srv/tea 的适配器导入""",
    "export": """
        export it as merged
        export it as GGUF
        export Night Shift as zip
        can you export the model as an adapter
        convert it to gguf
        导出为 GGUF
        把模型导出成合并的
        导出为 zip""",
    "exports": """
        how is the export?
        show the exports
        导出怎么样了
        列出导出""",
    "parity": """
        check that what is served is what was trained
        is what is served what was trained?
        verify that the exported model is the trained one
        make a parity certificate
        检查服务的模型和训练的是否一致
        验证部署的就是训练出来的""",
    "list_models": """
        list models
        which base models are there?
        有哪些模型""",
    "keep_run": """
        save it to the library
        存到模型库""",
    "list_runs": "list runs",
    "compare": "compare them",
}


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        (intent, line.strip())
        for intent, lines in SAID.items()
        for line in lines.strip().split("\n")
    ],
)
def test_what_is_meant(intent: str, text: str) -> None:
    assert understand(text, known=Known(runs=("Night Shift",))).intent == intent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import the model in /a/Tea-Bot.v2.", LibrarySaid(folder="/a/Tea-Bot.v2")),
        (
            "import the lora in “/a b/tea” on base Qwen/Qwen3-0.6B",
            LibrarySaid(folder="/a b/tea", base="Qwen/Qwen3-0.6B", kind="adapter"),
        ),
        ("导入 /srv/tea，基础模型是 starter", LibrarySaid(folder="/srv/tea", base="starter")),
        ("import tea.zip", LibrarySaid(folder="tea.zip", kind="zip")),
        ("export it for Ollama", LibrarySaid(kind="gguf")),
    ],
)
def test_what_is_said_of_it(text: str, said: LibrarySaid) -> None:
    assert read_library(text) == said


def test_an_import_is_looked_at_asked_and_done(started: Talk, tmp_path: Path) -> None:
    source = foreign_adapter(tmp_path / "tea")
    chat = started.say(f"import the model in {source} as Tea Bot")
    assert pending(chat) == "import_model"
    assert f"Copy the model in {source}" in last_said(chat)
    assert started.actions.library() == ()
    told = last_said(started.say("yes"))
    assert "“Tea-Bot”" in told
    assert "nobody recorded" in told
    assert "“Tea-Bot”: imported, on starter" in last_said(started.say("show my models"))
    assert HAN.search(last_said(started.say("看看我的模型")))


def test_what_can_not_be_imported_is_said_before_it_is_asked(started: Talk, tmp_path: Path) -> None:
    source = foreign_adapter(tmp_path / "tea", base=None)
    chat = started.say(f"import the model in {source}")
    assert pending(chat) is None
    assert "which base model" in troubles(chat)[-1]
    chat = started.say(f"import the model in {source} on base starter")
    assert pending(chat) == "import_model"
    assert "Which folder" in last_said(started.say("import a model"))


def test_nothing_is_kept_yet(started: Talk) -> None:
    assert "No model is kept yet" in last_said(started.say("show my models"))
    assert "还没有保存的模型" in last_said(started.say("看看我的模型"))


class Exporting:
    """What the verbs of exports and certificates were asked for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def start_export(self, _: Any, name: str, kind: Any) -> Export:
        self.asked.append(("export", name, kind))
        return export(name, kind)

    def start_certification(self, _: Any, name: str) -> Certification:
        self.asked.append(("certify", name))
        return certification(name, "running")


def export(name: str, kind: Any, made: Made | None = None) -> Export:
    request = ExportRequest.model_construct(kind=kind, source_id=name)
    return Export.model_construct(
        id="exp-1", request=request, status="done" if made else "running", made=made, problem="",
        fix="",
    )  # fmt: skip


@pytest.fixture
def exporting(monkeypatch: pytest.MonkeyPatch) -> Exporting:
    found = Exporting()
    monkeypatch.setattr(
        FakeRunActions, "start_export", lambda s, name, kind: found.start_export(s, name, kind)
    )
    monkeypatch.setattr(
        FakeRunActions, "start_certification", lambda s, name: found.start_certification(s, name)
    )
    return found


@pytest.mark.parametrize(
    ("words", "kind", "yes"),
    [("export it as GGUF", "gguf", "yes"), ("export it merged", "merged", "yes"),
     ("导出为 zip", "zip", "好的")],
)  # fmt: skip
def test_an_export_is_asked_then_started(
    started: Talk, exporting: Exporting, words: str, kind: str, yes: str
) -> None:
    run = started.world.succeed()
    chat = started.say(words)
    assert pending(chat) == "start_export"
    assert f"“{run.plan.name}”" in last_said(chat)
    assert exporting.asked == []
    assert kind in last_said(started.say(yes))
    assert exporting.asked == [("export", run.id, kind)]


def test_a_model_of_the_library_is_exported_by_its_name(
    started: Talk, exporting: Exporting, tmp_path: Path
) -> None:
    started.world.succeed()
    started.actions.import_model(foreign_adapter(tmp_path / "desk"))
    started.say("export Desk as merged")
    started.say("yes")
    assert exporting.asked == [("export", "desk", "merged")]


def test_an_export_that_says_not_as_what_is_asked_back(started: Talk) -> None:
    assert "no finished run" in last_said(started.say("export it as gguf"))
    started.world.succeed()
    chat = started.say("export it")
    assert pending(chat) is None
    assert "As what?" in last_said(chat)


def test_a_no_starts_nothing(started: Talk, exporting: Exporting) -> None:
    started.world.succeed()
    started.say("export it as gguf")
    started.say("no")
    assert exporting.asked == []


def test_how_exports_stand(started: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing was exported yet" in last_said(started.say("how is the export?"))
    made = Made.model_construct(path="/out/tea", url="", verdict="green")
    found = (export("run-x", "gguf", made), export("run-x", "zip"))
    monkeypatch.setattr(FakeRunActions, "exports", lambda _, name=None: found)
    told = last_said(started.say("how is the export?"))
    assert "/out/tea (parity: the same)" in told
    assert "as zip: being made" in told


def test_the_proof_is_asked_then_started(started: Talk, exporting: Exporting) -> None:
    run = started.world.succeed()
    chat = started.say("check that what is served is what was trained")
    assert pending(chat) == "certify"
    assert exporting.asked == []
    chat = started.say("yes")
    assert exporting.asked == [("certify", run.id)]
    assert f"“{run.plan.name}” is being measured" in last_said(chat)
    assert CardShown(card="certification", id="cer-1") in chat.items


def certification(name: str, status: Any, **facts: Any) -> Certification:
    request = CertificationRequest.model_construct(name=name, export_id=None)
    given = {"problem": "", "fix": "", "proved": None, "told": ""} | facts
    return Certification.model_construct(id="cer-1", request=request, status=status, **given)


def certificate() -> Certificate:
    lanes = (
        Lane(way="peft", verdict="green"),
        Lane(way="vllm", verdict="not measured", sentence="vLLM is not set up."),
    )
    return Certificate.model_construct(
        id="cert-1", name="tea", verdict="green", lanes=lanes,
        sentence="What was trained is what is served and exported, as far as it was measured.",
    )  # fmt: skip


def test_what_ended_with_models_is_told_once_with_its_card(
    started: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started.world.succeed()
    assert news.news(started.actions, started.chat_id)  # the run itself
    made = Made.model_construct(path="/out/tea", url="", verdict="green")
    proved = Proved(certificate_id="cert-1", verdict="green", sentence="")
    batch = Batch.model_construct(
        id="bat-1", status="done", request=BatchRequest(name="mine.txt", contenders=(), titles=()),
        progress=BatchProgress(phase="done", done=8, total=9, failed=1), problem="", fix="",
    )  # fmt: skip
    for verb, found in (
        ("exports", (export(run.id, "gguf", made), export(run.id, "zip"))),
        ("certifications", (certification(run.id, "done", proved=proved),)),
        ("batches", (batch,)),
    ):
        monkeypatch.setattr(FakeRunActions, verb, lambda *_, found=found: found)
    monkeypatch.setattr(FakeRunActions, "certificate", lambda *_: certificate())
    chat = news.news(started.actions, started.chat_id)
    assert chat is not None
    told = "\n".join(item.text for item in chat.items if isinstance(item, AssistantSaid))
    assert f"“{run.plan.name}” as gguf: /out/tea (parity: the same)" in told
    assert "as zip" not in told, "it goes on"
    assert "- vllm: not measured" in told
    assert "8 answers, and 1 failed" in told
    cards = [(item.card, item.id) for item in chat.items if isinstance(item, CardShown)]
    assert {("export", "exp-1"), ("certification", "cer-1")} <= set(cards)
    assert news.news(started.actions, started.chat_id) is None
