"""What to do about a request that is about data: one rule an intent, used by the offline driver."""

from __future__ import annotations

from core.assistant.hearing import Heard, Step
from core.assistant.records import Language
from core.assistant.replies import joined, reply
from core.assistant.understanding import Request
from core.data.advice_matters import codes_of
from core.data.repairing import RepairOffer, harmless

DUPLICATES = "duplicates"


def no_data(heard: Heard) -> Step | None:
    """That there is no data, when there is none."""
    if heard.situation.dataset_id is not None:
        return None
    keys = ("no_data", "help_data")
    return Step(joined((reply(key, heard.language) for key in keys), heard.language))


def repair(heard: Heard, request: Request) -> Step:
    """Mend what the person names; of what they name nothing, all that takes nothing away."""
    if none := no_data(heard):
        return none
    language, offers, said = heard.language, heard.situation.repairs, request.data
    if said.fills:
        codes = [offer.code for offer in offers if offer.asks]
        return _repair(codes, language, fills=said.fills)
    if said.matters:
        codes = [offer.code for offer in offers if offer.code in codes_of(said.matters)]
        if not codes and said.matters == (DUPLICATES,):
            return Step(reply("mend_duplicates", language))
        return _repair(codes, language)
    if harmless(offers):
        return Step("", "repair")
    return Step(_needs_naming(offers, language))


def _repair(codes: list[str], language: Language, **more: object) -> Step:
    if not codes:
        return Step(reply("mend_none", language))
    return Step("", "repair", {"codes": codes, **more})


def _needs_naming(offers: tuple[RepairOffer, ...], language: Language) -> str:
    """What can be mended only when it is asked for by name."""
    if not offers:
        return reply("mend_nothing", language)
    lines = [
        reply("mend_line", language, what=offer.zh if language == "zh" else offer.en, n=offer.count)
        for offer in offers
    ]
    return "\n".join([reply("mend_named", language), *dict.fromkeys(lines)])


def answer(heard: Heard, request: Request) -> Step:
    return no_data(heard) or Step("", "answer", {"answers": request.data.answers})


def unmask(heard: Heard, _: Request) -> Step:
    if none := no_data(heard):
        return none
    is_masked = heard.situation.is_masked
    return Step("", "unmask") if is_masked else Step(reply("no_masks", heard.language))


def undo(heard: Heard, _: Request) -> Step:
    if none := no_data(heard):
        return none
    return Step("", "undo") if heard.situation.can_undo else Step(reply("no_undo", heard.language))


def delete(heard: Heard, request: Request) -> Step:
    """The dataset of this conversation, or the one that is named; asked before it is done."""
    if none := no_data(heard):
        return none
    named = {"dataset_id": request.dataset} if request.dataset else {}
    return Step("", "delete_dataset", named | ({"whole": True} if request.data.is_whole else {}))


def changes(heard: Heard, _: Request) -> Step:
    if none := no_data(heard):
        return none
    if not heard.situation.can_undo:
        return Step(reply("no_changes", heard.language))
    return Step("", "changes")


def leaks(heard: Heard, request: Request) -> Step:
    if none := no_data(heard):
        return none
    against = {"against": request.data.file} if request.data.file else {}
    return Step("", "leaks", against)


def show_row(heard: Heard, request: Request) -> Step:
    return no_data(heard) or Step("", "example", {"row": request.data.row or 1})


def tokens(heard: Heard, request: Request) -> Step:
    row = {"row": request.data.row} if request.data.row is not None else {}
    return no_data(heard) or Step("", "show_tokens", row)
