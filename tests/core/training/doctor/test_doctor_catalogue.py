"""Every known cause is recognised by a real text, and told in two languages."""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Callable
from pathlib import Path

import jinja2
import pytest
from safetensors import safe_open

from core.training.doctor.catalogue import Signature, of_state, signatures
from core.training.doctor.remedies import CHANGES
from core.wording import said

SPOKEN = [signature for signature in signatures() if signature.match]


def first(text: str) -> Signature | None:
    return next((one for one in SPOKEN if one.found_in(text)), None)


def test_there_are_about_forty_causes_or_more() -> None:
    assert len(signatures()) >= 45
    assert len({signature.id for signature in signatures()}) == len(signatures())


@pytest.mark.parametrize("signature", SPOKEN, ids=lambda signature: signature.id)
def test_a_real_text_is_recognised_as_its_own_cause_and_no_other(signature: Signature) -> None:
    assert first(signature.sample) == signature


@pytest.mark.parametrize("signature", signatures(), ids=lambda signature: signature.id)
def test_a_cause_is_told_in_two_languages_with_what_to_do(signature: Signature) -> None:
    for text in (signature.cause, signature.fix):
        assert text.endswith((".", "."))
        assert not re.search("[\u4e00-\u9fff]", text)
    for text, zh in ((signature.cause, signature.zh), (signature.fix, signature.fix_zh)):
        assert re.search("[\u4e00-\u9fff]", zh)
        assert said(text, "zh") == zh
    assert signature.remedy in (None, "resume", "new_plan", *CHANGES)


def test_states_without_words_have_a_cause() -> None:
    assert {of_state(state).id for state in ("interrupted", "silent", "failed")} == {
        "killed", "silent", "unknown",
    }  # fmt: skip


# -- the real errors of the real libraries --------------------------------------------------------


def full_disk() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "events.jsonl")


def taken_port() -> None:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(one.getsockname())


def too_much_memory() -> None:
    bytearray(1 << 60)


def wrong_roles() -> None:
    def raise_exception(text: str) -> None:
        raise jinja2.exceptions.TemplateError(text)

    told = "Conversation roles must alternate user/assistant/user/assistant/..."
    jinja2.Template(f"{{{{ no('{told}') }}}}").render(no=raise_exception)


def read_only() -> None:
    Path("/proc/version").write_text("x")


def cut_weights() -> None:
    file = Path(os.environ["CUT_WEIGHTS"])
    file.write_bytes(b"\xff\0\0\0\0\0\0\0{}")
    with safe_open(file, "pt"):
        pass


def no_module() -> None:
    __import__("a_package_that_is_not_here")


@pytest.mark.parametrize(
    ("happens", "expected"),
    [
        (full_disk, "disk_full"),
        (taken_port, "port_taken"),
        (too_much_memory, "memory_full"),
        (wrong_roles, "template_roles"),
        (cut_weights, "download_damaged"),
        (no_module, "versions"),
    ],
)
def test_what_really_happens_is_recognised(
    happens: Callable[[], None],
    expected: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CUT_WEIGHTS", str(tmp_path / "model.safetensors"))
    with pytest.raises(BaseException) as caught:  # noqa: PT011  each is another error
        happens()
    found = first(f"{type(caught.value).__name__}: {caught.value}")
    assert found is not None
    assert found.id == expected


@pytest.mark.slow
def test_what_torch_and_transformers_say_is_recognised(tmp_path: Path) -> None:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedTokenizerFast

    def odd_model() -> None:
        (tmp_path / "config.json").write_text('{"model_type": "qwen99"}')
        AutoConfig.from_pretrained(tmp_path)

    def no_weights() -> None:
        (tmp_path / "config.json").write_text('{"model_type": "qwen3"}')
        AutoModelForCausalLM.from_pretrained(tmp_path)

    def no_template() -> None:
        from tokenizers import Tokenizer
        from tokenizers.models import BPE

        PreTrainedTokenizerFast(tokenizer_object=Tokenizer(BPE())).apply_chat_template(
            [{"role": "user", "content": "x"}]
        )

    cases: dict[str, Callable[[], object]] = {
        "token_ids": lambda: torch.nn.Embedding(4, 2)(torch.tensor([9])),
        "weights_shape": lambda: torch.nn.Linear(2, 2).load_state_dict(
            torch.nn.Linear(3, 2).state_dict()
        ),
        "memory_full": lambda: torch.empty(1 << 58),
        "architecture_unknown": odd_model,
        "model_missing": no_weights,
        "template_missing": no_template,
    }
    for expected, happens in cases.items():
        with pytest.raises(Exception) as caught:  # noqa: PT011  each is another error
            happens()
        found = first(f"{type(caught.value).__name__}: {caught.value}")
        assert found is not None, (expected, caught.value)
        assert found.id == expected
