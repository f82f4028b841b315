"""`send_security_alert_with_video`: frames become a clip, the clip a link; nothing is lost."""

import base64
import hashlib
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from outbox_site import OutboxSite

from person_network import write_person_model

sys.path.insert(0, str(Path(__file__).parents[1] / "delivery"))

from mail_servers import PASSWORD, USER, CertificateAuthority, MailServer

from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.security_alert import send_security_alert_with_video
from sightline.store import private_links
from sightline.trial_sends import send_test

SiteWith = Callable[..., OutboxSite]
INCIDENT = {
    "incident_type": "theft",
    "risk_level": "HIGH",
    "confidence": 0.92,
    "frame_count": 150,
    "analysis": "A person puts goods into a bag.",
}


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    folder = tmp_path / "authority"
    folder.mkdir()
    return CertificateAuthority(folder)


@pytest.fixture
def post(authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    with MailServer(authority.server_context("127.0.0.1")) as server:
        yield server


def mail_settings(post: MailServer, authority: CertificateAuthority, **more: object) -> dict[str, object]:
    return {
        "host": "127.0.0.1",
        "port": post.port,
        "username": USER,
        "password": "env:MAIL_PASSWORD",
        "from": USER,
        "to": ["gerant@boutique.example"],
        "ca_file": str(authority.ca_file),
        **more,
    }


def pictures(count: int = 12) -> list[dict[str, Any]]:
    start = datetime(2025, 9, 25, 12, 30, tzinfo=UTC)
    made = []
    for number in range(count):
        picture = np.full((120, 160, 3), 90, np.uint8)
        picture[:, number * 10 : number * 10 + 10] = 255
        data = base64.b64encode(cv2.imencode(".jpg", picture)[1].tobytes()).decode()
        made.append(
            {
                "frame_data": data,
                "timestamp": (start + timedelta(seconds=number / 4)).isoformat(),
                "frame_count": number,
            }
        )
    return made


def test_the_link_goes_out_and_shows_the_frames(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority
) -> None:
    site = site_with(
        delivery={"mail": mail_settings(post, authority), "links": {"expiration_hours": 5}},
        server={"public_url": "https://clips.boutique.example"},
    )
    told = send_security_alert_with_video("Somebody steals.", pictures(), INCIDENT, site=site.site)
    assert (told["success"], told["sent"], told["way"], told["problem"]) == (True, True, "link", None)
    assert told["recipients"] == ["gerant@boutique.example"]
    assert told["link"].startswith("https://clips.boutique.example/video/")
    life = datetime.fromisoformat(told["expiration_time"]) - datetime.now(UTC)
    assert timedelta(hours=4.9) < life <= timedelta(hours=5)
    (mail,) = post.messages
    text = mail.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    for line in (
        "ALERTE SYSTÈME SIGHTLINE",
        "Type d'alerte: SECURITY",
        "Niveau de risque: HIGH",
        "Numéro d'image: 150",
        "Confiance: 0.92",
        f"Lien privé sécurisé: {told['link']}",
        f"ID Vidéo: {told['video_id']}",
        "IMPORTANT: Ce lien est privé et sécurisé. Il expirera automatiquement dans 5 heures.",
        "A person puts goods into a bag.",
    ):
        assert line in text, text
    clip = site.data_dir / "hosted" / "corner_shop" / f"{told['video_id']}.mp4"
    with av.open(str(clip)) as video:
        assert sum(1 for _ in video.decode(video=0)) == 12
    assert list(clip.parent.glob("*.part")) == []


def test_to_somebody_else_and_without_a_public_address(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority
) -> None:
    site = site_with(delivery={"mail": mail_settings(post, authority)})
    told = send_security_alert_with_video(
        "Somebody steals.", pictures(), INCIDENT, "police@ville.example", site=site.site
    )
    assert (told["way"], told["recipients"]) == ("local_link", ["police@ville.example"])
    assert told["link"].startswith("http://127.0.0.1:8000/video/")
    assert post.envelopes[0].rcpt_tos == ["police@ville.example"]


@pytest.mark.parametrize(
    "frames",
    [[], [{"frame_data": "not base64!"}], [{"frame_data": base64.b64encode(b"no picture").decode()}]],
    ids=["none", "not base64", "not a picture"],
)
def test_what_is_wrong_with_the_frames_keeps_no_alert_back(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority, frames: list[dict[str, Any]]
) -> None:
    site = site_with(delivery={"mail": mail_settings(post, authority)})
    told = send_security_alert_with_video("Somebody steals.", frames, INCIDENT, site=site.site)
    assert (told["sent"], told["way"], told["link"], told["video_id"]) == (True, "text_only", None, None)
    assert told["problem"]
    text = post.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Somebody steals." in text
    assert "Lien privé" not in text


def test_a_mail_server_that_is_down_queues_it_and_it_goes_later_with_its_full_life(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority
) -> None:
    site = site_with(
        delivery={"mail": mail_settings(post, authority)}, server={"public_url": "https://clips.example"}
    )
    post.data_reply = "451 later"
    told = send_security_alert_with_video("Help.", pictures(), INCIDENT, site=site.site, timeout_s=3)
    assert (told["success"], told["sent"], told["way"]) == (True, False, "queued")
    assert "451" in told["problem"]
    post.data_reply = ""
    with site.small.database.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET due_at = 0")
        # Two days went by, as it were.
        connection.exec_driver_sql("UPDATE private_link SET expires_at = expires_at - 172000000000")
    assert site.drain().waiting == 0
    (item,) = site.items(Channel.MAIL)
    assert item.state is ItemState.SENT
    assert item.answer is not None
    with site.small.database.reading() as connection:
        link = private_links.get_link(Scope.site(), connection, item.answer["links"][0])
    assert link is not None
    assert link.expires_at - datetime.now(UTC) > timedelta(hours=47)
    text = post.messages[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "dans 48 heures" in text


@pytest.mark.parametrize(
    "settings",
    [
        {"privacy": {"blur_faces": True}, "detector": {"name": "builtin"}},
        {"privacy": {"masks": [{"camera": "till", "points": [[0, 0], [1, 0], [1, 1]]}]}},
    ],
    ids=["blur", "masks"],
)
def test_pictures_that_must_not_leave_do_not(
    site_with: SiteWith,
    post: MailServer,
    authority: CertificateAuthority,
    settings: dict[str, object],
) -> None:
    site = site_with(delivery={"mail": mail_settings(post, authority)}, **settings)
    told = send_security_alert_with_video("Somebody steals.", pictures(), INCIDENT, site=site.site)
    assert (told["sent"], told["way"], told["video_id"]) == (True, "text_only", None)
    assert "leave" in told["problem"]
    assert not list((site.data_dir / "hosted").rglob("*.mp4"))


def test_faces_are_blurred_in_the_frames_before_they_are_kept(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority, tmp_path: Path
) -> None:
    write_person_model(tmp_path / "models")
    site = site_with(
        delivery={"mail": mail_settings(post, authority)},
        privacy={"blur_faces": True},
        models={"dir": str(tmp_path / "models")},
    )
    told = send_security_alert_with_video("Somebody steals.", stark_pictures(), INCIDENT, site=site.site)
    assert (told["sent"], told["way"], told["problem"]) == (True, "local_link", None)
    (kept,) = (site.data_dir / "hosted").rglob("*.mp4")
    with av.open(str(kept)) as container:
        shown = [frame.to_ndarray(format="gray").astype(int) for frame in container.decode(video=0)]
    assert len(shown) == 6
    for picture in shown:
        steps = np.abs(np.diff(picture, axis=1))
        assert steps[10:46, 84:114].mean() < 10, "the upper half of the person"
        assert steps[:, :70].mean() > 60


def stark_pictures(count: int = 6) -> list[dict[str, Any]]:
    """All stripes, so that what is blurred shows."""
    picture = np.zeros((96, 160, 3), np.uint8)
    picture[:, np.arange(160) // 2 % 2 == 1] = 200
    return [{"frame_data": picture, "timestamp": number / 5} for number in range(count)]


def test_values_of_the_wrong_kind_are_left_out(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority
) -> None:
    site = site_with(delivery={"mail": mail_settings(post, authority)})
    odd = {"risk_level": "<b>EXTREME</b>", "confidence": 7, "frame_count": True, "incident_type": "<script>"}
    told = send_security_alert_with_video("<img src=x>", pictures(2), odd, site=site.site)
    assert told["sent"]
    html = post.messages[0].get_body(("html",)).get_content()  # type: ignore[union-attr]
    for forbidden in ("<script", "<img", "EXTREME", "Confiance", "Numéro d"):
        assert forbidden not in html


def test_without_mail_it_says_so(site_with: SiteWith) -> None:
    with pytest.raises(ConfigError, match=r"delivery\.mail"):
        send_security_alert_with_video("Help.", [], {}, site=site_with().site)


def test_the_venue_of_test_links_is_none_an_alert_can_be_about(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority
) -> None:
    site = site_with(delivery={"mail": mail_settings(post, authority)})
    assert send_test(site.site, "link").arrived
    told = send_security_alert_with_video("Somebody steals.", pictures(), INCIDENT, site=site.site)
    assert told["sent"], "of the one shop there is, without having to name it"


def test_the_alert_of_another_program_does_not_wait_for_the_cooldown(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority
) -> None:
    site = site_with(delivery={"mail": mail_settings(post, authority)})
    assert send_security_alert_with_video("Help.", [], INCIDENT, site=site.site)["sent"]
    with site.small.database.transaction() as connection:
        # As if it had been an alert of ours, after which others wait.
        connection.exec_driver_sql(
            "UPDATE outbox SET payload = replace(payload, '\"urgent\":true', '\"x\":1')"
        )
    for _ in range(2):
        assert send_security_alert_with_video("Help.", [], INCIDENT, site=site.site, timeout_s=5)["sent"]
    assert len(post.messages) == 3


def test_the_file_is_what_the_ledger_says(
    site_with: SiteWith, post: MailServer, authority: CertificateAuthority
) -> None:
    site = site_with(delivery={"mail": mail_settings(post, authority)})
    told = send_security_alert_with_video("Help.", pictures(3), INCIDENT, site=site.site)
    clip = site.data_dir / "hosted" / "corner_shop" / f"{told['video_id']}.mp4"
    from sightline.store import ledger

    with site.small.database.reading() as connection:
        entries = ledger.unsealed_entries(Scope.site(), connection, "corner_shop")
    received = next(one for one in entries if one.action == "received")
    assert received.facts["sha256"] == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert "mailed" in [one.action for one in entries]
