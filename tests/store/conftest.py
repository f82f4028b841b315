"""A real SQLite file with one venue and one camera, and words to tell small stories with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.domain.scope import Scope
from sightline.store import venues
from sightline.store.database import Database, open_database, sqlite_url


@pytest.fixture
def url(tmp_path: Path) -> str:
    return sqlite_url(tmp_path / "data" / "sightline.db")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with open_database(url) as database:
        with database.transaction() as connection:
            for venue in ("shop", "other"):
                venues.ensure_venue(Scope.site(), connection, venue, timezone="Europe/Paris")
                venues.ensure_camera(Scope.site(), connection, venue, "till", source_label="till.mp4")
        yield database
