"""A secret or package that is missing is said before anything starts, and by doctor."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from outbox_site import OutboxSite
from typed_words import Said, typed

SiteWith = Callable[..., OutboxSite]
Capture = pytest.CaptureFixture[str]
PLANTED = "pl4nted-s3cret"
MAIL = {
    "host": "mail.example",
    "username": "a",
    "password": "env:MAIL_PASSWORD",
    "from": "a@b.example",
    "to": "c@d.example",
}
SETTINGS: dict[str, dict[str, Any]] = {
    "upload key": {"evidence": {"to": "http", "url": "http://127.0.0.1:9/u", "api_key": "env:NOWHERE"}},
    "bucket secret": {
        "evidence": {
            "to": "s3", "bucket": "clips", "access_key_id": "AKIA1", "secret_access_key": "file:/nowhere/key",
        }
    },
    "mail password": {"mail": {**MAIL, "password": "env:NOWHERE"}},
    "webhook secret": {"webhooks": [{"url": "http://127.0.0.1:9/h", "secret": "env:NOWHERE"}]},
    "broker password": {"mqtt": {"host": "127.0.0.1", "username": "a", "password": "env:NOWHERE"}},
    "video host key": {"hosted": {"base_url": "http://127.0.0.1:9", "api_key": "env:NOWHERE"}},
    "incident key": {"incidents": {"url": "http://127.0.0.1:9/i", "api_key": "env:NOWHERE"}},
    "footfall key": {"footfall": {"url": "http://127.0.0.1:9/f", "api_key": "env:NOWHERE"}},
    "apprise address": {"apprise": ["env:NOWHERE"]},
}  # fmt: skip
EXTRAS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "s3": ("obstore", "obstore.store", {"evidence": {"to": "s3", "bucket": "clips"}}),
    "mqtt": ("paho", "paho.mqtt.client", {"mqtt": {"host": "127.0.0.1"}}),
    "apprise": ("apprise", "apprise", {"apprise": ["env:PUSH"]}),
}


def refused(said: Said) -> str:
    """The one line of a command that started nothing."""
    assert (said.code, said.out) == (2, ""), said
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    return line


@pytest.mark.parametrize("delivery", SETTINGS.values(), ids=SETTINGS.keys())
def test_serve_names_a_secret_that_is_missing_and_starts_nothing(
    site_with: SiteWith, capsys: Capture, delivery: dict[str, Any]
) -> None:
    line = refused(typed(site_with(delivery=delivery), capsys)("serve", "--only", "worker"))
    assert "NOWHERE" in line or "/nowhere/key" in line


def test_so_it_is_with_the_analyser(site_with: SiteWith, capsys: Capture) -> None:
    security = {"analyzer": {"url": "http://127.0.0.1:9/a", "api_key": "env:NOWHERE"}}
    assert "NOWHERE" in refused(typed(site_with(security=security), capsys)("serve", "--only", "worker"))


# A link to a broker that an earlier test left behind may look for its package at this moment.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("extra", EXTRAS)
def test_serve_names_the_package_to_install_and_starts_nothing(
    site_with: SiteWith, capsys: Capture, monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    package, module, delivery = EXTRAS[extra]
    monkeypatch.setenv("PUSH", "json://127.0.0.1")
    without(package, module, monkeypatch)
    line = refused(typed(site_with(delivery=delivery), capsys)("serve", "--only", "worker"))
    assert f"pip install 'sightline[{extra}]'" in line


def without(package: str, module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the package were not installed, our own adapter of it not yet imported."""
    for name in [one for one in sys.modules if one == package or one.startswith(f"{package}.")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("mqtt", "mqtt_link", "apprise_service", "s3"):
        monkeypatch.delitem(sys.modules, f"sightline.delivery.{name}", raising=False)
    for name in {package, module}:
        monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]


def test_a_drain_refuses_in_the_same_words(site_with: SiteWith, capsys: Capture) -> None:
    line = refused(typed(site_with(delivery=SETTINGS["mail password"]), capsys)("outbox", "drain"))
    assert "NOWHERE" in line


def everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """All channels, with their secrets in place."""
    for name in ("UPLOAD_KEY", "MAIL_PASSWORD", "HOST_KEY", "HOOK", "BROKER"):
        monkeypatch.setenv(name, PLANTED)
    monkeypatch.setenv("HOOK", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    monkeypatch.setenv("PUSH", f"json://user:{PLANTED}@push.example/")
    key_file = tmp_path / "incident.key"
    key_file.write_text(PLANTED)
    return {
        "evidence": {
            "to": "http", "url": f"https://clips.example/upload?sig={PLANTED}", "api_key": "env:UPLOAD_KEY",
        },
        "hosted": {"base_url": "https://videos.example", "api_key": "env:HOST_KEY"},
        "incidents": {"url": "https://reports.example/in", "api_key": f"file:{key_file}"},
        "footfall": {"url": "https://counts.example/in"},
        "mail": MAIL,
        "webhooks": [{"url": f"https://hooks.example/{PLANTED}", "secret": "env:HOOK"}],
        "mqtt": {"host": "broker.example", "username": "a", "password": "env:BROKER"},
        "apprise": ["env:PUSH"],
    }  # fmt: skip


def checks(said: Said) -> dict[str, dict[str, str]]:
    return {one["name"]: one for one in said.document["checks"] if one["name"].startswith("delivery")}


def test_doctor_tells_what_leaves_where_to_and_that_each_secret_is_there(
    site_with: SiteWith, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_with(
        delivery=everything(tmp_path, monkeypatch), server={"public_url": "https://shop.example/clips"}
    )
    command = typed(site, capsys)
    said = command("doctor", "--json")
    assert said.code == 0
    found = checks(said)
    assert {name: (one["state"], one["found"]) for name, one in found.items()} == {
        "delivery: clips": ("ok", "to clips.example; env:UPLOAD_KEY is there"),
        "delivery: private links of alerts": ("ok", "to videos.example; env:HOST_KEY is there"),
        "delivery: incidents": ("ok", f"to reports.example; file:{tmp_path}/incident.key is there"),
        "delivery: footfall": ("ok", "to counts.example; without a key"),
        "delivery: mail": ("ok", "to mail.example; env:MAIL_PASSWORD is there"),
        "delivery: webhook": ("ok", "to hooks.example; env:HOOK is there"),
        "delivery: MQTT": ("ok", "to broker.example; env:BROKER is there"),
        "delivery: apprise": ("ok", "to PUSH; env:PUSH is there"),
        "delivery: our own links": ("ok", "at shop.example"),
    }
    assert PLANTED not in said.out + said.err
    table = command("doctor")
    assert PLANTED not in table.out + table.err
    assert "clips.example" in table.err


@pytest.mark.parametrize("delivery", SETTINGS.values(), ids=SETTINGS.keys())
def test_doctor_exits_1_when_a_secret_is_missing(
    site_with: SiteWith, capsys: Capture, delivery: dict[str, Any]
) -> None:
    said = typed(site_with(delivery=delivery), capsys)("doctor", "--json")
    assert said.code == 1
    (broken,) = (one for one in checks(said).values() if one["state"] == "broken")
    assert "NOWHERE" in broken["advice"] or "/nowhere/key" in broken["advice"]


def test_doctor_says_that_nothing_leaves_and_that_links_work_here_only(
    site_with: SiteWith, capsys: Capture
) -> None:
    said = typed(site_with(), capsys)("doctor", "--json")
    assert said.code == 0
    found = checks(said)
    assert found["delivery"]["found"] == "nothing is set up to leave this site"
    assert found["delivery: our own links"]["state"] == "note"
    assert "public_url" in found["delivery: our own links"]["found"]


def test_what_doctor_advises_is_printed_with_its_brackets(
    site_with: SiteWith, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    without("obstore", "obstore.store", monkeypatch)
    said = typed(site_with(delivery=EXTRAS["s3"][2]), capsys)("doctor")
    assert said.code == 1
    assert "[s3]" in said.err
