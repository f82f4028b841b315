"""One `sightline serve` at a time for each part of a site."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sightline.errors import ConfigError
from sightline.video.disk import writing


@contextmanager
def serving_lock(data_dir: Path, parts: Sequence[str]) -> Iterator[None]:
    """Hold the parts of a site that this process serves; the kernel lets go of them when it dies.

    Raises:
        ConfigError: another process serves one of them.
    """
    folder = data_dir / "locks"
    with ExitStack() as held:
        for part in parts:
            path = folder / f"serve-{part}.lock"
            with writing(path):
                folder.mkdir(parents=True, exist_ok=True)
                lock = held.enter_context(path.open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ConfigError(
                    f"the {part} part of {data_dir} is being served by another process; stop that one first"
                ) from error
        yield
