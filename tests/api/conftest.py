"""A site with two cameras, and a web server over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import Server, running

from sightline.domain.scope import Scope
from sightline.pipeline.site_state import read_site_state
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.venues import ensure_camera, ensure_venue


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path / "site" / "sightline.db")) as opened:
        with opened.transaction() as connection:
            ensure_venue(Scope.site(), connection, "shop", name="Shop")
            for camera in ("till", "door"):
                ensure_camera(Scope.site(), connection, "shop", camera, source_label="rtsp://10.0.0.5/")
        yield opened


@pytest.fixture
def server(database: Database, tmp_path: Path) -> Iterator[Server]:
    """A server of the site of `database`."""
    with running(lambda: read_site_state(lambda: database, tmp_path / "site")) as one:
        yield one
