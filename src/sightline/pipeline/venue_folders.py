"""What lies on the disk of one venue, and how it goes: after the rows, so that a kill leaves files only."""

import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import structlog

from sightline.domain.scope import Scope
from sightline.store.database import Database
from sightline.store.venue_removal import removed_venues
from sightline.store.venues import ID

log = structlog.get_logger()

ROOMS = ("segments", "recordings", "hosted", "secrets", "analysis", "snapshots", "jobs")
"""Folders of the site that have a folder for each venue."""

GOING = ".removed-"
"""What the name of a folder begins with while its files are being removed: no venue is called like that."""


class VenueFolders:
    """The folders of the venues of a site.

    A folder is renamed first, so that a venue made anew under the id begins with nothing of the old one.
    """

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def remove(self, venue_id: str) -> None:
        """Remove all that lies here of a venue whose rows are gone; what cannot be removed is logged."""
        for room in self._rooms():
            folder = room / venue_id
            if not folder.is_dir() or folder.is_symlink():
                continue
            going = room / f"{GOING}{venue_id}-{token_hex(4)}"
            try:
                folder.rename(going)
            except OSError as error:
                log.error("a folder cannot be removed", folder=str(folder), reason=error.strerror)  # noqa: TRY400
                continue
            _remove_tree(going)

    def remove_leftovers(self, database: Database) -> list[str]:
        """Remove what a kill left of deleted venues, or a camera wrote before it noticed; ids of the venues.

        Folders of venues that were never deleted here are left alone, with or without a row.

        Raises:
            StoreError: the database cannot be read.
        """
        found: set[str] = set()
        for room in self._rooms():
            for path in room.iterdir():
                if path.name.startswith(GOING):
                    _remove_tree(path)
                elif re.fullmatch(ID, path.name) and path.is_dir():
                    found.add(path.name)
        if not found:
            return []
        with database.reading() as connection:
            gone = sorted(removed_venues(Scope.site(), connection, found))
        for venue_id in gone:
            self.remove(venue_id)
        return gone

    def _rooms(self) -> Iterator[Path]:
        for name in ROOMS:
            if (self._data_dir / name).is_dir():
                yield self._data_dir / name


def _remove_tree(folder: Path) -> None:
    with suppress(FileNotFoundError):
        shutil.rmtree(folder, onerror=_told)


def _told(_call: object, path: str, failure: object) -> None:
    error = failure[1] if isinstance(failure, tuple) else failure
    if not isinstance(error, FileNotFoundError):
        log.error("a file cannot be removed", path=path, reason=str(error))
