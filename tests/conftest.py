"""What every test may lean on: the shared data if it is there, and no settings of our own from outside."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ConfigDict, TypeAdapter
from sqlalchemy import URL, Engine

from postgres_server import PostgresServer, installed_or_skip
from sightline.logs import LOUD_LIBRARIES
from sightline.store import database

SHARED = Path(__file__).parents[2] / "shared"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes share the tests, each begins with some of the long modules.

    What is left for the end is short then: whoever is done takes it from the others, and none waits for the
    one who came to a long test last.
    """
    processes: int = getattr(config, "workerinput", {}).get("workercount", 1)
    modules: dict[Path, list[pytest.Item]] = {}
    for item in items:
        modules.setdefault(item.path, []).append(item)
    long: list[list[pytest.Item]] = []
    short: list[pytest.Item] = []
    for module in modules.values():
        if any(item.get_closest_marker("slow") for item in module):
            long.append(module)
        else:
            short += module
    ordered: list[pytest.Item] = []
    for number in range(processes):
        ordered += [item for module in long[number::processes] for item in module]
        room = max(0, len(items) * (number + 1) // processes - len(ordered))
        ordered += short[:room]
        del short[:room]
    items[:] = ordered + short


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
def tables_at_hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A new SQLite database begins as a copy of one that the migrations made, once in each process of tests.

    A thousand tests begin with one. Whatever is there already, however empty, another kind of database, and
    other processes migrate as ever.
    """
    made = tmp_path_factory.mktemp("tables") / "made.db"
    database.open_database(database.sqlite_url(made)).close()
    prepared = database.prepare_file

    def prepare_file(url: URL, *, create: bool) -> None:
        prepared(url, create=create)
        path = Path(url.database or "")
        if not path.exists():
            shutil.copyfile(made, path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "prepare_file", prepare_file)
        yield


@pytest.fixture(scope="session", autouse=True)
def validators_by_heart() -> Iterator[None]:
    """The same parameter of the same route is validated by the same object in the next test: half of the time
    in which an application is built went into making these anew."""
    known: dict[tuple[object, str, str], TypeAdapter[Any]] = {}

    def shared(annotation: Any, config: ConfigDict | None = None) -> TypeAdapter[Any]:
        kind, *rest = get_args(annotation)
        key = (kind, repr(rest), repr(config))
        if key not in known:
            known[key] = TypeAdapter(annotation, config=config)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fastapi._compat.v2.TypeAdapter", shared)
        yield


@pytest.fixture(scope="session", autouse=True)
def statements_by_heart() -> Iterator[None]:
    """All databases of a kind share what SQLAlchemy made of statements, as those of one program do.

    It keeps that by database, and every test has one of its own: each would have all of it made anew.
    """
    first: dict[str, Engine] = {}
    made_engine = database.made_engine

    def sharing(url: URL) -> Engine:
        engine = made_engine(url)
        of_kind = first.setdefault(engine.dialect.name, engine)
        engine.dialect, engine._compiled_cache = of_kind.dialect, of_kind._compiled_cache
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "made_engine", sharing)
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
