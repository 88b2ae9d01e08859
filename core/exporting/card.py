"""README.md of an export: a model card that says where the model comes from and what it can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from core.certificates.records import Certificate, Lane
from core.certificates.source import Source
from core.exporting import how_to
from core.exporting.records import DataFact, ExportRequest, Figure, ReportFact
from core.models.licences import LICENCES, LicenceTerms
from core.training.plan import TrainingPlan

NOT_MEASURED = "not measured"
UNKNOWN = "not stated"
PLAN_SHOWN = (
    "objective", "method", "rank", "alpha", "dropout", "target_modules", "modules_to_save",
    "learning_rate", "scheduler", "warmup_ratio", "optimizer", "epochs", "max_steps", "train_share",
    "batch_size", "gradient_accumulation", "max_length", "packing", "precision", "seed",
)  # fmt: skip
WAYS = {
    "files": "the exported files",
    "peft": "transformers + PEFT",
    "transformers": "transformers",
    "vllm+adapter": "vLLM, adapter beside its base",
    "vllm+merged": "vLLM, merged weights",
    "vllm": "vLLM",
    "gguf": "llama.cpp",
}


class Described(NamedTuple):
    """All that a card tells of."""

    source: Source
    request: ExportRequest
    certificate: Certificate
    terms: LicenceTerms
    """Of the base model."""
    legal: tuple[str, ...]
    """Names of the licence texts that lie beside the card."""


def text(told: Described) -> str:
    """The whole card, metadata first."""
    source = told.source
    parts = [
        f"---\n{yaml.safe_dump(metadata(told), sort_keys=False, allow_unicode=True)}---\n",
        f"# {source.name}\n",
        f"{source.plan.description}\n" if source.plan and source.plan.description else None,
        f"{_what(told)}\n",
        _override(told),
        how_to.text(told.source, told.request),
        _base(told),
        _data(told.request.data) if source.plan else None,
        _evaluation(told.request.reports),
        _parity(told.certificate),
        _template(source),
        _plan(source),
    ]
    return "\n".join(part for part in parts if part) + "\n"


def metadata(told: Described) -> dict[str, object]:
    """What hubs read: base, licence, library."""
    source, terms = told.source, told.terms
    key = next((name for name, known in LICENCES.items() if known.name == terms.name), "other")
    given: dict[str, object] = {
        "base_model": source.base.shown_name,
        "base_model_relation": "adapter" if told.request.content == "adapter" else "finetune",
        "library_name": "peft" if told.request.content == "adapter" else "transformers",
        "pipeline_tag": "text-generation",
        "tags": ["duotune"],
    }
    if source.plan:
        given["tags"] = ["duotune", "trl", source.plan.objective, source.plan.method]
    if terms.kind != "unstated":
        given["license"] = key
    if key == "other" and terms.kind != "unstated":
        given |= {"license_name": terms.name} | ({"license_link": terms.url} if terms.url else {})
    if told.request.data and told.request.data.languages:
        given["language"] = [name for name in told.request.data.languages if len(name) == 2]
    return given


def _what(told: Described) -> str:
    plan, base = told.source.plan, told.source.base.shown_name
    if plan is None:
        what = "An adapter for" if told.request.content == "adapter" else "A model made from"
        return (
            f"{what} `{base}`, trained elsewhere and imported into Duotune: its training data and "
            "settings are not known here."
        )
    goal = "preference tuning (DPO)" if plan.objective == "dpo" else "supervised fine-tuning"
    if told.request.content == "adapter":
        return f"A {plan.method} adapter for `{base}`, made by {goal} with Duotune."
    how = (
        "with every weight trained"
        if plan.method == "full"
        else f"with a {plan.method} adapter merged in"
    )
    return f"`{base}` {how}, made by {goal} with Duotune."


def _override(told: Described) -> str | None:
    certificate, who = told.certificate, told.request.override
    if certificate.verdict != "red":
        return None
    how = f"all the same by {who}, who answers for it" if who else "before that was measured"
    return f"> **Its parity certificate is red.** {certificate.sentence} It was exported {how}.\n"


def _base(told: Described) -> str:
    base, terms = told.source.base, told.terms
    lines = [f"- Base model: `{base.shown_name}`"]
    if base.revision:
        lines.append(f"- Revision: `{base.revision}`")
    lines.append(f"- Licence of the base: {terms.name}{f' ({terms.url})' if terms.url else ''}")
    if terms.restrictions:
        lines.append(f"- {terms.restrictions}")
    if told.legal:
        lines.append(f"- Its licence texts lie beside this card: {', '.join(told.legal)}")
    return "## Base model and licence\n\n" + "\n".join(lines) + "\n"


def _data(data: DataFact | None) -> str:
    if data is None:
        return "## Training data\n\nThe data is not in the workspace any more.\n"
    parts = {"training": data.train, "validation": data.validation, "test": data.test}
    counted = ", ".join(f"{n:,} {name}" for name, n in parts.items() if n is not None)
    lines = [
        f"- {data.name or data.dataset_id} (`{data.dataset_id}`)",
        f"- Rows: {counted or NOT_MEASURED}",
        f"- Split fingerprint: `{data.split_fingerprint}`",
        f"- Licence of the data: {data.licence or UNKNOWN}",
    ]
    if data.languages:
        told = ", ".join(f"{name} {n:,}" for name, n in data.languages.items())
        lines.insert(2, f"- Languages: {told}")
    return "## Training data\n\n" + "\n".join(lines) + "\n"


def _evaluation(reports: tuple[ReportFact, ...]) -> str:
    if not reports:
        return "## Evaluation\n\nNot evaluated.\n"
    shown = "\n\n".join(_report(report) for report in reports)
    return f"## Evaluation\n\n{shown}\n"


def _report(report: ReportFact) -> str:
    head = "| | base | tuned | difference | 95% interval | pairs |\n|---|---|---|---|---|---|\n"
    rows = "\n".join(_figure(figure) for figure in report.figures)
    return f"{report.verdict} ({report.report_id}, rubric {report.rubric})\n\n{head}{rows}"


def _figure(figure: Figure) -> str:
    interval = (
        f"{figure.low:+.3f} to {figure.high:+.3f}"
        if figure.low is not None and figure.high is not None
        else NOT_MEASURED
    )
    cells = [_number(figure.base), _number(figure.tuned), _number(figure.difference, "+.3f")]
    return f"| {figure.name} | {' | '.join(cells)} | {interval} | {figure.pairs} |"


def _number(value: float | None, form: str = ".3f") -> str:
    return NOT_MEASURED if value is None else format(value, form)


def _parity(certificate: Certificate) -> str:
    head = (
        "| way | verdict | worst difference (nats) | tolerance | equal answer tokens | note |\n"
        "|---|---|---|---|---|---|\n"
    )
    rows = "\n".join(_lane(lane) for lane in certificate.lanes)
    asked = f"{len(certificate.rows)} {certificate.part} rows" if certificate.rows else "no rows"
    return (
        f"## Parity: {certificate.verdict}\n\n{certificate.sentence} The same token ids ({asked}, "
        f"up to {certificate.limit} greedy tokens each) were put through each way on "
        f"{certificate.made_at[:10]}.\n\n{head}{rows}\n"
    )


def _lane(lane: Lane) -> str:
    tokens = f"{lane.agreed} of {lane.compared}" if lane.compared else ""
    worst = "" if lane.worst_difference is None else f"{lane.worst_difference:.5f}"
    limit = "" if lane.tolerance is None else f"{lane.tolerance:g}"
    note = "the reference, against the trainer's own record" if lane.is_reference else ""
    cells = [WAYS[lane.way], lane.verdict, worst, limit, tokens, lane.sentence or note]
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _template(source: Source) -> str:
    parity = source.parity
    given = f", with {parity.chat_template_kwargs}" if parity.chat_template_kwargs else ""
    return (
        "## Chat template\n\n"
        f"`chat_template.jinja`, SHA-256 `{parity.template_sha256}`{given}; answers end at token "
        f"{', '.join(map(str, parity.stop_token_ids))}.\n"
    )


def _plan(source: Source) -> str:
    rows = "\n".join(_settings(source.plan)) if source.plan else ""
    if not rows:
        return "## How it was trained\n\nElsewhere; its settings are not known.\n"
    return f"## How it was trained\n\n| setting | value |\n|---|---|\n{rows}\n"


def _settings(plan: TrainingPlan) -> Iterator[str]:
    for name in PLAN_SHOWN:
        value = getattr(plan, name)
        if value not in (None, ""):
            yield f"| {name} | {value} |"
