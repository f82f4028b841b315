"""A PostgreSQL of the tests' own: made at the first need, an empty database for each test, gone at the end.

    @pytest.fixture
    def database(postgres_url: str) -> Iterator[Database]:
        with open_database(postgres_url) as database:
            yield database

Beside the server runs a small shell script that reads a pipe from this process. However this process ends,
killed or not, the pipe closes, and the script stops the server and removes its folder: none is left behind.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

USER = "sightline"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "log_min_messages": "fatal",
}
MUCH_HELD_BYTES = 16_000_000
"""A database that has grown to this is slower to empty than to make anew; one without rows has 10 MB."""
ALONE = """
SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
EMPTIED = """
DO $$
DECLARE held regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR held IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                AND relname <> 'alembic_version' LOOP
        EXECUTE format('DELETE FROM %s', held);
    END LOOP;
    FOR held IN SELECT oid FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('ALTER SEQUENCE %s RESTART', held);
    END LOOP;
END $$
"""
MADE_AS = """
SELECT string_agg(concat(kind, ' ', id, ' ', said), E'\\n' ORDER BY kind, id::text, said) FROM (
    SELECT 'is', oid, concat(xmin, ' ', relname) FROM pg_class WHERE relkind NOT IN ('t', 'S')
    UNION ALL SELECT 'column', attrelid, concat(xmin, ' ', attname) FROM pg_attribute
    UNION ALL SELECT 'rule', oid, concat(xmin) FROM pg_constraint
    UNION ALL SELECT 'trigger', oid, concat(xmin) FROM pg_trigger
    UNION ALL SELECT 'function', oid, concat(xmin) FROM pg_proc
    UNION ALL SELECT 'schema', oid, concat(xmin) FROM pg_namespace
    UNION ALL SELECT 'counted', starelid, concat(staattnum) FROM pg_statistic
    UNION ALL SELECT 'set', 16384::oid, concat(setdatabase, ' ', setconfig) FROM pg_db_role_setting
    UNION ALL SELECT 'version', 16384::oid, version_num FROM public.alembic_version
) found (kind, id, said) WHERE id >= 16384
"""
"""Tables and what belongs to them, each with the change that made it so: whatever alters one is seen here."""
GUARD = """
read -r _
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
while [ -e "$1/data/postmaster.pid" ] && kill -0 "$(head -n 1 "$1/data/postmaster.pid")"; do sleep 0.1; done
rm -rf "$1"
"""


class PostgresServer:
    """One running server.

    `fresh()` gives a database with the newest tables and no rows, `empty()` one with no tables. To make one
    takes longer than most tests, so `give_back()` empties it for the next who asks.
    """

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="sightline-pg-"))
        self._password = secrets.token_hex(8)
        self._numbers = count(1)
        self._made_as: dict[str, str] = {}
        self._given_back: list[str] = []
        self._as_whom: dict[str, Any] = {"cwd": self.folder}
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "postgres", "postgres")
            self._as_whom |= {"user": "postgres", "group": "postgres", "extra_groups": []}
        try:
            self._make()
            self._start(_free_port())
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", self.folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def url(self, name: str) -> str:
        """The address of the database `name`."""
        return f"postgresql+psycopg://{USER}:{self._password}@127.0.0.1:{self.port}/{name}"

    def empty(self) -> str:
        """The address of a new database without tables."""
        name = f"empty_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name}")
        return self.url(name)

    def fresh(self) -> str:
        """The address of a database with the newest tables and no rows, that nobody else is in."""
        if self._given_back:
            return self._given_back.pop()
        name = f"fresh_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self._migrated}")
        url = self.url(name)
        with self.connect(url) as connection:
            self._made_as[url] = self._as_made(connection)
        return url

    def give_back(self, url: str) -> None:
        """A database of `fresh()` is no longer needed: the next gets it, without rows and as it was made.

        One whose tables, columns, indexes or settings are no longer as they were made is dropped, as is one
        that has grown large or was counted through by ANALYZE.
        """
        with self.connect(url) as connection:
            connection.execute(ALONE)
            size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
            reusable = size is not None and size[0] < MUCH_HELD_BYTES
            reusable = reusable and self._as_made(connection) == self._made_as[url]
            if reusable:
                connection.execute(EMPTIED)
        if reusable:
            self._given_back.append(url)
        else:
            self.drop(url)

    def drop(self, url: str) -> None:
        """Remove a database, and end whoever is still connected to it."""
        self._run(f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)")

    def connect(self, url: str) -> psycopg.Connection:
        """A connection past all code of ours, every statement a transaction of its own."""
        return psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True)

    def crash(self) -> None:
        """End the server as it is, in the middle of whatever it does."""
        self._server.send_signal(signal.SIGQUIT)
        self._server.wait(30)

    def start_again(self) -> None:
        """Start the crashed server at the same address."""
        self._start(self.port)

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        assert self._guard.stdin is not None
        self._guard.stdin.close()
        self._server.wait(30)
        self._guard.wait(120)

    def _as_made(self, connection: psycopg.Connection) -> str:
        (told,) = connection.execute(MADE_AS).fetchone() or ("",)
        return str(told)

    @cached_property
    def _migrated(self) -> str:
        from sightline.store.database import upgrade

        self._run("CREATE DATABASE migrated")
        upgrade(self.url("migrated"))
        return "migrated"

    def _make(self) -> None:
        password = self.folder / "password"
        password.write_text(self._password + "\n")
        password.chmod(0o644)  # the folder is closed to others
        command: list[str | Path] = [self.programs / "initdb", "-D", self.folder / "data", "-U", USER]
        command += [
            "--pwfile",
            password,
            "-A",
            "scram-sha-256",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-instructions",
        ]
        # A language that sorts "a" before "B": what leans on the order of bytes must say so.
        command += ["--locale=C", "--locale-provider=icu", "--icu-locale=en"]
        made = subprocess.run(
            command,
            capture_output=True,
            text=True,
            **self._as_whom,
        )
        assert made.returncode == 0, made.stderr

    def _start(self, port: int) -> None:
        self.port = port
        command: list[str | Path] = [self.programs / "postgres", "-D", self.folder / "data"]
        command += ["-k", self.folder, "-p", str(port)]
        command += [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        log = self.folder / "log"
        with log.open("ab") as written:
            self._server = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=written,
                start_new_session=True,  # an interrupt of the keyboard is for the tests alone
                **self._as_whom,
            )
        until = time.monotonic() + 60
        while not self._answers():
            ended = self._server.poll() is not None or time.monotonic() > until
            assert not ended, log.read_text()
            time.sleep(0.02)

    def _answers(self) -> bool:
        try:
            self.connect(self.url("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, statement: str) -> None:
        with self.connect(self.url("postgres")) as connection:
            connection.execute(statement.encode())


def installed_or_skip() -> Path:
    """The folder with `initdb` and `postgres`; skips the test where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        pytest.skip("needs a PostgreSQL server: tests/system_parts.sh installs one")
    return Path(on_path).resolve().parent


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
