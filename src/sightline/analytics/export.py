"""All events of a venue for other programs: JSON, CSV or Parquet, written a page of events at a time."""

import csv
import io
import json
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sightline.analytics.summary import summarise
from sightline.analytics.video_evidence import VideoEvidence
from sightline.analytics.whole_file import whole_file
from sightline.domain.event import Role
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, StoreError
from sightline.store.database import Database
from sightline.store.events import StoredEvent, each_event
from sightline.store.venues import get_venue

TEXT, NUMBER = "text", "number"
COLUMNS = {
    "event_id": TEXT,
    "venue_id": TEXT,
    "camera_id": TEXT,
    "kind": TEXT,
    "started_at": TEXT,
    "ended_at": TEXT,
    "duration_s": NUMBER,
    "confirmed_at": TEXT,
    "score": NUMBER,
    "staff": TEXT,
    "customers": TEXT,
    "segment_filename": TEXT,
    "video_url": TEXT,
    "incident_id": TEXT,
}
"""Columns of CSV and Parquet. Times are ISO 8601 with the venue's offset; track ids are joined by blanks."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet runs a cell that starts like this; an apostrophe before it makes it text."""


def export_json(database: Database, scope: Scope, *, venue_id: str, segments_dir: Path) -> Generator[str]:
    """The document in pieces: `executive_summary`, then `events`, one a line.

    Args:
        scope: on whose behalf.
        segments_dir: where the clips are, for `video_url`.

    Raises:
        StoreError: no such venue in the scope.
    """
    with database.reading() as connection:
        summary = summarise(scope, connection, venue_id=venue_id).document()
        yield f'{{"venue_id": {_json(venue_id)},\n "executive_summary": {_json(summary)},\n "events": ['
        separator = "\n    "
        for page in _pages(connection, scope, venue_id, segments_dir):
            for one, video, zone in page:
                yield separator + _json(_document(one, video, zone))
                separator = ",\n    "
        yield "]}\n"


def export_csv(database: Database, scope: Scope, *, venue_id: str, segments_dir: Path) -> Generator[str]:
    """A head line and one line an event, UTF-8, CRLF, safe to open in a spreadsheet. As `export_json`."""
    line = io.StringIO()
    writer = csv.writer(line)
    writer.writerow(COLUMNS)
    with database.reading() as connection:
        for page in _pages(connection, scope, venue_id, segments_dir):
            for event in page:
                writer.writerow([safe_cell(value) for value in _row(*event).values()])
            yield line.getvalue()
            line.seek(0)
            line.truncate()
    yield line.getvalue()


def export_parquet(
    database: Database, scope: Scope, *, venue_id: str, segments_dir: Path, path: Path
) -> None:
    """Write a Parquet file, whole or not at all, a row group for each page of events. As `export_json`.

    Raises:
        ConfigError: pyarrow is not installed, or the folder cannot be written.
        DiskFull: no space; nothing half written remains.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ConfigError("Parquet needs: pip install 'sightline[parquet]'") from error

    types = {TEXT: pa.string(), NUMBER: pa.float64()}
    schema = pa.schema([(name, types[kind]) for name, kind in COLUMNS.items()])
    with (
        database.reading() as connection,
        whole_file(path) as beside,
        parquet.ParquetWriter(beside, schema) as writer,
    ):
        for page in _pages(connection, scope, venue_id, segments_dir):
            writer.write_table(pa.Table.from_pylist([_row(*event) for event in page], schema=schema))


def write_text(path: Path, pieces: Generator[str]) -> None:
    """Write text, whole or not at all: beside, flushed to disk, renamed.

    Raises:
        DiskFull, ConfigError: as the error says; an older file is untouched.
    """
    # newline="": CSV brings its own line ends.
    with (
        closing(pieces),
        whole_file(path) as beside,
        beside.open("w", encoding="utf-8", newline="") as file,
    ):
        file.writelines(pieces)


EventWithVideo = tuple[StoredEvent, dict[str, Any], ZoneInfo]


def _pages(
    connection: Connection, scope: Scope, venue_id: str, segments_dir: Path
) -> Iterator[list[EventWithVideo]]:
    venue = get_venue(scope, connection, venue_id)
    if venue is None:
        raise StoreError(f"there is no venue {venue_id!r}")
    zone = ZoneInfo(venue.timezone)
    for page in each_event(scope, connection, venue_id=venue_id):
        videos = VideoEvidence(segments_dir, zone).of(scope, connection, page)
        yield [(one, videos[one.id], zone) for one in page]


def _document(one: StoredEvent, video: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    people = [
        {
            "track_id": who.track_id,
            "role": who.role.value,
            "role_confidence": who.role_confidence,
            "role_reason": who.role_reason,
        }
        for who in one.participants
    ]
    plain = _row(one, video, zone)
    names = ("event_id", "camera_id", "kind", "started_at", "ended_at", "duration_s", "confirmed_at", "score")
    return {name: plain[name] for name in names} | {
        "people": people,
        "details": dict(one.details),
        "video_evidence": video,
    }


def _row(one: StoredEvent, video: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "event_id": one.id,
        "venue_id": one.venue_id,
        "camera_id": one.camera_id,
        "kind": one.kind.value,
        "started_at": one.started_at.astimezone(zone).isoformat(),
        "ended_at": one.ended_at.astimezone(zone).isoformat(),
        "duration_s": one.duration.total_seconds(),
        "confirmed_at": None if one.confirmed_at is None else one.confirmed_at.astimezone(zone).isoformat(),
        "score": one.score,
        "staff": _tracks(one, Role.STAFF),
        "customers": _tracks(one, Role.CUSTOMER),
        "segment_filename": _text(video.get("segment_filename")),
        "video_url": _text(video.get("video_url")),
        "incident_id": _text(video.get("incident_id")),
    }


def _tracks(one: StoredEvent, role: Role) -> str:
    return " ".join(str(who.track_id) for who in one.participants if who.role is role)


def _text(value: Any) -> str | None:
    """What another program linked may be anything; a column of text holds text."""
    return None if value is None else str(value)


def safe_cell(value: Any) -> Any:
    """The value of a CSV cell; text that a spreadsheet would run as a formula has an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
