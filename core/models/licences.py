"""What the licences of models allow, and the question that the restricted ones put to a person.

The sentences sum a licence up for somebody who has not read it; the link leads to its text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

from core.errors import PlanError
from core.messages import Record

LicenceKind = Literal["permissive", "conditional", "non-commercial", "unknown", "unstated"]
"""`unknown` is one that nobody here has read; `unstated` a folder that says nothing about it."""

LLAMA = (
    "Free below 700 million monthly users. What is built on it must show 'Built with Llama', "
    "carry a name that begins with Llama, and keep to Meta's acceptable use policy."
)
COPYLEFT = "What is made from it and passed on must come under the same licence, with its source."
SHARE_ALIKE = "What is made from it and passed on must name its authors and keep the same licence."
NO_COMMERCE = "Not for commercial use. Its authors must be named."
OPENRAIL = "Free, except for the uses that its annex forbids. Whoever passes it on passes them on."
UNKNOWN = "Nobody here has read this licence, so what it allows is for you to find out."
UNSTATED = "Nothing in the model's files says what it may be used for."


class LicenceTerms(Record):
    """A licence, as far as a person must know it before tuning."""

    name: str
    """Its SPDX name where it has one; what a person accepts it by."""
    kind: LicenceKind
    restrictions: str = ""
    """What it forbids or demands, in one sentence; "" for a permissive one."""
    url: str = ""

    @property
    def must_be_accepted(self) -> bool:
        """Whether a person has to say yes to it before a model under it is tuned."""
        return self.kind not in ("permissive", "unstated")


def _permissive(name: str) -> LicenceTerms:
    return LicenceTerms(name=name, kind="permissive", url=f"https://spdx.org/licenses/{name}.html")


def _llama(version: str) -> LicenceTerms:
    page = f"https://www.llama.com/llama{version.replace('.', '_')}/license/"
    name = f"Llama {version} Community License"
    return LicenceTerms(name=name, kind="conditional", restrictions=LLAMA, url=page)


def _spdx(name: str, kind: LicenceKind, restrictions: str) -> LicenceTerms:
    url = f"https://spdx.org/licenses/{name}.html"
    return LicenceTerms(name=name, kind=kind, restrictions=restrictions, url=url)


LICENCES: dict[str, LicenceTerms] = {
    "apache-2.0": _permissive("Apache-2.0"),
    "mit": _permissive("MIT"),
    "bsd-2-clause": _permissive("BSD-2-Clause"),
    "bsd-3-clause": _permissive("BSD-3-Clause"),
    "isc": _permissive("ISC"),
    "cc0-1.0": _permissive("CC0-1.0"),
    "unlicense": _permissive("Unlicense"),
    "cc-by-4.0": _permissive("CC-BY-4.0"),
    "llama2": _llama("2"),
    "llama3": _llama("3"),
    "llama3.1": _llama("3.1"),
    "llama3.2": _llama("3.2"),
    "llama3.3": _llama("3.3"),
    "llama4": _llama("4"),
    "gemma": LicenceTerms(
        name="Gemma Terms of Use",
        kind="conditional",
        restrictions="Free, except for what Google's prohibited use policy forbids. Whoever passes "
        "it or a tuned model on must pass these terms on, and Google may end its use.",
        url="https://ai.google.dev/gemma/terms",
    ),
    "qwen": LicenceTerms(
        name="Qwen License",
        kind="conditional",
        restrictions="Free below 100 million monthly users. Products must say 'Built with Qwen' or "
        "'Improved using Qwen'.",
        url="https://huggingface.co/Qwen/Qwen2.5-72B-Instruct/blob/main/LICENSE",
    ),
    "qwen-research": LicenceTerms(
        name="Qwen Research License",
        kind="non-commercial",
        restrictions="For research and evaluation only. Commercial use needs a licence from "
        "Alibaba Cloud, and what is built on it must say so.",
        url="https://huggingface.co/Qwen/Qwen2.5-3B-Instruct/blob/main/LICENSE",
    ),
    "mrl": LicenceTerms(
        name="Mistral AI Research License",
        kind="non-commercial",
        restrictions="For research only, also what is tuned from it. Commercial use needs a "
        "licence from Mistral AI.",
        url="https://mistral.ai/licenses/MRL-0.1.md",
    ),
    "mnpl": LicenceTerms(
        name="Mistral AI Non-Production License",
        kind="non-commercial",
        restrictions="For testing and research only, never in production.",
        url="https://mistral.ai/licenses/MNPL-0.1.md",
    ),
    "openrail": LicenceTerms(name="OpenRAIL", kind="conditional", restrictions=OPENRAIL),
    "bigscience-openrail-m": LicenceTerms(
        name="BigScience OpenRAIL-M", kind="conditional", restrictions=OPENRAIL
    ),
    "cc-by-sa-4.0": _spdx("CC-BY-SA-4.0", "conditional", SHARE_ALIKE),
    "gpl-3.0": _spdx("GPL-3.0-only", "conditional", COPYLEFT),
    "agpl-3.0": _spdx("AGPL-3.0-only", "conditional", COPYLEFT),
    "cc-by-nc-4.0": _spdx("CC-BY-NC-4.0", "non-commercial", NO_COMMERCE),
    "cc-by-nc-sa-4.0": _spdx("CC-BY-NC-SA-4.0", "non-commercial", NO_COMMERCE),
    "cc-by-nc-nd-4.0": _spdx("CC-BY-NC-ND-4.0", "non-commercial", NO_COMMERCE),
}
"""By the key that model cards use (`license`, or `license_name` where that is `other`)."""

STRICTNESS = ("permissive", "unstated", "conditional", "unknown", "non-commercial")
MAX_NAME = 120
"""Characters of a licence's name that a stranger's model card may fill."""


class Licensed(Protocol):
    """What comes under a licence: a catalog entry, or what an inspection found."""

    @property
    def name(self) -> str: ...
    @property
    def terms(self) -> LicenceTerms: ...


def stated(card: Mapping[str, Any], page: str) -> LicenceTerms:
    """The licence that a model card's metadata states; the strictest where it lists several.

    `page` is the model's own page ("" for a folder), where an unknown licence is to be looked up.
    """
    given = card.get("license")
    keys = [str(key) for key in given] if isinstance(given, list) else [str(given or "")]
    found = [_one(key.strip().lower(), card, page) for key in keys]
    return max(found, key=lambda terms: STRICTNESS.index(terms.kind))


def _one(key: str, card: Mapping[str, Any], page: str) -> LicenceTerms:
    named = " ".join(str(card.get("license_name") or "").split())[:MAX_NAME]
    link = str(card.get("license_link") or "")
    link = link if link.startswith(("https://", "http://")) else ""
    if key in ("other", "") and named:
        key = named.lower()
    if key in LICENCES:
        return LICENCES[key]
    if key in ("", "unknown"):
        kind: LicenceKind = "unknown" if page else "unstated"
        name = "unstated licence"
        return LicenceTerms(name=name, kind=kind, restrictions=UNSTATED, url=link or page)
    name = named or key[:MAX_NAME]
    return LicenceTerms(name=name, kind="unknown", restrictions=UNKNOWN, url=link or page)


def licence_gate(model: Licensed, accepted: str | None) -> PlanError | None:
    """Why a model may not be tuned yet: its licence restricts, and nobody has accepted it by name.

    None for a permissive licence, an accepted one, and a folder that states none.
    """
    terms = model.terms
    if not terms.must_be_accepted or accepted == terms.name:
        return None
    return PlanError(
        f"{model.name} comes under the {terms.name}, which you have not accepted yet: "
        f"{terms.restrictions}",
        terms.url,
        f"Read it, then accept it by its name: licence_accepted={terms.name}",
    )
