"""Bring a Hub model's files into the hub client's cache, resuming what was begun.

The client itself begins a broken file anew in another process. So large files are written beside
their place in its cache under a name of ours, checked against the hub's SHA-256, then put where the
client looks for them; it makes the snapshot from what it finds.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from core.disk import sha256_file, take_lease
from core.errors import ModelError, WorkspaceError, disk_errors
from core.messages import Record
from core.models import hub, hub_files, weights
from core.models.hub_cache import HubFile, repository
from core.models.inspection import describe
from core.models.model_files import ModelFiles, wanted_files
from core.settings import DEFAULT_HUB, Settings

WORKERS = 4
"""Files at a time: one stream seldom fills a line, many are refused."""
TELL_EVERY_S = 0.5
RATE_SAMPLES = 20
"""The speed is that of the last ten seconds."""
LEAST_S = 1.0
"""A speed over less is none."""
SPARE_BYTES = 256 << 20
"""What must be left on the disk after a download."""


class FetchProgress(Record):
    """How far a download is."""

    phase: str
    commit: str | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    bytes_per_s: float | None = None
    """None until it was measured for a moment."""

    @property
    def eta_s(self) -> float | None:
        """Seconds that are left at the measured speed; None while that is not known."""
        if not self.bytes_per_s or self.bytes_total is None:
            return None
        return (self.bytes_total - self.bytes_done) / self.bytes_per_s


Tell = Callable[[FetchProgress], None]


@dataclass(frozen=True)
class Fetch:
    """The download of one model at one commit."""

    name: str
    commit: str
    settings: Settings
    files: tuple[HubFile, ...]
    tell: Tell
    speeds: deque[tuple[float, int]] = field(default_factory=lambda: deque(maxlen=RATE_SAMPLES))

    @classmethod
    def of(cls, found: ModelFiles, settings: Settings, tell: Tell) -> Fetch:
        """What has to be fetched of a model that was looked at.

        Raises ModelError when the hub does not say by which hash its files can be checked.
        """
        blobs = repository(found.name) / "blobs"
        chosen = wanted_files(found.sizes, weights.wanted(found.sizes, found.index))
        if not found.commit or not all(found.oids.get(name) for name in chosen):
            raise ModelError(
                f"{settings.hub_endpoint} does not tell the hashes of {found.name}'s files, so a "
                "download of them can't be checked.",
                fix="Let DUOTUNE_HUB_ENDPOINT name another mirror.",
            )
        files = [
            HubFile(name, found.sizes[name], found.oids[name], blobs / found.oids[name])
            for name in chosen
        ]
        return cls(found.name, found.commit, settings, tuple(files), tell)

    @property
    def bytes_total(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def bytes_here(self) -> int:
        return sum(file.bytes_here for file in self.files)

    def run(self) -> None:
        """Fetch what is not here yet. Raises ModelError, or WorkspaceError without room for it."""
        self._need_room()
        large = [file for file in self.files if file.large]
        pool = ThreadPoolExecutor(WORKERS)
        try:
            waiting = {pool.submit(self._fetch_large, file) for file in large}
            while waiting:
                done, waiting = wait(waiting, TELL_EVERY_S, FIRST_EXCEPTION)
                self._report("downloading")
                _raise_first(done)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
        for file in self.files:
            self._place(file)
        self._report("checking")
        self._check_small()

    def _need_room(self) -> None:
        """Raises WorkspaceError when the rest does not fit on the disk."""
        folder = self.files[0].blob.parent
        with disk_errors(folder, "make the folder for the model"):
            folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(folder).free
        needed = self.bytes_total - self.bytes_here + SPARE_BYTES
        if free < needed:
            raise WorkspaceError(
                f"The download of {self.name} needs {needed / 1e9:,.1f} GB more on the disk, and "
                f"{free / 1e9:,.1f} GB are free.",
                str(folder),
                "Free some space, or let HF_HUB_CACHE name a folder on another disk.",
            )

    def _fetch_large(self, file: HubFile) -> None:
        """One file, from where it was broken off. Raises ModelError when it comes damaged."""
        if file.blob.is_file() and file.blob.stat().st_size == file.size:
            return
        if file.partial.is_file() and file.partial.stat().st_size > file.size:
            file.partial.unlink()
        while True:
            before = file.bytes_here
            try:
                self._stream(file)
                break
            except hub.HubUnreachable:
                if file.bytes_here <= before:  # a line that brings nothing is given up
                    raise
        if sha256_file(file.partial) != file.oid:
            file.partial.unlink()
            raise _damaged(file, self.name)
        os.replace(file.partial, file.blob)

    def _stream(self, file: HubFile) -> None:
        """Append to a file what it lacks. Raises HubUnreachable when the line breaks."""
        from huggingface_hub.file_download import http_get

        with hub.hub_errors(self.name, self.settings, self.commit):
            location, headers = self._location(file)
            with file.partial.open("ab") as output:
                http_get(
                    location,
                    output,
                    resume_size=output.tell(),
                    headers=headers,
                    expected_size=file.size,
                    displayed_filename=file.name,
                    tqdm_class=hub.silent_bar(),
                )

    def _location(self, file: HubFile) -> tuple[str, dict[str, str]]:
        """Where a file's bytes are, and what to send there: the token to the hub alone."""
        from huggingface_hub import get_hf_file_metadata, hf_hub_url
        from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

        endpoint, token = self.settings.hub_endpoint, self.settings.sent_hub_token or False
        url = hf_hub_url(self.name, file.name, revision=self.commit, endpoint=endpoint)
        told = get_hf_file_metadata(url, token=token, timeout=hub.TIMEOUT_S, endpoint=endpoint)
        if told.etag != file.oid:
            raise _damaged(file, self.name)
        hosts = {urlsplit(address).netloc for address in (endpoint, DEFAULT_HUB)}
        trusted = urlsplit(told.location).netloc in hosts
        return told.location, build_hf_headers(token=token if trusted else False)

    def _place(self, file: HubFile) -> None:
        """Let the client put a file into the snapshot; small ones it fetches itself."""
        from huggingface_hub import hf_hub_download

        with hub.hub_errors(self.name, self.settings, self.commit):
            hf_hub_download(
                self.name,
                file.name,
                revision=self.commit,
                endpoint=self.settings.hub_endpoint,
                token=self.settings.sent_hub_token or False,
                tqdm_class=hub.silent_bar(),
            )

    def _check_small(self) -> None:
        """Raises ModelError when a small file is not what git's hash says."""
        for file in self.files:
            if file.large:
                continue
            placed = repository(self.name) / "snapshots" / self.commit / file.name
            content = placed.read_bytes()
            told = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False)
            if told.hexdigest() != file.oid:
                placed.unlink()
                file.blob.unlink(missing_ok=True)
                raise _damaged(file, self.name)

    def _report(self, phase: str) -> None:
        here = self.bytes_here
        self.speeds.append((time.monotonic(), here))
        (began, first), (now, last) = self.speeds[0], self.speeds[-1]
        measured = phase == "downloading" and now - began >= LEAST_S
        speed = (last - first) / (now - began) if measured else None
        self.tell(
            FetchProgress(
                phase=phase,
                commit=self.commit,
                bytes_done=here,
                bytes_total=self.bytes_total,
                bytes_per_s=speed,
            )
        )


