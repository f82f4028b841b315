"""Names of recorded files: the capture time of the first picture, in UTC, to the microsecond."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sightline.video.disk import PART_SUFFIX

_FORMAT = "%Y%m%dT%H%M%S.%fZ"


def segment_path(folder: Path, started_at: datetime, suffix: str) -> Path:
    """Where a file that begins at `started_at` (aware) belongs; `suffix` with its dot."""
    return folder / f"{started_at.astimezone(UTC):{_FORMAT}}{suffix}"


def free_segment_path(folder: Path, started_at: datetime, suffix: str) -> Path:
    """The same, or that of the next microsecond at which no file stands, finished or being written."""
    while True:
        path = segment_path(folder, started_at, suffix)
        if not path.exists() and not part_path(path).exists():
            return path
        started_at += timedelta(microseconds=1)


def part_path(path: Path) -> Path:
    """The name of a file while it is being written."""
    return path.with_name(path.name + PART_SUFFIX)


def named_start(path: Path) -> datetime | None:
    """Capture time, aware UTC, in the name of a recorded file; None where the name is none of ours."""
    try:
        return datetime.strptime(path.name.removesuffix(path.suffix), _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
