"""Which version the tables are of, and how they get to the newest one."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

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
    version = MigrationContext.configure(connection).get_current_revision()
    if version is None:
        foreign = inspect(connection).get_table_names()
        if foreign:
            raise StoreError(f"{name} is a database of another program (it has the table {foreign[0]!r})")
        return None
    if version not in _known_versions():
        raise StoreError(
            f"{name} was written by a newer Sightline (version {version} of the tables, this one knows "
            f"{newest_version()}); update Sightline, nothing was changed"
        )
    return version


@cache
def newest_version() -> str:
    """The version this program works with."""
    head = _scripts().get_current_head()
    assert head is not None, "the package was built without its migrations"
    return head


def bring_up_to_date(connection: Connection) -> None:
    """Run the missing migrations inside the transaction of `connection`."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


@cache
def _known_versions() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
