"""Writing a file that is there whole or not at all."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.video.disk import PART_SUFFIX, publish, writing


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The file to write, beside `path`; flushed to disk and renamed to `path` when the block ends well.

    Several processes may write the same file: one waits for the other, the last one's content stays. A file
    left beside by a kill is overwritten by the next writer.

    Raises:
        DiskFull: no space; an older `path` is untouched and nothing is left beside it.
        ConfigError: the folder cannot be made or written.
    """
    beside = path.with_name(path.name + PART_SUFFIX)
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        with writing(path, remove=beside):
            yield beside
            publish(beside, path)
    finally:
        os.close(folder)
