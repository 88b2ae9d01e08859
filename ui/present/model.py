"""Base models: the catalog as a table, an inspection as a card, a download as a line."""

from __future__ import annotations

from collections.abc import Sequence

from core.models.downloads import Download
from core.models.facts import ModelFacts
from core.models.inspection import ModelInspection
from core.models.template_facts import TemplateFacts
from ui.markup import Html, badge, facts, join, table, tag
from ui.present import numbers
from ui.present.data_parts import act, link
from ui.words import Voice

LONG_LIST = 6
"""Languages that are named before the rest is counted."""
KNOWN_TEXT = {True: "model.yes", False: "model.no", None: "model.untold"}


def catalog(models: Sequence[ModelFacts], checked: str, voice: Voice) -> Html:
    """All models that can be picked by name, and when their facts were looked up."""
    head = [voice(f"models.{name}") for name in ("name", "licence")]
    head += [voice(f"model.catalog.{name}") for name in ("languages", "thinking")]
    head += [voice(f"models.{name}") for name in ("parameters", "context")]
    shown = table(head, (_row(model, voice) for model in models), numbers=2)
    asked = [
        tag("li", tag("b", ", ".join(names)), ": ", voice.said(restrictions))
        for restrictions, names in restricted(models).items()
    ]
    note = tag("p", voice("model.catalog.checked", month=checked), class_="dt-quiet")
    return tag("div", shown, tag("ul", join(asked)) if asked else None, note)


def restricted(models: Sequence[ModelFacts]) -> dict[str, list[str]]:
    """What licences ask of a person, each once, with the names of the licences that ask it."""
    found: dict[str, list[str]] = {}
    for terms in {model.terms.name: model.terms for model in models}.values():
        if terms.must_be_accepted:
            found.setdefault(terms.restrictions, []).append(terms.name)
    return found


def _row(model: ModelFacts, voice: Voice) -> tuple[Html | str, ...]:
    context = numbers.count(model.context) if model.context else voice("unknown")
    name = link("look", model.name, model=model.name)
    return (
        tag("div", name, tag("small", remarks(model, voice)), class_="dt-place"),
        model.licence,
        languages(model.languages),
        voice(f"model.thinking.{model.thinking}"),
        size_in_words(model, voice),
        context,
    )


def size_in_words(model: ModelFacts, voice: Voice) -> str:
    """Its parameters, and how many of them work at a time where that is not all."""
    total = numbers.parameters(model.parameters, voice)
    if model.active_parameters is None:
        return total
    active = numbers.parameters(model.active_parameters, voice)
    return voice("model.active", total=total, active=active)


def remarks(model: ModelFacts, voice: Voice) -> str:
    """What else to know of a model before picking it."""
    note = model.note_zh if voice.language == "zh" else model.note
    said = [note] if note else []
    if model.gated:
        said.append(voice("model.gated"))
    if model.images:
        said.append(voice("model.images"))
    if model.quantisation:
        said.append(voice("model.packed", name=model.quantisation))
    return " · ".join(said)


def languages(codes: Sequence[str]) -> str:
    """The first languages by code, and how many more there are."""
    if len(codes) <= LONG_LIST:
        return ", ".join(codes)
    return f"{', '.join(codes[:LONG_LIST])} +{len(codes) - LONG_LIST}"


def inspection(found: ModelInspection, voice: Voice) -> Html:
    """What a model is, whether it can be tuned here, and what to mind."""
    state = badge(voice("model.usable"), "good")
    if found.refusal:
        state = badge(voice("model.refused"), "bad")
    elif found.terms.must_be_accepted:
        state = badge(voice("model.ask_licence"), "warn")
    refusal = None
    if found.refusal:
        told = f"{voice.said(found.refusal.problem)} {voice.said(found.refusal.fix)}"
        refusal = tag("p", told, class_="dt-note")
    minded = [tag("li", voice.said(caution)) for caution in found.cautions]
    cautions = (
        join([tag("h4", voice("model.cautions"), aria_level=2), tag("ul", join(minded))])
        if minded
        else None
    )
    link = found.terms.url
    text = (
        tag("a", voice("model.more"), href=link, target="_blank", rel="noopener") if link else None
    )
    head = tag("header", tag("b", found.name), state)
    return tag(
        "div",
        head,
        refusal,
        facts(inspection_facts(found, voice)),
        cautions,
        text,
        class_="dt-card",
    )


