"""A look at a file that somebody sent: is it a video, and how long? In a process of its own.

What a decoder makes of rubbish is not known beforehand; when it dies of it, nobody else does.
As a program: `python -m sightline.jobs.look FILE` prints one JSON document.
"""

import json
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from sightline.errors import SourceRejected
from sightline.video.source import open_file

PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a video says about itself; None where its format says nothing."""

    frames: int | None
    fps: float
    duration_s: float | None


def look_at(path: Path) -> Look:
    """What the file is.

    Raises:
        SourceRejected: it is not a video; a sentence without its path.
    """
    command = [sys.executable, "-m", "sightline.jobs.look", str(path)]
    try:
        found = subprocess.run(  # noqa: S603  our own command line, no shell
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
        )
        document = json.loads(found.stdout)
    except subprocess.TimeoutExpired as error:
        raise SourceRejected(f"no picture of it could be decoded within {PATIENCE_S:.0f} s") from error
    except ValueError as error:
        raise SourceRejected("no picture of it can be decoded") from error
    if "refused" in document:
        raise SourceRejected(document["refused"])
    return Look(**document)


def describe(path: Path) -> Look:
    """What the file is, found out in this process. Raises SourceRejected, as `open_file` does."""
    with open_file(path) as video:
        info = video.info
    fps = float(info.fps)
    frames = info.frames or (round(info.duration_s * fps) if info.duration_s else None)
    return Look(frames=frames, fps=fps, duration_s=info.duration_s)


def _print(path: Path) -> None:
    try:
        document = asdict(describe(path))
    except SourceRejected as error:
        document = {"refused": str(error).removeprefix(f"{path}: ")}
    sys.stdout.write(json.dumps(document))


if __name__ == "__main__":
    _print(Path(sys.argv[1]))
