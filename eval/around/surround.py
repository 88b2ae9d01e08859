"""Gather what surrounds a verdict: asks what is no plain sample, and looks at data and engines.

Nothing here ends an evaluation: what can't be had is left out, with the reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from core.comparing.engine_facts import engines_of
from core.data import leaks, store
from core.data.records import Example
from core.errors import DuotuneError
from core.identifiers import now
from core.models import readers
from core.models.catalog import ResolvedModel
from core.models.masks import Masker
from core.serving.contenders import Contender, Lane
from core.serving.records import Endpoint, Pair
from core.training import share
from core.wording import error_text
from eval import conditions
from eval.around import controls, failures, likelihood
from eval.around.asked_records import AskedAnswer, BaselinePrompts, TextNats
from eval.around.asking import Asker, Asking
from eval.around.forgetting import assessing, items
from eval.around.records import Side
from eval.case import Case
from eval.comparison import choose
from eval.evidence import Facts, LeftOut, Nearest
from eval.evidence_files import NATS
from eval.metrics import metrics
from eval.need import prompts as baseline_prompts
from eval.records import Comparison
from eval.scoring import Scores

MOST_TEXTS = 300
"""Reference answers whose likelihood is measured; more are drawn with the evaluation's seed."""
BASELINES_OF = 4
"""Baselines ask so many times as many questions as base is asked a second time."""
FILES = {"control": "controls.jsonl", "general": "general.jsonl", "baseline": "baselines.jsonl"}
MIB = 2**20


class Surroundings(NamedTuple):
    """What was gathered."""

    facts: Facts
    answers: list[AskedAnswer]
    nats: list[TextNats]


@dataclass
class _Gathering:
    """Work under way."""

    case: Case
    pair: Pair
    comparisons: Sequence[Comparison]
    train: list[Example]
    held: dict[str, Example]
    """The evaluated rows by id."""
    labels: tuple[str, ...]
    left_out: dict[str, LeftOut] = field(default_factory=dict)

    @property
    def endpoints(self) -> dict[Side, Endpoint]:
        return {"base": self.pair.base, "tuned": self.pair.tuned}

    def note(self, part: str, error: DuotuneError) -> None:
        self.left_out[part] = LeftOut(note=error_text(error, "en"), note_zh=error_text(error, "zh"))


async def gather(case: Case, pair: Pair, comparisons: Sequence[Comparison]) -> Surroundings:
    """All parts that the request wants; what an earlier attempt has is not asked again."""
    work = _open(case, pair, comparisons)
    parts = case.request.parts
    given = _baselines(work) if parts.baselines else None
    asked = _questions(work, given)
    texts = _texts(work)
    total = sum(map(len, asked.values())) + 2 * len(texts)
    case.reporter.begin("around", total)

    def done(failed: bool) -> None:
        case.reporter.step(failed)

    answers: list[AskedAnswer] = []
    for part, questions in asked.items():
        asker = Asker(work.endpoints, case.folder.root / FILES[part], case.request.concurrency)
        answers += await asker.ask(questions, done)
    path = case.folder.root / NATS
    nats = await likelihood.measure(work.endpoints, texts, path, done) if texts else []
    return Surroundings(_facts(work, given), answers, nats)


def near_failures(case: Case, scores: Scores) -> list[Nearest]:
    """The training rows nearest to each failed question that a report groups."""
    found = failures.failed(scores)
    shown = [
        one.position
        for kind in ("loss", "both_wrong")
        for one in failures.drawn([f for f in found if f.kind == kind], case.request.seed)
    ]
    samples = [scores.comparisons[i].sample for i in shown]
    return failures.near_rows(samples, _train(case), case.request.seed)


def _open(case: Case, pair: Pair, comparisons: Sequence[Comparison]) -> _Gathering:
    wanted = {c.sample.id for c in comparisons}
    train, held = _train(case), {}
    for example in store.load_examples(case.workspace, case.dataset.id):
        if example.id in wanted:
            held[example.id] = example
    labels = metrics.label_set([e.conversation.reference for e in train])
    return _Gathering(case, pair, comparisons, train, held, labels)


