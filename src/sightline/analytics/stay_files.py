"""The stays of a window as a CSV or Parquet file, one row each, never all of them in memory."""

import csv
import io
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sightline.analytics.export import safe_cell
from sightline.domain.local_time import Window
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.store.database import Database
from sightline.store.stay_pages import ListedStay, stay_page
from sightline.video.disk import writing

PAGE = 5_000
CHUNK_BYTES = 256 * 1024

COLUMNS = {
    "at": "string",
    "pseudo_id": "string",
    "zone": "string",
    "camera_id": "string",
    "dwell_seconds": "float64",
    "age_bracket": "string",
    "gender": "string",
    "is_repeat": "bool_",
    "track_frames": "int64",
    "detection_conf": "float64",
    "engagement_score": "float64",
    "behavior_type": "string",
    "body_orientation": "float64",
    "posture": "string",
    "event_id": "string",
}
"""Names, and what Parquet calls their types. `at` is ISO 8601 with the venue's offset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StayFiles:
    """The stays of one venue and window, for a caller.

    Each page is read by itself and starts behind the last row of the one before, so that a slow reader keeps
    nothing open in the database; what is told meanwhile may or may not be in it.
    """

    database: Database
    scope: Scope
    venue_id: str
    window: Window

    def csv(self) -> Generator[str]:
        """A head line and a line a stay, CRLF, safe to open in a spreadsheet."""
        yield _lines([COLUMNS])
        for page in self._pages():
            yield _lines(map(safe_cell, self._cells(one)) for one in page)

    def parquet(self, folder: Path) -> IO[bytes]:
        """An open file at its beginning, a row group for each page. It has no name, so nothing is left of it.

        Args:
            folder: where there is room for it.

        Raises:
            ConfigError: pyarrow is not installed, or the folder cannot be written.
            DiskFull: no space; nothing remains.
        """
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError as error:
            raise ConfigError("Parquet needs: pip install 'sightline[parquet]' on the server") from error
        schema = pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS.items()])
        with writing(folder / "export.parquet"):
            folder.mkdir(parents=True, exist_ok=True)
            file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - the caller reads and closes it
            try:
                with parquet.ParquetWriter(file, schema) as writer:
                    for page in self._pages():
                        columns = zip(*(self._cells(one) for one in page), strict=True)
                        arrays = [pa.array(c, field.type) for c, field in zip(columns, schema, strict=True)]
                        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                file.seek(0)
            except BaseException:
                file.close()
                raise
        return file

    def _pages(self) -> Iterator[list[ListedStay]]:
        after: ListedStay | None = None
        while True:
            with self.database.reading() as connection:
                page = stay_page(self.scope, connection, self.venue_id, self.window, after=after, limit=PAGE)
            if page:
                yield page
            if len(page) < PAGE:
                return
            after = page[-1]

    def _cells(self, one: ListedStay) -> tuple[Any, ...]:
        """In the order of `COLUMNS`."""
        at = one.at.astimezone(self.window.zone).isoformat()
        return at, one.pseudo_id, one.zone, one.camera_id, one.dwell_ms / 1000, *one[6:]


def _lines(rows: Iterable[Iterable[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def chunks_of(file: IO[bytes]) -> Generator[bytes]:
    """A file from where it stands to its end; closed then, or when nobody reads on."""
    with closing(file):
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
