"""Where the hub client keeps a model's files, and what of a file is there already."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


def repository(name: str) -> Path:
    """A model's folder in the hub client's cache."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    return Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=name, repo_type="model")


@dataclass(frozen=True)
class HubFile:
    """One file of a model, and where it goes in the client's cache."""

    name: str
    size: int
    oid: str
    blob: Path
    """Its place under the name of its hash."""

    @property
    def large(self) -> bool:
        """Whether the hub keeps it apart from git, with a SHA-256."""
        return len(self.oid) == 64

    @property
    def partial(self) -> Path:
        return self.blob.with_name(f"{self.oid}.duotune.incomplete")

    @property
    def bytes_here(self) -> int:
        for path in (self.blob, self.partial):
            try:
                return min(path.stat().st_size, self.size)
            except OSError:
                continue
        return 0
