"""Alert mail from an event to the mailbox: who gets it, in which words, and that its link is what it says."""

import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from alert_site import BOSS, HOURS, PARIS, AlertSite, Post, intruder, line, links_server, wait
from evidence_site import VENUE
from hosted_server import KEY, HostedServer
from mail_servers import ScriptedServer, free_port
from typer.testing import CliRunner

from person_network import write_person_model
from sightline.cli.main import app
from sightline.domain.outbox import Channel, ItemState
from sightline.store.private_links import StoredLink

AlertSites = Callable[..., AlertSite]
LINK = {"fr": "Lien privé sécurisé", "en": "Secure private link"}
LOCAL_LINK = "Lien local"
EXPIRES = "Expiration"


def opened(address: str) -> bytes:
    answer = httpx.get(address, timeout=10, trust_env=False)
    assert answer.status_code == 200
    return answer.content


def told_expiry(link: StoredLink) -> str:
    return link.expires_at.astimezone(PARIS).replace(tzinfo=None).isoformat(timespec="seconds")


@pytest.mark.parametrize(("language", "promise"), [("fr", "48 heures"), ("en", "48 hours")])
@pytest.mark.parametrize("happened", [wait(5, 25), intruder(5, 25)], ids=["wait", "intruder"])
def test_an_alert_carries_a_link_that_shows_the_sealed_clip(
    alert_site: AlertSites, post: Post, language: str, promise: str, happened: Any
) -> None:
    with links_server() as (port, show):
        site = alert_site(
            server={"public_url": f"http://127.0.0.1:{port}"},
            delivery={"mail": post.setting(language=language)},
        )
        show(site)
        site.told(happened)
        assert site.drain().waiting == 0
        (text,) = post.texts()
        (clip,) = site.evidence()
        content = opened(line(text, LINK[language]))
    assert hashlib.sha256(content).hexdigest() == clip.parts[0].sha256
    (link,), (item,) = site.links(), site.mails()
    assert line(text, EXPIRES) == told_expiry(link)
    lives = link.expires_at - link.created_at
    assert lives == timedelta(hours=48)
    assert promise in text
    assert item.answer is not None
    assert (item.answer["way"], item.answer["links"]) == ("link", [link.id])
    (entry,) = site.ledger("mailed")
    assert (entry.subject_id, entry.facts["way"], entry.facts["link_id"]) == (clip.id, "link", link.id)
    assert happened.kind.value.upper() in text


@pytest.mark.parametrize(("hours", "promise"), [(1, "dans 1 heure."), (3, "dans 3 heures.")])
def test_the_hours_in_a_mail_are_those_its_link_has(
    alert_site: AlertSites, post: Post, hours: int, promise: str
) -> None:
    site = alert_site(
        server={"public_url": "https://clips.example"},
        delivery={"mail": post.setting(), "links": {"expiration_hours": hours}},
    )
    site.told(wait(5, 25))
    site.drain()
    (link,), (text,) = site.links(), post.texts()
    assert link.expires_at - link.created_at == timedelta(hours=hours)
    assert promise in text
    assert line(text, EXPIRES) == told_expiry(link)


def test_who_is_told_goes_by_shop_and_kind(alert_site: AlertSites, post: Post) -> None:
    routes = [
        {"to": ["nord@boutique.example"], "venues": ["north_shop"]},
        {"to": ["garde@boutique.example"], "venues": [VENUE], "kinds": ["security"]},
        {"to": ["caisse@boutique.example", "garde@boutique.example"], "venues": [VENUE]},
    ]
    site = alert_site(delivery={"mail": post.setting(routes=routes, cooldown_s=0, kinds=["unattended"])})
    site.told(wait(5, 20), intruder(24, 34))
    site.told_elsewhere("north_shop", wait(5, 25))
    site.told_elsewhere("south_shop", wait(5, 25), intruder(5, 25))
    assert site.drain().waiting == 0
    got = {
        (line(text, "Magasin"), line(text, "Type d'alerte"), tuple(receivers))
        for text, receivers in zip(post.texts(), post.receivers(), strict=True)
    }
    assert len(post.messages) == 4
    assert got == {
        (VENUE, "UNATTENDED", ("caisse@boutique.example", "garde@boutique.example")),
        (VENUE, "SECURITY", ("garde@boutique.example",)),
        ("north_shop", "UNATTENDED", ("nord@boutique.example",)),
        ("south_shop", "UNATTENDED", (BOSS,)),
    }


def test_nobody_is_alarmed_by_a_wait_that_was_never_confirmed(alert_site: AlertSites, post: Post) -> None:
    site = alert_site(delivery={"mail": post.setting()})
    site.told(wait(5, 25, confirmed_s=None))
    site.drain()
    assert site.mails() == []
    assert post.messages == []


