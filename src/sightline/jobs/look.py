"""A look at a file that somebody sent: is it a video, and how long? In a process of its own.

What a decoder makes of rubbish is not known beforehand; when it dies of it, nobody else does, and a header
that announces an absurd picture gets no more memory than a picture needs.
As a program: `python -m sightline.jobs.look FILE` prints one line of JSON, `{"look": {...}}` or
`{"failed": SENTENCE, "again": false, "waits": false}`.
"""

import json
import resource
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from sightline.errors import SourceRejected
from sightline.video.source import open_file

PATIENCE_S = 30.0
NOT_A_VIDEO = "this is not a video that can be read"
UNDECODABLE = "no picture of it can be decoded"

MOST_PIXELS = 36_000_000
"""In a picture; 8K has 33 million. An even picture of any size fits into a few bytes of a file."""

MOST_MEMORY = 1 << 30
"""Address space of a look; an ordinary one takes 150 MB, one at 8K 420."""


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
    try:
        found = subprocess.run(  # noqa: S603  our own command line, no shell
            look_command(path), stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False
        )
        document = json.loads(found.stdout)
    except subprocess.TimeoutExpired as error:
        raise SourceRejected(f"no picture of it could be decoded within {PATIENCE_S:.0f} s") from error
    except ValueError as error:
        raise SourceRejected(UNDECODABLE) from error
    if "failed" in document:
        raise SourceRejected(document["failed"].removeprefix(f"{NOT_A_VIDEO}: "))
    return Look(**document["look"])


def look_command(path: Path) -> list[str]:
    """The process that looks at a file."""
    return [sys.executable, "-m", "sightline.jobs.look", str(path)]


def describe(path: Path) -> Look:
    """What the file is, found out in this process.

    Raises:
        SourceRejected: as `open_file` does; or its pictures are too large.
    """
    with open_file(path) as video:
        info = video.info
    if info.width * info.height > MOST_PIXELS:
        most = f"more than {MOST_PIXELS // 1_000_000} million pixels are not taken"
        raise SourceRejected(f"{path}: its pictures are {info.width} x {info.height}; {most}")
    fps = float(info.fps)
    frames = info.frames or (round(info.duration_s * fps) if info.duration_s else None)
    return Look(frames=frames, fps=fps, duration_s=info.duration_s)


def _print(path: Path) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    try:
        document: dict[str, object] = {"look": asdict(describe(path))}
    except SourceRejected as error:
        document = _refused(str(error).removeprefix(f"{path}: "))
    except MemoryError:
        document = _refused("its pictures are too large")
    sys.stdout.write(json.dumps(document) + "\n")


def _refused(reason: str) -> dict[str, object]:
    return {"failed": f"{NOT_A_VIDEO}: {reason}", "again": False, "waits": False}


if __name__ == "__main__":
    _print(Path(sys.argv[1]))
