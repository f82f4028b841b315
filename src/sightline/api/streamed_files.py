"""A form with several large files, read as it arrives: as `api.streamed_upload`, with one result per file.

What is wrong with one file is told of that file, and the others are taken all the same.
"""

from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fastapi import HTTPException, Request
from starlette.concurrency import run_in_threadpool

from sightline.api.streamed_upload import (
    FULL_DISK,
    WRITE_BYTES,
    FileOnDisk,
    FormReader,
    ReceivedFile,
    boundary_of,
    check_length,
    check_rest,
    chunks_of,
    close_after,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedFile:
    """A file of the form that was not kept, and why, as a sentence."""

    file_name: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFiles:
    """All of a form; the files in the order in which they came."""

    files: Sequence[ReceivedFile | RefusedFile]
    fields: dict[str, str]


@asynccontextmanager
async def received_files(
    request: Request,
    *,
    file_field: str,
    fields: Collection[str],
    next_path: Callable[[], Path],
    longest_bytes: int,
    most_files: int,
    is_wanted: Callable[[bytes], bool],
) -> AsyncIterator[ReceivedFiles]:
    """Receive a multipart form with up to `most_files` files, which lie on the disk while the block lasts.

    Args:
        next_path: called for each file, in a thread; where it goes, which does not exist yet.
        longest_bytes: of one file.
        file_field, fields, is_wanted: as `received_form` takes them.

    Raises:
        HTTPException: 400 not such a form, or its sender left; 413 too large on the whole; 507 disk full.
    """
    series = _Series(next_path, longest_bytes, is_wanted)
    try:
        reader = FormReader(boundary_of(request), file_field, fields, most_files=most_files)
        check_length(request, longest_bytes * most_files)
        received = 0
        async for chunk in chunks_of(request):
            received += len(chunk)
            pieces = reader.feed(chunk)
            await series.begin(reader.file_names)
            for number, data in pieces:
                await series.add(number, data)
            check_rest(received - series.taken_bytes)
        reader.check_complete()
        await series.finish()
        yield ReceivedFiles(files=series.results(), fields=reader.fields)
    except HTTPException as refusal:
        await close_after(refusal, request)
        raise
    except OSError as error:
        if error.errno in FULL_DISK:
            raise HTTPException(507, "there is no room for these videos here now") from error
        raise
    finally:
        series.close()


class _Series:
    """The files of a form as they come, one after the other."""

    def __init__(
        self, next_path: Callable[[], Path], longest_bytes: int, is_wanted: Callable[[bytes], bool]
    ) -> None:
        self.taken_bytes = 0
        self._next_path = next_path
        self._longest_bytes = longest_bytes
        self._is_wanted = is_wanted
        self._names: list[str] = []
        self._paths: list[Path] = []
        self._targets: list[BinaryIO] = []
        self._files: list[FileOnDisk] = []
        self._reasons: dict[int, str] = {}

    async def begin(self, names: Sequence[str]) -> None:
        """Open a file for each name that is new."""
        for name in names[len(self._names) :]:
            path = await run_in_threadpool(self._next_path)
            target = await run_in_threadpool(path.open, "xb")
            self._names.append(name)
            self._paths.append(path)
            self._targets.append(target)
            self._files.append(FileOnDisk(target, self._longest_bytes, self._is_wanted))

    async def add(self, number: int, data: bytes) -> None:
        """Take a piece of a file; of one that was refused, let it pass."""
        self.taken_bytes += len(data)
        if number in self._reasons:
            return
        file = self._files[number]
        try:
            file.add(data)
        except HTTPException as refusal:
            self._reasons[number] = str(refusal.detail)
            return
        if file.waiting_bytes >= WRITE_BYTES:
            await run_in_threadpool(file.write)

    async def finish(self) -> None:
        """Write the rest of all files."""
        for number, file in enumerate(self._files):
            if number in self._reasons:
                continue
            try:
                await run_in_threadpool(file.finish)
            except HTTPException as refusal:
                self._reasons[number] = str(refusal.detail)

    def results(self) -> list[ReceivedFile | RefusedFile]:
        """What became of each file."""
        return [
            RefusedFile(file_name=name, reason=self._reasons[number])
            if number in self._reasons
            else ReceivedFile(
                path=self._paths[number],
                file_name=name,
                size_bytes=file.size_bytes,
                sha256=file.digest.hexdigest(),
            )
            for number, (name, file) in enumerate(zip(self._names, self._files, strict=True))
        ]

    def close(self) -> None:
        """Remove what has not been moved away."""
        for target, path in zip(self._targets, self._paths, strict=True):
            target.close()
            path.unlink(missing_ok=True)
