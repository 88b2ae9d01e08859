"""The verbs about masked private data: what `core.actions.Actions` offers of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.augment_actions import AugmentActions
from core.data import mask_keys, revealing, store, unmasking
from core.data.mask_keys import Forgotten
from core.data.revealing import Revealed
from core.data.unmasking import Hidden, Unmasked


@dataclass(frozen=True)
class MaskActions(AugmentActions):
    """The verbs about masks and their keys, over one workspace."""

    def hidden(self, dataset_id: str) -> Hidden | None:
        """What the masks of a dataset hide, by type; None when nothing in it is masked."""
        return unmasking.hidden(self.workspace, store.load(self.workspace, dataset_id))

    def was_masked(self, dataset_id: str) -> bool:
        """Whether a dataset, or one that it was made from, was masked: quickly said."""
        dataset = store.load(self.workspace, dataset_id)
        return mask_keys.was_masked(self.workspace, dataset)

    def unmask(self, dataset_id: str, key: Path | None = None) -> Unmasked:
        """Put the values back that masking hid, as a new version.

        `key` is an exported key, in place of the workspace's own. Raises DataError when the key is
        missing, damaged or deleted, or no value can be put back.
        """
        return unmasking.unmask(self.workspace, store.load(self.workspace, dataset_id), key)

    def reveal_file(
        self, dataset_id: str, file: Path, target: Path, key: Path | None = None
    ) -> Revealed:
        """Write a copy of a JSON Lines or JSON file, such as a model's answers, with values back.

        Its records must carry the ids of their examples. Raises DataError when they don't, or no
        mask of the file is known.
        """
        known = unmasking.key_of(self.workspace, store.load(self.workspace, dataset_id), key)
        return revealing.reveal_file(known, file, target)

    def export_mask_key(self, dataset_id: str, target: Path) -> int:
        """Write a dataset's key to a file; returns how many values it holds.

        Raises DataError when there is no key, or a file of that name.
        """
        return mask_keys.export(self.workspace, store.load(self.workspace, dataset_id), target)

    def forget_masks(self, dataset_id: str) -> Forgotten:
        """Delete a dataset's key, so that its masks stay; says where its values still stand.

        Raises DataError when there is no key to delete.
        """
        return mask_keys.forget(self.workspace, store.load(self.workspace, dataset_id))
