"""Which version the tables are of, and how they get to the newest one.

Alembic is loaded where there is something to migrate: every process opens the database, and would hold 10 MB
for nothing.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from sightline.errors import StoreError

MIGRATIONS = Path(__file__).parent / "migrations"


def current_version(connection: Connection, name: str) -> str | None:
    """The version of the tables, None for an empty database.

    Args:
        connection: to the database asked about.
        name: what to call it in an error.

    Raises:
        StoreError: the version is not in our history (a newer Sightline wrote it), or the tables are another
            program's.
    """
    version = _stored_version(connection)
    if version is None:
        foreign = inspect(connection).get_table_names()
        if foreign:
            raise StoreError(f"{name} is a database of another program (it has the table {foreign[0]!r})")
        return None
    if not known_version(version):
        raise StoreError(
            f"{name} was written by a newer Sightline (version {version} of the tables, this one knows "
            f"{newest_version()}); update Sightline, nothing was changed"
        )
    return version


@cache
def newest_version() -> str:
    """The version this program works with."""
    known = _known_versions()
    assert known, "the package was built without its migrations"
    return max(known)


def known_version(version: str) -> bool:
    """Whether this program can bring tables of that version up to date."""
    return version in _known_versions()


def bring_up_to_date(connection: Connection, name: str, *, to: str = "head") -> None:
    """Run the missing migrations inside the transaction of `connection`.

    Args:
        name: what to call the database in an error.
        to: the version to stop at.

    Raises:
        StoreError: a PostgreSQL database that does not hold text as UTF-8.
    """
    from alembic import command
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        encoding = connection.execute(text("SHOW server_encoding")).scalar_one()
        if encoding != "UTF8":
            raise StoreError(
                f"{name} holds text as {encoding}; Sightline needs a database made with: "
                "createdb -E UTF8 -T template0"
            )
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@cache
def _known_versions() -> frozenset[str]:
    """By the names of their files, which begin with the number; a test holds them against their content."""
    return frozenset(
        path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9][0-9][0-9][0-9]_*.py")
    )


def _stored_version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
