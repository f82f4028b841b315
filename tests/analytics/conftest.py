"""A real database in a shop in Paris."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.domain.scope import Scope
from sightline.store import venues
from sightline.store.database import Database, open_database, sqlite_url


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "data" / "sightline.db")) as database:
        with database.transaction() as connection:
            venues.ensure_venue(Scope.site(), connection, "shop", timezone="Europe/Paris")
            venues.ensure_camera(Scope.site(), connection, "shop", "till", source_label="till.mp4")
        yield database
