"""Put what tools about the model library answered into sentences, in the person's language."""

from __future__ import annotations

from typing import Any

from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.results_library import (
    CertificateSeen,
    CertificationSeen,
    ExportsSeen,
    LibraryResult,
    ModelImported,
    ShelfSeen,
)
from core.wording import said


def tell(result: LibraryResult, language: Language) -> str:
    """A result as the assistant says it."""
    match result:
        case ShelfSeen():
            return shelf(result, language)
        case ModelImported():
            remarks = (said(remark, language) for remark in result.remarks)
            return joined([reply("imported", language, name=result.name), *remarks], language)
        case ExportsSeen():
            return exports(result, language)
        case CertificateSeen():
            return certificate(result, language)
        case CertificationSeen():
            return certification(result, language)


def line(result: LibraryResult, language: Language) -> str:
    """The same in a few words, for the line of its tool."""
    match result:
        case ShelfSeen():
            return str(len(result.models))
        case ModelImported():
            return result.name
        case ExportsSeen():
            return result.exports[0]["of"] if result.started else str(len(result.exports))
        case CertificateSeen():
            return verdict(result.verdict, language)
        case CertificationSeen():
            return result.name


def shelf(found: ShelfSeen, language: Language) -> str:
    """Each model in a line."""
    if not found.models:
        return reply("shelf_empty", language)
    separator = "，" if language == "zh" else ", "
    lines = [
        reply("shelf_line", language, name=one["name"], facts=separator.join(_facts(one, language)))
        for one in found.models
    ]
    return "\n".join([reply("shelf", language), *lines])


def _facts(one: dict[str, Any], language: Language) -> list[str]:
    told = [reply("shelf_imported", language)] if one["origin"] == "imported" else []
    for key in ("base_model", "data"):
        if key in one:
            told.append(
                reply("shelf_base" if key == "base_model" else "shelf_data", language, **one)
            )
    if "best_loss" in one:
        told.append(reply("shelf_loss", language, best_loss=f"{one['best_loss']:.4f}"))
    if "base_score" in one and "tuned_score" in one:
        scores = {key: f"{100 * one[key]:.1f}" for key in ("base_score", "tuned_score")}
        told.append(reply("shelf_scores", language, **scores))
    if "exports" in one:
        told.append(reply("shelf_exports", language, exports=", ".join(one["exports"])))
    if not one["is_whole"]:
        told.append(reply("shelf_damaged", language))
    return [*told, one["note"]] if "note" in one else told


def exports(found: ExportsSeen, language: Language) -> str:
    """How each export stands, in a line."""
    if not found.exports:
        return reply("no_exports", language)
    if found.started:
        return reply("export_started", language, **found.exports[0])
    return "\n".join(f"- {export(one, language)}" for one in found.exports)


def export(one: dict[str, Any], language: Language) -> str:
    """How one export stands."""
    if one["status"] in ("running", "done"):
        shown = {**one, "verdict": verdict(one["verdict"], language) if one["verdict"] else ""}
        return reply(f"export_{one['status']}", language, **shown)
    texts = {key: said(one[key], language) for key in ("problem", "fix")}
    return reply("export_ended", language, **{**one, **texts}).rstrip()


def certification(found: CertificationSeen, language: Language) -> str:
    """That it is being made, or why it was not."""
    key = "certify_failed" if found.problem else "certify_started"
    texts = {key: said(text, language) for key, text in found.model_dump().items()}
    return reply(key, language, **texts)


def certificate(found: CertificateSeen, language: Language) -> str:
    """The verdict, then each way."""
    head = reply("certificate", language, name=found.name, sentence=said(found.sentence, language))
    lines = [
        reply("certificate_line", language, way=one["way"], verdict=_way(one, language))
        for one in found.ways
    ]
    return "\n".join([head, *lines])


def _way(one: dict[str, Any], language: Language) -> str:
    told = verdict(one["verdict"], language)
    return joined([told, said(one["sentence"], language)], language) if one["sentence"] else told


def verdict(found: str, language: Language) -> str:
    """A certificate's verdict in words."""
    return reply(f"verdict_{found.replace(' ', '_')}", language)
