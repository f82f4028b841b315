"""Programs are told: signed webhooks, MQTT, whatever apprise reaches; each from an event to its far end."""

import base64
import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from alert_site import HOURS, QUICK_BUT_PATIENT, AlertSite, Post, intruder, line, links_server, wait
from answering_server import Answer, AnsweringServer
from evidence_site import CAMERA, VENUE
from mosquitto_broker import MOSQUITTO, Listener, MosquittoBroker
from standardwebhooks import Webhook, WebhookVerificationError

from sightline.domain.event import EventKind
from sightline.domain.outbox import Channel, ItemState, RetryRhythm
from sightline.evidence.outbox_worker import OutboxWorker
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_faults import Fault

AlertSites = Callable[..., AlertSite]
SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four..").decode()
TOPIC = f"sightline/{VENUE}/{CAMERA}"
ALL_FIVE = ["segment_filename", "uploaded_filename", "video_url", "incident_id", "upload_timestamp"]
needs_mosquitto = pytest.mark.skipif(
    not MOSQUITTO.exists(), reason="mosquitto is missing; run tests/system_parts.sh as root"
)


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[AnsweringServer]:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    with AnsweringServer() as server:
        yield server


def webhook(hook: AnsweringServer, path: str = "/hook") -> dict[str, str]:
    return {"url": hook.url(path), "secret": "env:HOOK_SECRET"}


