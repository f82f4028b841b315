"""A platform that answers, empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from platform_site import PlatformSite


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[PlatformSite]:
    site = PlatformSite.made(tmp_path / "data")
    with site.answering():
        yield site
    site.close()
