"""Where the files of jobs lie until they are analysed: each in a folder of its job, in one of its venue.

The name that the sender gave a file is kept, since it may say when it was recorded; made harmless first.
"""

import re
import shutil
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from sightline.video.disk import PART_SUFFIX, publish, writing

LONGEST_NAME_BYTES = 150
HARMFUL = re.compile(r"[^\w .,:@()+=-]")
ABANDONED_AFTER = timedelta(hours=1)
"""What has not grown by a byte for so long is over, whatever became of its sender."""


class JobFolder:
    """The folder `jobs` of a site."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def part_for(self, job_id: str) -> Path:
        """Where a file lies while it arrives; not there yet.

        Raises:
            DiskFull, ConfigError: the folder cannot be made.
        """
        with writing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
        return self.path / f"{job_id}{PART_SUFFIX}"

    def room_for(self, job_id: str, attempt: int) -> Path:
        """An empty folder for what an attempt to fetch brings; what earlier ones have left is removed.

        Raises:
            DiskFull, ConfigError: the folder cannot be made.
        """
        room = self._room(job_id, attempt)
        self.leave_rooms(job_id)
        with writing(room):
            room.mkdir(parents=True)
        return room

    def leave_room(self, job_id: str, attempt: int) -> None:
        """Remove the folder of an attempt, and whatever is in it."""
        shutil.rmtree(self._room(job_id, attempt), ignore_errors=True)

    def leave_rooms(self, job_id: str) -> None:
        """Remove the folders of all attempts of a job."""
        for room in self.path.glob(f"{job_id}-*{PART_SUFFIX}"):
            shutil.rmtree(room, ignore_errors=True)

    def _room(self, job_id: str, attempt: int) -> Path:
        return self.path / f"{job_id}-{attempt}{PART_SUFFIX}"

    def keep(self, part: Path, venue_id: str, job_id: str, video_name: str) -> str:
        """Keep a file that has arrived; its bytes are on the disk when this returns.

        What an attempt that was killed right here has left of the job is replaced.

        Returns:
            its name below the folder.

        Raises:
            DiskFull, ConfigError: it is not kept.
        """
        folder = self.path / venue_id / job_id
        target = folder / harmless_name(video_name)
        with writing(target):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            publish(part, target)
        return target.relative_to(self.path).as_posix()

    def file(self, file_name: str) -> Path:
        """The file with this name below the folder."""
        return self.path / file_name

    def remove(self, venue_id: str, job_id: str) -> None:
        """Delete what there is of a job; nothing when there is nothing."""
        shutil.rmtree(self.path / venue_id / job_id, ignore_errors=True)
        self.leave_rooms(job_id)

    def remove_orphans(self, wanted: Callable[[Collection[str]], set[str]], now: datetime) -> int:
        """Delete what a kill has left: files that never arrived whole, folders that no job needs.

        Args:
            wanted: given ids of jobs, those whose files are still needed.

        Returns:
            how many there were.
        """
        if not self.path.is_dir():
            return 0
        limit = now - ABANDONED_AFTER
        parts = [one for one in self.path.glob(f"*{PART_SUFFIX}") if _touched_before(one, limit)]
        held = (one for one in self.path.glob("*/*/") if one.parent.suffix != PART_SUFFIX)
        folders = {one.name: one for one in held if _touched_before(one, limit)}
        needless = [folders[name] for name in folders.keys() - wanted(folders.keys())]
        for one in (*parts, *needless):
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)
        return len(parts) + len(needless)


def harmless_name(video_name: str) -> str:
    """The sender's name for a file as the name of one here: no folder, no control character, not hidden."""
    last = video_name.replace("\\", "/").rpartition("/")[2]
    plain = HARMFUL.sub("_", last).strip(" .")
    stem, dot, suffix = plain.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, dot, suffix = plain, "", ""
    room = LONGEST_NAME_BYTES - len((dot + suffix).encode())
    return (stem.encode()[:room].decode(errors="ignore") + dot + suffix) or "video"


def _touched_before(entry: Path, limit: datetime) -> bool:
    """Whether it has not changed since; nor, of a folder in which a file arrives, anything in it."""
    with suppress(OSError):  # gone meanwhile
        inside = entry.iterdir() if entry.suffix == PART_SUFFIX and entry.is_dir() else ()
        return all(one.stat().st_mtime < limit.timestamp() for one in (entry, *inside))
    return False