def test_a_mail_that_goes_at_the_third_attempt_promises_the_full_life_of_the_same_link(
    alert_site: AlertSites, post: Post
) -> None:
    site = alert_site(server={"public_url": "https://clips.example"}, delivery={"mail": post.setting()})
    ten_hours = 10 * 3_600_000_000

    class TenHoursLater(list[str]):
        """The reply to each message; the link is ten hours older by the next."""

        def pop(self, index: Any = -1) -> str:
            site.sql(
                f"UPDATE private_link SET expires_at = expires_at - {ten_hours},"
                f" created_at = created_at - {ten_hours}"
            )
            return super().pop(index)

    post.server.moods = TenHoursLater(["451 later", "421 later"])
    site.told(wait(5, 25))
    assert site.drain().waiting == 0
    (text,), (link,), (item,) = post.texts(), site.links(), site.mails()
    assert (item.attempts, post.server.asked) == (3, 3)
    age = datetime.now(UTC) - link.created_at
    assert age > timedelta(hours=20), "it is the one that was made for the first attempt"
    assert abs(link.expires_at - datetime.now(UTC) - timedelta(hours=48)) < timedelta(minutes=1)
    assert "48 heures" in text
    assert line(text, EXPIRES) == told_expiry(link)
    assert link.id in line(text, LINK["fr"])


def test_without_a_public_address_the_link_is_called_local_and_works_here(
    alert_site: AlertSites, post: Post
) -> None:
    with links_server() as (port, show):
        site = alert_site(server={"port": port}, delivery={"mail": post.setting()})
        show(site)
        site.told(wait(5, 25))
        site.drain()
        (text,), (item,), (clip,) = post.texts(), site.mails(), site.evidence()
        content = opened(line(text, LOCAL_LINK))
    assert hashlib.sha256(content).hexdigest() == clip.parts[0].sha256
    assert item.answer is not None
    assert item.answer["way"] == "local_link"
    assert LINK["fr"] not in text


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("HOST_KEY", KEY)
    with HostedServer() as server:
        yield server


def hosted(base_url: str) -> dict[str, str]:
    return {"base_url": base_url, "api_key": "env:HOST_KEY"}


def test_a_hosted_link_comes_first_and_ends_when_the_host_says(
    alert_site: AlertSites, post: Post, host: HostedServer
) -> None:
    site = alert_site(
        server={"public_url": "https://clips.example"},
        delivery={
            "mail": post.setting(),
            "hosted": hosted(host.base_url),
            "links": {"expiration_hours": 5},
        },
    )
    site.told(intruder(5, 25))
    assert site.drain().waiting == 0
    (text,), (item,), (clip,) = post.texts(), site.mails(), site.evidence()
    ((video_id, kept),) = host.videos.items()
    assert hashlib.sha256(kept.content).hexdigest() == clip.parts[0].sha256
    assert line(text, LINK["fr"]) == host.link_of(video_id)
    assert line(text, EXPIRES) == kept.expires_at.astimezone(PARIS).replace(tzinfo=None).isoformat(
        timespec="seconds"
    )
    assert "5 heures" in text
    assert item.answer is not None
    assert (item.answer["way"], item.answer["links"]) == ("hosted_link", [])
    assert site.links() == [], "no second way to the clip"


def test_with_the_host_down_the_mail_goes_after_a_while_with_our_own_link(
    alert_site: AlertSites, post: Post, host: HostedServer
) -> None:
    with links_server() as (port, show):
        host.instead = lambda _line: (503, {"error": "down"})
        site = alert_site(
            server={"public_url": f"http://127.0.0.1:{port}"},
            delivery={"mail": post.setting(), "hosted": hosted(host.base_url)},
        )
        show(site)
        site.told(wait(5, 25))
        # The host is asked, and fails; the mail is still patient.
        worker = site.worker(rhythm=HOURS)
        worker.drain(0.5)
        assert [one.state for one in site.mails()] == [ItemState.WAITING]
        assert post.messages == []
        site.later(31)
        worker.drain(4.0)
        (text,), (item,), (clip,) = post.texts(), site.mails(), site.evidence()
        content = opened(line(text, LINK["fr"]))
    assert hashlib.sha256(content).hexdigest() == clip.parts[0].sha256
    assert item.answer is not None
    assert item.answer["way"] == "link"
    assert [one.state for one in site.items(Channel.HOSTED)] == [ItemState.WAITING], "still tried"


