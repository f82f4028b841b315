"""A site with recorded files of any age and size, to try retention on. The files hold zeros, not pictures."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sightline.domain.footage import RecordedSegment
from sightline.domain.scope import Scope
from sightline.pipeline.retention import DiskUse, Retention, disk_use
from sightline.store import recordings, venues
from sightline.store.claims import want_clip
from sightline.store.database import Database, open_database, sqlite_url

SITE = Scope.site()
VENUE = "shop"
NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
KEEP = timedelta(days=3)
LENGTH = timedelta(seconds=10)


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


class KeptFootage:
    """Recorded files with their rows."""

    def __init__(self, data_dir: Path, cameras: Iterable[str] = ("till", "door")) -> None:
        self.data_dir = data_dir
        self.recordings = data_dir / "recordings"
        self.database: Database = open_database(sqlite_url(data_dir / "sightline.db"))
        with self.database.transaction() as connection:
            venues.ensure_venue(SITE, connection, VENUE)
            for camera in cameras:
                venues.ensure_camera(SITE, connection, VENUE, camera, source_label=camera)

    def record(self, camera: str, at: datetime, size: int, *, row: bool = True) -> str:
        """One file of ten seconds from `at`; its path below the recordings."""
        path = f"{VENUE}/{camera}/{at:%Y%m%dT%H%M%S.%fZ}.mp4"
        file = self.recordings / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes(size))
        if row:
            segment = RecordedSegment(
                path=path,
                started_at=at,
                ended_at=at + LENGTH,
                zero_at=at,
                codec="h264",
                frames=150,
                size_bytes=size,
            )
            with self.database.transaction() as connection:
                recordings.put_segment(SITE, connection, VENUE, camera, segment)
        return path

    def want(self, camera: str, since: datetime, until: datetime) -> None:
        """Somebody asked for a clip, and it is not cut yet."""
        with self.database.transaction() as connection:
            want_clip(
                SITE, connection, venue_id=VENUE, camera_id=camera, wanted_from=since, wanted_until=until
            )

    def retention(
        self, *, share: float = 0.8, use: DiskUse | None = None, keep: timedelta = KEEP
    ) -> Retention:
        """`use` None: the real disk."""
        return Retention(
            self.database,
            recordings_dir=self.recordings,
            keep=keep,
            disk_share=share,
            measure=disk_use if use is None else lambda _: use,
            clock=lambda: NOW,
        )

    @property
    def files(self) -> set[str]:
        found = self.recordings.rglob("*") if self.recordings.exists() else ()
        return {str(path.relative_to(self.recordings)) for path in found if path.is_file()}

    @property
    def rows(self) -> set[str]:
        with self.database.reading() as connection:
            return {one.segment.path for one in recordings.oldest_segments(SITE, connection, 100_000)}
