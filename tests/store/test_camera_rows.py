"""Live cameras: where their settings come from, which of them run, and what stays when one goes."""

import json
from typing import Any

import pytest
from sqlalchemy import text
from store_stories import SITE, at

from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import cameras, status, venues
from sightline.store.cameras import StoredCameraSettings
from sightline.store.database import Database

DOOR = {"id": "door", "source": "rtsp://***@10.0.0.7/main", "zones": [{"name": "door", "kind": "entrance"}]}


def put(
    database: Database, settings: dict[str, Any] = DOOR, *, origin: str = "typed", **more: Any
) -> StoredCameraSettings:
    with database.transaction() as connection:
        return cameras.put_camera(
            SITE,
            connection,
            venue_id="shop",
            camera_id=str(settings["id"]),
            settings=settings,
            origin=origin,
            at=at(0),
            **more,
        )


def imported(database: Database, *documents: dict[str, Any], second: float = 0) -> list[StoredCameraSettings]:
    found = {("shop", str(one["id"])): one for one in documents}
    with database.transaction() as connection:
        return cameras.import_cameras(SITE, connection, found, at(second))


def running(database: Database) -> dict[str, int]:
    """Revision of each camera that is to run."""
    with database.reading() as connection:
        return {one.camera_id: one.revision for one in cameras.list_live_cameras(SITE, connection)}


def test_typed_camera_comes_back_as_put(database: Database) -> None:
    made = put(database)
    assert (made.settings, made.origin, made.enabled, made.removed_at) == (DOOR, "typed", True, None)
    with database.reading() as connection:
        assert cameras.get_camera(SITE, connection, "shop", "door") == made
        assert cameras.list_live_cameras(SITE, connection, venue_id="shop") == [made]
        assert cameras.list_live_cameras(SITE, connection, venue_id="other") == []
        labels = {one.id: one.source_label for one in venues.list_cameras(SITE, connection, "shop")}
    assert labels == {"till": "till.mp4", "door": "rtsp://***@10.0.0.7/main"}


def test_revision_grows_with_each_change_and_only_then(database: Database) -> None:
    first = put(database).revision
    assert put(database).revision == first
    changed = put(database, DOOR | {"zones": []})
    assert changed.revision == first + 1
    assert put(database, DOOR | {"zones": []}, address_changed=True).revision == first + 2
    with database.transaction() as connection:
        assert cameras.enable_camera(SITE, connection, "shop", "door", enabled=True)
    assert running(database) == {"door": first + 2}
    with database.transaction() as connection:
        assert cameras.enable_camera(SITE, connection, "shop", "door", enabled=False)
    assert running(database) == {}
    with database.transaction() as connection:
        assert cameras.enable_camera(SITE, connection, "shop", "door", enabled=True)
    assert running(database) == {"door": first + 4}


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("rtsp://admin:p@ss:w0rd@10.0.0.7/main", "rtsp://***@10.0.0.7/main"),
        ("rtsp://admin:pa/ss@10.0.0.7/main", "rtsp://***@10.0.0.7/main"),
        ("http://10.0.0.7/v?channel=1&pwd=geheim", "http://10.0.0.7/v?channel=1&pwd=***"),
        ("env:DOOR_URL", "env:DOOR_URL"),
        ("webcam:0", "webcam:0"),
    ],
)
def test_no_password_gets_into_the_database(database: Database, address: str, kept: str) -> None:
    made = put(database, {"id": "door", "source": address, "record_source": address})
    assert (made.settings["source"], made.settings["record_source"]) == (kept, kept)
    with database.reading() as connection:
        everything = json.dumps([list(row) for row in connection.execute(text("SELECT * FROM camera"))])
    assert not any(secret in everything for secret in ("admin", "ss@", "w0rd", "geheim"))


def test_cameras_of_the_file_follow_the_file(database: Database) -> None:
    till = {"id": "till", "source": "rtsp://10.0.0.8/main"}
    imported(database, DOOR, till)
    assert set(running(database)) == {"door", "till"}
    before = running(database)
    imported(database, DOOR, till)
    assert running(database) == before

    imported(database, till | {"zones": []}, second=60)
    assert running(database) == {"till": before["till"] + 1}
    with database.reading() as connection:
        gone = cameras.get_camera(SITE, connection, "shop", "door")
    assert gone is not None
    assert gone.removed_at == at(60)

    imported(database, DOOR, till)
    assert set(running(database)) == {"door", "till"}


def test_camera_of_the_file_that_was_paused_stays_paused(database: Database) -> None:
    imported(database, DOOR)
    with database.transaction() as connection:
        cameras.enable_camera(SITE, connection, "shop", "door", enabled=False)
    imported(database, DOOR)
    assert running(database) == {}
    with database.reading() as connection:
        (paused,) = cameras.list_live_cameras(SITE, connection, with_disabled=True)
    assert not paused.enabled


