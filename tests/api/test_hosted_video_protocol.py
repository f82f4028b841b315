"""The hosted-video protocol from its far end: what is kept, shown, extended and erased, and for whom."""

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from hosted_sender import HostedSender, a_video, end_of_form, file_head, metadata_of, part_of
from video_site import SITE, VENUE, VideoSite

from sightline.evidence.private_links import PrivateLink
from sightline.pipeline.api_keys import ApiKeys


def seen(site: VideoSite, private_link: str) -> httpx.Response:
    """What somebody with the link gets."""
    parts = urlsplit(private_link)
    return site.get(f"http://127.0.0.1:{site.port}{parts.path}?{parts.query}")


def test_a_video_is_kept_and_shown_by_its_link(small: VideoSite, sender: HostedSender) -> None:
    video, video_id = a_video(), str(uuid4())
    answer = sender.send(video, video_id)
    assert answer.status_code == 200
    document = answer.json()
    assert set(document) == {
        "success", "video_id", "private_link", "expiration_time", "file_hash", "message",
    }  # fmt: skip
    assert document["success"] is True
    assert document["video_id"] == video_id
    assert document["file_hash"] == hashlib.sha256(video).hexdigest()
    left = datetime.fromisoformat(document["expiration_time"]) - datetime.now(UTC)
    assert timedelta(hours=47, minutes=59) < left <= timedelta(hours=48)
    shown = seen(small, document["private_link"])
    assert (shown.status_code, shown.content) == (200, video)
    assert f'filename="incident_{video_id}.mp4"' in shown.headers["content-disposition"]
    assert small.hosted_files == [small.site.data_dir / "hosted" / VENUE / f"{video_id}.mp4"]
    (received,) = small.entries("received")
    assert (received.subject_kind, received.subject_id) == ("video", video_id)
    token = document["private_link"].partition("token=")[2]
    (created,) = small.entries("link_created")
    assert token not in json.dumps([dict(received.facts), dict(created.facts)])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/upload"),
        ("DELETE", "/upload/0b7e2c52-3a0e-4f6d-9d54-6f3a1c2b7e10"),
        ("GET", "/link/verify"),
        ("POST", "/link/extend"),
    ],
)
def test_every_route_demands_a_key(small: VideoSite, method: str, path: str) -> None:
    assert HostedSender(small, None).ask(method, path).status_code == 401
    assert HostedSender(small, "0" * 64).ask(method, path).status_code == 403
    keys = ApiKeys(small.site.database)
    made = keys.make(SITE, VENUE, name="test")
    keys.revoke(SITE, made.id)
    assert HostedSender(small, made.text).ask(method, path).status_code == 403


def test_a_key_in_its_own_header_is_taken_and_one_in_the_address_is_not(small: VideoSite) -> None:
    key = small.key()
    nobody = HostedSender(small, None)
    video, video_id = a_video(), str(uuid4())
    assert nobody.send(video, video_id, headers={"X-API-Key": key}).status_code == 200
    assert nobody.ask("DELETE", f"/upload/{video_id}?api_key={key}&token={key}").status_code == 401


def test_the_same_video_again_gives_the_same_link_and_nothing_more(
    small: VideoSite, sender: HostedSender
) -> None:
    video, video_id = a_video(), str(uuid4())
    first, again = sender.send(video, video_id), sender.send(video, video_id)
    assert again.status_code == 200
    assert again.json() == first.json()
    assert len(small.hosted_files) == 1
    assert len(small.entries("link_created")) == len(small.entries("received")) == 1


def test_another_video_under_the_same_id_is_409_and_changes_nothing(
    small: VideoSite, sender: HostedSender
) -> None:
    video, video_id = a_video(), str(uuid4())
    link = sender.send(video, video_id).json()["private_link"]
    assert sender.send(a_video(seed=1), video_id).status_code == 409
    assert seen(small, link).content == video
    assert len(small.hosted_files) == 1


def test_a_video_of_another_venue_is_403_on_every_route(small: VideoSite, sender: HostedSender) -> None:
    video, video_id = a_video(), str(uuid4())
    link = sender.send(video, video_id).json()["private_link"]
    other = HostedSender(small, small.key("other_shop"))
    assert other.send(video, video_id).status_code == 403
    assert other.ask("DELETE", f"/upload/{video_id}").status_code == 403
    assert other.ask("GET", "/link/verify", params={"video_id": video_id}).status_code == 403
    assert other.ask("GET", "/link/verify", params={"link": link}).status_code == 403
    extension = {"video_id": video_id, "additional_hours": 1}
    assert other.ask("POST", "/link/extend", json=extension).status_code == 403
    assert seen(small, link).content == video
    assert len(small.hosted_files) == 1


