"""Makes the starter's tokenizer: byte-level BPE with each common Chinese character as one piece."""

from __future__ import annotations

from itertools import islice

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from core.models.build_starter.curriculum import conversations
from core.models.build_starter.lexicon import CHINESE

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

CHAT_TEMPLATE = """\
{%- for message in messages %}
{%- set content = message.content if message.content is string else '' %}
{{- '<|im_start|>' + message.role + '\\n' }}
{%- if message.role == 'assistant' %}
{%- generation %}{{- content + '<|im_end|>' }}{%- endgeneration %}
{%- else %}
{{- content + '<|im_end|>' }}
{%- endif %}
{{- '\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- endif %}
"""


def _pre_tokenizer() -> pre_tokenizers.PreTokenizer:
    # Chinese characters and digits stand alone, so that an unseen word has the same pieces
    # wherever it stands; that is what makes it easy to copy.
    alone = Regex(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]|\p{N}")
    return pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(alone, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )


def train_tokenizer(prose: list[str], size: int, seed: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer trained on prose, practice chats and the list of common characters."""
    chats = [
        "\n".join(text for _, text in turns) for turns in islice(conversations(seed + 1), 12_000)
    ]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = _pre_tokenizer()
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[PAD, START, END],
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator([*prose, *chats, *[CHINESE.characters] * 200], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[START],
        model_max_length=1024,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast
