"""What a centre has been told: documents take the place of earlier ones, whatever they hold, in any order."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sightline.domain.edge import HOUR, document_id, hour_of
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.errors import Conflict
from sightline.store import coverage, events, links, recount, stays, told_hours, told_runs, venues
from sightline.store.database import Database
from sightline.store.events import StoredEvent
from sightline.store.hour_stays import stays_of_hour
from sightline.store.runs import StoredRun, get_run, replace_run
from sightline.store.visitor_tables import stay, visitor

SITE = Scope.site()
FIRST = datetime(2026, 10, 25, 0, tzinfo=UTC)
"""In Kathmandu no hour of the day begins with one of UTC."""
VENUES = (f"v{number}" for number in count())
CAMERAS = ("", "till")
NAMES = ("pseudo_id", "lasting", "camera_id", "run_id", "track_id", "event_id", "at", "zone", "dwell_ms",
         "age_bracket", "is_repeat", "engagement_score")  # fmt: skip


def made(number: int, minutes: int, camera: int, person: str, score: float | None, named: bool) -> Stay:
    at = FIRST + timedelta(minutes=minutes)
    camera_id = CAMERAS[camera]
    return Stay(
        pseudo_id=person,
        at=at,
        zone="door",
        dwell=timedelta(seconds=number),
        event_id=f"e{number}" if named else None,
        camera_id=camera_id,
        run_id=document_id(camera_id, hour_of(at)),
        engagement_score=score,
        lasting=person != "eve",
    )


told_stays = st.lists(
    st.builds(
        made,
        st.integers(0, 3),
        st.sampled_from([0, 10, 44, 45, 59, 60, 100, 119]),
        st.integers(0, 1),
        st.sampled_from(["ann", "bob", "eve"]),
        st.sampled_from([None, 10.0, 71.5]),
        st.booleans(),
    ),
    max_size=8,
)


def shop(database: Database) -> str:
    venue_id = next(VENUES)
    with database.transaction() as connection:
        venues.ensure_venue(SITE, connection, venue_id, timezone="Asia/Kathmandu")
        venues.ensure_camera(SITE, connection, venue_id, "till", source_label="x")
    return venue_id


def rows(database: Database, venue_id: str) -> list[tuple[Any, ...]]:
    columns = [(visitor if name in ("pseudo_id", "lasting") else stay).c[name] for name in NAMES]
    query = select(*columns).join(visitor, visitor.c.id == stay.c.visitor_id)
    with database.reading() as connection:
        found = connection.execute(query.where(stay.c.venue_id == venue_id)).all()
    return sorted((tuple(row) for row in found), key=repr)


@given(st.lists(told_stays, min_size=1, max_size=5), st.randoms(use_true_random=False))
@settings(
    deadline=None,
    derandomize=True,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_centre_ends_with_what_the_box_has_whatever_it_was_told_in_between(
    database: Database, story: list[list[Stay]], chance: random.Random
) -> None:
    """A box has these stays, then those; the centre hears of some hours now and then, in any order."""
    box, centre = shop(database), shop(database)
    places = [(camera, FIRST + number * HOUR) for camera in CAMERAS for number in range(2)]
    for state in story:
        with database.transaction() as connection:
            runs = [document_id(*place) for place in places]
            stays.remove_stays(SITE, connection, venue_id=box, run_ids=runs)
            stays.add_stays(SITE, connection, box, state)
        tell(database, box, centre, chance.sample(places, chance.randint(0, 3)))
        with database.reading() as connection:
            assert recount.differences(SITE, connection, centre) == []
    tell(database, box, centre, chance.sample(places, 4))
    assert rows(database, centre) == rows(database, box)
    with database.reading() as connection:
        assert recount.differences(SITE, connection, centre) == []


def tell(database: Database, box: str, centre: str, places: list[tuple[str, datetime]]) -> None:
    for camera_id, hour_at in places:
        with database.transaction() as connection:
            found = stays_of_hour(SITE, connection, box, camera_id, hour_at)
            run_id = document_id(camera_id, hour_at)
            again = stays.replace_stays(SITE, connection, centre, run_id, found)
            assert again.inserted + again.duplicates == len(found)
            again = stays.replace_stays(SITE, connection, centre, run_id, found)
            assert again.inserted == 0, "told twice, nothing is new"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_stay_that_moved_to_another_hour_is_there_once(database: Database, order: tuple[int, int]) -> None:
    venue_id = shop(database)
    before, after = (made(1, minutes, 1, "ann", None, True) for minutes in (59, 60))
    told = [(str(before.run_id), []), (str(after.run_id), [after])]
    with database.transaction() as connection:
        stays.replace_stays(SITE, connection, venue_id, str(before.run_id), [before])
        for place in order:
            stays.replace_stays(SITE, connection, venue_id, *told[place])
        assert recount.differences(SITE, connection, venue_id) == []
    assert [row[6] for row in rows(database, venue_id)] == [after.at]


def test_what_another_program_told_the_centre_stays(database: Database) -> None:
    venue_id = shop(database)
    one = made(1, 0, 1, "ann", None, True)
    with database.transaction() as connection:
        stays.add_stays(
            SITE, connection, venue_id, [replace(one, run_id=None), replace(one, run_id="r", event_id="x")]
        )
        stays.replace_stays(SITE, connection, venue_id, str(one.run_id), [one])
        stays.replace_stays(SITE, connection, venue_id, str(one.run_id), [])
    assert {row[3] for row in rows(database, venue_id)} == {None, "r"}


def event(venue_id: str, name: str, minutes: int, **more: Any) -> StoredEvent:
    at = FIRST + timedelta(minutes=minutes)
    return replace(
        StoredEvent(
            id=f"{venue_id}-{name}",
            venue_id=venue_id,
            camera_id="till",
            run_id=f"{venue_id}-run",
            kind=EventKind.INTERACTION,
            started_at=at,
            ended_at=at + timedelta(seconds=30),
            confirmed_at=None,
            score=0.5,
            details={"mean_distance": 1.5},
            state="current",
            created_at=at,
            participants=(Participant(1, Role.STAFF, 0.9, "x"),),
        ),
        **more,
    )


def take(
    database: Database,
    venue_id: str,
    told: list[StoredEvent],
    hour_at: datetime = FIRST,
    spans: Any = None,
    **videos: dict[str, Any],
) -> None:
    by_id = {f"{venue_id}-{name}": video for name, video in videos.items()}
    with database.transaction() as connection:
        told_hours.replace_told_events(
            SITE, connection, (venue_id, "till", hour_at), told, videos=by_id, spans=spans or {}, at=FIRST
        )


def current(database: Database, venue_id: str) -> list[StoredEvent]:
    with database.reading() as connection:
        return events.list_events(SITE, connection, venue_id=venue_id, ongoing=None)


def linked(database: Database, *ids: str) -> dict[str, Any]:
    with database.reading() as connection:
        return links.links_of_events(SITE, connection, ids)


def test_events_are_replaced_and_those_not_told_any_more_are_superseded(database: Database) -> None:
    shop_id = shop(database)
    first, second = event(shop_id, "a", 1), event(shop_id, "b", 2)
    take(database, shop_id, [first, second], a={"video_url": "https://x/1"})
    assert current(database, shop_id) == [first, second]
    assert linked(database, first.id, second.id) == {first.id: {"video_url": "https://x/1"}}
    longer = replace(second, ended_at=second.ended_at + HOUR, participants=())
    take(database, shop_id, [longer], b={"video_url": "https://x/2"})
    assert current(database, shop_id) == [longer]
    with database.reading() as connection:
        gone = events.get_event(SITE, connection, first.id)
    assert gone is not None
    assert gone.state == "superseded"
    take(database, shop_id, [first, longer])
    assert current(database, shop_id) == [first, longer], "told again, it is current again"
    assert linked(database, first.id, second.id) == {}, "its clip has gone"


def test_an_event_that_moved_to_another_hour_is_there_once_in_either_order(database: Database) -> None:
    for order in ((0, 1), (1, 0)):
        shop_id = shop(database)
        before, after = event(shop_id, "a", 59), event(shop_id, "a", 61)
        take(database, shop_id, [before])
        for place in order:
            take(database, shop_id, [[], [after]][place], FIRST + place * HOUR)
        assert current(database, shop_id) == [after]


def test_the_id_of_an_event_of_another_venue_is_refused(database: Database) -> None:
    here, there = shop(database), shop(database)
    theirs = event(there, "a", 1)
    take(database, there, [theirs])
    with pytest.raises(Conflict, match="event id"):
        take(database, here, [event(here, "b", 1), replace(theirs, venue_id=here, run_id=None)])
    assert current(database, here) == []
    assert current(database, there) == [theirs]


def test_the_run_of_another_venue_is_refused(database: Database) -> None:
    here, there = shop(database), shop(database)
    take(database, there, [event(there, "a", 1)])
    with pytest.raises(Conflict, match="run id"):
        take(database, here, [event(here, "b", 1, run_id=f"{there}-run")])
    assert current(database, here) == []


def test_events_that_no_analysis_found_are_replaced_like_others(database: Database) -> None:
    shop_id = shop(database)
    bare = event(shop_id, "a", 1, run_id=None)
    take(database, shop_id, [bare])
    assert current(database, shop_id) == [bare]
    take(database, shop_id, [])
    assert current(database, shop_id) == []


def test_what_the_centre_itself_found_stays(database: Database) -> None:
    shop_id = shop(database)
    with database.transaction() as connection:
        happened = ServiceEvent(
            kind=EventKind.QUEUE, started_at=FIRST, ended_at=FIRST + HOUR, participants=(), score=1
        )
        replace_run(SITE, connection, own_run(shop_id), [])
        own = events.add_event(
            SITE, connection, venue_id=shop_id, camera_id="till", happened=happened, run_id=f"{shop_id}-own"
        )
    take(database, shop_id, [])
    assert current(database, shop_id) == [own]


def own_run(venue_id: str) -> StoredRun:
    return StoredRun(
        id=f"{venue_id}-own", venue_id=venue_id, camera_id="till", source_name="x.mp4", source_sha256=None,
        recorded_at=FIRST, recorded_until=FIRST + HOUR, recorded_at_source="x", started_at=FIRST,
        finished_at=FIRST, software="x", analysis={}, frames=0, analysed_frames=0, warnings=(), visitors={},
    )  # fmt: skip


def test_the_tracks_of_people_come_grow_and_go(database: Database) -> None:
    shop_id = shop(database)
    run_id = f"{shop_id}-run"
    first, second = event(shop_id, "a", 1), event(shop_id, "b", 61)
    minute = timedelta(minutes=1)
    for span in (None, (FIRST, FIRST + 9 * minute), (FIRST, FIRST + 70 * minute), None):
        spans = {} if span is None else {(run_id, 1): span}
        take(database, shop_id, [first], spans=spans)
        take(database, shop_id, [second], FIRST + HOUR, spans=spans)
        with database.reading() as connection:
            assert told_runs.track_spans(SITE, connection, [first, second]) == spans
            found = get_run(SITE, connection, run_id)
        assert found is not None
        assert (found.recorded_at, found.recorded_until) == (first.started_at, second.ended_at)
        assert found.kind == "edge"


def test_coverage_of_an_hour_is_replaced_and_counted_by_local_hours(database: Database) -> None:
    shop_id = shop(database)
    minutes = [FIRST + timedelta(minutes=number) for number in range(60)]
    beside = {FIRST - timedelta(minutes=1): 7, FIRST + HOUR: 7}
    with database.transaction() as connection:
        coverage.add_coverage(SITE, connection, shop_id, "till", beside)
    for told in (minutes, minutes[10:20], [], minutes[:50]):
        with database.transaction() as connection:
            told_hours.replace_coverage(
                SITE, connection, shop_id, "till", FIRST, {minute: minute.minute + 1 for minute in told}
            )
        with database.reading() as connection:
            found = coverage.coverage_between(SITE, connection, venue_id=shop_id)
            assert {one.minute_at: one.frames_seen for one in found} == beside | {
                minute: minute.minute + 1 for minute in told
            }
            assert recount.differences(SITE, connection, shop_id) == []