def inspection_facts(found: ModelInspection, voice: Voice) -> list[tuple[str, str]]:
    """Names and values of all that was found; what nobody could find out says so."""
    unknown = voice("model.untold")
    context = voice("model.tokens", n=numbers.count(found.context)) if found.context else unknown
    values = {
        "architecture": found.architecture or found.model_type or unknown,
        "parameters": _parameters(found, voice),
        "weights": _weights(found, voice),
        "context": context,
        "vocabulary": numbers.count(found.vocabulary) if found.vocabulary else unknown,
        "template": ", ".join(template_words(found.template, voice)),
        "licence": found.terms.name,
        "restrictions": voice.said(found.terms.restrictions),
        "languages": languages(found.languages) or unknown,
        "base": ", ".join(found.base_models),
        "download": gigabytes(found.download_bytes) if found.download_bytes is not None else "",
        "commit": found.commit or "",
        "train": voice(KNOWN_TEXT[found.trained_here]),
        "serve": _served(found, voice),
    }
    return [(voice(f"model.fact.{name}"), value) for name, value in values.items() if value]


def template_words(template: TemplateFacts | None, voice: Voice) -> list[str]:
    """What a chat template does, in a few words each."""
    if template is None:
        return [voice("model.template.none")]
    said = [
        voice(f"model.template.thinking.{template.thinking}"),
        voice(f"model.template.system.{template.system_role}"),
        voice("model.template.tools") if template.tools else voice("model.template.no_tools"),
    ]
    if template.generation_markers:
        said.append(voice("model.template.markers"))
    return said


def _parameters(found: ModelInspection, voice: Voice) -> str:
    if found.parameters is None or found.parameters_from is None:
        return voice("model.untold")
    how = voice(f"model.counted.{found.parameters_from}")
    return f"{numbers.count(found.parameters)} ({how})"


def _weights(found: ModelInspection, voice: Voice) -> str:
    if found.quantisation:
        return voice("model.packed", name=found.quantisation)
    return ", ".join(found.dtypes) or voice("model.untold")


def _served(found: ModelInspection, voice: Voice) -> str:
    if found.served_here is None and found.architecture is not None:
        return voice("model.engine_missing")
    return voice(KNOWN_TEXT[found.served_here])


def gigabytes(size: int) -> str:
    """1.5 GB, 480.0 MB; powers of 1,000, as disks are sold."""
    return f"{size / 1e9:,.1f} GB" if size >= 1_000_000_000 else f"{size / 1e6:,.1f} MB"


def download(now: Download, voice: Voice) -> str:
    """How a download stands, in one line."""
    if now.status != "running":
        status = voice(f"model.status.{now.status}")
        done = gigabytes(now.bytes_done)
        return voice("model.download.ended", model=now.model, status=status, done=done)
    phase = voice(f"model.phase.{now.phase}")
    if now.bytes_total is None:
        return voice("model.download.began", model=now.model, phase=phase)
    speed = left = voice("not_measured")
    if now.bytes_per_s is not None:
        speed = voice("model.download.speed", mb=f"{now.bytes_per_s / 1e6:,.1f}")
    if now.eta_s is not None:
        left = voice("model.download.left", time=numbers.duration(now.eta_s, voice))
    return voice(
        "model.download.running",
        model=now.model,
        phase=phase,
        done=gigabytes(now.bytes_done),
        total=gigabytes(now.bytes_total),
        speed=speed,
        left=left,
    )


def doing(found: ModelInspection, voice: Voice) -> Html | None:
    """What can be done with a model that was inspected; None when it can't be tuned here."""
    if found.refusal:
        return None
    fetch = None
    if not found.local:
        size = gigabytes(found.download_bytes) if found.download_bytes else ""
        words = voice("model.fetch", size=size).strip()
        fetch = act("download", words, model=found.id_or_path, revision=found.commit or "")
    use = act("use", voice("model.use"), primary=True, model=found.name)
    return tag("div", use, fetch, class_="dt-actions")


def downloads(found: Sequence[Download], voice: Voice) -> Html | str:
    """All downloads with their progress, newest first; "" when there is none."""
    if not found:
        return ""
    title = tag("h4", voice("model.downloads"), aria_level=2)
    return tag("section", title, *(_download(one, voice) for one in found), class_="dt-part")


def _download(now: Download, voice: Voice) -> Html:
    parts = [tag("p", download(now, voice), role="status")]
    if now.status == "running":
        if now.bytes_total:
            width = f"width:{min(100.0, 100 * now.bytes_done / now.bytes_total):.1f}%"
            parts.append(tag("div", tag("div", style=width), class_="dt-progress"))
        parts.append(act("cancel-download", voice("model.cancel"), id=now.id))
    elif now.status == "done":
        parts.append(act("use", voice("model.use"), model=now.model))
    else:
        lines = [tag("p", voice.said(line)) for line in (now.problem, now.where, now.fix) if line]
        if lines:
            parts.append(tag("div", *lines, class_="dt-trouble"))
        retry = voice("model.go_on")
        parts.append(act("download", retry, model=now.model, revision=now.revision or ""))
    return tag("div", *parts, class_="dt-job")