def test_where_masks_are_drawn_the_link_shows_the_masked_copy(alert_site: AlertSites, post: Post) -> None:
    corner = {"camera": "till", "points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}
    with links_server() as (port, show):
        site = alert_site(
            server={"public_url": f"http://127.0.0.1:{port}"},
            delivery={"mail": post.setting()},
            privacy={"masks": [corner]},
        )
        show(site)
        site.told(wait(5, 25))
        site.drain()
        (text,), (clip,) = post.texts(), site.evidence()
        content = opened(line(text, LINK["fr"]))
    (released,) = [path for path in site.small.clips.iterdir() if path.name != clip.parts[0].file_name]
    assert content == released.read_bytes()
    assert hashlib.sha256(content).hexdigest() != clip.parts[0].sha256


def test_faces_are_blurred_in_what_a_mail_and_a_video_host_show(
    alert_site: AlertSites, post: Post, host: HostedServer, tmp_path: Path
) -> None:
    """The bytes of the sealed clip go nowhere."""
    write_person_model(tmp_path / "models")
    settings = {"privacy": {"blur_faces": True}, "models": {"dir": str(tmp_path / "models")}}
    with links_server() as (port, show):
        site = alert_site(
            server={"public_url": f"http://127.0.0.1:{port}"}, delivery={"mail": post.setting()}, **settings
        )
        show(site)
        site.told(wait(5, 25))
        assert site.drain().waiting == 0
        (text,), (clip,) = post.texts(), site.evidence()
        content = opened(line(text, LINK["fr"]))
    (released,) = site.small.clips.glob("*_released.mp4")
    sealed = (site.small.clips / clip.parts[0].file_name).read_bytes()
    assert content == released.read_bytes() != sealed
    assert hashlib.sha256(sealed).hexdigest() == clip.parts[0].sha256

    elsewhere = alert_site(delivery={"mail": post.setting(), "hosted": hosted(host.base_url)}, **settings)
    elsewhere.told(wait(5, 25))
    assert elsewhere.drain().waiting == 0
    (video,), (entry,) = host.videos.values(), elsewhere.ledger("faces_blurred")
    assert hashlib.sha256(video.content).hexdigest() == entry.facts["sha256"]
    assert entry.facts["derived_from"] == elsewhere.evidence()[0].parts[0].sha256


def test_with_face_blur_that_cannot_be_had_no_picture_leaves_and_the_mail_says_why(
    alert_site: AlertSites, post: Post, host: HostedServer
) -> None:
    site = alert_site(
        server={"public_url": "https://clips.example"},
        delivery={"mail": post.setting(), "hosted": hosted(host.base_url)},
        privacy={"blur_faces": True},
        detector={"name": "builtin"},
    )
    site.told(wait(5, 25))
    site.drain()
    (text,), (item,) = post.texts(), site.mails()
    assert "privacy: floutage ou masques" in text
    assert "clips.example" not in text
    assert item.answer is not None
    assert (item.answer["way"], item.answer["links"]) == ("text_only", [])
    assert host.videos == {}
    assert site.links() == []


def test_an_alert_whose_footage_is_gone_says_so(alert_site: AlertSites, post: Post) -> None:
    site = alert_site(server={"public_url": "https://clips.example"}, delivery={"mail": post.setting()})
    shutil.rmtree(site.data_dir / "recordings")
    site.told(wait(5, 25))
    assert site.drain().waiting == 0
    assert [one.state for one in site.evidence()] == ["missing"]
    (text,), (item,) = post.texts(), site.mails()
    assert "Aucun enregistrement exploitable ne couvre ce moment." in text
    assert item.answer is not None
    assert item.answer["way"] == "text_only"


def test_a_server_without_encryption_is_told_nothing_and_the_list_says_so(
    alert_site: AlertSites, post: Post
) -> None:
    with ScriptedServer(lambda said: "221 bye" if said.upper() == "QUIT" else "250 plain.example") as plain:
        site = alert_site(
            server={"public_url": "https://clips.example"},
            delivery={"mail": post.setting(port=plain.port)},
        )
        site.told(wait(5, 25))
        site.worker(rhythm=HOURS).drain(3.0)
        assert b"ehlo" in plain.heard
        for word in (b"MAIL", b"AUTH", b"clips.example", BOSS.encode()):
            assert word.lower() not in plain.heard.lower()
    (item,) = site.mails()
    assert (item.state, item.attempts) == (ItemState.WAITING, 1)
    assert "offers no encryption (STARTTLS)" in str(item.last_error)
    file = site.data_dir.parent / f"{site.data_dir.name}.yaml"
    words = ["outbox", "list", "--config", str(file), "--data-dir", str(site.data_dir)]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == 0
    assert "offers no encryption (STARTTLS)" in shown.stdout
    (document,) = json.loads(CliRunner().invoke(app, [*words, "--json"]).stdout)
    assert document["state"] == "waiting"


def test_a_server_that_is_away_gets_the_mail_when_it_is_back(alert_site: AlertSites, post: Post) -> None:
    site = alert_site(delivery={"mail": post.setting(port=free_port())})
    site.told(wait(5, 25))
    site.worker(rhythm=HOURS).drain(3.0)
    assert [one.state for one in site.mails()] == [ItemState.WAITING]
    site.set_up_otherwise({"delivery": {"mail": post.setting()}})
    site.later(3_600)
    assert site.drain().waiting == 0
    assert len(post.messages) == 1