def test_typed_camera_is_not_overwritten_by_the_file_nor_the_other_way_round(database: Database) -> None:
    put(database)
    with pytest.raises(StoreError, match=r"'door' of the venue 'shop' is in the site file, but was added"):
        imported(database, DOOR | {"source": "rtsp://10.0.0.9/other"})
    imported(database, {"id": "yard", "source": "rtsp://10.0.0.8/main"})
    with pytest.raises(StoreError, match="'yard' of the venue 'shop' comes from the site file; change it"):
        put(database, {"id": "yard", "source": "rtsp://10.0.0.9/other"})
    assert set(running(database)) == {"door", "yard"}
    with database.reading() as connection:
        door = cameras.get_camera(SITE, connection, "shop", "door")
    assert door is not None
    assert (door.settings, door.origin) == (DOOR, "typed")


def test_removed_camera_keeps_what_it_saw_and_may_come_back_from_anywhere(database: Database) -> None:
    first = put(database)
    with database.transaction() as connection:
        status.put_status(SITE, connection, "shop", "door", {"fps": 15.0}, at=at(1))
        assert cameras.remove_camera(SITE, connection, "shop", "door", at(9))
        assert not cameras.remove_camera(SITE, connection, "shop", "door", at(10))
        assert not cameras.enable_camera(SITE, connection, "shop", "door", enabled=True)
        assert [one.camera_id for one in status.list_status(SITE, connection)] == ["door"]
    assert running(database) == {}
    (back,) = imported(database, DOOR)
    assert (back.origin, back.removed_at, back.revision) == ("file", None, first.revision + 2)


def test_camera_known_from_recordings_runs_only_once_it_has_settings(database: Database) -> None:
    assert running(database) == {}
    with database.transaction() as connection:
        known = cameras.get_camera(SITE, connection, "shop", "till")
        assert not cameras.remove_camera(SITE, connection, "shop", "till", at(9))
        assert cameras.get_camera(SITE, connection, "shop", "nowhere") is None
    assert known is not None
    assert (known.settings, known.origin, known.revision) == ({}, None, 0)
    put(database, DOOR | {"id": "till"})
    assert running(database) == {"till": 1}


def test_analysing_a_file_of_a_live_camera_does_not_change_where_it_comes_from(database: Database) -> None:
    put(database)
    with database.transaction() as connection:
        kept = venues.ensure_camera(SITE, connection, "shop", "door", source_label="export.mp4")
    assert kept.source_label == "rtsp://***@10.0.0.7/main"
    assert running(database) == {"door": 1}


def test_wrong_places_and_origins_are_refused_by_name(database: Database) -> None:
    with pytest.raises(StoreError, match="from file or typed, not 'guessed'"):
        put(database, origin="guessed")
    with pytest.raises(StoreError, match="must be 1 to 50 of"):
        put(database, DOOR | {"id": "../door"})
    with pytest.raises(StoreError, match="no venue 'nowhere'"), database.transaction() as connection:
        cameras.import_cameras(SITE, connection, {("nowhere", "door"): DOOR}, at(0))


def test_cameras_of_another_venue_are_neither_seen_nor_touched(database: Database) -> None:
    put(database)
    imported(database, {"id": "yard", "source": "rtsp://10.0.0.8/main"})
    other = Scope.of("other")
    with database.transaction() as connection:
        assert cameras.list_live_cameras(other, connection) == []
        assert cameras.get_camera(other, connection, "shop", "door") is None
        assert cameras.import_cameras(other, connection, {}, at(5)) == []
    assert set(running(database)) == {"door", "yard"}
    with pytest.raises(StoreError, match="outside this scope"), database.transaction() as connection:
        cameras.remove_camera(other, connection, "shop", "door", at(5))


def test_last_counters_of_each_camera_are_kept(database: Database) -> None:
    with database.transaction() as connection:
        status.put_status(SITE, connection, "shop", "till", {"fps": 15.0, "gap": None}, at=at(1))
        status.put_status(SITE, connection, "shop", "till", {"fps": 14.5}, at=at(2))
        status.put_status(SITE, connection, "other", "till", {}, at=at(1))
        (last,) = status.list_status(SITE, connection, venue_id="shop")
        assert (last.status, last.at) == ({"fps": 14.5}, at(2))
        assert [one.venue_id for one in status.list_status(Scope.of("other"), connection)] == ["other"]
    with pytest.raises(StoreError, match=r"(?i)foreign key"), database.transaction() as connection:
        status.put_status(SITE, connection, "shop", "nowhere", {}, at=at(1))
