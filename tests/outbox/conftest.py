"""Sites with receivers, each test its own."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "api"))
sys.path.insert(0, str(Path(__file__).parents[1] / "delivery"))
sys.path.insert(0, str(Path(__file__).parents[1] / "evidence"))

from alert_site import OPENED, AlertSite, Post, post_office
from evidence_site import SmallSite, write_video
from mail_servers import PASSWORD
from outbox_site import OutboxSite

from sightline.testing.receiver import Receiver


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site with forty seconds of footage and nothing concluded."""
    folder = tmp_path_factory.mktemp("recorded")
    video = folder / "till.mp4"
    write_video(video)
    site = SmallSite.open(folder / "data")
    site.record(video)
    site.database.close()
    return folder / "data"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def site_with(recorded: Path, tmp_path: Path) -> Iterator[Callable[..., OutboxSite]]:
    """`site_with(delivery={...})` opens a copy of the recorded site with these settings."""
    opened: list[OutboxSite] = []

    def make(**settings: Any) -> OutboxSite:
        data_dir = tmp_path / f"site{len(opened)}"
        shutil.copytree(recorded, data_dir)
        opened.append(OutboxSite.open(data_dir, settings))
        return opened[-1]

    yield make
    for site in opened:
        site.close()


@pytest.fixture(scope="session")
def recorded_just_now(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As `recorded`, of footage that is a few minutes old."""
    folder = tmp_path_factory.mktemp("just_now")
    video = folder / "till.mp4"
    write_video(video)
    site = SmallSite.open(folder / "data", OPENED)
    site.record(video)
    site.database.close()
    return folder / "data"


@pytest.fixture
def alert_site(recorded_just_now: Path, tmp_path: Path) -> Iterator[Callable[..., AlertSite]]:
    """`alert_site(delivery={...})` opens a copy of the site of just now with these settings."""
    opened: list[AlertSite] = []

    def make(**settings: Any) -> AlertSite:
        data_dir = tmp_path / f"alerts{len(opened)}"
        shutil.copytree(recorded_just_now, data_dir)
        opened.append(AlertSite.open(data_dir, settings))
        return opened[-1]

    yield make
    for site in opened:
        site.close()


@pytest.fixture
def post(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    """A mail server."""
    monkeypatch.setenv("SHOP_MAIL_PASSWORD", PASSWORD)
    with post_office(tmp_path / "post") as post:
        yield post
