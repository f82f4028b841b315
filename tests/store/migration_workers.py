"""Processes that migrate and do not get through."""

import os
import resource
import signal
from collections.abc import Iterable
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from sightline.errors import DiskFull, StoreError
from sightline.store.database import open_database, upgrade
from sightline.store.engines import made_engine, parsed
from sightline.store.schema import bring_up_to_date

CHANGES = ("CREATE", "ALTER", "DROP", "INSERT", "UPDATE")


def make_old(url: str, version: str, statements: Iterable[str] = ()) -> None:
    """A database as an earlier version left it, with the rows that `statements` insert."""
    engine = made_engine(parsed(url))
    with engine.begin() as connection:
        bring_up_to_date(connection, url, to=version)
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def changes_of_an_upgrade(url: str) -> list[str]:
    """The statements that change something, in their order; the database is upgraded."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        if statement.lstrip().startswith(CHANGES):
            seen.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        upgrade(url)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    return seen


def die_while_upgrading(url: str, before: int) -> None:
    """Be killed before the change of that number; after the last one, when it is to be committed."""
    left = [before]

    def count(_connection: object, _cursor: object, statement: str, *_: Any) -> None:
        if statement.lstrip().startswith(CHANGES):
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left[0] -= 1

    def commits(_connection: object) -> None:
        if left[0] <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", count)
    event.listen(Engine, "commit", commits)
    upgrade(url)


def upgrade_into_little_room(url: str, limit_bytes: int) -> None:
    """Fails unless that is reported as a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))
    try:
        open_database(url).close()
    except DiskFull:
        return
    raise AssertionError("the disk was not full")


def fail_while_upgrading(url: str, before: int) -> None:
    """The change of that number is refused by the database."""
    left = [before]

    def spoil(_connection: object, _cursor: object, statement: str, given: Any, *_: Any) -> tuple[str, Any]:
        if statement.lstrip().startswith(CHANGES):
            left[0] -= 1
            if left[0] == -1:
                return "CREATE TABLE venue (id INTEGER)", () if isinstance(given, tuple) else {}
        return statement, given

    event.listen(Engine, "before_cursor_execute", spoil, retval=True)
    try:
        upgrade(url)
    except StoreError as error:
        assert "already exists" in str(error)  # noqa: PT017  there is no pytest in this process
        return
    raise AssertionError("nothing failed")
