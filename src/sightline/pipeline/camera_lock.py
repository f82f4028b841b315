"""One analysis of a camera at a time, over all processes of this machine."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.errors import SourceUnavailable


@contextmanager
def camera_lock(data_dir: Path, venue_id: str, camera_id: str) -> Iterator[None]:
    """Hold the camera's lock file; the kernel lets go of it when the process dies, however it dies.

    Raises:
        SourceUnavailable: another process is analysing this camera now.
    """
    path = data_dir / "locks" / f"{venue_id}--{camera_id}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SourceUnavailable(
                f"camera {camera_id!r} of venue {venue_id!r} is being analysed by another process;"
                " wait for it, or give this recording another --camera"
            ) from error
        yield
