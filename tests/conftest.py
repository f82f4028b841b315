"""What every test may lean on: the shared data if it is there, and no settings of our own from outside."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect

from postgres_server import PostgresServer, installed_or_skip
from sightline.logs import LOUD_LIBRARIES
from sightline.store import database

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("SIGHTLINE_", "SPARSE_AI_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def logs_go_on_as_before() -> Iterator[None]:
    """A command run inside a test sets up logs as if the process were its own; that ends with it."""
    root = logging.getLogger()
    levels = {name: logging.getLogger(name).level for name in (None, *LOUD_LIBRARIES)}
    handlers = root.handlers[:]
    yield
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    for handler in root.handlers[:]:
        if handler not in handlers and type(handler) is logging.StreamHandler:
            root.removeHandler(handler)


@pytest.fixture(scope="session", autouse=True)
def tables_by_heart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite database gets the tables that the migrations made the first time, at once.

    A thousand tests begin with one. The statements are those of real migrations, run once in each process of
    tests; whatever is not quite empty, another kind of database, and other processes migrate as ever.
    """
    path = tmp_path_factory.mktemp("tables") / "made.db"
    database.open_database(database.sqlite_url(path)).close()
    with closing(sqlite3.connect(path)) as made:
        made_of = (
            "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid"
        )
        statements = [sql for (sql,) in made.execute(made_of)]
        ((version,),) = made.execute("SELECT version_num FROM alembic_version")
    migrated = database.bring_up_to_date

    def bring_up_to_date(connection: Connection, name: str, *, to: str = "head") -> None:
        if connection.dialect.name != "sqlite" or to != "head" or inspect(connection).get_table_names():
            migrated(connection, name, to=to)
            return
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (version,))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "bring_up_to_date", bring_up_to_date)
        yield


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
    """The address of a migrated PostgreSQL database without rows."""
    url = postgres_server.fresh()
    yield url
    postgres_server.give_back(url)
