"""What every test may lean on: the shared data if it is there, and no settings of our own from outside."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from postgres_server import PostgresServer, installed_or_skip

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("SIGHTLINE_", "SPARSE_AI_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with real models, video and ground truth beside the checkout."""
    if not (SHARED / "DATA.md").is_file():
        pytest.skip("needs the shared data folder beside the checkout (../shared), which is not here")
    return SHARED


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for all tests of this process."""
    server = PostgresServer(installed_or_skip())
    yield server
    server.stop()


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a fresh, migrated PostgreSQL database."""
    url = postgres_server.fresh()
    yield url
    postgres_server.drop(url)
