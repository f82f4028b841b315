"""Evidence of several clips, the first of which could not be cut: what there is of it is sent and shown."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import httpx
from alert_site import RULE, AlertSite, Post, line, links_server, wait
from evidence_site import VENUE

from sightline.domain.outbox import Channel, ItemState
from sightline.testing.receiver import Receiver

AlertSites = Callable[..., AlertSite]


def test_what_is_left_of_the_footage_arrives(alert_site: AlertSites, post: Post, receiver: Receiver) -> None:
    with links_server() as (port, show):
        site = alert_site(
            server={"public_url": f"http://127.0.0.1:{port}"},
            delivery={
                "mail": post.setting(),
                "evidence": {"to": "http", "url": receiver.upload_url},
            },
        )
        show(site)
        first = min((site.data_dir / "recordings" / VENUE).rglob("*.mp4"))
        site.small.conclude(wait(3, 37), rule=replace(RULE, longest=timedelta(seconds=12)))
        first.unlink()
        site.seal()
        (clip,) = site.evidence()
        lost = [part.sha256 is None for part in clip.parts]
        assert lost[0], lost
        assert not all(lost), lost
        left = site.drain()
        (text,) = post.texts()
        shown = httpx.get(line(text, "Lien privé sécurisé"), trust_env=False).content
    kept = [part.sha256 for part in clip.parts if part.sha256 is not None]
    assert (left.waiting, left.dead) == (0, 0)
    assert [one.sha256 for one in receiver.arrivals] == kept
    assert hashlib.sha256(shown).hexdigest() == kept[0]
    (item,) = site.items(Channel.UPLOAD)
    assert item.state is ItemState.SENT
    assert receiver.arrivals[0].key == item.key