@pytest.mark.parametrize("piece", [1, 7, 1_000])
def test_a_form_may_arrive_in_any_pieces_and_in_any_order(
    small: VideoSite, sender: HostedSender, piece: int
) -> None:
    video_id = str(uuid4())
    video = a_video(3_000) + b"\r\n--frontie\r\n--\r\r\n" + a_video(500)
    metadata = part_of("metadata", json.dumps(metadata_of(video, video_id)).encode())
    body = file_head(file_name="caf\u00e9.mp4") + video + b"\r\n" + metadata + end_of_form()[2:]
    pieces = (body[first : first + piece] for first in range(0, len(body), piece))
    answer = sender.send_raw(pieces, X_Video_ID=video_id)
    assert answer.status_code == 200
    assert seen(small, answer.json()["private_link"]).content == video


@pytest.mark.parametrize(
    "name",
    ["../../../../tmp/x.mp4", "C:\\videos\\x.mp4", "x\r\nSet-Cookie: a=b.mp4", "x" * 1_000, "", '"; rm'],
)
def test_the_sender_s_name_of_a_file_is_for_people_only(
    small: VideoSite, sender: HostedSender, name: str
) -> None:
    video, video_id = a_video(), str(uuid4())
    answer = sender.send(video, video_id, file_name=name)
    assert answer.status_code == 200
    assert small.hosted_files == [small.site.data_dir / "hosted" / VENUE / f"{video_id}.mp4"]
    shown = seen(small, answer.json()["private_link"])
    assert shown.content == video
    assert "set-cookie" not in shown.headers
    assert "/" not in shown.headers["content-disposition"]


def test_a_sender_who_leaves_in_the_middle_leaves_nothing_behind(
    small: VideoSite, sender: HostedSender, capsys: pytest.CaptureFixture[str]
) -> None:
    video_id = str(uuid4())
    connection = sender.begin(small, video_id, a_video(600_000), 900_000)
    _patiently(lambda: len(small.hosted_files) == 1)
    connection.close()
    _patiently(lambda: small.hosted_files == [])
    assert sender.send(a_video(), video_id).status_code == 200
    assert "request failed" not in capsys.readouterr().out


def test_two_uploads_of_one_id_at_once_do_not_disturb_each_other(
    small: VideoSite, sender: HostedSender
) -> None:
    video_id = str(uuid4())
    with sender.begin(small, video_id, a_video(100_000, seed=1), 900_000):
        _patiently(lambda: len(small.hosted_files) == 1)
        answer = sender.send(a_video(), video_id)
        assert answer.status_code == 200
        assert seen(small, answer.json()["private_link"]).content == a_video()
    _patiently(lambda: len(small.hosted_files) == 1)


def test_erasure_leaves_no_file_and_no_link_and_is_404_the_next_time(
    small: VideoSite, sender: HostedSender
) -> None:
    video, video_id = a_video(), str(uuid4())
    link = sender.send(video, video_id).json()["private_link"]
    assert sender.ask("DELETE", f"/upload/{video_id}").status_code == 200
    assert small.hosted_files == []
    assert seen(small, link).status_code == 403
    assert sender.ask("DELETE", f"/upload/{video_id}").status_code == 404
    assert sender.ask("DELETE", f"/upload/{uuid4()}").status_code == 404
    assert sender.ask("DELETE", "/upload/..%2f..%2fsightline.db").status_code == 404
    assert [one.subject_id for one in small.entries("erased")] == [video_id]
    assert len(small.entries("link_revoked")) == 1
    assert sender.send(video, video_id).status_code == 409
    assert small.hosted_files == []


