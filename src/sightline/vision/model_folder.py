"""The folder models are fetched into, and `models.lock`: sums trusted first, licences accepted."""

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from sightline.errors import ModelError
from sightline.vision.catalogue import ModelEntry
from sightline.vision.fetch import Fetched, Progress, copy_local, fetch_http, sha256_of
from sightline.vision.http_source import Limits, mask_address

LOCK_NAME = "models.lock"

State = Literal["known", "pinned", "unpinned", "mismatch"]
"""known: a copy the catalogue names; pinned: as first fetched; unpinned: nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Verified:
    """One file compared with what it should be.

    Attributes:
        sha256: what it is.
        expected: what it may be; empty when nothing says.
    """

    path: Path
    state: State
    sha256: str
    expected: tuple[str, ...]
    size_bytes: int


class ModelFolder:
    """One folder of model files and its lock file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def lock_path(self) -> Path:
        return self.path / LOCK_NAME

    def pinned_sha256(self, file: str) -> str | None:
        """The sum a file had when it was first trusted."""
        pin = self._read()["files"].get(file)
        return str(pin["sha256"]) if pin else None

    def has_accepted(self, entry: ModelEntry) -> bool:
        """Whether the licence of this model, as the catalogue words it now, was accepted before."""
        yes = self._read()["accepted"].get(entry.name)
        return yes is not None and yes.get("licence") == entry.licence

    def accept(self, entry: ModelEntry) -> None:
        """Remember that the licence of a model was accepted."""
        with self._changing() as lock:
            lock["accepted"][entry.name] = {"licence": entry.licence, "at": _now()}

    def own_entries(self, catalogue: Mapping[str, ModelEntry]) -> list[ModelEntry]:
        """Entries for pinned files that the catalogue does not know: those the user brought himself."""
        known = {entry.file for entry in catalogue.values()}
        files = {file: pin for file, pin in self._read()["files"].items() if file not in known}
        return [ModelEntry(name=file.removesuffix(".onnx"), file=file) for file in files]

    def verify(self, entry: ModelEntry) -> Verified | None:
        """Compare a model's file with its pin, else with the catalogue; None when it is not here."""
        path = self.path / entry.file
        if not path.is_file():
            return None
        pin = self.pinned_sha256(entry.file)
        expected = (pin,) if pin else entry.sha256
        sha256 = sha256_of(path)
        if not expected:
            state: State = "unpinned"
        elif sha256 not in expected:
            state = "mismatch"
        else:
            state = "known" if sha256 in entry.sha256 else "pinned"
        return Verified(path, state, sha256, expected, path.stat().st_size)

    def pull(
        self,
        entry: ModelEntry,
        origins: tuple[str, ...],
        *,
        sha256: str | None = None,
        check: Callable[[Path], None] | None = None,
        progress: Progress = lambda _done, _total: None,
        limits: Limits | None = None,
    ) -> Fetched:
        """Fetch a model from the first of `origins` that gives it, and pin it.

        Args:
            origins: web addresses, files, or folders that hold the entry's file.
            sha256: the only sum accepted, in place of the pin and the catalogue: the user's word counts more.
            check: raises ModelError when a file nobody knows the sum of cannot be a model.

        Raises:
            ModelError: none of the origins gave it; the reason of each is told.
            DiskFull: no room.
        """
        pin = self.pinned_sha256(entry.file)
        expected = (sha256,) if sha256 else (pin,) if pin else entry.sha256
        reasons = []
        for origin in origins:
            try:
                fetched = self._fetch(entry, origin, expected, None if expected else check, progress, limits)
            except ModelError as error:
                reasons.append(str(error))
                continue
            self._pin(entry, fetched, mask_address(origin))
            return fetched
        raise ModelError("; ".join(reasons) or f"no address is known for {entry.name}: {entry.hint}")

    def _fetch(
        self,
        entry: ModelEntry,
        origin: str,
        expected: tuple[str, ...],
        check: Callable[[Path], None] | None,
        progress: Progress,
        limits: Limits | None,
    ) -> Fetched:
        target = self.path / entry.file
        if "://" in origin:
            return fetch_http(
                origin, target, expected=expected, check=check, progress=progress, limits=limits
            )
        local = Path(origin).expanduser()
        if local.is_dir():
            local = local / entry.file
        return copy_local(local, target, expected=expected, check=check, progress=progress)

    def pin_present(self, entry: ModelEntry) -> None:
        """Trust the file that lies in the folder from now on, unless one is pinned already."""
        if self.pinned_sha256(entry.file) is not None:
            return
        path = self.path / entry.file
        self._pin(entry, Fetched(path, sha256_of(path), path.stat().st_size), "found in the folder")

    def _pin(self, entry: ModelEntry, fetched: Fetched, origin: str) -> None:
        with self._changing() as lock:
            lock["files"][entry.file] = {
                "name": entry.name,
                "sha256": fetched.sha256,
                "bytes": fetched.size_bytes,
                "from": origin,
                "at": _now(),
            }

    def _read(self) -> dict[str, dict[str, Any]]:
        try:
            lock = json.loads(self.lock_path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {"files": {}, "accepted": {}}
        except (OSError, ValueError) as error:
            # Not taken for empty: that would trust anything anew.
            raise ModelError(
                f"{self.lock_path} cannot be read ({error}); restore it, or delete it"
            ) from error
        if not _is_lock(lock):
            raise ModelError(f"{self.lock_path} is not a lock file of models; restore it, or delete it")
        return {"files": lock["files"], "accepted": lock["accepted"]}

    @contextmanager
    def _changing(self) -> Iterator[dict[str, dict[str, Any]]]:
        """The lock's content, written back whole and at once; one process at a time."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            folder = os.open(self.path, os.O_RDONLY)
            try:
                fcntl.flock(folder, fcntl.LOCK_EX)
                lock = self._read()
                yield lock
                beside = self.lock_path.with_name(f".{LOCK_NAME}.new")
                with beside.open("w", encoding="utf-8") as file:
                    file.write(json.dumps({"version": 1, **lock}, indent=2, sort_keys=True) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                beside.replace(self.lock_path)
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise ModelError(f"cannot write {self.lock_path}: {error.strerror or error}") from error


def _is_lock(lock: Any) -> bool:
    """Whether it has the form written above, down to each sum."""
    if not isinstance(lock, Mapping) or lock.get("version") != 1:
        return False
    files, accepted = lock.get("files"), lock.get("accepted")
    if not isinstance(files, Mapping) or not isinstance(accepted, Mapping):
        return False
    pins = all(isinstance(pin, Mapping) and isinstance(pin.get("sha256"), str) for pin in files.values())
    return pins and all(isinstance(yes, Mapping) for yes in accepted.values())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
