"""Cameras over HTTP: added, changed, tested, seen; and never an address with its password."""

import io
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from clip_platform import NASTY, OTHER, ClipPlatform, answering_copy
from evidence_site import CAMERA, VENUE, at
from platform_site import PlatformSite

from sightline.config.vault import SecretName
from sightline.domain.scope import Scope
from sightline.live_wiring import import_cameras, live_cameras, live_plan
from sightline.store.status import put_status
from sightline.testing.rtsp_server import RtspServer, TestPicture, rtsp_server_missing

ADDRESS = "rtsp://gazer:s3cret@10.0.0.5:554/stream1"
SHOWN = "rtsp://***@10.0.0.5:554/stream1"
FILE = {
    "venues": [
        {"id": "shop", "timezone": "Europe/Paris", "cameras": [
            {"id": "door", "source": "rtsp://keeper:p4ss@10.0.0.9/live"},
            {"id": "old", "source": "old.mp4"}]},
    ]
}  # fmt: skip


def add(site: PlatformSite, **words: Any) -> Any:
    body = {"venue_id": "shop", "id": "till", "source": ADDRESS, **words}
    return site.ask("POST", "/api/cameras", json=body)


@pytest.fixture
def shop(platform: PlatformSite) -> PlatformSite:
    assert platform.ask("POST", "/venues", json={"id": "shop", "name": "Shop"}).status_code == 200
    return platform


def everything_below(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_camera_that_is_added_is_to_run_and_its_password_lies_in_the_vault_only(shop: PlatformSite) -> None:
    answer = add(shop, name="Till 1", transport="udp")
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["source"], told["name"], told["transport"]) == (SHOWN, "Till 1", "udp")
    assert (told["origin"], told["state"], told["enabled"]) == ("typed", "never", True)
    assert live_cameras(shop.site) == [("shop", "till", 1)]
    plan = live_plan(shop.site, lambda: None, "shop", "till")  # type: ignore[arg-type,return-value]
    assert (plan.address(), plan.transport, plan.shown) == (ADDRESS, "udp", SHOWN)
    for path in ("/api/cameras", "/api/cameras/till"):
        text = shop.ask("GET", path).text
        assert "s3cret" not in text
        assert "gazer" not in text
    assert b"s3cret" not in everything_below(shop.site.data_dir)
    with sqlite3.connect(shop.site.data_dir / "sightline.db") as connection:
        assert "s3cret" not in "\n".join(connection.iterdump())
    connection.close()


