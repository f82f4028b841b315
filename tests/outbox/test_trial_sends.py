"""`sightline outbox test`: one real attempt at a real receiver, marked as a test, told in a sentence."""

from collections.abc import Callable

import httpx
import pytest
from alert_site import BOSS, Post
from answering_server import AnsweringServer
from api_server import running_app
from outbox_site import OutboxSite
from standardwebhooks import Webhook
from typed_words import Said, typed

from sightline.api.app import create_links_app
from sightline.link_wiring import video_pages
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault

SiteWith = Callable[..., OutboxSite]
Capture = pytest.CaptureFixture[str]
WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_test_mail_arrives_marked_as_one(site_with: SiteWith, post: Post, capsys: Capture) -> None:
    said = typed(site_with(delivery={"mail": post.setting()}), capsys)("outbox", "test", "mail")
    assert said.code == 0
    assert said.out == "Arrived: 1 of 1 recipients were accepted by 127.0.0.1\n"
    (message,) = post.messages
    assert "TEST" in str(message["Subject"])
    assert message["To"] == BOSS
    assert "Ceci est un test de Sightline." in post.texts()[0]


def test_a_test_mail_that_nobody_takes_is_told(site_with: SiteWith, post: Post, capsys: Capture) -> None:
    post.server.replies[BOSS] = "550 no such mailbox"
    said = typed(site_with(delivery={"mail": post.setting()}), capsys)("outbox", "test", "mail", "--json")
    assert said.code == 1
    assert said.document["test"] == "mail"
    assert said.document["arrived"] is False
    assert "550" in said.document["detail"]


def test_a_small_clip_is_uploaded_and_compared(
    site_with: SiteWith, receiver: Receiver, capsys: Capture
) -> None:
    site = site_with(delivery={"evidence": {"to": "http", "url": receiver.upload_url}})
    said = typed(site, capsys)("outbox", "test", "upload", "--json")
    (arrived,) = receiver.arrivals
    assert said.code == 0
    assert said.document == {
        "test": "upload",
        "arrived": True,
        "detail": f"stored as {arrived.stored_name}, compared by: sha256",
    }
    assert arrived.key.startswith("test-")
    assert receiver.path_of(arrived).read_bytes()[4:8] == b"ftyp"
    assert site.items() == []


def test_an_upload_that_is_refused_says_why_and_never_the_key(
    site_with: SiteWith, receiver: Receiver, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "pl4nted-k3y")
    receiver.plan = lambda *_: Fault.REFUSED
    evidence = {"to": "http", "url": receiver.upload_url, "api_key": "env:SHOP_KEY"}
    said = typed(site_with(delivery={"evidence": evidence}), capsys)("outbox", "test", "upload")
    assert said.code == 1
    assert said.out.startswith("NOT arrived: ")
    assert "403" in said.out
    assert "pl4nted-k3y" not in said.out + said.err


def test_a_test_incident_is_named_so(site_with: SiteWith, receiver: Receiver, capsys: Capture) -> None:
    site = site_with(delivery={"incidents": {"url": receiver.incident_url}})
    said = typed(site, capsys)("outbox", "test", "incident")
    assert (said.code, said.out) == (0, "Arrived: the receiver took it; its id: server-1\n")
    (arrived,) = receiver.arrivals
    assert (arrived.document["incident_type"], arrived.document["status"]) == ("test", "Test")


def test_a_test_link_opens_a_clip(site_with: SiteWith, capsys: Capture) -> None:
    site = site_with()
    said = typed(site, capsys)("outbox", "test", "link")
    assert said.code == 0
    address = said.out.split()[1]
    assert "from here only" in said.out
    with running_app(create_links_app(video_pages(site.site))) as port:
        path = address.partition("/video/")[2]
        answer = httpx.get(f"http://127.0.0.1:{port}/video/{path}", trust_env=False, timeout=10)
        wrong = httpx.get(f"http://127.0.0.1:{port}/video/{path}x", trust_env=False, timeout=10)
    assert answer.status_code == 200
    assert answer.content[4:8] == b"ftyp"
    assert wrong.status_code == 403


def test_a_test_webhook_is_signed(
    site_with: SiteWith, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK_SECRET", WEBHOOK_SECRET)
    with AnsweringServer() as server:
        hook = {"url": server.url("/hook"), "secret": "env:HOOK_SECRET"}
        said = typed(site_with(delivery={"webhooks": [hook]}), capsys)("outbox", "test", "webhook")
    assert said.code == 0
    assert said.out.startswith("Arrived: taken by 127.0.0.1-")
    (asked,) = server.asked
    assert Webhook(WEBHOOK_SECRET).verify(asked.body, asked.headers)["type"] == "test"


@pytest.mark.parametrize("what", ["mail", "upload", "incident", "webhook"])
def test_what_is_not_set_up_cannot_be_tried(site_with: SiteWith, capsys: Capture, what: str) -> None:
    said = typed(site_with(), capsys)("outbox", "test", what)
    assert (said.code, said.out) == (2, "")
    (line,) = said.err.splitlines()
    assert line.startswith("error: ")
    assert "delivery." in line


@pytest.mark.parametrize("what", ["mail", "upload", "incident", "webhook"])
def test_a_receiver_that_is_away_is_told_and_not_hidden(
    site_with: SiteWith, receiver: Receiver, post: Post, capsys: Capture, what: str
) -> None:
    site = site_with(
        delivery={
            "mail": post.setting(port=receiver.port),
            "evidence": {"to": "http", "url": receiver.upload_url},
            "incidents": {"url": receiver.incident_url},
            "webhooks": [{"url": f"{receiver.base_url}/hook"}],
        }
    )
    with receiver.outage():
        said: Said = typed(site, capsys)("outbox", "test", what)
    assert said.code == 1
    assert said.out.startswith("NOT arrived: ")
    assert "127.0.0.1" in said.out
