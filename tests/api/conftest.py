"""A site with two cameras, and a web server over it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from api_server import Server, running
from evidence_site import EVENTS, SmallSite, write_video
from hosted_sender import HostedSender
from video_site import VideoSite, small_site

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


@pytest.fixture(scope="session")
def sealed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three sealed clips of the venue `corner_shop`. To be copied, not used."""
    folder = tmp_path_factory.mktemp("shown")
    write_video(folder / "till.mp4")
    small = SmallSite.open(folder / "data")
    small.record(folder / "till.mp4")
    small.conclude(*EVENTS)
    small.seal()
    small.database.close()
    return folder / "data"


@pytest.fixture
def shown(sealed_folder: Path, tmp_path: Path) -> Iterator[VideoSite]:
    """The same as a site of its own that answers."""
    site = VideoSite.copied(sealed_folder, tmp_path / "data")
    with site.answering():
        yield site
    site.close()


@pytest.fixture(scope="module")
def standing(sealed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VideoSite]:
    """A site that no test takes anything away from."""
    site = VideoSite.copied(sealed_folder, tmp_path_factory.mktemp("standing") / "data")
    with site.answering():
        yield site
    site.close()


@pytest.fixture
def small(sealed_folder: Path, tmp_path: Path) -> Iterator[VideoSite]:
    with small_site(sealed_folder, tmp_path / "data") as site:
        yield site


@pytest.fixture
def sender(small: VideoSite) -> HostedSender:
    return HostedSender(small, small.key())
