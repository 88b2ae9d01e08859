"""How a model can leave the workspace, and how it did; and what proves it."""

from __future__ import annotations

import time
from pathlib import Path

from core import lineage
from core.certificates import store
from core.certificates.certifications import Certification
from core.certificates.records import Certificate
from core.errors import DuotuneError
from core.exporting.offers import Offer
from core.exporting.records import Export
from core.library_actions import Shelved
from core.training.records import Run
from ui.present.leaving import Leaving
from ui.watched import Watched, any_running, folder_facts, nested_facts

OFFERS_S = 20.0
"""How old a look at free disk and memory may be."""
FOLDERS_BESIDE = frozenset({store.FOLDER})
"""Folders beside a model that decide nothing about exporting it."""


class LeavingWatch(Watched):
    """What the page shows of exports and certificates."""

    def exports(self) -> tuple[Export, ...]:
        """All exports, newest first."""
        facts = nested_facts(self.actions.workspace.exports)
        return self._kept("exports", facts, self.actions.exports, any_running)

    def certifications(self) -> tuple[Certification, ...]:
        """Certificates in the making and those that were made last, newest first."""
        facts = nested_facts(self.actions.workspace.certifications)
        return self._kept("certifications", facts, self.actions.certifications, any_running)

    def certificates_at(self, home: Path) -> tuple[Certificate, ...]:
        """The certificates beside a model or an export, newest first."""
        facts = folder_facts(home / store.FOLDER)
        return self._kept(f"{home}/certificates", facts, lambda: store.of(home))

    def offers(self, name: str, home: Path) -> tuple[tuple[Offer, ...], DuotuneError | None]:
        """What a model that lies at `home` can be exported as; or why it can't be."""

        def look() -> tuple[tuple[Offer, ...], DuotuneError | None]:
            try:
                return self.actions.export_offers(name), None
            except DuotuneError as error:
                return (), error

        files = {fact for fact in folder_facts(home) if fact[0] not in FOLDERS_BESIDE}
        at = int(time.monotonic() / OFFERS_S)  # disk and memory fill up meanwhile
        return self._kept(f"{name}/offers", (at, frozenset(files)), look)


def of_run(watch: LeavingWatch, run: Run) -> Leaving:
    """Of a finished run."""
    mine = [
        one for one in watch.exports()
        if (one.request.source, one.request.source_id) == ("run", run.id)
    ]  # fmt: skip
    home = watch.actions.workspace.run(run.id).root
    return _leaving(watch, (run.id, run.plan.name), home, tuple(mine))


def of_kept(watch: LeavingWatch, found: Shelved) -> Leaving:
    """Of a model in the library."""
    entry = found.kept.entry
    mine = lineage.exports_of(watch.exports(), entry)
    return _leaving(watch, (entry.name, entry.name), Path(found.kept.folder), tuple(mine))


def _leaving(
    watch: LeavingWatch, names: tuple[str, str], home: Path, exports: tuple[Export, ...]
) -> Leaving:
    name, title = names
    offers, trouble = watch.offers(name, home)
    return Leaving(
        name=name,
        title=title,
        offers=offers,
        trouble=trouble,
        exports=exports,
        certificates=watch.certificates_at(home),
        proofs={
            one.id: found[0]
            for one in exports
            if (found := watch.certificates_at(watch.actions.workspace.export(one.id)))
        },
        certifications=tuple(one for one in watch.certifications() if one.request.name == name),
    )
