"""How to run an exported model, for its card: transformers, PEFT, vLLM, Ollama, OpenAI's client."""

from __future__ import annotations

from core.certificates.files import ADAPTER
from core.certificates.source import Source
from core.exporting import snippets
from core.exporting.records import ExportRequest
from core.models.folders import read_json
from core.serving.adapters import rank_of

NAME = "tuned"
"""What the model is called where it is served."""
SERVED = "http://127.0.0.1:8000/v1"


def text(source: Source, request: ExportRequest) -> str:
    """The section of the card, for what was exported."""
    parts = ["## How to run it\n"]
    if request.kind == "gguf":
        parts.append(_ollama(request.name.lower()))
    elif request.content == "adapter":
        parts += [_peft(source), _vllm_adapter(source)]
    else:
        parts += [_transformers(source), _vllm()]
    return "\n".join([*parts, _openai(source)])


def _block(language: str, *lines: str) -> str:
    body = "\n".join(lines)
    return f"```{language}\n{body}\n```\n"


def _asking(source: Source) -> tuple[str, ...]:
    given = "".join(f", {k}={v!r}" for k, v in source.parity.chat_template_kwargs.items())
    return (
        'messages = [{"role": "user", "content": "Hello!"}]',
        "inputs = tokenizer.apply_chat_template(",
        f'    messages, add_generation_prompt=True, return_dict=True, return_tensors="pt"{given}',
        ")",
        f"stops = {list(source.parity.stop_token_ids)}",
        "made = model.generate(**inputs, max_new_tokens=256, do_sample=False, eos_token_id=stops)",
        'print(tokenizer.decode(made[0, inputs["input_ids"].shape[1]:], skip_special_tokens=True))',
    )


def _place(source: Source) -> str:
    """What loads the base: its id on a hub, or the place of a folder, which differs by machine."""
    name = source.base.shown_name
    return f"path/to/{name}" if source.base.local else name


def _peft(source: Source) -> str:
    base = source.base
    revision = f', revision="{base.revision}"' if base.revision else ""
    return "With PEFT:\n\n" + _block(
        "python",
        "from peft import PeftModel",
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        'folder = "."  # this folder',
        f'base = AutoModelForCausalLM.from_pretrained("{_place(source)}"{revision})',
        "model = PeftModel.from_pretrained(base, folder)",
        "tokenizer = AutoTokenizer.from_pretrained(folder)",
        *_asking(source),
    )


def _transformers(source: Source) -> str:
    return "With transformers:\n\n" + _block(
        "python",
        "from transformers import AutoModelForCausalLM, AutoTokenizer",
        "",
        'folder = "."  # this folder',
        "model = AutoModelForCausalLM.from_pretrained(folder)",
        "tokenizer = AutoTokenizer.from_pretrained(folder)",
        *_asking(source),
    )


def _vllm() -> str:
    return "With vLLM:\n\n" + _block(
        "bash", f"vllm serve . --served-model-name {NAME} --generation-config vllm"
    )


def _vllm_adapter(source: Source) -> str:
    rank = next(
        r for r in (8, 16, 32, 64, 128) if r >= rank_of(read_json(source.published / ADAPTER))
    )
    return (
        "With vLLM (it takes the chat template from the base unless it is given one):\n\n"
        + _block(
            "bash",
            f"vllm serve {_place(source)} --enable-lora --max-lora-rank {rank} \\",
            f"  --lora-modules {NAME}=. --chat-template chat_template.jinja \\",
            "  --generation-config vllm",
        )
    )


def _ollama(name: str) -> str:
    return "With Ollama:\n\n" + _block(
        "bash", f"ollama create {name} -f Modelfile", f"ollama run {name}"
    )


def _openai(source: Source) -> str:
    parity = source.parity
    found = snippets.openai(SERVED, NAME, parity.stop_token_ids, parity.chat_template_kwargs)
    return "From the OpenAI client, once it is served:\n\n" + _block(
        "python", *found.python.splitlines()
    )
