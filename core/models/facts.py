"""What a person should know before picking a base model, and the bundled list of such facts."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from pydantic import Field, computed_field

from core.messages import Record
from core.models.licences import LICENCES, LicenceTerms

Thinking = Literal["none", "hybrid", "only"]
"""Whether answers hold a thinking part: never, where it is switched on, or always."""
SystemRole = Literal["supported", "merged", "refused", "dropped"]
"""`merged` puts it into the first user turn; `dropped` loses it without a word."""


class ModelFacts(Record):
    """One model of the catalog."""

    name: str
    """What a plan calls it."""
    id_or_path: str
    """Hub id, or the local folder."""
    family: str
    parameters: int | None
    """For a Hub model as its card rounds it."""
    active_parameters: int | None = None
    """Those that work on one token, where that is not all of them."""
    context: int | None
    """Longest conversation in tokens, without stretching."""
    languages: tuple[str, ...]
    """Codes of languages, and how many more there are in words."""
    terms: LicenceTerms
    gated: bool
    """Whether its authors must be asked for access first."""
    local: bool
    model_type: str
    """What its config calls its architecture."""
    thinking: Thinking
    system_role: SystemRole
    tools: bool
    """Whether its template shows the model which tools it may call."""
    images: bool = False
    """Whether it reads pictures too; only its text part is tuned."""
    quantisation: str | None = None
    """The format of its weights where they are not plain numbers, such as mxfp4."""
    min_transformers: str
    """The first version of transformers that knows it."""
    note: str = ""
    note_zh: str = ""
    recommended: dict[str, float | int | str] = Field(default_factory=dict)
    """Plan settings that suit this model better than those for its size."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def licence(self) -> str:
        """The licence's name."""
        return self.terms.name


class Catalog(Record):
    """The bundled list."""

    checked: str
    """The month in which its facts were looked up."""
    models: tuple[ModelFacts, ...]


@lru_cache(maxsize=1)
def hub_models() -> Catalog:
    """The Hub models of `catalog.toml`, in its order."""
    file = resources.files("core.models").joinpath("catalog.toml")
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    found = [_entry(family, model) for family in given["family"] for model in family["models"]]
    return Catalog(checked=given["checked"], models=tuple(found))


def _entry(family: dict[str, Any], model: dict[str, Any]) -> ModelFacts:
    shared = {key: value for key, value in family.items() if key not in ("models", "source")}
    values = {**shared, **model, "family": family["name"], "local": False}
    name, licence = values.pop("id"), values.pop("licence")
    terms = LICENCES[licence]
    return ModelFacts.model_validate({**values, "name": name, "id_or_path": name, "terms": terms})
