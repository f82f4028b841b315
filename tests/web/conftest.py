"""A platform that answers, empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clip_platform import ClipPlatform, answering_copy, sealed_shop_in
from filled_shop import filled_shop
from people_and_keys import CHEAPLY
from platform_site import PlatformSite

from sightline.pipeline import passwords


@pytest.fixture(scope="module", autouse=True)
def passwords_cost_little() -> Iterator[None]:
    """Who is nobody, or signs in for the first time, is else hashed at the cost of the product: 64 MiB."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "Argon2Hasher", CHEAPLY)
        yield


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path / "data")
    with site.answering():
        yield site
    site.close()


@pytest.fixture(scope="session")
def sealed_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with three sealed clips of the venue `corner_shop`. To be copied, not used."""
    return sealed_shop_in(tmp_path_factory.mktemp("sealed_shop"))


@pytest.fixture
def clips(sealed_shop: Path, tmp_path: Path) -> Iterator[ClipPlatform]:
    """The same as a platform of its own that answers."""
    with answering_copy(sealed_shop, tmp_path / "data") as site:
        yield site


@pytest.fixture(scope="module")
def standing(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipPlatform]:
    """One that no test changes in a way that another would notice."""
    with answering_copy(sealed_shop, tmp_path_factory.mktemp("standing_shop") / "data") as site:
        yield site


@pytest.fixture(scope="session")
def filled(sealed_shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClipPlatform]:
    """One with two weeks of stays and drawn zones, for pages of figures. To be looked at, not changed."""
    with filled_shop(sealed_shop, tmp_path_factory.mktemp("filled_shop") / "data") as site:
        yield site


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformSite]:
    """An empty platform that refuses whatever the tests of a file ask of it."""
    site = PlatformSite.made(tmp_path_factory.mktemp("untouched") / "data")
    with site.answering():
        yield site
    site.close()
