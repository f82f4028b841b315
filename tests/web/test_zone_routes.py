"""Zones over HTTP: drawn, stored with the camera, told as they were drawn."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clip_platform import NASTY, OTHER, SITE, ClipPlatform, answering_copy
from evidence_site import CAMERA, VENUE
from platform_site import PlatformSite

from sightline.cli.analyze import find_recordings
from sightline.domain.zone import ZoneKind
from sightline.job_wiring import camera_for_job
from sightline.live_wiring import import_cameras, live_plan
from sightline.store import cameras, venues

PATH = f"/venues/{VENUE}/zones"
TRIANGLE = [[0.1, 0.2], [0.9, 0.25], [0.5, 1]]
SHOP = {
    "venues": [
        {"id": "shop", "cameras": [{"id": "door", "source": "rtsp://10.0.0.9/", "zones": [
            {"name": "entrance", "kind": "entrance", "points": TRIANGLE}]}]}
    ]
}  # fmt: skip


def put(site: PlatformSite, zones: list[dict[str, Any]], path: str = PATH, **params: str) -> Any:
    return site.ask("PUT", path, json={"zones": zones}, params=params)


def a_zone(name: str = "till", **more: Any) -> dict[str, Any]:
    return {"name": name, "points": TRIANGLE, **more}


def test_zones_are_told_as_they_were_drawn(clips: ClipPlatform) -> None:
    assert clips.get(PATH)["zones"] == []
    drawn = [a_zone(f"zone {kind}", kind=kind.value, color="#00ff7f", zoom=kind is ZoneKind.QUEUE)
             for kind in ZoneKind]  # fmt: skip
    answer = put(clips, drawn)
    assert answer.status_code == 200, answer.text
    expected = {"venue_id": VENUE, "camera_id": CAMERA, "zones": drawn, "read_only": False}
    assert answer.json() == clips.get(PATH) == clips.get(PATH, camera_id=CAMERA) == expected
    assert put(clips, []).json()["zones"] == []


def test_what_is_left_out_is_an_area_of_the_usual_colour(clips: ClipPlatform) -> None:
    (zone,) = put(clips, [a_zone()]).json()["zones"]
    assert zone == {"name": "till", "kind": "area", "color": "#3b82f6", "points": TRIANGLE, "zoom": False}


def test_a_name_with_marks_of_other_languages_stays_a_name(clips: ClipPlatform) -> None:
    name = NASTY.strip()[:50].strip()
    (zone,) = put(clips, [a_zone(name)]).json()["zones"]
    assert zone["name"] == name
    answer = clips.ask("GET", PATH)
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["zones"][0]["name"] == name


BOW_TIE = [[0, 0], [1, 1], [1, 0], [0, 0.7]]


@pytest.mark.parametrize(
    "zones",
    [
        [a_zone(points=[[0, 0], [1, 1]])],
        [a_zone(points=[[0, 0], [1, 1], [1.01, 0]])],
        [a_zone(points=[[0, 0], [1, 1], [-0.1, 0]])],
        [a_zone(points=[[0, 0], [0.5, 0.5], [1, 1]])],
        [a_zone(points=[[0, 0], [1, 1], [1]])],
        [a_zone(points=[[0, 0], [1, 1], [1, 0, 0]])],
        [a_zone(points=[[0, 0], [1, 1], ["a", 0]])],
        [a_zone(points=BOW_TIE)],
        [a_zone(points=[[0, 0]] * 101)],
        [a_zone("")], [a_zone("   ")], [a_zone("x" * 51)], [a_zone("a\0b")], [a_zone("a\nb")],
        [a_zone(kind="room")], [a_zone(color="red")], [a_zone(color="#12345")],
        [a_zone(), a_zone()],
        [a_zone(f"zone {number}") for number in range(21)],
        [{"name": "no points"}], [5], "till", None,
    ],
)  # fmt: skip
def test_a_zone_that_is_none_is_refused_and_changes_nothing(standing: ClipPlatform, zones: Any) -> None:
    answer = put(standing, zones)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert standing.get(PATH)["zones"] == []


def test_not_a_number_is_refused(standing: ClipPlatform) -> None:
    body = '{"zones": [{"name": "a", "points": [[NaN, 0], [1, 1], [1, 0]]}]}'
    answer = standing.ask("PUT", PATH, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


def test_a_venue_with_several_cameras_wants_to_know_which(clips: ClipPlatform) -> None:
    with clips.database.transaction() as connection:
        venues.ensure_camera(SITE, connection, VENUE, "door", source_label="door.mp4")
    for answer in (clips.ask("GET", PATH), put(clips, [a_zone()])):
        assert answer.status_code == 400
        assert answer.json()["detail"].endswith("say which with camera_id: door, till")
    put(clips, [a_zone("only the door")], camera_id="door")
    assert clips.get(PATH, camera_id=CAMERA)["zones"] == []
    assert clips.get(PATH, camera_id="door")["zones"][0]["name"] == "only the door"
    assert clips.ask("GET", PATH, params={"camera_id": "roof"}).status_code == 404
    assert clips.ask("GET", PATH, params={"camera_id": "../door"}).status_code == 422


def test_a_venue_without_a_camera_says_how_to_get_one(clips: ClipPlatform) -> None:
    answer = clips.ask("GET", f"/venues/{OTHER}/zones")
    assert answer.status_code == 404
    assert "POST /api/cameras" in answer.json()["detail"]
    unknown = clips.ask("GET", "/venues/nowhere/zones")
    assert unknown.status_code == 404
    assert "POST /venues" in unknown.json()["detail"]


def test_zones_of_another_venue_are_closed(clips: ClipPlatform) -> None:
    other = clips.key(OTHER)
    assert clips.ask("GET", PATH, headers=other).status_code == 403
    assert clips.ask("PUT", PATH, headers=other, json={"zones": [a_zone()]}).status_code == 403
    assert clips.get(PATH)["zones"] == []


def test_a_running_camera_is_begun_anew_with_its_new_zones_and_keeps_the_rest(platform: PlatformSite) -> None:
    platform.ask("POST", "/venues", json={"id": "shop", "name": "Shop"})
    camera = {"venue_id": "shop", "id": "door", "source": "rtsp://u:s3cret@10.0.0.9/"}
    camera |= {"staff": {"line": [[0, 0.5], [1, 0.5]], "side": "right"}, "queue": {"alert_length": 7}}
    assert platform.ask("POST", "/api/cameras", json=camera).status_code == 201
    before = live_plan(platform.site, lambda: None, "shop", "door")  # type: ignore[arg-type,return-value]
    assert put(platform, [a_zone("line", kind="queue")], "/venues/shop/zones").status_code == 200
    after = live_plan(platform.site, lambda: None, "shop", "door")  # type: ignore[arg-type,return-value]
    assert after.revision != before.revision
    assert [(zone.name, zone.kind) for zone in after.rules.zones] == [("line", ZoneKind.QUEUE)]
    assert after.rules.staff_line == before.rules.staff_line
    assert after.line_limits == before.line_limits
    assert after.address() == "rtsp://u:s3cret@10.0.0.9/"
    # Drawn once more as they are, nothing is begun anew.
    put(platform, [a_zone("line", kind="queue")], "/venues/shop/zones")
    assert live_plan(platform.site, lambda: None, "shop", "door").revision == after.revision  # type: ignore[arg-type,return-value]


def test_a_zone_that_staff_are_told_by_cannot_be_dropped_unnoticed(platform: PlatformSite) -> None:
    platform.ask("POST", "/venues", json={"id": "shop", "name": "Shop"})
    camera = {"venue_id": "shop", "id": "door", "source": "rtsp://10.0.0.9/"}
    camera |= {"zones": [a_zone("counter")], "staff": {"zones": ["counter"]}}
    assert platform.ask("POST", "/api/cameras", json=camera).status_code == 201
    answer = put(platform, [a_zone("elsewhere")], "/venues/shop/zones")
    assert answer.status_code == 400
    assert "counter" in answer.json()["detail"]


def test_zones_of_the_site_file_are_read_here_and_changed_there(tmp_path: Any) -> None:
    site = PlatformSite.made(tmp_path / "data", SHOP)
    import_cameras(site.site)
    with site.answering():
        told = site.get("/venues/shop/zones")
        assert (told["read_only"], told["zones"][0]["name"]) == (True, "entrance")
        answer = put(site, [a_zone()], "/venues/shop/zones")
        assert answer.status_code == 409
        assert "site file" in answer.json()["detail"]
        assert site.get("/venues/shop/zones") == told
    site.close()


def test_zones_drawn_for_a_recording_hold_when_the_next_one_is_analysed(clips: ClipPlatform) -> None:
    put(clips, [a_zone("counter", kind="staff")])
    recordings = find_recordings(clips.site, [clips.clip()], VENUE, CAMERA, None)
    for choice in (camera_for_job(clips.site, VENUE, CAMERA), *(one for _, one in recordings)):
        assert [(zone.name, zone.kind) for zone in choice.rules.zones] == [("counter", ZoneKind.STAFF)]
        assert choice.drawn
        assert choice.zone == ZoneInfo("Europe/Paris")


def test_zones_stay_when_a_camera_that_was_known_from_recordings_gets_an_address(clips: ClipPlatform) -> None:
    put(clips, [a_zone("counter")])
    camera = {"venue_id": VENUE, "id": CAMERA, "source": "rtsp://10.0.0.9/"}
    assert clips.ask("POST", "/api/cameras", json=camera).status_code == 201
    assert clips.get(PATH)["zones"][0]["name"] == "counter"
    with clips.database.reading() as connection:
        stored = cameras.get_camera(SITE, connection, VENUE, CAMERA)
    assert stored is not None
    assert stored.origin == "typed"


def test_masks_do_not_keep_zones_from_being_drawn(sealed_shop: Any, tmp_path: Any) -> None:
    with answering_copy(sealed_shop, tmp_path / "data", {"privacy": {"blur_faces": True}}) as site:
        assert put(site, [a_zone()]).status_code == 200
