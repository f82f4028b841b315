"""Clips to a video host that is a site of ours: taken with its key, compared, shown by the link it gives."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx
import pytest
from alert_site import HOURS, PARIS, AlertSite, Post, line, wait, web_server
from evidence_site import SCOPE, VENUE
from mail_servers import free_port

from sightline.api.app import create_app
from sightline.domain.outbox import Channel, ItemState
from sightline.evidence.couriers.upload import video_id_of
from sightline.link_wiring import videos_of
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.site_state import read_site_state

AlertSites = Callable[..., AlertSite]
Host = Callable[[], AbstractContextManager[dict[str, str]]]


@pytest.fixture
def a_host(alert_site: AlertSites, monkeypatch: pytest.MonkeyPatch) -> Host:
    """`with a_host() as setting:` another site of ours that takes videos; what a site file says of it."""

    @contextmanager
    def serving() -> Iterator[dict[str, str]]:
        with web_server() as (port, late):
            host = alert_site(server={"port": port})
            database = host.site.database
            late.app = create_app(
                lambda: read_site_state(lambda: database, host.data_dir), videos_of(host.site)
            )
            monkeypatch.setenv("HOST_KEY", ApiKeys(database).make(SCOPE, VENUE, name="test").text)
            yield {"base_url": f"http://127.0.0.1:{port}", "api_key": "env:HOST_KEY"}

    return serving


def seen(link: str) -> str:
    """SHA-256 of what a player gets, asking for the second half first as players may."""
    with httpx.Client(timeout=10, trust_env=False) as client:
        whole = client.get(link)
        half = len(whole.content) // 2
        part = client.get(link, headers={"Range": f"bytes={half}-"})
    assert (whole.status_code, part.status_code) == (200, 206)
    assert part.content == whole.content[half:]
    assert whole.headers["content-type"] == "video/mp4"
    return hashlib.sha256(whole.content).hexdigest()


@pytest.mark.parametrize("key", ["e1:final", "e1:final:part1", ""])
def test_the_id_of_a_video_is_a_uuid4_in_form_and_the_same_every_time(key: str) -> None:
    made = UUID(video_id_of(key))
    assert (made.version, str(made)) == (4, video_id_of(key))
    assert video_id_of(key) != video_id_of(f"{key}.")


def test_the_link_in_a_mail_plays_the_clip_at_the_host(
    alert_site: AlertSites, a_host: Host, post: Post
) -> None:
    with a_host() as setting:
        site = alert_site(
            server={"public_url": "https://clips.example"},
            delivery={"mail": post.setting(), "hosted": setting, "links": {"expiration_hours": 6}},
        )
        site.told(wait(5, 25))
        assert site.drain().waiting == 0
        (text,), (clip,), (sent,) = post.texts(), site.evidence(), site.items(Channel.HOSTED)
        link = line(text, "Lien privé sécurisé")
        assert link.startswith(f"{setting['base_url']}/video/")
        assert seen(link) == clip.parts[0].sha256
    assert sent.answer is not None
    assert sent.answer["proof"] == "sha256"
    assert UUID(sent.answer["video_id"]).version == 4
    assert line(text, "ID Vidéo") == sent.answer["video_id"]
    until = datetime.fromisoformat(sent.answer["expires_at"])
    assert abs(until - datetime.now(UTC) - timedelta(hours=6)) < timedelta(minutes=1)
    assert line(text, "Expiration") == f"{until.astimezone(PARIS):%Y-%m-%dT%H:%M:%S}"
    assert "6 heures" in text
    (entry,) = site.ledger("hosted")
    assert (entry.subject_id, entry.facts["sha256"]) == (clip.id, [clip.parts[0].sha256])
    assert "token" not in json.dumps(dict(entry.facts))


def test_a_host_may_be_where_all_clips_go(alert_site: AlertSites, a_host: Host) -> None:
    with a_host() as setting:
        site = alert_site(delivery={"evidence": {"to": "hosted"}, "hosted": setting})
        site.told(wait(5, 15, confirmed_s=None), wait(20, 30, confirmed_s=None))
        assert site.drain().waiting == 0
        hashes = {one.id: one.parts[0].sha256 for one in site.evidence()}
        uploads = site.items(Channel.UPLOAD)
        assert len(uploads) == 2
        for item in uploads:
            assert item.answer is not None
            assert (item.answer["proof"], item.answer["original"]) == ("sha256", True)
            assert seen(item.answer["video_url"]) == hashes[str(item.evidence_id)]


def test_sent_again_after_a_kill_it_is_the_same_video_with_the_same_link(
    alert_site: AlertSites, a_host: Host, post: Post
) -> None:
    with a_host() as setting:
        site = alert_site(delivery={"mail": post.setting(), "hosted": setting})
        site.told(wait(5, 25))
        site.drain()
        (before,) = site.items(Channel.HOSTED)
        site.sql("UPDATE outbox SET state = 'waiting', answer = NULL, settled_at = NULL, attempts = 0")
        site.drain()
        (again,) = site.items(Channel.HOSTED)
    assert before.answer is not None
    assert again.answer is not None
    assert again.answer["private_link"] == before.answer["private_link"]
    assert again.answer["expires_at"] == before.answer["expires_at"]


def test_a_wrong_key_is_said_and_the_mail_goes_without_the_host(
    alert_site: AlertSites, a_host: Host, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_host() as setting:
        monkeypatch.setenv("HOST_KEY", "not-th1s-one")
        site = alert_site(
            server={"public_url": "https://clips.example"},
            delivery={"mail": post.setting(), "hosted": setting},
        )
        site.told(wait(5, 25))
        assert site.drain(rhythm=HOURS).waiting == 0
    (refused,), (mailed,) = site.items(Channel.HOSTED), site.mails()
    assert refused.state is ItemState.DEAD
    assert "delivery.hosted" in str(refused.last_error)
    assert "not-th1s-one" not in str(refused.last_error)
    assert mailed.answer is not None
    assert mailed.answer["way"] == "link"


def test_a_clock_that_was_set_back_makes_no_alert_wait_for_hours(
    alert_site: AlertSites, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST_KEY", "any")
    away = {"base_url": f"http://127.0.0.1:{free_port()}", "api_key": "env:HOST_KEY"}
    site = alert_site(delivery={"mail": post.setting(), "hosted": away})
    site.told(wait(5, 25))
    site.sql("UPDATE outbox SET patient_until = patient_until + 7200000000 WHERE channel = 'mail'")
    site.worker(rhythm=HOURS).drain(4.0)
    assert [one.state for one in site.items(Channel.HOSTED)] == [ItemState.WAITING]
    assert [one.state for one in site.mails()] == [ItemState.SENT]
