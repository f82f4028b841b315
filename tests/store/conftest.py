"""A real database with two venues and a camera in each. Every test that asks for it runs on both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.domain.scope import Scope
from sightline.store import venues
from sightline.store.database import Database, open_database, sqlite_url


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database that nobody has written to yet."""
    if request.param == "postgres":
        return str(request.getfixturevalue("postgres_url"))
    return sqlite_url(tmp_path / "data" / "sightline.db")


@pytest.fixture(params=["sqlite", "postgres"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without tables: a file that is not there, or a new one on the server."""
    if request.param == "sqlite":
        yield sqlite_url(tmp_path / "data" / "sightline.db")
        return
    server = request.getfixturevalue("postgres_server")
    url = server.empty()
    yield url
    server.drop(url)


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    with open_database(url) as database:
        with database.transaction() as connection:
            for venue in ("shop", "other"):
                venues.ensure_venue(Scope.site(), connection, venue, timezone="Europe/Paris")
                venues.ensure_camera(Scope.site(), connection, venue, "till", source_label="till.mp4")
        yield database
