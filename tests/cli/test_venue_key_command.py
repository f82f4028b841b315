"""`sightline venue key` as a person types it."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from sightline.cli.main import app
from sightline.errors import ConfigError
from sightline.pipeline.api_keys import ApiKeys
from sightline.store.database import open_database, sqlite_url

Typed = Callable[..., Result]


@pytest.fixture
def typed(tmp_path: Path) -> Typed:
    def command(*words: str) -> Result:
        return CliRunner().invoke(app, ["venue", *words, "--data-dir", str(tmp_path / "data")])

    assert command("add", "shop").exit_code == 0
    return command


def opens(tmp_path: Path, key: str) -> bool:
    with open_database(sqlite_url(tmp_path / "data" / "sightline.db")) as database:
        return ApiKeys(database).holder_of(key) is not None


def test_a_key_is_shown_once_works_and_can_be_closed(typed: Typed, tmp_path: Path) -> None:
    made = typed("key", "shop", "--name", "video host")
    (key,) = made.stdout.splitlines()
    assert re.fullmatch("[0-9a-f]{64}", key)
    assert key not in made.stderr
    assert opens(tmp_path, key)
    assert not opens(tmp_path, key[:-1] + ("0" if key[-1] != "0" else "1"))
    listed = typed("key", "shop", "--list")
    assert "video host" in listed.stdout
    assert key not in listed.stdout
    (facts,) = json.loads(typed("key", "shop", "--list", "--json").stdout)["keys"]
    assert typed("key", "shop", "--revoke", facts["key_id"]).exit_code == 0
    assert not opens(tmp_path, key)
    assert isinstance(typed("key", "shop", "--revoke", facts["key_id"]).exception, ConfigError)


def test_only_the_hash_of_a_key_is_on_the_disk(typed: Typed, tmp_path: Path) -> None:
    key = typed("key", "shop").stdout.strip()
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("sightline.db*"))
    assert key.encode() not in content
    assert hashlib.sha256(key.encode()).hexdigest().encode() in content


@pytest.mark.parametrize(
    "words",
    [("key", "nowhere"), ("key", "shop", "--revoke", "x"), ("key", "shop", "--list", "--revoke", "x")],
)
def test_what_cannot_be_done_is_told(typed: Typed, words: tuple[str, ...]) -> None:
    assert isinstance(typed(*words).exception, ConfigError)
