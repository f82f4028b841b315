"""`sightline identity seal-again`: faces are sealed with a new key, and what to do next is said."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sightline.cli.main import exit_code_of
from sightline.config.identity_key import IdentityKey
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.domain.templates import Template
from sightline.errors import StoreError
from sightline.pipeline.face_templates import FaceTemplates
from sightline.pipeline.serving_lock import serving_lock
from sightline.store import face_templates
from sightline.store.database import open_database, sqlite_url
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue

SITE = Scope.site()
OLD, NEW, OTHER = ("ab" * 31 + "cd", base64.b64encode(bytes(range(32))).decode(), "12" * 31 + "34")
FACE = Template.begin("net", np.arange(8, dtype=np.float32))


def key(text: str) -> IdentityKey:
    return IdentityKey.parse(text, named="test")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two venues that know somebody, and a new key in a file."""
    with open_database(sqlite_url(tmp_path / "sightline.db")) as database:
        for venue_id in ("one", "two"):
            with database.transaction() as connection:
                ensure_venue(SITE, connection, venue_id)
                stay = Stay(pseudo_id="ann", at=datetime(2026, 3, 2, tzinfo=UTC), zone="x")
                add_stays(SITE, connection, venue_id, [stay])
                faces = FaceTemplates(key(OLD))
                faces.put_in(SITE, connection, venue_id, {"ann": FACE}, at=stay.at)
    (tmp_path / "new.key").write_text(NEW)
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", OLD)
    return tmp_path


def command(folder: Path, *words: str) -> int:
    new = () if "--new-key" in words else ("--new-key", f"file:{folder / 'new.key'}")
    return exit_code_of(["identity", "seal-again", *new, "--data-dir", str(folder), *words])


def key_ids(folder: Path) -> list[str]:
    with open_database(sqlite_url(folder / "sightline.db")) as database, database.reading() as connection:
        return face_templates.key_ids(SITE, connection)


def test_everything_is_sealed_again_and_the_next_step_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(folder) == 0
    said = capsys.readouterr().out
    assert "face templates: 2 sealed again" in said
    assert "put the new key where env:SIGHTLINE_IDENTITY_KEY is" in said
    assert f"identity.key: file:{folder / 'new.key'}" in said
    assert key(OLD).key_id in said
    assert not any(one in said for one in (OLD, NEW)), "a key is never printed"
    with (
        open_database(sqlite_url(folder / "sightline.db")) as database,
        database.reading() as connection,
    ):
        ((who, face),) = FaceTemplates(key(NEW)).read_in(SITE, connection, "two", model="net")
    assert (who, list(face.mean)) == ("ann", list(FACE.mean))


def test_killed_in_between_the_same_command_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace = face_templates.replace_sealed

    def dying(scope: Scope, connection: object, venue_id: str, rows: object) -> None:
        if venue_id == "two":
            raise StoreError("the disk is gone")
        replace(scope, connection, venue_id, rows)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(face_templates, "replace_sealed", dying)
        assert command(folder) == 1
    assert len(key_ids(folder)) == 2
    assert command(folder, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sealed_again"] == {"face templates": 1, "enrolled staff": 0}
    assert key_ids(folder) == [told["new_key_id"]] == [key(NEW).key_id]


def test_with_the_new_key_in_its_place_there_is_nothing_to_do(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(folder) == 0
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", NEW)
    capsys.readouterr()
    assert command(folder) == 0
    assert "already: nothing more to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "setting", "sentence"),
    [
        (("--new-key", NEW), OLD, "write env:NAME or file:PATH"),
        (("--new-key", "env:NOT_SET"), OLD, "NOT_SET"),
        (("--new-key", "env:SHORT"), OLD, "neither base64 nor 64 hex digits"),
        ((), OTHER, "put the right key back"),
        ((), "", "identity.key"),
    ],
    ids=["the key itself", "no such variable", "no key", "another old key", "no old key"],
)
def test_a_wrong_key_changes_nothing(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    setting: str,
    sentence: str,
) -> None:
    monkeypatch.setenv("SHORT", "no key")
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", setting)
    assert command(folder, *words) == 2
    said = capsys.readouterr().err
    assert sentence in " ".join(said.split())
    assert NEW not in said
    assert key_ids(folder) == [key(OLD).key_id]


def test_not_while_the_site_is_served(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_lock(folder, ["api"]):
        assert command(folder) == 2
    assert "stop that one first" in capsys.readouterr().err
