"""Enrolled staff as rows: one by name, of one venue, gone with it."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, select
from store_stories import SITE, at, interaction

from sightline.domain.event import Participant, Role
from sightline.domain.scope import Scope
from sightline.errors import OutOfScope
from sightline.store import edge_hours
from sightline.store import enrolled_staff as staff
from sightline.store.database import Database
from sightline.store.enrolled_staff import SealedStaff
from sightline.store.events import add_event, list_events
from sightline.store.runs import StoredRun, StoredTrack, replace_run
from sightline.store.tables import track
from sightline.store.venue_removal import remove_venue

SHOP, OTHER = Scope.of("shop"), Scope.of("other")


def sealed(name: str, *, model: str = "net", content: bytes = b"\0\xff'x") -> SealedStaff:
    return SealedStaff(
        name=name, model=model, dims=512, sealed=content, key_id="k1", crops=6, enrolled_at=at(5)
    )


def test_kept_replaced_removed_and_gone_with_the_venue(database: Database) -> None:
    again = sealed("Ana", model="newer net", content=bytes(range(256)))
    with database.transaction() as connection:
        for one in (sealed("Bo"), sealed("Ana"), again):
            staff.put_staff(SHOP, connection, "shop", one)
        staff.put_staff(OTHER, connection, "other", sealed("Ana"))
    with database.reading() as connection:
        assert staff.staff_of_venue(SHOP, connection, "shop") == [again, sealed("Bo")]
        assert staff.staff_of_venue(OTHER, connection, "shop") == []
        assert staff.venues_with_staff(SITE, connection) == ["other", "shop"]
        assert staff.venues_with_staff(SHOP, connection) == ["shop"]
    with database.transaction() as connection:
        assert staff.remove_staff(SHOP, connection, "shop", "Ana") == 1
        assert staff.remove_staff(SHOP, connection, "shop", "Ana") == 0
        assert [one.name for one in staff.staff_of_venue(SHOP, connection, "shop")] == ["Bo"]
        for call in (
            lambda: staff.put_staff(OTHER, connection, "shop", sealed("Eve")),
            lambda: staff.remove_staff(OTHER, connection, "shop", "Bo"),
        ):
            with pytest.raises(OutOfScope):
                call()
        assert remove_venue(SHOP, connection, "shop")["enrolled_staff"] == 1
        assert staff.venues_with_staff(SITE, connection) == ["other"]


def seen(name: str, place: str = "") -> str:
    return f"{place}looks like {name} (enrolled), 0.83"


def tell(connection: Connection, venue: str, reasons: list[str]) -> None:
    """Events and tracks of one person each."""
    here, run = {"venue_id": venue, "camera_id": "till"}, f"run of {venue}"
    made = StoredRun(
        id=run, **here, source_name="x", source_sha256=None, recorded_at=at(0), recorded_until=at(0),
        recorded_at_source="x", started_at=at(0), finished_at=at(0), software="x", analysis={}, frames=0,
        analysed_frames=0, warnings=(), visitors={},
    )  # fmt: skip
    seen_at = {"first_at": at(0), "last_at": at(9), "frames": 9}
    tracks = [
        StoredTrack(track_id=number, role=Role.STAFF, role_confidence=0.9, role_reason=reason, **seen_at)
        for number, reason in enumerate(reasons)
    ]
    replace_run(SITE, connection, made, tracks)
    for number, reason in enumerate(reasons):
        person = Participant(number, Role.STAFF, 0.9, reason)
        happened = replace(interaction(100 * number, 100 * number + 50), participants=(person,))
        add_event(SITE, connection, **here, happened=happened)


def test_who_is_removed_is_in_no_reason_of_their_venue_any_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names that hold theirs and other venues stay as they are; no letter of a name is a pattern."""
    monkeypatch.setattr(staff, "EVENTS_AT_ONCE", 2)
    odd, place = "A%_' (x)", "behind the staff line for 90% of 8 s, and "
    told = [seen(odd, place), seen("Ana"), seen("Ana"), seen("Maria Ana"), seen("Ana"), "behind the line"]
    somebody = "looks like somebody enrolled, 0.83"
    left = [place + somebody, somebody, somebody, told[3], somebody, told[5]]
    with database.transaction() as connection:
        for venue in ("shop", "other"):
            tell(connection, venue, told)
        edge_hours.set_up_centre(SHOP, connection, "shop", "https://centre", at=at(0))
        marked = edge_hours.version_of(SHOP, connection, "shop", "till", at(0))
    with database.transaction() as connection:
        with pytest.raises(OutOfScope):
            staff.forget_staff(OTHER, connection, "shop", "Ana")
        assert staff.forget_staff(SHOP, connection, "shop", "Ana") == 3
        assert staff.forget_staff(SHOP, connection, "shop", odd) == 1
        assert edge_hours.version_of(SHOP, connection, "shop", "till", at(0)) != marked
    with database.reading() as connection:
        for venue, expected in (("shop", left), ("other", told)):
            found = list_events(SITE, connection, venue_id=venue)
            assert [one.participants[0].role_reason for one in found] == expected
            query = select(track.c.role_reason).where(track.c.venue_id == venue).order_by(track.c.track_id)
            assert list(connection.execute(query).scalars()) == expected