@pytest.mark.parametrize(
    ("source", "status"),
    [
        ("exec:ls", 400), ("file:/etc/passwd", 400), ("file:///etc/passwd", 400), ("env:HOME", 400),
        ("/etc/passwd", 400), ("video.mp4", 400), ("pipe:0", 400), ("concat:a|b", 400), ("tcp://h:1", 400),
        ("rtsp:host", 400), ("webcam:x", 400), ("udp://@:1234", 400), ("srt://h", 400), ("RTSP://", 400),
        ("", 422), ("   ", 422), ("rtsp://h/\r\nX: y", 422), ("rtsp://h/\0", 422), ("rtsp://h/ a", 422),
        ("rtsp://" + "h" * 2_000, 422), (5, 422), ([], 422),
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_camera_is_refused(
    standing: ClipPlatform, source: object, status: int
) -> None:
    for words in ({"source": source}, {"record_source": source}):
        answer = add(standing, venue_id=VENUE, **words)
        assert answer.status_code == status, answer.text
    assert live_cameras(standing.site) == []


def test_a_refused_address_is_not_repeated_in_the_sentence(shop: PlatformSite) -> None:
    answer = add(shop, source="ftp://gazer:s3cret@h/")
    assert answer.status_code == 400
    assert "s3cret" not in answer.text
    for reference in ("env:HOME", "file:/etc/passwd"):
        answer = add(shop, source=reference)
        assert "at its terminal only" in answer.json()["detail"]
        assert "passwd" not in answer.text


def test_a_camera_needs_a_venue_and_an_id_of_its_own(shop: PlatformSite) -> None:
    assert add(shop).status_code == 201
    again = add(shop, source="rtsp://10.0.0.6/")
    assert again.status_code == 409
    assert "already" in again.json()["detail"]
    assert shop.get("/api/cameras/till")["source"] == SHOWN
    assert add(shop, venue_id="nowhere").status_code == 404
    for wrong in ({"id": "a/b"}, {"id": ""}, {"id": "x" * 51}, {"name": "a\0b"}, {"colour": "red"},
                  {"transport": "http"}, {"name": " "}, {"zones": [{"name": "z"}]}):  # fmt: skip
        assert add(shop, **{"id": "other", **wrong}).status_code == 422, wrong
    refused = add(shop, id="other", interaction={"distance": "far"})
    assert refused.status_code == 400
    assert "interaction.distance" in refused.json()["detail"]
    assert add(shop, id="other", queue={"alert_length": float("1e9")}).status_code == 400


def test_rules_are_taken_and_told_as_the_site_file_has_them(shop: PlatformSite) -> None:
    zone = {"name": "line", "kind": "queue", "points": [[0, 0], [1, 0], [1, 1]]}
    told = add(
        shop, zones=[zone], staff={"line": [[0, 0], [1, 1]]}, unattended={"threshold_s": 12.5}, name=NASTY
    ).json()
    assert told["name"] == NASTY.strip()
    assert told["rules"]["staff"]["line"] == [[0, 0], [1, 1]]
    assert told["rules"]["unattended"]["threshold_s"] == 12.5
    assert told["rules"]["zones"][0]["name"] == "line"
    changed = shop.ask(
        "PATCH", "/api/cameras/till", json={"queue": {"alert_length": 9}, "staff": None}
    ).json()
    assert changed["rules"]["queue"]["alert_length"] == 9
    assert changed["rules"]["staff"]["line"] is None
    assert changed["rules"]["unattended"]["threshold_s"] == 12.5
    assert changed["rules"]["zones"] == told["rules"]["zones"]
    plan = live_plan(shop.site, lambda: None, "shop", "till")  # type: ignore[arg-type,return-value]
    assert plan.address() == ADDRESS
    assert plan.line_limits.length == 9


def test_a_new_address_takes_the_place_of_the_old_one(shop: PlatformSite) -> None:
    add(shop, record_source="rtsp://gazer:s3cret@10.0.0.5/main")
    (before,) = live_cameras(shop.site)
    new = "rtsp://gazer:other@10.0.0.5:554/stream1"
    answer = shop.ask("PATCH", "/api/cameras/till", json={"source": new})
    assert answer.json()["source"] == SHOWN  # the same but for its password
    assert answer.json()["record_source"] == "rtsp://***@10.0.0.5/main"
    (after,) = live_cameras(shop.site)
    assert after != before  # or the running camera would go on with the old one
    plan = live_plan(shop.site, lambda: None, "shop", "till")  # type: ignore[arg-type,return-value]
    assert plan.address() == new
    assert plan.record_address is not None
    assert plan.record_address() == "rtsp://gazer:s3cret@10.0.0.5/main"
    shop.ask("PATCH", "/api/cameras/till", json={"record_source": None})
    assert shop.get("/api/cameras/till")["record_source"] is None
    assert not shop.site.vault.forget(SecretName("shop", "till", "record_source"))
    refused = shop.ask("PATCH", "/api/cameras/till", json={"source": "file:/etc/passwd"})
    assert refused.status_code == 400
    assert live_plan(shop.site, lambda: None, "shop", "till").address() == new  # type: ignore[arg-type,return-value]


def test_a_camera_is_paused_named_and_taken_out(shop: PlatformSite) -> None:
    add(shop)
    paused = shop.ask("PATCH", "/api/cameras/till", json={"enabled": False, "name": "Till"}).json()
    assert (paused["state"], paused["enabled"], paused["name"]) == ("paused", False, "Till")
    assert live_cameras(shop.site) == []
    assert shop.ask("PATCH", "/api/cameras/till", json={"transport": "udp"}).json()["state"] == "paused"
    shop.ask("PATCH", "/api/cameras/till", json={"enabled": True})
    assert len(live_cameras(shop.site)) == 1
    for body in ({"name": None}, {"enabled": None}, {"source": None}, {"zones": []}, {"id": "x"}):
        assert shop.ask("PATCH", "/api/cameras/till", json=body).status_code == 422, body
    assert shop.ask("DELETE", "/api/cameras/till").status_code == 200
    assert live_cameras(shop.site) == []
    assert shop.get("/api/cameras") == []
    assert not shop.site.vault.forget(SecretName("shop", "till", "source"))
    assert shop.ask("DELETE", "/api/cameras/till").status_code == 404
    assert add(shop).status_code == 201


def test_cameras_of_the_site_file_are_shown_here_and_changed_there(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", FILE)
    import_cameras(site.site)
    with site.answering():
        door, old = site.get("/api/cameras")
        assert (door["source"], door["origin"]) == ("rtsp://***@10.0.0.9/live", "file")
        assert (old["camera_id"], old["state"]) == ("old", "recordings")
        for body in ({"source": ADDRESS}, {"queue": {}}, {"transport": "udp"}):
            answer = site.ask("PATCH", "/api/cameras/door", json=body)
            assert answer.status_code == 409
            assert "site file" in answer.json()["detail"]
        assert site.ask("DELETE", "/api/cameras/door").status_code == 409
        assert add(site, id="door").status_code == 409
        # What the file does not say may be said here.
        told = site.ask("PATCH", "/api/cameras/door", json={"enabled": False, "name": "Front door"}).json()
        assert (told["state"], told["name"], told["enabled"]) == ("paused", "Front door", False)
        import_cameras(site.site)
        assert site.get("/api/cameras/door")["enabled"] is False
        assert "p4ss" not in site.ask("GET", "/api/cameras").text
    site.close()


def test_a_camera_known_from_recordings_is_listed_and_can_get_an_address(clips: ClipPlatform) -> None:
    (till,) = clips.get("/api/cameras")
    assert (till["state"], till["origin"], till["source"]) == ("recordings", None, "")
    assert clips.ask("DELETE", f"/api/cameras/{CAMERA}").status_code == 409
    assert clips.ask("POST", f"/api/cameras/{CAMERA}/test").status_code == 409
    assert clips.ask("PATCH", f"/api/cameras/{CAMERA}", json={"enabled": False}).status_code == 409
    assert clips.ask("PATCH", f"/api/cameras/{CAMERA}", json={"name": "Till"}).json()["name"] == "Till"
    body = {"venue_id": VENUE, "id": CAMERA, "source": ADDRESS}
    assert clips.ask("POST", "/api/cameras", json=body).json()["state"] == "never"


def test_how_a_camera_is_is_told_as_the_terminal_tells_it(shop: PlatformSite) -> None:
    add(shop)
    now = datetime.now(UTC)
    status = {
        "state": "running", "codec": "h264", "width": 1280, "height": 720, "fps_in": 14.9,
        "last_packet_at": now.isoformat(), "detail": "/var/lib/sightline/recordings/shop is full",
    }  # fmt: skip
    with shop.database.transaction() as connection:
        put_status(Scope.site(), connection, "shop", "till", status, at=now)
    told = shop.get("/api/cameras/till")
    assert (told["state"], told["width"], told["fps"]) == ("running", 1280, 14.9)
    assert told["detail"] == "shop is full"


def test_a_list_is_paged_and_holds_the_callers_venues_only(clips: ClipPlatform) -> None:
    for number in range(5):
        body = {"venue_id": OTHER, "id": f"cam{number}", "source": f"rtsp://10.0.0.{number + 1}/"}
        assert clips.ask("POST", "/api/cameras", json=body).status_code == 201
    answer = clips.ask("GET", "/api/cameras", params={"limit": 2, "offset": 4})
    assert [one["camera_id"] for one in answer.json()] == ["cam3", "cam4"]
    assert answer.headers["X-Total-Count"] == "6"
    mine = clips.ask("GET", "/api/cameras", headers=clips.key())
    assert [one["camera_id"] for one in mine.json()] == [CAMERA]
    assert mine.headers["X-Total-Count"] == "1"
    of_venue = clips.ask("GET", "/api/cameras", params={"venue_id": OTHER})
    assert of_venue.headers["X-Total-Count"] == "5"
    lately = {"within_s": 10}
    assert len(clips.ask("GET", "/api/cameras", params=lately).json()) == 6
    assert clips.ask("GET", "/api/cameras", params=lately, headers=clips.key()).json() == mine.json()
    assert clips.ask("PATCH", "/api/cameras/cam0", json={"name": "Back door"}).status_code == 200
    names = [one["name"] for one in clips.ask("GET", "/api/cameras").json()]
    assert "Back door" in names
    for params in ({"limit": 0}, {"limit": 201}, {"offset": -1}, {"venue_id": "a b"}):
        assert clips.ask("GET", "/api/cameras", params=params).status_code == 422


def test_cameras_of_other_venues_are_403_on_every_route(clips: ClipPlatform) -> None:
    other = clips.key(OTHER)
    body = {"venue_id": VENUE, "id": "new", "source": ADDRESS}
    assert clips.ask("POST", "/api/cameras", json=body, headers=other).status_code == 403
    for method, rest, content in (
        ("GET", "", None), ("PATCH", "", {"name": "mine"}), ("DELETE", "", None), ("POST", "/test", None),
        ("GET", "/snapshot", None),
    ):  # fmt: skip
        path = f"/api/cameras/{CAMERA}{rest}"
        for params in ({}, {"venue_id": VENUE}):
            refused = clips.ask(method, path, headers=other, json=content, params=params)
            assert refused.status_code == 403, (method, rest, refused.text)
        gone = clips.ask(method, f"/api/cameras/nowhere{rest}", headers=other, json=content)
        assert gone.status_code == 404
    assert clips.get(f"/api/cameras/{CAMERA}")["name"] == CAMERA


def test_an_id_that_several_venues_use_wants_the_venue(clips: ClipPlatform) -> None:
    body = {"venue_id": OTHER, "id": CAMERA, "source": ADDRESS}
    clips.ask("POST", "/api/cameras", json=body)
    answer = clips.ask("GET", f"/api/cameras/{CAMERA}")
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith(f"say which with venue_id: {VENUE}, {OTHER}")
    assert clips.get(f"/api/cameras/{CAMERA}", venue_id=OTHER)["source"] == SHOWN
    # Who reaches one venue only has one camera of the name.
    mine = clips.ask("GET", f"/api/cameras/{CAMERA}", headers=clips.key())
    assert mine.json()["venue_id"] == VENUE


def picture(content: bytes) -> np.ndarray[Any, Any]:
    decoded = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded


def test_a_snapshot_is_the_newest_key_frame_that_was_recorded(standing: ClipPlatform) -> None:
    answer = standing.ask("GET", f"/api/cameras/{CAMERA}/snapshot")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store"
    taken = datetime.fromisoformat(answer.headers["x-captured-at"])
    assert at(37) < taken < at(40)
    shown = picture(answer.content)
    assert shown.shape == (96, 160, 3)
    # What the recording shows at that time: a bright bar on grey, at the place of its number.
    number = round((taken - at(0)) / timedelta(seconds=0.1))
    assert shown[:, number % 160 : number % 160 + 8].mean() > 170
    assert abs(shown[:, (number + 40) % 152].mean() - 90) < 12


def test_masks_of_the_site_are_painted_over_and_blur_that_cannot_be_done_keeps_it_here(
    sealed_shop: Path, tmp_path: Path
) -> None:
    masks = [{"camera": CAMERA, "points": [[0, 0], [1, 0], [1, 1], [0, 1]]}]
    with answering_copy(sealed_shop, tmp_path / "a", {"privacy": {"masks": masks}}) as site:
        answer = site.ask("GET", f"/api/cameras/{CAMERA}/snapshot")
        assert answer.status_code == 200
        assert picture(answer.content).std() < 2
    blind = {"privacy": {"blur_faces": True}, "detector": {"name": "builtin"}}
    with answering_copy(sealed_shop, tmp_path / "b", blind) as site:
        answer = site.ask("GET", f"/api/cameras/{CAMERA}/snapshot")
        assert answer.status_code == 409
        assert "blur_faces" in answer.json()["detail"]


def test_without_any_picture_a_snapshot_is_404_with_the_reason(shop: PlatformSite) -> None:
    add(shop, source="rtsp://gazer:s3cret@127.0.0.1:9/live")
    answer = shop.ask("GET", "/api/cameras/till/snapshot")
    assert answer.status_code == 404
    assert "127.0.0.1:9" in answer.json()["detail"]
    assert "s3cret" not in answer.text


def test_a_camera_that_does_not_answer_is_told_with_a_way_out(shop: PlatformSite) -> None:
    add(shop, source="rtsp://gazer:s3cret@127.0.0.1:9/live")
    told = shop.ask("POST", "/api/cameras/till/test")
    assert told.status_code == 200
    assert told.json()["answered"] is False
    assert "check that it has power and network" in told.json()["detail"]
    assert "s3cret" not in told.text


def test_a_vault_that_lost_its_key_tells_so_without_a_folder(shop: PlatformSite) -> None:
    add(shop)
    (shop.site.data_dir / "secrets" / "vault.key").unlink()
    told = shop.ask("POST", "/api/cameras/till/test").json()
    assert told["answered"] is False
    assert "vault.key" in told["detail"]
    assert str(shop.site.data_dir) not in told["detail"]


@pytest.fixture
def rtsp() -> Iterator[RtspServer]:
    lacking = rtsp_server_missing()
    if lacking is not None:
        pytest.skip(lacking)
    mounts = {"/camera": TestPicture(width=320, height=240, fps=10, gop=10)}
    with RtspServer(mounts, user="gazer", password="s3cret") as server:
        yield server


@pytest.mark.slow
def test_a_camera_that_answers_tells_what_it_sends_and_shows_a_picture(
    shop: PlatformSite, rtsp: RtspServer
) -> None:
    add(shop, source=rtsp.url("/camera", with_password=True))
    answer = shop.ask("POST", "/api/cameras/till/test")
    told = answer.json()
    assert told["answered"] is True
    assert (told["width"], told["height"], told["codec"]) == (320, 240, "h264")
    assert told["fps"] == pytest.approx(10, abs=0.5)
    assert "s3cret" not in answer.text
    snapshot = shop.ask("GET", "/api/cameras/till/snapshot")
    assert snapshot.status_code == 200
    assert picture(io.BytesIO(snapshot.content).read()).shape == (240, 320, 3)
    shop.ask("PATCH", "/api/cameras/till", json={"source": rtsp.url("/camera").replace("//", "//gazer:no@")})
    wrong = shop.ask("POST", "/api/cameras/till/test").json()
    assert wrong["answered"] is False
    assert "check user and password" in wrong["detail"]