def fetch_model(name: str, revision: str | None, settings: Settings, tell: Tell) -> Path:
    """Bring all that tuning needs of a model onto this machine; the folder that it is in.

    Raises ModelError when the model can't be tuned here, is refused, comes damaged, or another
    download of it is under way; WorkspaceError when the disk has no room.
    """
    tell(FetchProgress(phase="inspecting"))
    found = hub_files.fetch(name, revision, settings)
    seen = describe(found, settings)
    if seen.refusal:
        raise ModelError(seen.refusal.problem, seen.page, seen.refusal.fix)
    lease = take_lease(repository(name).parent / ".locks" / repository(name).name / "duotune.lease")
    if lease is None:
        raise ModelError(
            f"{name} is being downloaded by another Duotune on this machine.",
            fix="Wait until it is done, then start again: nothing is fetched twice.",
        )
    try:
        fetch = Fetch.of(found, settings, tell)
        fetch.run()
        _name_commit(fetch, revision)
    finally:
        os.close(lease)
    return repository(name) / "snapshots" / fetch.commit


def _name_commit(fetch: Fetch, revision: str | None) -> None:
    """Let the client note that the revision is this commit, so that it is found without a hub.

    Nothing is noted when the revision has moved on meanwhile.
    """
    from huggingface_hub import hf_hub_download

    with hub.hub_errors(fetch.name, fetch.settings, revision):
        info = hub.model_info(fetch.name, revision, fetch.settings)
        if info.sha == fetch.commit:
            hf_hub_download(
                fetch.name,
                fetch.files[0].name,
                revision=revision,
                endpoint=fetch.settings.hub_endpoint,
                token=fetch.settings.sent_hub_token or False,
                tqdm_class=hub.silent_bar(),
            )


def _raise_first(done: set[Future[None]]) -> None:
    for future in done:
        future.result()


def _damaged(file: HubFile, name: str) -> ModelError:
    return ModelError(
        f"{file.name} of {name} is not what the hub says it is: its hash differs.",
        hub.page(name),
        "Start the download again; if it happens again, use another mirror.",
    )
