""" "Send a test" over HTTP: one real attempt at a real receiver, and the truth about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from platform_site import PlatformSite

from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@contextmanager
def site_with(folder: Path, delivery: dict[str, Any]) -> Iterator[PlatformSite]:
    site = PlatformSite.made(folder / "data", {"delivery": delivery})
    with site.answering():
        yield site
    site.close()


def test_a_test_upload_and_a_test_incident_arrive_and_say_so(receiver: Receiver, tmp_path: Path) -> None:
    delivery = {
        "evidence": {"to": "http", "url": receiver.upload_url},
        "incidents": {"url": receiver.incident_url},
    }
    with site_with(tmp_path, delivery) as site:
        upload = site.ask("POST", "/api/test/upload")
        incident = site.ask("POST", "/api/test/incident")
    clip, report = receiver.arrivals
    assert upload.status_code == incident.status_code == 200
    assert upload.json() == {
        "test": "upload",
        "arrived": True,
        "detail": f"stored as {clip.stored_name}, compared by: sha256",
    }
    assert incident.json()["arrived"] is True
    assert report.document["incident_type"] == "test"


def test_what_did_not_arrive_is_told_with_the_reason_and_never_the_key(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "pl4nted-k3y")
    receiver.plan = lambda *_: Fault.REFUSED
    evidence = {"to": "http", "url": receiver.upload_url, "api_key": "env:SHOP_KEY"}
    with site_with(tmp_path, {"evidence": evidence}) as site:
        answer = site.ask("POST", "/api/test/upload")
    assert answer.status_code == 200
    assert answer.json()["arrived"] is False
    assert "403" in answer.json()["detail"]
    assert "pl4nted-k3y" not in answer.text


def test_a_receiver_that_is_away_is_no_error_of_ours(receiver: Receiver, tmp_path: Path) -> None:
    delivery = {"webhooks": [{"url": f"{receiver.base_url}/hook"}]}
    with site_with(tmp_path, delivery) as site, receiver.outage():
        answer = site.ask("POST", "/api/test/webhook")
    assert (answer.status_code, answer.json()["arrived"]) == (200, False)
    assert "127.0.0.1" in answer.json()["detail"]


def test_a_test_link_opens_a_clip_on_the_same_server(platform: PlatformSite) -> None:
    answer = platform.ask("POST", "/api/test/link")
    assert answer.status_code == 200, answer.text
    address = answer.json()["detail"].split()[0]
    clip = platform.ask("GET", "/video/" + address.partition("/video/")[2])
    assert clip.status_code == 200
    assert clip.content[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("what", "setting"),
    [
        ("mail", "delivery.mail"),
        ("upload", "delivery.evidence"),
        ("incident", "delivery.incidents"),
        ("webhook", "delivery.webhooks"),
    ],
)
def test_what_is_not_set_up_is_409_and_names_the_setting(
    untouched: PlatformSite, what: str, setting: str
) -> None:
    answer = untouched.ask("POST", f"/api/test/{what}")
    assert answer.status_code == 409
    assert setting in answer.json()["detail"]


def test_a_secret_that_is_missing_is_told_by_its_name(receiver: Receiver, tmp_path: Path) -> None:
    evidence = {"to": "http", "url": receiver.upload_url, "api_key": f"file:{tmp_path}/keys/shop"}
    with site_with(tmp_path, {"evidence": evidence}) as site:
        answer = site.ask("POST", "/api/test/upload")
    assert answer.status_code == 409
    assert "shop" in answer.json()["detail"]
    assert str(tmp_path) not in answer.text


@pytest.mark.parametrize("what", ["", "fax", "mail%00", "../mail", "MAIL"])
def test_there_is_no_other_test(untouched: PlatformSite, what: str) -> None:
    assert untouched.ask("POST", f"/api/test/{what}").status_code in (404, 405, 422)
