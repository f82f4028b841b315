"""Writing files so that they are whole or not there, and saying so when the disk does not let us."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from av.error import FFmpegError

from sightline.errors import ConfigError, DiskFull

PART_SUFFIX = ".part"
HEADER_ROOM = 65_536
_NO_ROOM = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))


@contextmanager
def writing(path: Path, *, remove: Path | None = None) -> Iterator[None]:
    """Translate what goes wrong while `path` is written.

    Args:
        path: the file a person would know, for the message.
        remove: the half-written file, deleted when anything goes wrong.

    Raises:
        DiskFull: no space, over quota, or over the allowed file size.
        ConfigError: the folder cannot be written.
    """
    try:
        yield
    except (OSError, FFmpegError) as error:
        if remove is not None:
            remove.unlink(missing_ok=True)
        if error.errno in _NO_ROOM:
            raise DiskFull(_no_room(path)) from error
        raise ConfigError(f"{path} cannot be written ({error.strerror}); choose another folder") from error
    except BaseException:
        if remove is not None:
            remove.unlink(missing_ok=True)
        raise


def require_room(path: Path) -> None:
    """Make sure that at least the header of a file at `path` fits.

    FFmpeg, through PyAV, keeps a file open for good when its very header cannot be written; so that is found
    out beforehand.

    Raises:
        DiskFull: less than `HEADER_ROOM` bytes are free.
    """
    if shutil.disk_usage(path.parent).free < HEADER_ROOM:
        raise DiskFull(_no_room(path))


def publish(part: Path, target: Path) -> None:
    """Make a finished file appear under its name, after its bytes are on the disk."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(target)
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _no_room(path: Path) -> str:
    return f"no space left for {path}; free some space and run again"
