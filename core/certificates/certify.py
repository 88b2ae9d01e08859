"""Make a certificate: read a model on every way it is used, and hold the ways against another.

The reference is the published result in transformers, which itself is held against the trainer's
own record (`core.training.parity`).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from core.certificates import files, judging, measuring, questions, store, verdicts
from core.certificates import source as sources
from core.certificates.asking import Ask
from core.certificates.judging import Case, Reference
from core.certificates.measuring import Measured, MeasureRequest, Subject, Weighing
from core.certificates.questions import LIMIT, PROMPTS, Asked
from core.certificates.records import Certificate, Lane, Reading, Way, WeightFacts
from core.certificates.serving import Served, Server
from core.certificates.source import Source
from core.disk import sha256_file
from core.errors import DuotuneError
from core.exporting import merge, writing
from core.identifiers import new_id, now
from core.messages import Record
from core.serving.engines import Engines
from core.serving.gpu import gpu_memory
from core.training import manifests

Say = Callable[[str], None]
NO_RUNNER = "What the GGUF file answers was not measured: no llama.cpp server is asked."
DESCRIBING = ("README.md", "duotune.json")
"""Files of an export that tell of its certificate, and are written after it."""
REFERENCE, BASE, EXPORT = "reference", "base", "export"


class Wish(Record):
    """How much is to be measured."""

    prompts: int = PROMPTS
    limit: int = LIMIT
    serve: bool = True
    """Whether engines may be started for it."""
    why_not: str = ""
    """Why they may not."""


class Exported(Record):
    """An export that is to be certified."""

    id: str
    folder: Path
    home: Path
    """Where its certificates stand."""
    becomes_gguf: bool = False
    """Whether it is converted afterwards, into what is not measured here."""


def certify_run(engines: Engines, source: Source, wish: Wish, say: Say) -> Certificate:
    """Certify a finished model as it is served, and as it would be merged.

    Raises what stops it from being read at all; a way that can't be measured says why in its lane.
    """
    sources.check(source)
    work = store.work_of(source.home)
    try:
        return _Making(engines, source, wish, say, work).of_run()
    finally:
        shutil.rmtree(work, ignore_errors=True)


def certify_export(
    engines: Engines, source: Source, exported: Exported, wish: Wish, say: Say
) -> Certificate:
    """Certify an exported folder, as its own files make it; raises as `certify_run` does."""
    work = store.work_of(exported.home)
    try:
        return _Making(engines, source, wish, say, work).of_export(exported)
    finally:
        shutil.rmtree(work, ignore_errors=True)


@dataclass
class _Making:
    """One certificate in the making."""

    engines: Engines
    source: Source
    wish: Wish
    say: Say
    work: Path
    asked: Asked = field(init=False)
    reference: Reference = field(init=False)

    def __post_init__(self) -> None:
        self.asked = questions.choose(self.engines.workspace, self.source, self.wish.prompts)

    # -- what is certified --------------------------------------------------------------------

    def of_run(self) -> Certificate:
        source, merged = self.source, self.work / "merged"
        problem = self._merged(merged) if source.is_adapter and self.wish.serve else ""
        weighing = None
        if source.is_adapter and self.wish.serve and not problem:
            weighing = Weighing(base=source.base_folder, adapter=source.published, merged=merged)
        measured = self._measure({}, weighing)
        lanes = [self._anchor(measured)]
        with Server(self.engines, source, self.say) as server:
            if not source.is_adapter:
                lanes.append(self._serve("vllm", server.model, source.published))
            else:
                lanes.append(self._serve("vllm+adapter", server.adapter, source.published))
                if problem:
                    lanes.append(verdicts.unmeasured("vllm+merged", problem))
                else:
                    found = self._serve("vllm+merged", server.model, merged, measured.weights)
                    lanes.append(found)
        return self._finish(source.home, lanes, measured, _of_manifest(source.published))

    def of_export(self, exported: Exported) -> Certificate:
        source, folder = self.source, exported.folder
        is_adapter = (folder / files.ADAPTER).is_file()
        settings = self.engines.settings
        base = self._base_of(folder) if is_adapter else None
        ends = tuple(sorted(files.stop_ids(folder))) if is_adapter else ()
        weighing = None
        if source.is_adapter and not is_adapter:
            weighing = Weighing(base=source.base_folder, adapter=source.published, merged=folder)
        subject = Subject(base=base, model=folder, stop_ids=ends)
        measured = self._measure({EXPORT: subject}, weighing)
        facts = files.look(source, folder, self.asked.questions, settings)
        facts = facts.model_copy(update={"weights": measured.weights})
        way: Way = "peft" if is_adapter else "transformers"
        lanes = [self._anchor(measured), verdicts.of_files(facts)]
        lanes.append(self._read(way, measured, EXPORT))
        with Server(self.engines, source, self.say) as server:
            if is_adapter:
                lanes.append(self._serve("vllm+adapter", server.adapter, folder))
            else:
                served: Way = "vllm+merged" if source.is_adapter else "vllm"
                lanes.append(self._serve(served, server.model, folder, measured.weights))
        if exported.becomes_gguf:
            lanes.append(verdicts.unmeasured("gguf", NO_RUNNER))
        hashes = {
            path.relative_to(folder).as_posix(): sha256_file(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name not in DESCRIBING
        }
        return self._finish(exported.home, lanes, measured, hashes, exported)

    def _base_of(self, folder: Path) -> Path:
        """The base that an exported adapter names, where it is here; else the trained one."""
        settings = self.engines.settings
        if files.names_base(self.source, folder, settings):
            return self.source.base_folder
        return files.base_of(folder, settings) or self.source.base_folder

    # -- lanes --------------------------------------------------------------------------------

    @property
    def _texts(self) -> tuple[tuple[int, ...], ...]:
        """The questions with their answers, then the trainer's own texts."""
        asked = tuple(one.prompt + one.answer for one in self.asked.questions)
        return asked + tuple(probe.token_ids for probe in self.source.parity.probes)

    def _merged(self, target: Path) -> str:
        """Why the adapter can't be merged for a look; "" when it was."""
        try:
            target.mkdir(parents=True, exist_ok=True)
            merge.merge(self.source, target, self.work, self.say)
            writing.chat_parts(self.source, target)
        except DuotuneError as error:
            return error.problem
        return ""

    def _measure(self, more: dict[str, Subject], weighing: Weighing | None) -> Measured:
        """Read the reference, its base, and more; on a GPU the engine gives its memory back."""
        source, stops = self.source, self.source.parity.stop_token_ids
        if gpu_memory() is not None:
            self.engines.stop_all(self.say)
        base = source.base_folder if source.is_adapter else None
        subjects = {REFERENCE: Subject(base=base, model=source.published, stop_ids=stops), **more}
        if not source.is_adapter:
            subjects[BASE] = Subject(base=None, model=source.base_folder, stop_ids=stops)
        request = MeasureRequest(
            dtype=source.parity.dtype,
            texts=self._texts,
            questions=self.asked.questions,
            limit=self.wish.limit,
            subjects=subjects,
            weighing=weighing,
        )
        measured = measuring.measure(request, self.work, self.say)
        self.reference = self._reference(measured)
        return measured

    def _reference(self, measured: Measured) -> Reference:
        found = measured.readings.get(REFERENCE)
        base = measured.readings.get(BASE)
        of_base = base.tuned if base else found.base if found else None
        if found is None or of_base is None:
            raise verdicts.no_reference(measured.problems, self.source)
        return Reference(found.tuned, of_base, found.written, found.dtype)

    def _anchor(self, measured: Measured) -> Lane:
        """The reference against the trainer's own record."""
        if self.source.plan is None:
            way: Way = "peft" if self.source.is_adapter else "transformers"
            lane = verdicts.unmeasured(way, verdicts.NOT_RECORDED)
            return lane.model_copy(update={"is_reference": True})
        reading, count = measured.readings[REFERENCE], len(self.asked.questions)
        probes, dtype = self.source.parity.probes, self.source.parity.dtype
        own = Reading(
            dtype=reading.dtype,
            tuned=reading.tuned[count:],
            base=reading.base[count:] if reading.base else None,
        )
        trained = Reference([p.tuned for p in probes], [p.base for p in probes], (), dtype)
        way = "peft" if self.source.is_adapter else "transformers"
        lane = judging.judge(Case(way, own, trained, ()))
        return lane.model_copy(update={"is_reference": True})

    def _read(self, way: Way, measured: Measured, name: str) -> Lane:
        """A lane of transformers."""
        reading = measured.readings.get(name)
        if reading is None:
            return verdicts.broken(way, measured.problems.get(name, ""))
        return self._judge(way, reading, measured.weights)

    def _serve(
        self,
        way: Way,
        read: Callable[[Path, Ask], Served],
        folder: Path,
        weights: WeightFacts | None = None,
    ) -> Lane:
        """A lane of the model server."""
        if not self.wish.serve:
            return verdicts.unmeasured(way, self.wish.why_not)
        began = time.monotonic()
        parity = self.source.parity
        stops = parity.stop_token_ids if way == "vllm+adapter" else ()
        found = read(folder, Ask(
            texts=self._texts,
            questions=self.asked.questions,
            limit=self.wish.limit,
            stop_ids=stops,
            template_kwargs=parity.chat_template_kwargs,
        ))  # fmt: skip
        if found.reading is None:
            return verdicts.unmeasured(way, found.problem)
        lane = self._judge(way, found.reading, weights)
        seconds = round(time.monotonic() - began, 1)
        return lane.model_copy(update={"seconds": seconds, "engine": found.version})

    def _judge(self, way: Way, reading: Reading, weights: WeightFacts | None) -> Lane:
        merged = self.source.is_adapter and way in ("vllm+merged", "transformers")
        is_rounded = merged and files.stored_dtypes(self.source.base_folder) != {"float32"}
        case = Case(
            way, reading, self.reference, self.asked.questions, weights, is_rounded=is_rounded
        )
        return judging.judge(case)

    # -- the end ------------------------------------------------------------------------------

    def _finish(
        self,
        home: Path,
        lanes: list[Lane],
        measured: Measured,
        hashes: dict[str, str],
        exported: Exported | None = None,
    ) -> Certificate:
        source, asked = self.source, self.asked
        green = verdicts.GREEN if source.plan else verdicts.GREEN_IMPORTED
        verdict, causes, sentence = verdicts.conclude(lanes, green)
        made = Certificate(
            id=new_id("cert"),
            subject="export" if exported else source.kind,
            subject_id=exported.id if exported else source.id,
            run_id=source.run_id,
            name=source.name,
            made_at=now(),
            verdict=verdict,
            causes=causes,
            sentence=sentence,
            part=asked.part,
            note=asked.note,
            rows=tuple(one.row for one in asked.questions),
            limit=self.wish.limit,
            base_model=source.base.shown_name,
            template_sha256=source.parity.template_sha256,
            lanes=tuple(lanes),
            answers=tuple(one.tokens for one in self.reference.written),
            hashes={**_recorded(source), **hashes},
            versions=measured.versions,
        )
        store.save(home, made)
        return made


def _recorded(source: Source) -> dict[str, str]:
    file = source.parity_file
    return {"parity.json": sha256_file(file)} if file else {}


def _of_manifest(folder: Path) -> dict[str, str]:
    manifest = manifests.read(folder)
    return {name: fact.sha256 for name, fact in manifest.files.items()} if manifest else {}