def _train(case: Case) -> list[Example]:
    examples = store.load_examples(case.workspace, case.dataset.id)
    ids = set(share.taken(case.run.run.plan, case.split, examples).train)
    return [example for example in examples if example.id in ids]


def _questions(work: _Gathering, given: BaselinePrompts | None) -> dict[str, list[Asking]]:
    request, found = work.case.request, dict[str, list[Asking]]()
    if request.parts.controls:
        again = controls.chosen(work.comparisons, request.parts.most_asked, request.seed)
        found["control"] = controls.questions(again, request.sampling)
    if request.parts.forgetting:
        found["general"] = assessing.questions()
    if given is not None:
        samples = [c.sample for c in work.comparisons]
        found["baseline"] = baseline_prompts.questions(given, work.train, samples, request.sampling)
    return found


def _baselines(work: _Gathering) -> BaselinePrompts:
    request = work.case.request
    wanted = baseline_prompts.Wanted(
        system_prompt=request.parts.system_prompt,
        purpose=work.case.run.run.plan.description,
        most=request.parts.most_asked * BASELINES_OF,
        seed=request.seed,
    )
    samples = [c.sample for c in work.comparisons]
    return baseline_prompts.prompts(work.train, samples, work.labels, wanted)


def _texts(work: _Gathering) -> list[likelihood.Text]:
    """Reference answers and general texts as token ids, as far as they are wanted."""
    parts = work.case.request.parts
    if not (parts.likelihood or parts.forgetting):
        return []
    try:
        masker = _masker(work)
    except DuotuneError as error:
        work.note("likelihood", error)
        return []
    found = likelihood.plain(items.texts(), masker) if parts.forgetting else []
    if parts.likelihood:
        samples = choose([c.sample for c in work.comparisons], MOST_TEXTS, work.case.request.seed)
        rows = [work.held[s.id] for s in samples if s.id in work.held]
        found += likelihood.references(rows, masker)
    return found


def _masker(work: _Gathering) -> Masker:
    """How the tuned model reads conversations, from what was published with it."""
    run = work.case.run.run
    folder = work.case.workspace.run(run.id).published(run.plan.publishes_adapter)
    reader = readers.read(
        ResolvedModel(
            name=run.plan.name, id_or_path=str(folder), revision=None, local=True, shape=None
        )
    )
    stops = frozenset(work.pair.tuned.stop_token_ids) | reader.stop_ids
    return Masker(reader.template, stops, likelihood.LONGEST)


def _facts(work: _Gathering, given: BaselinePrompts | None) -> Facts:
    run = work.case.run.run
    memory = _memory(work)
    return Facts(
        created=now(),
        leaked_ids=_leaked(work),
        labels=work.labels,
        baselines=given,
        constant=controls.constant_answer([e.conversation.reference for e in work.train])
        if work.case.request.parts.controls
        else None,
        engine_memory_mib=memory,
        adapter_mib=_size(work.case.workspace.run(run.id).published(run.plan.publishes_adapter)),
        engines=tuple(conditions.engine_version(e) for e in (work.pair.base, work.pair.tuned)),
        left_out=work.left_out,
    )


def _leaked(work: _Gathering) -> tuple[str, ...] | None:
    """Evaluated rows that stand in the training rows; looked for when nobody did so before."""
    case = work.case
    report = leaks.load_leaks(case.workspace, case.split)
    if report is None:
        report = leaks.split_leaks(
            case.split, list(store.load_examples(case.workspace, case.dataset.id))
        )
        leaks.save_leaks(case.workspace, case.split, report)
    return tuple(i for i in report.leaked_ids if i in work.held)


def _memory(work: _Gathering) -> int | None:
    """GPU memory of the engines that serve both sides, in MiB; None without an NVIDIA GPU."""
    lanes = [
        Lane(contender=Contender(kind="base", name=side), title=side, endpoint=endpoint)
        for side, endpoint in work.endpoints.items()
    ]
    used = [facts.gpu_mib for facts in engines_of(work.case.workspace, lanes)]
    known = [mib for mib in used if mib is not None]
    return round(sum(known)) if known and len(known) == len(used) else None


def _size(folder: Path) -> float | None:
    """MiB of the weights on disk."""
    files = list(folder.glob("*.safetensors"))
    return sum(file.stat().st_size for file in files) / MIB if files else None
