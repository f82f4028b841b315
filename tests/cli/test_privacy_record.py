"""`doctor --privacy` tells what is so: from settings and rows; and no face without a key."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.cli.main import exit_code_of
from sightline.config.identity_key import IdentityKey
from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.domain.templates import Template
from sightline.pipeline.face_templates import FaceTemplates
from sightline.pipeline.supervisor import Supervisor
from sightline.store.database import open_database, sqlite_url
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue

SITE = Scope.site()
KEY = "ab" * 31 + "cd"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
Typed = Callable[..., tuple[int, str, str]]

PLAIN = """
venues: [{id: shop}]
"""
FULL = """
identity: {enabled: true, key: env:FACES}
behavior: {enabled: true}
privacy: {blur_faces: true, masks: [{camera: till, points: [[0, 0], [1, 0], [1, 1]]}]}
retention_days: {recording: 2, evidence: 10, identity: 7}
venues: [{id: shop}]
delivery:
  evidence: {to: http, url: "https://clips.example/secret-path?token=pl4nted", api_key: env:UPLOAD}
  webhooks: [{url: "https://hooks.example/h", secret: env:HOOK}]
"""


@pytest.fixture
def typed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """A command for a site with these settings: exit code, standard output, standard error."""

    def command(settings: str, *words: str) -> tuple[int, str, str]:
        (tmp_path / "site.yaml").write_text(settings)
        capsys.readouterr()
        options = ["--config", str(tmp_path / "site.yaml"), "--data-dir", str(tmp_path / "data")]
        code = exit_code_of([*words, *options])
        return code, *capsys.readouterr()

    return command


def fill(tmp_path: Path) -> None:
    vector = Template.begin("net", np.ones(8, np.float32))
    url = sqlite_url(tmp_path / "data" / "sightline.db")
    with open_database(url) as database, database.transaction() as connection:
        ensure_venue(SITE, connection, "shop")
        stays = [Stay(pseudo_id=f"v-{n}", at=NOW + timedelta(minutes=n), zone="till") for n in range(3)]
        add_stays(SITE, connection, "shop", stays)
        key = IdentityKey.parse(KEY, named="test")
        FaceTemplates(key).put_in(SITE, connection, "shop", {"v-1": vector}, at=NOW)


def by_name(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in record["categories"]}


def test_an_empty_site_with_everything_off_says_so_and_makes_no_database(
    typed: Typed, tmp_path: Path
) -> None:
    code, out, _ = typed(PLAIN, "doctor", "--privacy", "--json")
    record = json.loads(out)
    assert code == 0
    assert record["switched_off"] == [
        "face templates", "enrolled staff", "age bracket and gender", "posture and engagement"
    ]  # fmt: skip
    assert record["recipients"] == []
    assert all(count == 0 for one in record["categories"] for count in one["rows"].values())
    assert not (tmp_path / "data" / "sightline.db").exists()


def test_settings_and_rows_are_told_and_no_address_or_secret(typed: Typed, tmp_path: Path) -> None:
    fill(tmp_path)
    code, out, _ = typed(FULL, "doctor", "--privacy", "--json")
    record = json.loads(out)
    assert code == 0
    found = by_name(record)
    assert record["switched_off"] == []
    assert (found["face templates"]["days"], found["face templates"]["rows"]) == (7, {"face_template": 1})
    assert found["recorded video"]["days"] == 2
    assert found["clips of events"]["days"] == 10
    assert found["visits under a pseudonym"]["rows"] == {"visitor": 3, "stay": 3}
    assert found["visits under a pseudonym"]["days"] == 400
    assert record["recipients"] == [
        {"what": "clips", "host": "clips.example"},
        {"what": "webhook", "host": "hooks.example"},
    ]
    assert record["what_leaves"] == {
        "blur_faces": True,
        "masks": [{"camera": "till", "venue": None, "points": 3}],
    }
    assert "pl4nted" not in out
    assert "secret-path" not in out


def test_it_can_be_read_and_printed(typed: Typed, tmp_path: Path) -> None:
    fill(tmp_path)
    code, out, _ = typed(FULL, "doctor", "--privacy")
    assert code == 0
    assert "face templates: on  (identity.enabled, identity.reid)" in out
    assert "kept   7 days from the last visit" in out
    assert "now    1 face_template" in out
    assert "leaves this site: clips to clips.example, webhook to hooks.example" in out
    assert "face templates: OFF" in typed(PLAIN, "doctor", "--privacy")[1]


def test_every_retention_setting_is_told() -> None:
    from sightline.pipeline.privacy_record import categories

    numbers = {name: 1000 + place for place, name in enumerate(Settings().retention_days.model_dump())}
    settings = Settings.model_validate({"retention_days": numbers})
    assert {one.days for one in categories(settings)} - {None} == set(numbers.values())
    of_events = {one.name for one in categories(settings) if one.days == numbers["events"]}
    assert {"events and tracks", "visits under a pseudonym", "age bracket and gender"} <= of_events


def test_every_table_that_holds_people_is_counted() -> None:
    from sightline.pipeline.privacy_record import categories
    from sightline.store.all_tables import ALL_TABLES

    counted = {name for one in categories(Settings()) for name in one.tables}
    assert counted <= {table.name for table in ALL_TABLES}
    assert {"face_template", "visitor", "stay", "track", "evidence", "recording_segment"} <= counted


@pytest.mark.parametrize(
    ("key", "complaint"),
    [
        pytest.param(None, "FACES is not set", id="no key"),
        pytest.param("a password", "neither base64 nor 64 hex digits", id="no such key"),
        pytest.param("cd" * 31 + "ab", "face templates are sealed with the key", id="another key"),
    ],
)
def test_serve_starts_nothing_without_the_right_key_and_doctor_says_why(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str | None, complaint: str
) -> None:
    fill(tmp_path)
    monkeypatch.setattr(Supervisor, "run", lambda _: pytest.fail("it serves"))
    if key is not None:
        monkeypatch.setenv("FACES", key)
    faces = "identity: {enabled: true, key: env:FACES}\ndetector: {name: builtin}\nvenues: [{id: shop}]\n"
    code, out, err = typed(faces, "serve", "--only", "cameras")
    assert (code, out) == (2, "")
    assert complaint in err
    code, out, _ = typed(faces, "doctor", "--json")
    (check,) = [one for one in json.loads(out)["checks"] if one["name"] == "identity"]
    assert (code, check["state"]) == (1, "broken")
    assert complaint in check["advice"]
    if key is not None:
        assert key not in out + err


def test_the_right_key_and_no_identity_are_both_well(
    typed: Typed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    monkeypatch.setenv("FACES", KEY)

    def found(settings: str) -> str:
        checks = json.loads(typed(settings, "doctor", "--json")[1])["checks"]
        return next(f"{one['state']} {one['found']}" for one in checks if one["name"] == "identity")

    right = found("identity: {enabled: true, key: env:FACES}\nvenues: [{id: shop}]\n")
    assert right == f"ok the key is there: {IdentityKey.parse(KEY, named='x').key_id}"
    assert KEY not in right
    assert found(PLAIN) == "ok off: no face is kept"
    assert found("identity: {enabled: true, reid: false}\nvenues: [{id: shop}]\n").startswith("ok off")
