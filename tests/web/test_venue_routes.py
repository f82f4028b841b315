"""Venues over HTTP: made with a key, listed without, deleted with all that is known of them."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from clip_platform import NASTY, OTHER, SITE, ClipPlatform, answering_copy
from evidence_site import CAMERA, VENUE, SmallSite, problems, service_event
from one_of_each import counts, fill
from people_and_keys import CLOSED, Asker, with_account, with_key, with_venues
from platform_site import PlatformSite

from sightline.config.settings import Settings
from sightline.domain.account import Role
from sightline.domain.event import EventKind
from sightline.domain.event import Role as PersonRole
from sightline.evidence.verification import verify_site
from sightline.live_wiring import housekeeping_of, import_cameras, live_cameras
from sightline.pipeline.api_keys import ApiKeys
from sightline.pipeline.venue_folders import VenueFolders
from sightline.store import ledger, venues
from sightline.wiring import Site

JOHANNESBURG = {"latitude": -26.2041, "longitude": 28.0473}
KEPT = {"ledger_entry", "ledger_seal", "audit_entry"}
OF_THE_SITE = {"account", "cluster_head", "sign_in", "job_processor"}
"""Tables that know no venue, and hang on none."""


def make(site: PlatformSite, **words: Any) -> Any:
    return site.ask("POST", "/venues", json={"id": "my_store", "name": "My Store", **words})


def test_a_venue_is_made_with_a_key_that_is_shown_once(platform: PlatformSite) -> None:
    answer = make(platform, **JOHANNESBURG, city=" Johannesburg ", timezone="Africa/Johannesburg")
    assert answer.status_code == 200, answer.text
    made = answer.json()
    assert set(made) == {"venue_id", "api_key", "h3_zone", "message"}
    assert (made["venue_id"], made["h3_zone"]) == ("my_store", "89bcc352cb3ffff")
    assert re.fullmatch(r"[0-9a-f]{64}", made["api_key"])
    holder = ApiKeys(platform.database).holder_of(made["api_key"])
    assert holder is not None
    assert holder.venue_id == "my_store"
    listed = platform.ask("GET", "/venues")
    assert made["api_key"] not in listed.text
    (row,) = listed.json()
    assert set(row) == {
        "id", "name", "created_at", "latitude", "longitude", "h3_zone", "city", "country", "venue_type",
        "timezone",
    }  # fmt: skip
    assert (row["city"], row["country"], row["timezone"]) == ("Johannesburg", None, "Africa/Johannesburg")
    assert made["api_key"].encode() not in b"".join(
        path.read_bytes() for path in platform.site.data_dir.rglob("*") if path.is_file()
    )


def test_without_coordinates_there_is_no_zone(platform: PlatformSite) -> None:
    assert make(platform).json()["h3_zone"] is None
    assert platform.get("/venues")[0]["timezone"] == "UTC"


def test_an_id_that_is_taken_is_400_and_changes_nothing(platform: PlatformSite) -> None:
    make(platform, name="First")
    answer = make(platform, name="Second", latitude=1, longitude=1)
    assert answer.status_code == 400
    assert "already" in answer.json()["detail"]
    assert [(one["name"], one["latitude"]) for one in platform.get("/venues")] == [("First", None)]
    assert len(ApiKeys(platform.database).keys_of(SITE, "my_store")) == 1


@pytest.mark.parametrize(
    "words",
    [
        {"id": ""}, {"id": "a b"}, {"id": "x" * 51}, {"id": "../x"}, {"id": "é"}, {"id": None}, {"id": "a\n"},
        {"name": ""}, {"name": "  "}, {"name": "x" * 201}, {"name": "a\0b"}, {"name": "a\nb"}, {"name": None},
        {"latitude": 91, "longitude": 0}, {"latitude": 0, "longitude": -180.1}, {"latitude": 10},
        {"longitude": 10}, {"latitude": "north", "longitude": 0}, {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"}, {"city": "x" * 51}, {"address": "x" * 301}, {"country": "a\x1bb"},
        {"venue_type": "\u2028"},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_422_and_names_the_place(
    untouched: PlatformSite, words: dict[str, Any]
) -> None:
    answer = make(untouched, **words)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["loc"][0] == "body"
    assert untouched.get("/venues") == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"id":"a","name":"\\ud800"}', b'{"id":"a","name":"x","latitude":NaN,"longitude":0}', b"\xff\xfe",
        b'{"id":"a","name":"x","latitude":1e999,"longitude":0}', b"[" * 50_000, b"", b"null", b"[]",
        b'{"id":"a","name":"x","latitude":' + b"9" * 5_000 + b',"longitude":0}',
    ],
)  # fmt: skip
def test_a_body_that_no_json_holds_is_refused_and_never_an_error_of_ours(
    untouched: PlatformSite, body: bytes
) -> None:
    answer = untouched.ask("POST", "/venues", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text
    assert untouched.get("/venues") == []


def test_words_come_back_as_they_were_sent(platform: PlatformSite) -> None:
    words = {name: NASTY.strip()[:50].strip() for name in ("city", "country", "venue_type")}
    assert make(platform, name=NASTY, address=NASTY, **words).status_code == 200
    (row,) = platform.get("/venues")
    assert row["name"] == NASTY.strip()
    assert {name: row[name] for name in words} == words


def test_a_list_is_paged_by_id_and_holds_the_callers_venues_only(platform: PlatformSite) -> None:
    keys = {name: make(platform, id=name).json()["api_key"] for name in ("c", "B", "a", "D", "0")}
    by_code_point = sorted(keys)
    answer = platform.ask("GET", "/venues", params={"limit": 2, "offset": 2})
    assert [one["id"] for one in answer.json()] == by_code_point[2:4]
    assert answer.headers["X-Total-Count"] == "5"
    assert 'rel="next"' in answer.headers["Link"]
    mine = platform.ask("GET", "/venues", headers={"X-API-Key": keys["a"]})
    assert [one["id"] for one in mine.json()] == ["a"]
    assert mine.headers["X-Total-Count"] == "1"
    for params in ({"limit": 0}, {"limit": 201}, {"offset": -1}, {"limit": "many"}):
        assert platform.ask("GET", "/venues", params=params).status_code == 422
    for method, path, body in (("POST", "/venues", {"id": "x", "name": "x"}), ("DELETE", "/venues/a", None)):
        refused = platform.ask(method, path, json=body, headers={"X-API-Key": keys["a"]})
        assert refused.status_code == 403


def check_that_every_row_goes(site: PlatformSite) -> None:
    """One row in each table for each of two venues; one venue goes."""
    with site.database.transaction() as connection:
        fill(connection, "goes")
        fill(connection, "stays")
        before = counts(connection, "goes")
        other = counts(connection, "stays")
    assert set(before.values()) <= {1, 2}, "each table has a row to lose; give new ones theirs in one_of_each"
    assert site.ask("DELETE", "/venues/goes").status_code == 200
    with site.database.reading() as connection:
        left, others = counts(connection, "goes"), counts(connection, "stays")
    for table, count in left.items():
        if table in KEPT:
            assert count >= before[table], f"{table} outlives the venue"
        elif table in OF_THE_SITE:
            assert count == before[table], table
        else:
            assert count == (0 if before[table] == 1 else 1), f"rows of the venue are left in {table}"
    # What knows no venue is counted whole, and has lost the row that hung on the venue that went.
    assert {name: count for name, count in others.items() if before[name] == 1} == {
        name: count for name, count in other.items() if before[name] == 1
    }


def test_every_row_of_a_venue_goes_in_whichever_table_and_no_other(platform: PlatformSite) -> None:
    check_that_every_row_goes(platform)


def test_every_row_goes_on_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", {"database_url": postgres_url})
    with site.answering():
        check_that_every_row_goes(site)
    site.close()


def test_files_go_with_their_rows_and_the_ledger_keeps_a_tombstone_for_each_clip(clips: ClipPlatform) -> None:
    sealed = {clips.evidence(number).id for number in range(3)}
    analysis = clips.site.data_dir / "analysis" / VENUE / CAMERA
    analysis.mkdir(parents=True)
    (analysis / "events.csv").write_text("x")
    answer = clips.ask("DELETE", f"/venues/{VENUE}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["removed"]["evidence"] == 3
    left = [
        path for path in clips.site.data_dir.rglob("*") if VENUE in path.name and ".lock" not in path.name
    ]
    assert left == []
    assert [one.subject_id for one in clips.entries("venue_deleted")] == [VENUE]
    assert {one.subject_id for one in clips.entries("deleted")} == sealed
    assert {one.actor for one in clips.entries("deleted")} == {"local"}
    assert clips.ask("GET", f"/api/evidence/{sealed.pop()}").status_code == 404
    assert clips.get("/api/events") == []
    assert clips.ask("DELETE", f"/venues/{VENUE}").status_code == 404


def test_a_venue_made_anew_begins_with_nothing_and_its_ledger_still_verifies(clips: ClipPlatform) -> None:
    clips.ask("DELETE", f"/venues/{VENUE}")
    assert make(clips, id=VENUE).status_code == 200
    assert clips.get("/api/cameras") == []
    small = SmallSite.open(clips.site.data_dir)
    shutil.rmtree(small.data_dir / "recordings", ignore_errors=True)
    small.record(write_footage(clips))
    small.conclude(service_event(EventKind.QUEUE, 10, 20, (1, PersonRole.CUSTOMER)))
    small.seal()
    key = small.signer().public
    (report,) = verify_site(
        small.database, SITE, segments_dir=small.segments_dir, venue_id=VENUE, own_key=key, pinned_key=key
    )
    small.database.close()
    assert problems(report) == []
    assert report.checked["manifests"] == 1


def write_footage(clips: ClipPlatform) -> Path:
    from evidence_site import write_video

    write_video(clips.site.data_dir.parent / "again.mp4")
    return clips.site.data_dir.parent / "again.mp4"


def test_what_a_kill_leaves_on_the_disk_goes_at_the_next_cleaning_and_nothing_else(
    clips: ClipPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(VenueFolders, "remove", lambda *_: None)  # as if the process had died before
        clips.ask("DELETE", f"/venues/{VENUE}")
    segments = clips.site.segments_dir
    assert list((segments / VENUE).rglob("*.mp4"))
    half = segments / ".removed-gone-1a2b"
    half.mkdir()
    (half / "clip.mp4").write_bytes(b"x")
    # A folder of a venue that nobody deleted here, such as an analysis makes before it stores anything.
    begun = clips.site.recordings_dir / "begun" / "till"
    begun.mkdir(parents=True)
    with clips.database.transaction() as connection:
        words = {"action": "link_revoked", "subject_kind": "venue", "subject_id": "begun"}
        ledger.add_entry(SITE, connection, venue_id="begun", actor="x", facts={}, **words)
    assert VenueFolders(clips.site.data_dir).remove_leftovers(clips.database) == [VENUE]
    assert not (segments / VENUE).exists()
    assert not (clips.site.recordings_dir / VENUE).exists()
    assert not half.exists()
    assert begun.is_dir()
    assert VenueFolders(clips.site.data_dir).remove_leftovers(clips.database) == []


def test_the_worker_removes_what_a_kill_left(clips: ClipPlatform, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(VenueFolders, "remove", lambda *_: None)
        clips.ask("DELETE", f"/venues/{VENUE}")
    housekeeping_of(clips.site, lambda: None).round()
    assert not (clips.site.segments_dir / VENUE).exists()


def test_what_is_left_of_an_earlier_venue_is_gone_before_a_new_one_begins(
    clips: ClipPlatform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(VenueFolders, "remove", lambda *_: None)
        clips.ask("DELETE", f"/venues/{VENUE}")
    assert make(clips, id=VENUE).status_code == 200
    assert not (clips.site.segments_dir / VENUE).exists()


def test_a_legal_hold_keeps_its_venue_and_is_named(clips: ClipPlatform) -> None:
    path = f"/api/evidence/{clips.evidence().id}/hold"
    clips.ask("POST", path, json={"reason": "court"})
    answer = clips.ask("DELETE", f"/venues/{VENUE}")
    assert answer.status_code == 409
    assert clips.clip().name in answer.json()["detail"]
    assert "DELETE /api/evidence/ID/hold" in answer.json()["detail"]
    assert clips.clip().is_file()
    assert len(clips.get("/api/events")) == 3
    assert clips.entries("deleted") == clips.entries("venue_deleted") == []
    clips.ask("DELETE", path)
    assert clips.ask("DELETE", f"/venues/{VENUE}").status_code == 200


def test_a_venue_of_the_site_file_is_taken_out_there(sealed_shop: Path, tmp_path: Path) -> None:
    with answering_copy(sealed_shop, tmp_path / "data", {"venues": [{"id": VENUE}]}) as site:
        answer = site.ask("DELETE", f"/venues/{VENUE}")
        assert answer.status_code == 409
        assert "site file" in answer.json()["detail"]
        assert site.clip().is_file()
        assert site.ask("DELETE", f"/venues/{OTHER}").status_code == 200


def test_a_running_camera_of_a_deleted_venue_is_not_to_run_any_more(clips: ClipPlatform) -> None:
    camera = {"venue_id": VENUE, "id": "door", "source": "rtsp://u:s3cret@10.0.0.9/"}
    clips.ask("POST", "/api/cameras", json=camera)
    assert live_cameras(clips.site) == [(VENUE, "door", 1)]
    clips.ask("DELETE", f"/venues/{VENUE}")
    assert live_cameras(clips.site) == []
    assert not (clips.site.data_dir / "secrets" / VENUE).exists()


def test_keys_and_people_of_a_deleted_venue_reach_nothing(tmp_path: Path) -> None:
    site = PlatformSite.made(tmp_path / "data", CLOSED)
    with_venues(site, "goes", "stays")
    with_account(site, "watcher", Role.VIEWER, "goes")
    with_account(site, "boss", Role.ADMINISTRATOR)
    key = with_key(site, "goes").text
    with site.answering():
        program, watcher, boss = Asker(site, key=key), Asker(site), Asker(site)
        watcher.signed_in("watcher")
        boss.signed_in("boss")
        assert program.status("GET", "/venues") == 200
        assert program.status("DELETE", "/venues/goes") == 403
        assert boss.status("DELETE", "/venues/goes") == 200
        assert program.status("GET", "/venues") == 401
        assert watcher.ask("GET", "/venues").json() == []
        assert watcher.status("GET", "/analytics/stays") == 403
        # Also when a venue of that id is made anew.
        assert boss.status("POST", "/venues", json={"id": "goes", "name": "New"}) == 200
        assert program.status("GET", "/venues") == 401
        assert watcher.ask("GET", "/venues").json() == []
    site.close()


def test_the_site_file_tells_where_a_venue_is_and_when_it_is_open(tmp_path: Path) -> None:
    def imported(**words: Any) -> venues.StoredVenue:
        site = Site(Settings.model_validate({"venues": [{"id": "shop", **words}]}), tmp_path / "data")
        import_cameras(site)
        with site.database.reading() as connection:
            found = venues.get_venue(SITE, connection, "shop")
        site.database.close()
        assert found is not None
        return found

    place = {**JOHANNESBURG, "city": "Johannesburg", "country": "South Africa"}
    hours = {"mon": "09:00-18:30", "sat": ["08:00-12:00", "20:00-02:00"]}
    first = imported(location=place, venue_type="retail", opening_hours=hours)
    assert (first.h3_zone, first.city, first.venue_type) == ("89bcc352cb3ffff", "Johannesburg", "retail")
    assert first.opening_hours == [[[540, 1110]], [], [], [], [], [[480, 720], [1200, 120]], []]
    # What the file does not say of the place stays; opening hours are the file's alone.
    second = imported(location={"city": "Soweto"})
    assert (second.city, second.country, second.h3_zone) == ("Soweto", "South Africa", "89bcc352cb3ffff")
    assert second.venue_type == "retail"
    assert second.opening_hours is None
