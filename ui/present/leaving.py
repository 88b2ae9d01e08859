"""What the Export and Certificate folds of one model are drawn from."""

from __future__ import annotations

from typing import NamedTuple

from core.certificates.certifications import Certification
from core.certificates.records import Certificate
from core.errors import DuotuneError
from core.exporting.offers import Offer
from core.exporting.records import Export


class Leaving(NamedTuple):
    """All that is known of one model's exports and certificates."""

    name: str
    """What verbs call it: a run's id, or a name in the library."""
    title: str
    """What a person calls it."""
    offers: tuple[Offer, ...] = ()
    trouble: DuotuneError | None = None
    """Why it can't be exported or certified at all."""
    exports: tuple[Export, ...] = ()
    """Newest first."""
    certificates: tuple[Certificate, ...] = ()
    """Of the model itself, newest first."""
    proofs: dict[str, Certificate] = {}  # noqa: RUF012  never changed
    """The newest certificate of each export, by the export's id."""
    certifications: tuple[Certification, ...] = ()
    """The newest of the model, and of each of its exports."""

    @property
    def red(self) -> Certificate | None:
        """The certificate that stops exports."""
        newest = next(iter(self.certificates), None)
        return newest if newest and newest.verdict == "red" else None
