"""Recorded files go when they are too old, or when the disk is too full; never footage that is still needed.

**File first, then row, inside one write transaction.** On a full disk the database can only note a deletion
once a file has made room for it, so the row cannot go first. Holding the write lock meanwhile means that
nobody can want evidence of footage between our look at it and its end. A kill in between leaves rows without
files; they are the oldest rows that nothing needs, and those are looked at in every round, so a row claims
footage that is gone until the next round at most. A file without a row is never left by this order. What a
killed recorder left, its camera enters at its next start; files of cameras that never start again are found
by `sweep`.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import structlog
from sqlalchemy import Connection

from sightline.domain.scope import Scope
from sightline.store import live, recordings, seen_boxes
from sightline.store.cameras import list_live_cameras
from sightline.store.database import Database
from sightline.store.recordings import StoredSegment
from sightline.video.disk import PART_SUFFIX
from sightline.video.segment_name import named_start

log = structlog.get_logger()

BATCH = 64
"""Files per write transaction: short enough that the camera processes' commits do not notice."""
LOOKED_AT = 512
"""Of the oldest files that nothing needs; some of them may be spared, or refuse to go."""
MARGIN = timedelta(minutes=1)
"""Before the start of something that is going on: its pre-roll, and pictures of the file before."""
SWEEP_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DiskUse:
    """Bytes of a file system that are used, and used or free for us; as `df` counts them."""

    used: int
    total: int

    @property
    def share(self) -> float:
        return self.used / self.total if self.total else 1.0

    def over(self, share: float) -> int:
        """Bytes above this share; negative: bytes still free below it."""
        return self.used - int(share * self.total)


def disk_use(folder: Path) -> DiskUse:
    """Of the file system that holds `folder`, or will hold it."""
    while not folder.exists():
        folder = folder.parent
    found = os.statvfs(folder)
    used = found.f_blocks - found.f_bfree
    return DiskUse(used * found.f_frsize, (used + found.f_bavail) * found.f_frsize)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionResult:
    """What one round did.

    Attributes:
        removed, removed_bytes: recorded files.
        early: venues that lost files before the promised time, because the disk is too full.
        over_bytes: by which the disk is too full still: there was nothing more that may go.
        use: of the disk, after the round.
        oldest_at: start of the oldest footage that may go some day; None when there is none.
    """

    removed: int
    removed_bytes: int
    early: frozenset[str]
    over_bytes: int
    use: DiskUse
    oldest_at: datetime | None


def enough(segments: Iterable[StoredSegment], over_bytes: int) -> Iterator[StoredSegment]:
    """The first of `segments`, as few as add up to `over_bytes`."""
    for one in segments:
        if over_bytes <= 0:
            return
        over_bytes -= one.segment.size_bytes
        yield one


@dataclass(frozen=True, slots=True)
class _Removed:
    """A file that is gone, and how many bytes that made free; none, if it was gone already."""

    segment: StoredSegment
    freed: int


