"""Security incidents that begin at one moment with the same people stay different ones."""

from dataclasses import replace

import pytest
from store_stories import SITE, at, unattended

from sightline.domain.event import EventKind, ServiceEvent
from sightline.store import events, live
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.event_ids import event_ids
from sightline.store.replacement import Replacement, replace_events

AS_EVER = "fc5ee78fc7915de6827b873145db5dd1"
"""What the first version called the wait of customer 3 from 100 s on."""


def incident(incident_type: str, zone: str | None, *, end: float = 140, customer: int = 3) -> ServiceEvent:
    return replace(
        unattended(100, end, customer=customer),
        kind=EventKind.SECURITY,
        details={"incident_type": incident_type, "zone": zone, "risk_level": "HIGH", "people": 1},
    )


ALL_AT_ONCE = (
    incident("after_hours", None),
    incident("loitering", "shop"),
    incident("loitering", "till"),
    incident("restricted_zone", "office"),
)


def analyse(database: Database, *found: ServiceEvent) -> Replacement:
    with database.transaction() as connection:
        return replace_events(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            run_id="run-1",
            span=(at(0), at(3600)),
            events=found,
        )


def subjects(database: Database) -> dict[str, tuple[object, object]]:
    with database.reading() as connection:
        stored = events.list_events(SITE, connection, venue_id="shop", kind=EventKind.SECURITY)
    return {one.id: (one.details["incident_type"], one.details["zone"]) for one in stored}


def test_a_live_camera_tells_of_each(database: Database) -> None:
    with database.transaction() as connection:
        ids = live.append_events(
            SITE,
            connection,
            venue_id="shop",
            camera_id="till",
            run_id="live-1",
            events=ALL_AT_ONCE,
            rule=ClipRule(),
            at=at(9000),
        )
    assert len(ids) == len(subjects(database)) == len(ALL_AT_ONCE)


@pytest.mark.parametrize("order", [1, -1])
def test_running_again_gives_each_its_own_id_back(database: Database, order: int) -> None:
    analyse(database, *ALL_AT_ONCE)
    before = subjects(database)
    longer = [replace(one, ended_at=at(141)) for one in ALL_AT_ONCE[::order]]
    again = analyse(database, *longer)
    assert len(again.kept) == len(ALL_AT_ONCE)
    assert subjects(database) == before


def test_an_incident_of_another_type_takes_no_id_over(database: Database) -> None:
    analyse(database, incident("loitering", "till"))
    again = analyse(database, incident("restricted_zone", "till"))
    assert (len(again.kept), len(again.superseded)) == (0, 1)


def test_ids_of_other_events_do_not_depend_on_their_details() -> None:
    told = unattended(100, 140)
    assert next(event_ids("shop", "till", told)) == AS_EVER
    assert next(event_ids("shop", "till", replace(told, details={"zone": "till"}))) == AS_EVER
