"""A PostgreSQL of the tests' own: made at the first need, a fresh database for each test, gone at the end.

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
GUARD = """
read -r _
kill -QUIT "$(head -n 1 "$1/data/postmaster.pid")"
while [ -e "$1/data/postmaster.pid" ] && kill -0 "$(head -n 1 "$1/data/postmaster.pid")"; do sleep 0.1; done
rm -rf "$1"
"""


class PostgresServer:
    """One running server. `fresh()` makes a database with the newest tables, `empty()` one with none."""

    def __init__(self, programs: Path) -> None:
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="sightline-pg-"))
        self._password = secrets.token_hex(8)
        self._numbers = count(1)
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
        """The address of a new database with the newest tables and no rows."""
        name = f"fresh_{next(self._numbers)}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self._migrated}")
        return self.url(name)

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
