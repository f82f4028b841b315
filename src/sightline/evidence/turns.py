"""Turns: one process at a time makes the released copies of a camera.

The lock is a file that the kernel frees when its holder dies.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sightline.video.disk import writing


@contextmanager
def release_turn(segments_dir: Path, venue_id: str, camera_id: str) -> Iterator[None]:
    """Wait for the turn to make released copies of a camera.

    Raises:
        DiskFull, ConfigError: the lock cannot be made.
    """
    with _lock_file(segments_dir, venue_id, camera_id) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def release_turn_if_free(segments_dir: Path, venue_id: str, camera_id: str) -> Iterator[bool]:
    """The same without waiting: False when somebody else has it.

    Raises:
        DiskFull, ConfigError: the lock cannot be made.
    """
    with _lock_file(segments_dir, venue_id, camera_id) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _lock_file(segments_dir: Path, venue_id: str, camera_id: str) -> BinaryIO:
    path = segments_dir / ".locks" / f"{venue_id}--{camera_id}.released.lock"
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("wb")
