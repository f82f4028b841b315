"""Brings one file onto this machine: whole, checked, and in place only when both are sure.

Bytes go to NAME.part first and survive a broken connection there; the file takes its place by
one rename, after its checksum. What is already in place is never touched by a failure.
"""

import errno
import fcntl
import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from sightline.errors import DiskFull, ModelError
from sightline.vision.http_source import HttpSource, Limits, TransferError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CHUNK_BYTES = 1 << 20
MOST_TRIES = 100
"""However much each of them brings: a server that breaks off after every byte is not worth more."""

Progress = Callable[[int, int | None], None]
"""Called with the bytes that are there and the total, None while it is not known."""


class WrongFileError(ModelError):
    """A complete file with another checksum than expected."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came.

    Attributes:
        path: where it is now.
        sha256: of the whole file, hexadecimal.
        size_bytes: length.
        resumed_at: bytes that were there from an earlier try; 0 when it was fetched in one go.
    """

    path: Path
    sha256: str
    size_bytes: int
    resumed_at: int = 0


@dataclass(slots=True)
class _Part:
    """NAME.part, its running checksum, and the note beside it that says whether it may be continued."""

    path: Path
    file: IO[bytes]
    digest: Any = field(default_factory=hashlib.sha256)
    size: int = 0

    @property
    def note(self) -> Path:
        return self.path.with_name(self.path.name + ".json")

    def take_up(self, address: str) -> str | None:
        """Go on after an earlier try at the same address: its validator, or None after starting afresh."""
        validator = self.validator(address)
        if validator is None:
            self.restart()
            return None
        self.file.seek(0)
        self.digest = hashlib.sha256()
        while chunk := self.file.read(CHUNK_BYTES):
            self.digest.update(chunk)
        self.size = self.file.tell()
        return validator

    def validator(self, address: str | None = None) -> str | None:
        """What names the version of the file that the part belongs to, if it may be continued at all."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if not isinstance(note, dict) or (address is not None and note.get("address") != address):
            return None
        return note.get("validator") or None

    def write_note(self, address: str, validator: str | None) -> None:
        self.note.write_text(json.dumps({"address": address, "validator": validator}), encoding="utf-8")

    def restart(self) -> None:
        self.note.unlink(missing_ok=True)
        self.file.seek(0)
        self.file.truncate()
        self.digest, self.size = hashlib.sha256(), 0

    def write(self, chunk: bytes) -> None:
        self.file.write(chunk)
        self.digest.update(chunk)
        self.size += len(chunk)

    def discard(self) -> None:
        self.note.unlink(missing_ok=True)
        self.path.unlink(missing_ok=True)


@contextmanager
def _part_of(target: Path) -> Iterator[_Part]:
    """The part file of `target`, held by this process alone.

    Raises:
        ModelError: another process is fetching the same file, or the folder cannot be written.
        DiskFull: no room; the part is gone.
    """
    path = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            _hold_alone(file, path, target.name)
            part = _Part(path, file)
            try:
                yield part
            except OSError as error:
                if error.errno in FULL:
                    part.discard()
                    raise DiskFull(
                        f"no room for {target.name} in {target.parent}: {error.strerror}"
                    ) from error
                raise
            finally:
                if part.size == 0:
                    part.discard()
    except OSError as error:
        raise ModelError(f"cannot write {target}: {error.strerror or error}") from error


def _hold_alone(file: IO[bytes], path: Path, name: str) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Opened before, locked after another process finished: this handle may now be the finished file.
        alone = path.exists() and os.path.samestat(os.fstat(file.fileno()), path.stat())
    except BlockingIOError:
        alone = False
    if not alone:
        raise ModelError(f"{name} is being fetched by another process")


def fetch_http(
    address: str,
    target: Path,
    *,
    expected: tuple[str, ...] = (),
    check: Callable[[Path], None] | None = None,
    progress: Progress = lambda _done, _total: None,
    limits: Limits | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Fetched:
    """Download `address` to `target`, going on where an earlier try broke off.

    Args:
        expected: accepted SHA-256 sums; empty = any content that `check` lets pass.
        check: raises ModelError when the complete file cannot be what it should be.
        limits: size, attempts, time-outs.
        sleep: waits between attempts.

    Raises:
        ModelError: not there, refused, too large, or with another checksum (both are named).
        DiskFull: no room; nothing of the download is left.
    """
    limits = limits or Limits()
    with HttpSource(address, limits) as source, _part_of(target) as part:
        validator = part.take_up(address)
        resumed_at = part.size
        _receive(source, part, validator, progress, limits, sleep)
        try:
            return _put_in_place(part, target, expected, check, resumed_at, source.name)
        except WrongFileError:
            if resumed_at == 0:
                raise
        # Two halves of different files? Once more, in one go, before blaming the server.
        _receive(source, part, None, progress, limits, sleep)
        return _put_in_place(part, target, expected, check, 0, source.name)


def _receive(
    source: HttpSource,
    part: _Part,
    validator: str | None,
    progress: Progress,
    limits: Limits,
    sleep: Callable[[float], None],
) -> None:
    """Stream into `part` until it is complete; attempts that bring nothing new are counted."""
    furthest, fruitless, tries = part.size, 0, 0
    while True:
        try:
            _stream(source, part, validator, progress)
        except TransferError as error:
            part.file.flush()
            tries += 1
            fruitless = 0 if part.size > furthest else fruitless + 1
            furthest = max(furthest, part.size)
            if fruitless >= limits.attempts or tries >= MOST_TRIES:
                raise ModelError(
                    f"cannot fetch {source.name}: {error}; gave up after {tries} tries"
                ) from error
            validator = None if error.afresh else part.validator()
            if validator is None:
                part.restart()
            sleep(error.wait_s if error.wait_s is not None else min(limits.first_pause_s * 2**fruitless, 30))
        else:
            return


def _stream(source: HttpSource, part: _Part, validator: str | None, progress: Progress) -> None:
    """One request. Raises TransferError when the file is not complete afterwards."""
    with source.open(part.size, validator) as answer:
        if answer.starts_at != part.size:
            part.restart()
        part.write_note(source.address, answer.validator)
        _refuse_without_room(part, answer.total)
        for chunk in answer.chunks():
            part.write(chunk)
            progress(part.size, answer.total)
        part.file.flush()
        if answer.total is not None and part.size != answer.total:
            raise TransferError(f"sent {part.size:,} of {answer.total:,} bytes")


def _refuse_without_room(part: _Part, total: int | None) -> None:
    free = shutil.disk_usage(part.path.parent).free
    if total is not None and total - part.size > free:
        raise OSError(errno.ENOSPC, f"needs {total - part.size:,} bytes, {free:,} are free")


def copy_local(
    origin: Path,
    target: Path,
    *,
    expected: tuple[str, ...] = (),
    check: Callable[[Path], None] | None = None,
    progress: Progress = lambda _done, _total: None,
) -> Fetched:
    """Copy a file of this machine to `target`, checked as a download is. Errors as of `fetch_http`."""
    try:
        with origin.open("rb") as file, _part_of(target) as part:
            part.restart()
            total = os.fstat(file.fileno()).st_size
            _refuse_without_room(part, total)
            while chunk := file.read(CHUNK_BYTES):
                part.write(chunk)
                progress(part.size, total)
            return _put_in_place(part, target, expected, check, 0, str(origin))
    except OSError as error:
        raise ModelError(f"cannot read {origin}: {error.strerror or error}") from error


def _put_in_place(
    part: _Part,
    target: Path,
    expected: tuple[str, ...],
    check: Callable[[Path], None] | None,
    resumed_at: int,
    origin: str,
) -> Fetched:
    part.file.flush()
    os.fsync(part.file.fileno())
    sha256 = str(part.digest.hexdigest())
    try:
        _refuse_another(sha256, expected, origin)
        if check is not None:
            check(part.path)
    except ModelError:
        part.restart()
        raise
    part.path.replace(target)
    part.note.unlink(missing_ok=True)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return Fetched(target, sha256, part.size, resumed_at)


def _refuse_another(sha256: str, expected: tuple[str, ...], origin: str) -> None:
    if expected and sha256 not in expected:
        raise WrongFileError(
            f"{origin} is not the expected file: its SHA-256 is {sha256}, expected is"
            f" {' or '.join(expected)}; it was thrown away, and what was there before is untouched"
            f" (if you trust it all the same, give --sha256 {sha256})"
        )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal. Raises ModelError when it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
