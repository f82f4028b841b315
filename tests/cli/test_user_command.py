"""`sightline user` and the administrator's key as a person types them."""

import contextlib
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sightline.cli.main import app
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.audit_log import AuditLog
from sightline.pipeline.sign_ins import SignIns
from sightline.store.database import open_database, sqlite_url

PASSWORD = "four words that fit"
Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    def command(*words: str, typing: str = "") -> Result:
        return CliRunner().invoke(app, [*words, "--data-dir", str(tmp_path / "data")], input=typing)

    assert command("venue", "add", "shop").exit_code == 0
    return command


def add(typed: Typed, name: str, *words: str, password: str = PASSWORD) -> Result:
    return typed("user", "add", name, *words, "--password-stdin", typing=f"{password}\n")


def signs_in(tmp_path: Path, name: str, password: str) -> bool:
    with open_database(sqlite_url(tmp_path / "data" / "sightline.db")) as database:
        return SignIns(database).sign_in(name, password, address="here").session is not None


def test_people_are_added_listed_given_a_password_and_removed(typed: Typed, tmp_path: Path) -> None:
    assert add(typed, "Anna", "--role", "administrator").exit_code == 0
    assert add(typed, "marie", "--role", "manager", "--venue", "shop").exit_code == 0
    listed = json.loads(typed("user", "list", "--json").stdout)["users"]
    assert [(one["name"], one["role"], one["venues"]) for one in listed] == [
        ("anna", "administrator", None),
        ("marie", "manager", ["shop"]),
    ]
    assert "marie" in typed("user", "list").stdout
    assert signs_in(tmp_path, "anna", PASSWORD)
    new = typed("user", "password", "ANNA", "--password-stdin", typing="quite another one\r\n")
    assert new.exit_code == 0
    assert not signs_in(tmp_path, "anna", PASSWORD)
    assert signs_in(tmp_path, "anna", "quite another one")
    assert typed("user", "remove", "marie").exit_code == 0
    assert not signs_in(tmp_path, "marie", PASSWORD)
    assert "last administrator" in str(typed("user", "remove", "anna").exception)


@pytest.mark.parametrize(
    ("words", "password", "said"),
    [
        (("marie", "--venue", "nowhere"), PASSWORD, "nowhere"),
        (("marie", "--role", "administrator", "--venue", "shop"), PASSWORD, "--venue"),
        (("marie",), "short", "10 characters"),
        (("marie",), "", "10 characters"),
        ((" ",), PASSWORD, "name"),
    ],
)
def test_what_cannot_be_an_account_is_told(
    typed: Typed, words: tuple[str, ...], password: str, said: str
) -> None:
    refused = add(typed, *words, password=password)
    assert isinstance(refused.exception, ConfigError)
    assert said in str(refused.exception)
    assert json.loads(typed("user", "list", "--json").stdout) == {"users": []}


def test_without_a_terminal_the_password_has_to_come_by_standard_input(typed: Typed) -> None:
    refused = typed("user", "add", "anna", typing=f"{PASSWORD}\n{PASSWORD}\n")
    assert "--password-stdin" in str(refused.exception)


def test_no_password_is_printed_and_every_command_is_in_the_audit_log(typed: Typed, tmp_path: Path) -> None:
    done = [
        add(typed, "anna", "--role", "administrator"),
        typed("user", "password", "anna", "--password-stdin", typing=f"{PASSWORD}!\n"),
        add(typed, "marie", "--venue", "shop"),
        typed("user", "remove", "marie"),
        typed("venue", "key", "shop"),
    ]
    assert [one.exit_code for one in done] == [0] * 5
    assert not [one for one in done if PASSWORD in one.stdout + one.stderr]
    with open_database(sqlite_url(tmp_path / "data" / "sightline.db")) as database:
        _, entries = AuditLog(database).page(Scope.site(), limit=10, offset=0)
    noted = [(one.actor, one.action, one.venue_id) for one in reversed(entries)]
    assert noted == [
        ("command line", "user_added", None),
        ("command line", "password_replaced", None),
        ("command line", "user_added", None),
        ("command line", "user_removed", None),
        ("command line", "key_made", "shop"),
    ]
    stored = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("sightline.db*"))
    assert PASSWORD.encode() not in stored
    assert done[4].stdout.strip().encode() not in stored


def test_an_administrators_key_reaches_all_and_is_listed_apart(typed: Typed, tmp_path: Path) -> None:
    made = typed("venue", "key", "--all", "--name", "backup program")
    (key,) = made.stdout.splitlines()
    assert re.fullmatch("[0-9a-f]{64}", key)
    with open_database(sqlite_url(tmp_path / "data" / "sightline.db")) as database:
        found = ApiKeys(database).holder_of(key)
    assert found is not None
    assert found.venue_id is None
    (facts,) = json.loads(typed("venue", "key", "--all", "--list", "--json").stdout)["keys"]
    assert facts["name"] == "backup program"
    assert json.loads(typed("venue", "key", "shop", "--list", "--json").stdout)["keys"] == []
    assert isinstance(typed("venue", "key", "shop", "--revoke", facts["key_id"]).exception, ConfigError)
    assert typed("venue", "key", "--all", "--revoke", facts["key_id"]).exit_code == 0
    assert isinstance(typed("venue", "key").exception, ConfigError)
    assert isinstance(typed("venue", "key", "shop", "--all").exception, ConfigError)


AT_A_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.parametrize(("again", "code"), [(PASSWORD, 0), ("something else", 2)])
def test_at_a_terminal_the_password_is_asked_for_twice_and_not_shown(
    tmp_path: Path, again: str, code: int
) -> None:
    words = ["user", "add", "anna", "--role", "administrator", "--data-dir", str(tmp_path / "data")]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", AT_A_TERMINAL, sys.executable, "-m", "sightline", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for answer in (PASSWORD, again):
        before = shown.count(b": ")
        while shown.count(b": ") == before:
            shown += os.read(ours, 1024)
        os.write(ours, f"{answer}\n".encode())
    with contextlib.suppress(OSError):  # the other end is gone
        while True:
            shown += os.read(ours, 1024)
    os.close(ours)
    assert process.wait(30) == code
    assert PASSWORD.encode() not in shown
    assert signs_in(tmp_path, "anna", PASSWORD) == (code == 0)