def test_verify_tells_whether_a_link_is_alive(small: VideoSite, sender: HostedSender) -> None:
    video_id = str(uuid4())
    document = sender.send(a_video(), video_id).json()
    link = document["private_link"]
    token = link.partition("token=")[2]
    asks: list[dict[str, str]] = [
        {"link": link},
        {"video_id": video_id, "token": token},
        {"video_id": link.partition("/video/")[2].partition("?")[0], "token": token},
        {"video_id": video_id},
    ]
    for params in asks:
        answer = sender.ask("GET", "/link/verify", params=params)
        assert answer.status_code == 200
        facts = answer.json()
        assert (facts["valid"], facts["expiration_time"]) == (True, document["expiration_time"])
        assert 47.9 < facts["remaining_hours"] <= 48
    other_end = link[:-1] + ("_" if link[-1] != "_" else "-")
    for params in ({"link": other_end}, {"video_id": video_id, "token": "x"}, {"link": f"{link}x"}):
        assert sender.ask("GET", "/link/verify", params=params).json() == {
            "valid": False,
            "expiration_time": None,
            "remaining_hours": 0,
        }
    assert sender.ask("GET", "/link/verify").status_code == 400
    assert sender.ask("GET", "/link/verify", params={"link": "nonsense"}).status_code == 400
    assert sender.ask("GET", "/link/verify", params={"video_id": str(uuid4())}).status_code == 404
    small.links.revoke(SITE, small.entries("link_created")[0].facts["link_id"])
    for params in asks:
        assert sender.ask("GET", "/link/verify", params=params).json()["valid"] is False


def test_extend_moves_the_end_and_tells_the_whole_life(small: VideoSite, sender: HostedSender) -> None:
    video_id = str(uuid4())
    first = datetime.fromisoformat(sender.send(a_video(), video_id).json()["expiration_time"])
    answer = sender.ask("POST", "/link/extend", json={"video_id": video_id, "additional_hours": 24})
    assert answer.status_code == 200
    assert datetime.fromisoformat(answer.json()["new_expiration"]) == first + timedelta(hours=24)
    assert answer.json()["total_hours"] == 72
    (entry,) = small.entries("link_extended")
    assert entry.subject_id == video_id


@pytest.mark.parametrize("hours", [0, -5, 8_761, "24", 1.5, None])
def test_an_extension_by_no_number_of_hours_is_422(sender: HostedSender, hours: object) -> None:
    video_id = str(uuid4())
    sender.send(a_video(), video_id)
    answer = sender.ask("POST", "/link/extend", json={"video_id": video_id, "additional_hours": hours})
    assert answer.status_code == 422


def test_a_link_lives_a_year_at_most_and_ends_for_good(small: VideoSite, sender: HostedSender) -> None:
    video_id = str(uuid4())
    link_id = sender.send(a_video(), video_id).json()["private_link"].partition("/video/")[2][:36]
    too_long = {"video_id": video_id, "additional_hours": 8_760}
    assert sender.ask("POST", "/link/extend", json=too_long).status_code == 400
    small.links.revoke(SITE, link_id)
    extension = {"video_id": video_id, "additional_hours": 1}
    assert sender.ask("POST", "/link/extend", json=extension).status_code == 410
    unknown = {"video_id": str(uuid4()), "additional_hours": 1}
    assert sender.ask("POST", "/link/extend", json=unknown).status_code == 404


def test_an_altered_hosted_video_is_not_shown(small: VideoSite, sender: HostedSender) -> None:
    link = sender.send(a_video()).json()["private_link"]
    (path,) = small.hosted_files
    path.write_bytes(a_video(seed=7))
    assert seen(small, link).status_code == 404
    assert [one.alert_type for one in small.alerts()] == ["integrity_failure"]


def test_an_expired_video_goes_for_good(small: VideoSite, sender: HostedSender) -> None:
    document = sender.send(a_video()).json()
    link_id = document["private_link"].partition("/video/")[2][:36]
    small.hosted.expire(datetime.now(UTC))
    assert len(small.hosted_files) == 1
    gone = PrivateLink(id=link_id, url="", expires_at=datetime.now(UTC), life_hours=0, reach="local")
    small.expire(gone)
    assert small.hosted.expire(datetime.now(UTC)) == 1
    assert small.hosted_files == []
    assert seen(small, document["private_link"]).status_code == 410
    assert [one.subject_id for one in small.entries("expired")] == [document["video_id"]]
    assert sender.send(a_video(), document["video_id"]).status_code == 409


def _patiently(condition: object) -> None:
    assert callable(condition)
    for _ in range(200):
        if condition():
            return
        time.sleep(0.02)
    assert condition()


def test_the_largest_video_that_is_taken_is_taken(small: VideoSite, sender: HostedSender) -> None:
    assert sender.send(a_video(1_000_000)).status_code == 200
    assert sender.send(a_video(1_000_001)).status_code == 413
    assert len(small.hosted_files) == 1
