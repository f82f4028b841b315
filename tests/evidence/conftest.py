"""Sites to try things on. Footage is encoded and recorded once per session."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from evidence_site import EVENTS, SmallSite, write_video


@pytest.fixture(scope="session")
def wanting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which three events want their clips. To be copied, not used."""
    folder = tmp_path_factory.mktemp("wanting")
    write_video(folder / "till.mp4")
    site = SmallSite.open(folder / "data")
    site.record(folder / "till.mp4")
    site.conclude(*EVENTS)
    site.signer()
    site.database.close()
    return folder / "data"


@pytest.fixture(scope="session")
def sealed(wanting: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, sealed. To be copied, not used."""
    folder = tmp_path_factory.mktemp("sealed") / "data"
    shutil.copytree(wanting, folder)
    site = SmallSite.open(folder)
    site.seal()
    site.database.close()
    return folder


@pytest.fixture
def site(wanting: Path, tmp_path: Path) -> Iterator[SmallSite]:
    """Three events want their clips."""
    yield from _copy_of(wanting, tmp_path)


@pytest.fixture
def sealed_site(sealed: Path, tmp_path: Path) -> Iterator[SmallSite]:
    """Three events have their clips."""
    yield from _copy_of(sealed, tmp_path)


def _copy_of(folder: Path, tmp_path: Path) -> Iterator[SmallSite]:
    shutil.copytree(folder, tmp_path / "data")
    site = SmallSite.open(tmp_path / "data")
    yield site
    site.database.close()
