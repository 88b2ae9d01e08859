"""Certificate and its parts: what was measured of a model on every way it is used."""

from __future__ import annotations

from typing import Literal

from core.messages import Record

Verdict = Literal["green", "red", "not measured"]
Cause = Literal[
    "template",  # renders conversations in another way than in training
    "tokenizer",  # makes other tokens of the same text
    "eos",  # does not stop where the trained model does
    "dtype",  # stored or computed in another arithmetic, beyond rounding
    "base",  # stands on another base model
    "not applied",  # answers as the base model does
    "scale",  # what was trained is in it more or less than once
    "differs",  # none of these explains it
]
Way = Literal[
    "files",  # what the exported files say, without running them
    "peft",  # adapter on the base, in transformers with PEFT
    "transformers",  # a whole model in transformers
    "vllm+adapter",  # adapter beside its base in the model server
    "vllm+merged",  # merged weights in the model server
    "vllm",  # a whole model in the model server
    "gguf",  # a GGUF file in llama.cpp
]


class Question(Record):
    """A held-out row as token ids, rendered once, so that every way gets the same."""

    row: int
    """1-based row in the source file."""
    prompt: tuple[int, ...]
    """Up to where the assistant answers."""
    answer: tuple[int, ...]
    """What the data says the answer is, with the token that ends the turn."""
    messages: tuple[dict[str, object], ...] = ()
    """The prompt in the OpenAI shape; empty where it needs tools, which not every way renders."""


class Written(Record):
    """What a model went on with, taking the likeliest token each time."""

    tokens: tuple[int, ...]
    """With the token that ended it, if one did."""
    stopped: bool
    """Whether it ended by itself rather than at the limit."""
    margins: tuple[float, ...] = ()
    """For each token, by how many nats it was likelier than the next one."""
    runners_up: tuple[int, ...] = ()
    """The next likeliest token at each place."""


class Reading(Record):
    """What one way makes of the questions; log-probabilities are natural, in nats."""

    dtype: str
    """Arithmetic that it was computed in, such as `float32`."""
    tuned: tuple[tuple[float, ...], ...]
    """For each text, log p(token[i + 1] | tokens up to i): one fewer than its tokens."""
    base: tuple[tuple[float, ...], ...] | None = None
    """The same by the base model, on this way; None where the way has no base."""
    written: tuple[Written, ...] = ()
    """Its own answers to the questions; () where only log-probabilities were asked."""
    rendered: tuple[tuple[int, ...] | None, ...] = ()
    """The prompts as this way renders them itself; None for one that was not asked."""


class Difference(Record):
    """The first place where an answer is another one than the reference's."""

    row: int
    position: int
    """In the answer, from 0."""
    expected: int
    """Token id of the reference."""
    found: int | None
    """None where it had ended already."""
    margin: float | None = None
    """By how many nats the reference preferred its own token to the other one."""
    is_tie: bool = False
    """The margin is within what rounding can change: not counted as a disagreement."""


class WeightFacts(Record):
    """A merged model's tensors against its base and adapter."""

    untouched: int
    """Tensors that no adapter changes and that are the base's, bit by bit."""
    foreign: int
    """Tensors that no adapter changes and that are not the base's."""
    merged: int
    """Tensors that hold base + adapter as exactly as their dtype can."""
    wrong: int
    """Tensors that do not."""
    missing: int
    """Tensors of the base that it has not, or the other way round."""
    scale: float | None
    """How many times the adapter's change is in it: 1 is right. None where it changes nothing."""


class FileFacts(Record):
    """What files say of themselves; None where there is nothing to compare."""

    template: bool | None
    """The chat template is byte by byte the trained one."""
    tokenizer: bool | None
    """It makes the same token ids of the questions."""
    stops: bool | None
    """generation_config.json names every token that a turn was trained to end with."""
    dtype: bool | None
    """Weights are stored, and said to be stored, in the arithmetic they should be."""
    base: bool | None
    """The base model it names is the trained one."""
    scale: bool | None = None
    """An adapter's rank and alpha are the trained ones."""
    stored: str = ""
    """The dtypes that were found."""
    weights: WeightFacts | None = None


class Lane(Record):
    """One way that a model is used, measured against the reference."""

    way: Way
    verdict: Verdict
    causes: tuple[Cause, ...] = ()
    """Why it is red, the surest first."""
    sentence: str = ""
    """The same in words, or why it was not measured."""
    dtype: str = ""
    texts: int = 0
    tokens: int = 0
    """Tokens whose log-probabilities were compared."""
    mean_difference: float | None = None
    """Mean |log-probability here - by the reference| of them, in nats."""
    worst_difference: float | None = None
    tolerance: float | None = None
    """Nats that the worst one may be."""
    nll: float | None = None
    """Mean negative log-probability of the reference answers' tokens, in nats."""
    reference_nll: float | None = None
    slope: float | None = None
    """Change against the base here, regressed on the trained change: 1 is the whole of it."""
    slope_error: float | None = None
    """Its standard error."""
    base_difference: float | None = None
    """Largest |log-probability of the base here - by the reference|, in nats."""
    compared: int = 0
    """Answer tokens that were compared, up to each answer's first difference."""
    agreed: int = 0
    ties: int = 0
    """Answers that part from the reference where two tokens were as good as equally likely."""
    first: Difference | None = None
    """The first difference that is no tie, else the first tie; None when all answers are equal."""
    stops: int = 0
    """Answers that the reference ended by itself, with the same tokens up to there."""
    stopped: int = 0
    """Of these, the ones that ended here at the same place."""
    renders_alike: bool | None = None
    """Whether it renders the prompts' conversations to the same token ids; None if not asked."""
    files: FileFacts | None = None
    is_reference: bool = False
    """It is what the others are held against, held itself against the trainer's own record."""
    engine: str = ""
    """Version of the model server."""
    seconds: float | None = None


class Certificate(Record):
    """All lanes of one run or export at one time; never changed once written."""

    id: str
    subject: Literal["run", "library", "export"]
    subject_id: str
    run_id: str
    name: str
    made_at: str
    """ISO time, UTC."""
    verdict: Verdict
    """red when any lane is; green when one is and none is red."""
    causes: tuple[Cause, ...] = ()
    sentence: str
    part: str
    """Which rows were asked: `test`, `validation`, `example` for those that come with Duotune; or
    "" when there were none."""
    note: str = ""
    """Why no rows were asked."""
    rows: tuple[int, ...] = ()
    limit: int
    """Tokens of an answer."""
    base_model: str
    template_sha256: str
    lanes: tuple[Lane, ...]
    answers: tuple[tuple[int, ...], ...] = ()
    """What the reference went on with, as token ids; they stay here, as rows of data do."""
    hashes: dict[str, str]
    """SHA-256 of what was measured, by name."""
    versions: dict[str, str]
    """Of the libraries that computed it."""