class Retention:
    """Keeps the recordings of a site within their time and their share of the disk.

    Args:
        keep: how long footage is promised to stay, by capture time.
        disk_share: of the file system that holds `recordings_dir`.
        beat: called between batches; a first clean-up of a large disk takes a while.
    """

    def __init__(
        self,
        database: Database,
        *,
        recordings_dir: Path,
        keep: timedelta,
        disk_share: float,
        measure: Callable[[Path], DiskUse] = disk_use,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        beat: Callable[[], None] = lambda: None,
        scope: Scope | None = None,
    ) -> None:
        self.keep = keep
        self.disk_share = disk_share
        self._database = database
        self._recordings_dir = recordings_dir
        self._measure = measure
        self._clock = clock
        self._beat = beat
        self._scope = scope or Scope.site()

    def over_its_share(self) -> bool:
        """Whether the disk is fuller than allowed now."""
        return self._measure(self._recordings_dir).over(self.disk_share) > 0

    def run(self) -> RetentionResult:
        """One round: files that are too old, what the disk has no room for, then rows whose file is gone.

        How much must go is reckoned from the sizes of the files: some file systems show freed space seconds
        later, and going by a look in between would remove far too much. A look afterwards only adds what the
        database has grown by meanwhile.

        Raises:
            StoreError, DiskFull: files that are gone have rows until the next round.
        """
        old = self._remove_old(self._clock() - self.keep)
        before = self._measure(self._recordings_dir)
        over = before.over(self.disk_share)
        early = self._remove_for_space(over)
        grown = self._grown(before, early)
        if grown:
            over += grown
            early += self._remove_for_space(over - _freed(early))
        self._forget_missing()  # last: on a full disk the database can write again only now
        self._forget_boxes(self._clock() - self.keep)
        with self._database.reading() as connection:
            oldest = recordings.oldest_segments(self._scope, connection, 1, only_free=True)
        return RetentionResult(
            removed=len(old) + len(early),
            removed_bytes=_freed(old) + _freed(early),
            early=frozenset(one.segment.venue_id for one in early),
            over_bytes=max(0, over - _freed(early)),
            use=self._measure(self._recordings_dir),
            oldest_at=oldest[0].segment.started_at if oldest else None,
        )

    def sweep(self) -> int:
        """Remove old files that no row names, and empty folders of cameras that do not run.

        Left by a camera that was killed and never started again. Looks at every file: for once a day.

        Returns:
            how many files there were.
        """
        removed = 0
        with self._database.reading() as connection:
            running = {(one.venue_id, one.camera_id) for one in list_live_cameras(self._scope, connection)}
        limit = (self._clock() - self.keep - SWEEP_AFTER).timestamp()
        for folder in sorted(self._recordings_dir.glob("*/*/")):
            venue_id, camera_id = folder.parts[-2:]
            with os.scandir(folder) as entries:
                old = sorted(one.name for one in entries if one.is_file() and one.stat().st_mtime < limit)
            for name in old:
                if not self._has_row(venue_id, camera_id, name):
                    (folder / name).unlink(missing_ok=True)
                    removed += 1
            if (venue_id, camera_id) not in running:
                _remove_empty(folder)
            self._beat()
        if removed:
            log.info("files without a row removed", files=removed)
        return removed

    def _remove_old(self, before: datetime) -> list[_Removed]:
        removed: list[_Removed] = []
        while batch := self._remove(lambda found, _: (one for one in found if one.segment.ended_at < before)):
            removed += batch
        return removed

    def _grown(self, before: DiskUse, removed: Sequence[_Removed]) -> int:
        """Bytes by which the database grew while these files went: noting their end takes room, too.

        0 when it would be as much as one of the files: that may be freed space that does not show yet.
        """
        if not removed:
            return 0
        grown = self._measure(self._recordings_dir).used - (before.used - _freed(removed))
        smallest = min((one.freed for one in removed if one.freed), default=0)
        return grown if 0 < grown < smallest else 0

    def _remove_for_space(self, over: int) -> list[_Removed]:
        """Footage of something that is going on goes last: its evidence is not wanted yet, but will be."""
        removed: list[_Removed] = []

        def spared(found: Iterable[StoredSegment], connection: Connection) -> Iterator[StoredSegment]:
            since = self._open_since(connection)
            return enough((one for one in found if not _is_going_on(one, since)), over - _freed(removed))

        def any_of(found: Iterable[StoredSegment], _: Connection) -> Iterator[StoredSegment]:
            return enough(found, over - _freed(removed))

        for choose in (spared, any_of):
            while _freed(removed) < over and (batch := self._remove(choose)):
                removed += batch
        return removed

    def _remove(
        self, choose: Callable[[Iterable[StoredSegment], Connection], Iterable[StoredSegment]]
    ) -> list[_Removed]:
        """Remove what `choose` takes from the oldest files that nothing needs, one batch at most."""
        with self._database.transaction() as connection:
            found = recordings.oldest_segments(self._scope, connection, LOOKED_AT, only_free=True)
            chosen = islice(choose(found, connection), BATCH)
            gone = [removed for one in chosen if (removed := self._unlink(one)) is not None]
            self._forget(connection, (one.segment for one in gone))
        self._beat()
        return gone

    def _forget_missing(self) -> None:
        """Rows whose file is gone, among the oldest: from a kill, a full disk, or a person's hand."""
        with self._database.reading() as connection:
            found = recordings.oldest_segments(self._scope, connection, 2 * BATCH, only_free=True)
        missing = [one for one in found if not (self._recordings_dir / one.segment.path).exists()]
        if missing:
            with self._database.transaction() as connection:
                self._forget(connection, missing)
            log.info("rows without a file removed", files=len(missing))

    def _forget_boxes(self, before: datetime) -> None:
        """Where people stood is kept as long as the footage, and as long as a clip of it."""
        while True:
            with self._database.reading() as connection:
                old = seen_boxes.old_boxes(self._scope, connection, before, limit=LOOKED_AT)
            if not old:
                return
            with self._database.transaction() as connection:
                seen_boxes.forget_boxes(self._scope, connection, old)
            self._beat()

    def _forget(self, connection: Connection, segments: Iterable[StoredSegment]) -> None:
        paths: dict[tuple[str, str], list[str]] = defaultdict(list)
        for one in segments:
            paths[one.venue_id, one.camera_id].append(one.segment.path)
        for (venue_id, camera_id), of_camera in paths.items():
            recordings.forget_segments(self._scope, connection, venue_id, camera_id, of_camera)

    def _unlink(self, segment: StoredSegment) -> _Removed | None:
        """None when the file cannot be removed: it stays, with its row, and the next one is tried."""
        path = self._recordings_dir / segment.segment.path
        try:
            freed = path.stat().st_size
            path.unlink()
        except FileNotFoundError:
            return _Removed(segment, 0)
        except OSError as error:
            log.error("recorded file cannot be removed", path=str(path), reason=error.strerror)  # noqa: TRY400
            return None
        return _Removed(segment, freed)

    def _open_since(self, connection: Connection) -> dict[tuple[str, str], datetime]:
        runs = live.unfinished_runs(self._scope, connection)
        return {(run.venue_id, run.camera_id): run.open_since for run in runs if run.open_since is not None}

    def _has_row(self, venue_id: str, camera_id: str, name: str) -> bool:
        at = named_start(Path(name.removesuffix(PART_SUFFIX)))
        if at is None:
            return True  # not a name of ours: left alone
        with self._database.reading() as connection:
            around = recordings.segments_between(self._scope, connection, venue_id, camera_id, at, at)
        return any(one.path.endswith(f"/{name}") for one in around)


def _remove_empty(folder: Path) -> None:
    """The folder of a camera and, after its last one, of its venue."""
    with suppress(OSError):  # not empty: there it ends
        folder.rmdir()
        folder.parent.rmdir()


def _freed(removed: Iterable[_Removed]) -> int:
    return sum(one.freed for one in removed)


def _is_going_on(segment: StoredSegment, open_since: Mapping[tuple[str, str], datetime]) -> bool:
    since = open_since.get((segment.venue_id, segment.camera_id))
    return since is not None and segment.segment.ended_at > since - MARGIN