def test_a_webhook_is_signed_and_tells_the_whole_event(alert_site: AlertSites, hook: AnsweringServer) -> None:
    site = alert_site(delivery={"webhooks": [webhook(hook)]})
    site.told(wait(5, 25))
    assert site.drain().waiting == 0
    (asked,), (event,), (clip,) = hook.asked, site.events(EventKind.UNATTENDED), site.evidence()
    document = Webhook(SECRET).verify(asked.body, asked.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(asked.body.replace(b"unattended", b"attended"), asked.headers)
    assert asked.headers["webhook-id"] == f"{event.id}:final"
    video = document.pop("video_evidence")
    assert document == {
        "type": "event.finished",
        "event_id": event.id,
        "venue_id": VENUE,
        "camera_id": CAMERA,
        "kind": "unattended",
        "incident_type": "unattended_customer",
        "risk_level": "MEDIUM",
        "assessment": "none",
        "start": document["start"],
        "end": document["end"],
        "duration_s": 20.0,
        "confirmed": True,
        "score": 0.8,
        "people": [{"track_id": 3, "role": "customer"}],
    }
    assert document["start"].endswith("+01:00") or document["start"].endswith("+02:00")
    assert list(video) == ALL_FIVE
    assert video["segment_filename"] == video["uploaded_filename"] == clip.parts[0].file_name
    assert video["incident_id"] == clip.incident_id


@pytest.mark.parametrize("uploaded", [True, False], ids=["arrived", "not yet"])
def test_a_webhook_says_of_the_video_what_is_true(
    alert_site: AlertSites, hook: AnsweringServer, receiver: Receiver, uploaded: bool
) -> None:
    receiver.plan = lambda _number, _path, _key: None if uploaded else Fault.ERROR_500
    evidence = {"to": "http", "url": receiver.upload_url, "public_base_url": receiver.files_url}
    site = alert_site(delivery={"webhooks": [webhook(hook)], "evidence": evidence})
    site.told(wait(5, 25))
    worker = site.worker(rhythm=HOURS)
    worker.drain(2.0 if uploaded else 0.5)
    if not uploaded:
        assert hook.asked == [], "it waits a while for the upload"
        site.later(31)
        worker.drain(3.0)
    (asked,), (clip,) = hook.asked, site.evidence()
    video = json.loads(asked.body)["video_evidence"]
    if not uploaded:
        assert set(video) == {"segment_filename", "video_url"}
        assert video["video_url"].startswith("file:///")
        return
    (arrived,) = receiver.arrivals
    assert list(video) == ALL_FIVE
    assert video["uploaded_filename"] == arrived.stored_name
    content = httpx.get(video["video_url"], trust_env=False).content
    assert hashlib.sha256(content).hexdigest() == clip.parts[0].sha256


def test_an_event_without_footage_names_no_video(alert_site: AlertSites, hook: AnsweringServer) -> None:
    site = alert_site(delivery={"webhooks": [webhook(hook)]})
    site.told_elsewhere("north_shop", wait(5, 25))
    site.drain()
    (asked,) = hook.asked
    assert json.loads(asked.body)["video_evidence"] == {}


def test_a_webhook_tells_the_confirmation_and_the_end(alert_site: AlertSites, hook: AnsweringServer) -> None:
    site = alert_site(delivery={"webhooks": [webhook(hook)]})
    site.told_while_it_lasts(wait(5, 15))
    site.drain()
    site.ended(wait(5, 30))
    site.drain()
    told = [json.loads(asked.body) for asked in hook.asked]
    (event,) = site.events(EventKind.UNATTENDED)
    assert [one["type"] for one in told] == ["event.ongoing", "event.finished"]
    assert [one["end"] is None for one in told] == [True, False]
    assert [asked.headers["webhook-id"] for asked in hook.asked] == [event.id, f"{event.id}:final"]
    assert len({one["video_evidence"]["segment_filename"] for one in told}) == 2, "each names its own clip"


def test_a_webhook_that_is_tried_again_keeps_its_id(alert_site: AlertSites, hook: AnsweringServer) -> None:
    hook.answers = [Answer(503), Answer(500), Answer(204, b"")]
    site = alert_site(delivery={"webhooks": [webhook(hook)]})
    site.told(wait(5, 25))
    assert site.drain().waiting == 0
    assert len({asked.headers["webhook-id"] for asked in hook.asked}) == 1
    assert len(hook.asked) == 3
    for asked in hook.asked:
        Webhook(SECRET).verify(asked.body, asked.headers)


@pytest.mark.parametrize("left", [True, False], ids=["one of two", "the last one"])
def test_a_receiver_taken_out_of_the_site_file_is_given_up_with_the_reason(
    alert_site: AlertSites, hook: AnsweringServer, left: bool
) -> None:
    site = alert_site(delivery={"webhooks": [webhook(hook, "/a"), webhook(hook, "/b")]})
    site.told(wait(5, 25))
    site.set_up_otherwise({"delivery": {"webhooks": [webhook(hook, "/a")] if left else []}})
    assert site.drain().waiting == 0
    assert [asked.path for asked in hook.asked] == (["/a"] if left else [])
    dead = [one for one in site.items() if one.state is ItemState.DEAD]
    assert len(dead) == (1 if left else 2)
    for one in dead:
        assert str(one.last_error).startswith(
            f"webhook '{one.destination}' is not set up any more; put it back"
        )
        assert hook.url("/b") not in str(one.last_error)


def test_every_channel_that_is_set_up_no_more_says_so(
    alert_site: AlertSites, post: Post, hook: AnsweringServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHONE", hook.url().replace("http:", "json:"))
    url = {"url": hook.url()}
    delivery: dict[str, Any] = {
        "mail": post.setting(), "apprise": ["env:PHONE"], "webhooks": [webhook(hook)],
        "mqtt": {"host": "127.0.0.1", "port": 1}, "evidence": {"to": "http", **url}, "incidents": url,
        "hosted": {"base_url": hook.url()[:-1], "api_key": "env:HOOK_SECRET"},
    }  # fmt: skip
    site = alert_site(delivery=delivery, security={"analyzer": url})
    site.told(intruder(5, 25))
    made = {one.channel for one in site.items()}
    assert made == set(Channel) - {Channel.FOOTFALL}
    site.set_up_otherwise({})
    left = site.drain()
    assert (left.waiting, left.dead) == (0, len(made))
    assert all("is not set up any more" in str(one.last_error) for one in site.items())
    assert hook.asked == []
    assert post.messages == []


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[MosquittoBroker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with MosquittoBroker(folder) as broker:
        yield broker
    gc.collect()  # here, so that a warning about a socket hits the test that left it


@contextmanager
def one_process(site: AlertSite, *, rhythm: RetryRhythm = QUICK_BUT_PATIENT) -> Iterator[OutboxWorker]:
    """A worker whose connection to the broker ends with it, as that of a process does."""
    worker = site.worker(rhythm=rhythm)
    yield worker
    worker._couriers[Channel.MQTT]._publisher.close()  # type: ignore[attr-defined]


@needs_mosquitto
def test_events_arrive_at_the_broker_and_the_last_of_each_kind_stays(
    alert_site: AlertSites, broker: MosquittoBroker
) -> None:
    site = alert_site(delivery={"mqtt": {"host": "127.0.0.1", "port": broker.port}})
    site.told(wait(5, 15), intruder(20, 30))
    with Listener(broker.port) as listener, one_process(site) as worker:
        assert worker.drain(10).waiting == 0
        listener.waits_for(f"{TOPIC}/event", times=2)
        said = [json.loads(payload) for topic, payload, _ in listener.heard if topic == f"{TOPIC}/event"]
        waited = listener.document(f"{TOPIC}/unattended")
    (event,) = site.events(EventKind.UNATTENDED)
    assert sorted(one["kind"] for one in said) == ["security", "unattended"]
    assert waited["event_id"] == event.id
    assert list(waited["video_evidence"]) == ALL_FIVE
    with Listener(broker.port) as late:
        retained = late.retained(until=f"{TOPIC}/security")
    assert {topic for topic in retained if topic.startswith(TOPIC)} == {
        f"{TOPIC}/unattended",
        f"{TOPIC}/security",
    }


@needs_mosquitto
def test_the_broker_is_told_how_many_wait_alone_now(alert_site: AlertSites, broker: MosquittoBroker) -> None:
    site = alert_site(delivery={"mqtt": {"host": "127.0.0.1", "port": broker.port}})
    counted = []
    with Listener(broker.port) as listener, one_process(site) as worker:

        def count(times: int) -> None:
            worker.drain(10)
            listener.waits_for(f"{TOPIC}/unattended", times=times)
            last = [payload for topic, payload, _ in listener.heard if topic == f"{TOPIC}/unattended"][-1]
            counted.append((json.loads(last)["type"], json.loads(last)["ongoing"]))

        site.told_while_it_lasts(wait(5, 15, track=3))
        count(1)
        site.told_while_it_lasts(wait(8, 20, track=4))
        count(2)
        site.ended(wait(5, 25, track=3))
        count(3)
        site.ended(wait(8, 30, track=4))
        count(4)
    assert counted == [
        ("event.ongoing", 1),
        ("event.ongoing", 2),
        ("event.finished", 1),
        ("event.finished", 0),
    ]


@needs_mosquitto
def test_a_broker_that_was_away_gets_it_when_it_is_back(
    alert_site: AlertSites, broker: MosquittoBroker
) -> None:
    site = alert_site(delivery={"mqtt": {"host": "127.0.0.1", "port": broker.port}})
    site.told(wait(5, 15))
    broker.stop()
    # A broker that starts slowly uses up few tries: the item must not be dead by then.
    with one_process(site, rhythm=RetryRhythm(pauses=(timedelta(milliseconds=100),) * 600)) as worker:
        worker.round()
        worker.drain(0.3)
        assert [one.state for one in site.items()] == [ItemState.WAITING]
        broker.start()
        assert worker.drain(10).waiting == 0
    with Listener(broker.port) as late:
        assert f"{TOPIC}/unattended" in late.retained(until=f"{TOPIC}/unattended")


def test_a_phone_gets_title_sentence_and_link(
    alert_site: AlertSites, hook: AnsweringServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHONE", f"json://127.0.0.1:{hook.port}/T0psecret")
    with links_server() as (port, show):
        site = alert_site(
            server={"public_url": f"http://127.0.0.1:{port}"}, delivery={"apprise": ["env:PHONE"]}
        )
        show(site)
        site.told(intruder(5, 25))
        assert site.drain().waiting == 0
        (asked,), (clip,), (item,) = hook.asked, site.evidence(), site.items(Channel.APPRISE)
        said = json.loads(asked.body)
        lines = said["message"].splitlines()
        content = httpx.get(lines[-1], trust_env=False).content
    assert said["title"] == "SIGHTLINE: SECURITY"
    assert lines[1] == "Quelqu'un se trouve dans une zone interdite."
    assert hashlib.sha256(content).hexdigest() == clip.parts[0].sha256
    assert item.answer == {"way": "link"}
    assert item.destination == "PHONE"
    assert "T0psecret" not in json.dumps([dict(entry.facts) for entry in site.ledger("notified")])


def test_a_phone_that_is_told_late_does_not_make_the_link_of_a_mail_live_longer_than_it_says(
    alert_site: AlertSites, post: Post, hook: AnsweringServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHONE", f"json://127.0.0.1:{hook.port}/")
    hook.answers = [Answer(500), Answer(500), Answer()]
    site = alert_site(
        server={"public_url": "https://clips.example"},
        delivery={"apprise": ["env:PHONE"], "mail": post.setting()},
    )
    site.told(wait(5, 25))
    assert site.drain().waiting == 0
    (text,) = post.texts()
    mailed = next(one for one in site.links() if one.id in line(text, "Lien privé sécurisé"))
    entered = [one.action for one in site.ledger_of_link(mailed.id)]
    assert entered == ["link_created", "mailed"], "never extended"
    assert json.loads(hook.asked[-1].body)["message"].splitlines()[-1] not in text
