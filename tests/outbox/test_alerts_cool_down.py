"""A busy evening: one mail, then one about all that followed; nobody else waits, and nothing is lost."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from alert_site import BOSS, PARIS, AlertSite, Post, intruder, line, wait
from evidence_site import VENUE

from sightline.domain.event import ServiceEvent
from sightline.domain.outbox import ItemState
from sightline.evidence.couriers.alerts import MOST_IN_ONE

AlertSites = Callable[..., AlertSite]
BUSY = "north_shop"
COOLDOWN_S = 900
KILLED = Path(__file__).with_name("mail_killed.py")


def waits(count: int) -> list[ServiceEvent]:
    return [wait(10 * number, 10 * number + 8, confirmed_s=4, track=number) for number in range(count)]


def times_of(happened: list[ServiceEvent]) -> list[str]:
    """As a mail has them."""
    confirmed = [one.confirmed_at for one in happened]
    return [_local(at) for at in confirmed if at is not None]


def _local(at: datetime) -> str:
    return at.astimezone(PARIS).replace(tzinfo=None).isoformat(timespec="seconds")


def times_in(texts: list[str]) -> list[str]:
    return [
        one.partition(": ")[2] for text in texts for one in text.splitlines() if one.startswith("Horodatage")
    ]


def states(site: AlertSite, venue_id: str) -> list[ItemState]:
    return [one.state for one in site.mails() if one.venue_id == venue_id]


def test_eighty_alerts_are_three_mails_and_none_is_missing(alert_site: AlertSites, post: Post) -> None:
    site = alert_site(delivery={"mail": post.setting(cooldown_s=COOLDOWN_S)})
    happened = waits(80)
    site.told_elsewhere(BUSY, happened[0])
    site.send_until_quiet()
    site.told_elsewhere(BUSY, *happened)
    site.send_until_quiet()
    assert len(post.messages) == 1
    assert states(site, BUSY).count(ItemState.WAITING) == 79
    site.later(COOLDOWN_S - 60)
    site.send_until_quiet()
    assert len(post.messages) == 1, "the pause is not over yet"
    site.later(120)
    site.send_until_quiet()
    assert len(post.messages) == 2
    assert f"{MOST_IN_ONE} alertes" in str(post.messages[1]["Subject"])
    site.later(COOLDOWN_S + 60)
    site.send_until_quiet()
    assert f"{79 - MOST_IN_ONE} alertes" in str(post.messages[2]["Subject"])
    assert len(post.messages) == 3
    assert sorted(times_in(post.texts())) == sorted(times_of(happened))
    assert set(states(site, BUSY)) == {ItemState.SENT}
    assert len(site.ledger("mailed", BUSY)) == 80, "one entry for each alert, also of those that went along"
    assert {item.attempts for item in site.mails()} <= {0, 1}, "waiting is no attempt"


def test_another_shop_and_other_people_are_not_held_up(alert_site: AlertSites, post: Post) -> None:
    routes = [{"to": ["garde@boutique.example"], "venues": [BUSY], "kinds": ["security"]},
              {"to": [BOSS], "venues": [BUSY], "kinds": ["unattended"]}]  # fmt: skip
    site = alert_site(delivery={"mail": post.setting(cooldown_s=COOLDOWN_S, routes=routes)})
    site.told_elsewhere(BUSY, *waits(1))
    site.send_until_quiet()
    site.told_elsewhere(BUSY, *waits(3), intruder(5, 15))
    site.told(wait(5, 25))
    site.send_until_quiet()
    assert sorted(post.receivers()) == [["garde@boutique.example"], [BOSS], [BOSS]]
    assert {line(text, "Magasin") for text in post.texts()} == {BUSY, VENUE}
    assert states(site, BUSY).count(ItemState.WAITING) == 2
    assert states(site, VENUE) == [ItemState.SENT]


def test_what_happens_all_at_once_is_one_mail_from_the_start(alert_site: AlertSites, post: Post) -> None:
    site = alert_site(delivery={"mail": post.setting(cooldown_s=COOLDOWN_S)})
    site.told_elsewhere(BUSY, *waits(5))
    assert site.drain().waiting == 0
    (message,) = post.messages
    assert "5 alertes" in str(message["Subject"])


def test_each_alert_of_a_digest_is_told_by_its_own_way(alert_site: AlertSites, post: Post) -> None:
    site = alert_site(
        server={"public_url": "https://clips.example"},
        delivery={"mail": post.setting(cooldown_s=COOLDOWN_S)},
    )
    happened = [wait(2, 8, confirmed_s=4), wait(12, 18, confirmed_s=4), wait(22, 28, confirmed_s=4)]
    site.told(happened[0])
    site.send_until_quiet()
    site.told(*happened)
    site.send_until_quiet()
    gone = site.mails()[2].evidence_id
    site.sql(f"UPDATE evidence SET state = 'deleted' WHERE id = '{gone}'")
    site.later(COOLDOWN_S + 60)
    site.send_until_quiet()
    _, digest = post.texts()
    answers = [one.answer for one in site.mails()]
    assert [answer["way"] for answer in answers if answer] == ["link", "link", "text_only"]
    assert [answer["alerts"] for answer in answers if answer] == [1, 2, 2]
    (link,) = [one for one in site.links() if one.evidence_id == site.mails()[1].evidence_id]
    assert digest.count("https://clips.example/video/") == 1
    assert link.id in digest
    ways = {one.subject_id: one.facts["way"] for one in site.ledger("mailed")}
    assert ways[str(gone)] == "text_only"
    assert list(ways.values()).count("link") == 2


def killed_after_sending(site: AlertSite) -> None:
    site.small.database.engine.dispose()
    file = site.data_dir.parent / f"{site.data_dir.name}.yaml"
    child = subprocess.run([sys.executable, str(KILLED), str(file), str(site.data_dir)], check=False)
    assert child.returncode == -signal.SIGKILL


def test_a_mail_that_was_taken_and_not_noted_goes_again_as_the_same(
    alert_site: AlertSites, post: Post
) -> None:
    site = alert_site(server={"public_url": "https://clips.example"}, delivery={"mail": post.setting()})
    site.told(wait(5, 25))
    killed_after_sending(site)
    assert [one.state for one in site.mails()] == [ItemState.WAITING]
    assert site.drain().waiting == 0
    first, second = post.messages
    assert first["Message-ID"] == second["Message-ID"]
    one, other = post.texts()
    assert line(one, "Lien privé sécurisé") == line(other, "Lien privé sécurisé")
    (item,) = site.mails()
    assert (item.state, item.attempts) == (ItemState.SENT, 2)


def test_what_joined_meanwhile_is_not_dropped_as_a_double(alert_site: AlertSites, post: Post) -> None:
    """A mailbox that drops the second message of an id must still get the alert that is new in it."""
    site = alert_site(delivery={"mail": post.setting(cooldown_s=COOLDOWN_S)})
    happened = waits(2)
    site.told_elsewhere(BUSY, happened[0])
    killed_after_sending(site)
    site.told_elsewhere(BUSY, *happened)
    site.sql("UPDATE outbox SET leased_until = 0 WHERE leased_by IS NOT NULL")  # what it held has ended
    assert site.drain().waiting == 0
    first, second = post.messages
    assert times_in(post.texts()[1:]) == times_of(happened)
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize("cooldown_s", [0, COOLDOWN_S])
def test_who_wants_every_mail_at_once_gets_them(alert_site: AlertSites, post: Post, cooldown_s: int) -> None:
    site = alert_site(delivery={"mail": post.setting(cooldown_s=cooldown_s)})
    site.told_elsewhere(BUSY, *waits(1))
    site.send_until_quiet()
    site.told_elsewhere(BUSY, *waits(2))
    site.send_until_quiet()
    assert len(post.messages) == (2 if cooldown_s == 0 else 1)


def test_what_another_process_is_telling_is_not_told_here_as_well(alert_site: AlertSites, post: Post) -> None:
    site = alert_site(delivery={"mail": post.setting(cooldown_s=COOLDOWN_S)})
    happened = waits(3)
    site.told_elsewhere(BUSY, *happened)
    taken = site.mails()[1]
    site.sql(
        f"UPDATE outbox SET leased_by = 'another', leased_until = {round(time.time() + 25) * 1_000_000}"
        f" WHERE id = {taken.id}"
    )
    site.worker().drain(3.0)
    assert len(times_in(post.texts())) == 2
    assert [one.state for one in site.mails()].count(ItemState.WAITING) == 1
    assert site.mails()[1].state is ItemState.WAITING
