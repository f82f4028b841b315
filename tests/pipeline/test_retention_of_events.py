"""Events and visits go when their days are over; what remains is as it was, and equals a recount."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from evidence_site import CAMERA, EVENTS, OPENING, SCOPE, VENUE, SmallSite, at, problems, write_video
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from old_days import (
    DAYS,
    MIDNIGHT,
    NAMES,
    NOW,
    PARIS,
    SITE,
    add,
    put_run,
    retention,
    rows_of,
    run_out,
    settle,
)
from sqlalchemy import select

from sightline.domain.local_time import local_day
from sightline.domain.stay import Stay
from sightline.domain.visit import StaySpan, visits_of
from sightline.evidence import holding
from sightline.evidence.local_copies import LocalCopies
from sightline.pipeline.event_retention import EventRetention, oldest_kept
from sightline.store import edge_hours, ledger, venues
from sightline.store import evidence as evidence_store
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.edge_tables import edge_hour
from sightline.store.old_visits import remove_old_visits
from sightline.store.recount import differences
from sightline.store.visitor_tables import hour_rollup, label_rollup, stay, visitor, visitor_day
from sightline.store.visitors import get_visitor

both = pytest.mark.parametrize("database", ["sqlite", "postgres"], indirect=True)
"""For what is said to the database; the rest is tried on SQLite."""


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = sqlite_url(tmp_path / "s.db")
    if getattr(request, "param", "sqlite") == "postgres":
        url = str(request.getfixturevalue("postgres_url"))
    with open_database(url) as database:
        yield database


stay_lists = st.lists(
    st.builds(
        Stay,
        pseudo_id=st.sampled_from(["ann", "bob"]),
        # Minutes around midnight that make gaps of 30 minutes, of more, and visits over midnight.
        at=st.sampled_from([-3000, -1500, -61, -60, -30, -1, 0, 1, 30, 31, 200, 1600]).map(
            lambda minutes: MIDNIGHT + timedelta(minutes=minutes)
        ),
        dwell=st.sampled_from([0, 1, 30, 59, 400]).map(lambda minutes: timedelta(minutes=minutes)),
        zone=st.sampled_from(["door", "till"]),
        camera_id=st.sampled_from(["", "c1"]),
        event_id=st.none() | st.sampled_from(["e1", "e2", "e3"]),
        age_bracket=st.sampled_from([None, "20-29", "60+"]),
        is_repeat=st.sampled_from([False, False, True]),
        engagement_score=st.none() | st.sampled_from([0.0, 50.0, 99.5]),
        posture=st.sampled_from([None, "upright"]),
        lasting=st.booleans(),
    ),
    min_size=6,
    max_size=14,
)


@both
def test_old_visits_go_and_the_days_that_remain_are_counted_as_before(database: Database) -> None:
    """SQLite is searched further: the statements are the same."""
    examples = 40 if database.engine.dialect.name == "sqlite" else 10

    @settings(
        deadline=None,
        derandomize=True,
        max_examples=examples,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(stay_lists, st.sampled_from([1, 3, 100]))
    def told(story: list[Stay], limit: int) -> None:
        venue_id = next(NAMES)
        add(database, venue_id, story)
        there, figures = stored(database, venue_id), figures_since(database, venue_id)
        gone = 0
        while True:
            with database.transaction() as connection:
                rows = remove_old_visits(SITE, connection, venue_id, MIDNIGHT, limit=limit)
            with database.reading() as connection:
                assert differences(SITE, connection, venue_id) == []
            if not rows:
                break
            gone += rows
        assert stored(database, venue_id) == [one for one in there if one in still_due(there)]
        assert gone == len(there) - len(still_due(there))
        assert figures_since(database, venue_id) == figures

    told()


def stored(database: Database, venue_id: str) -> list[tuple[str, datetime, int, bytes]]:
    query = select(visitor.c.pseudo_id, stay.c.at, stay.c.dwell_ms, stay.c.key).join(
        visitor, visitor.c.id == stay.c.visitor_id
    )
    with database.reading() as connection:
        found = connection.execute(query.where(stay.c.venue_id == venue_id)).all()
    return sorted(tuple(row) for row in found)


def still_due(there: list[tuple[str, datetime, int, bytes]]) -> list[tuple[str, datetime, int, bytes]]:
    """Stays of visits that had not ended by midnight, by the definition of a visit."""
    kept = []
    for who in {one[0] for one in there}:
        theirs = [one for one in there if one[0] == who]
        spans = [StaySpan(at=at, dwell=timedelta(milliseconds=ms), marked=False) for _, at, ms, _ in theirs]
        late = [one for one in visits_of(spans) if one.ended_at >= MIDNIGHT]
        kept += [one for one in theirs if any(v.started_at <= one[1] <= v.ended_at for v in late)]
    return kept


def figures_since(database: Database, venue_id: str) -> dict[str, list[Any]]:
    """What the figures of the remaining days are made of."""
    today = local_day(MIDNIGHT, PARIS)
    counted = [
        visitor_day.c[name]
        for name in ("day", "visitor_id", "stays", "visits", "dwell_ms", "returns", "returned")
    ]
    found = {}
    with database.reading() as connection:
        days = select(*counted).where(visitor_day.c.venue_id == venue_id, visitor_day.c.day >= today)
        found["days"] = sorted(connection.execute(days).all())
        for table in (hour_rollup, label_rollup):
            hours = select(table).where(table.c.venue_id == venue_id, table.c.hour_at >= MIDNIGHT)
            found[table.name] = sorted(connection.execute(hours).all(), key=repr)
    return found


def test_somebody_known_stays_known_and_who_came_long_ago_only_is_forgotten(database: Database) -> None:
    venue_id = next(NAMES)
    monday = MIDNIGHT - timedelta(hours=30)
    visits = [monday, MIDNIGHT + timedelta(hours=9), MIDNIGHT + timedelta(hours=12)]
    add(database, venue_id, [Stay(pseudo_id="ann", at=at, zone="door") for at in visits])
    add(database, venue_id, [Stay(pseudo_id="bob", at=monday, zone="door")])
    run_out(retention(database))
    with database.reading() as connection:
        ann = get_visitor(SITE, connection, venue_id, "ann")
        assert ann is not None
        assert (ann.first_at, ann.visits) == (visits[1], 2)
        assert get_visitor(SITE, connection, venue_id, "bob") is None
        marks = connection.execute(
            select(stay.c.is_repeat).where(stay.c.venue_id == venue_id).order_by(stay.c.at)
        )
        assert marks.scalars().all() == [True, False], "the first visit that is left was a return"
    later = retention(database)
    assert later.run() == 0


def test_days_are_the_venues_own() -> None:
    """Afternoon in Paris is the next day in Auckland."""
    now = NOW + timedelta(hours=4)
    found = {zone: oldest_kept(now, zone, DAYS) for zone in ("Europe/Paris", "Pacific/Auckland")}
    assert found["Europe/Paris"] == MIDNIGHT
    assert found["Pacific/Auckland"] == datetime(2026, 10, 25, 11, 0, tzinfo=UTC)


AGED = {
    "coverage", "coverage_hour", "camera_gap", "run", "track", "event", "stay", "visit", "visitor_day",
    "hour_rollup", "told_hour",
}  # fmt: skip
"""Tables with two days that go and two that stay."""


@both
def test_each_table_loses_its_old_days_and_nothing_else(database: Database, rich: str) -> None:
    before = rows_of(database, rich)
    run_out(retention(database))
    after = rows_of(database, rich)
    assert before.keys() == after.keys() == AGED | {"camera", "visitor"}
    for name in AGED:
        lost = [row for row in before[name] if row not in after[name]]
        assert len(after[name]) == len(before[name]) // 2, name
        if name in ("stay", "visit", "visitor_day"):  # the first that is left is marked as a return
            assert len(lost) == len(before[name]) // 2 + 1
        else:
            assert len(lost) == len(before[name]) // 2, name
    assert before["camera"] == after["camera"]
    with database.reading() as connection:
        assert differences(SITE, connection, rich) == []


@both
def test_of_an_analysis_that_goes_on_for_days_the_old_tracks_go(database: Database) -> None:
    venue_id = next(NAMES)
    add(database, venue_id, [])
    with database.transaction() as connection:
        venues.ensure_camera(SITE, connection, venue_id, "c1", source_label="x")
        put_run(connection, f"{venue_id}-long", venue_id, MIDNIGHT - timedelta(hours=9), NOW)
    run_out(retention(database))
    found = rows_of(database, venue_id)
    assert len(found["run"]) == 1
    assert [row["track_id"] for row in found["track"]] == [2]


@both
def test_a_box_forgets_what_it_told_and_tells_its_centre_nothing_of_it(database: Database, rich: str) -> None:
    with database.transaction() as connection:
        edge_hours.set_up_centre(SITE, connection, rich, "centre", at=NOW)
        connection.execute(edge_hour.update().values(sent_version=edge_hour.c.version))
        # What the centre has not heard for so long is over, too.
        late = edge_hour.c.hour_at == MIDNIGHT - timedelta(hours=12)
        connection.execute(edge_hour.update().where(late).values(version=7))
    run_out(retention(database))
    with database.reading() as connection:
        hours = connection.execute(select(edge_hour).where(edge_hour.c.venue_id == rich)).all()
    assert hours
    assert all(row.hour_at >= MIDNIGHT and row.version == row.sent_version for row in hours)


@pytest.fixture
def rich(database: Database) -> str:
    return settle(database)


@pytest.fixture
def with_clips(tmp_path: Path) -> Iterator[SmallSite]:
    """Three events with sealed clips."""
    write_video(tmp_path / "till.mp4")
    site = SmallSite.open(tmp_path / "data")
    site.record(tmp_path / "till.mp4")
    site.conclude(*EVENTS)
    site.seal()
    yield site
    site.database.close()


def test_an_event_stays_as_long_as_its_clip_and_the_ledger_for_ever(with_clips: SmallSite) -> None:
    site, later = with_clips, OPENING + timedelta(days=500)
    with site.database.reading() as connection:
        held, *_ = evidence_store.list_evidence(SCOPE, connection)
    holding.hold(site.database, SCOPE, held.id, by="police", reason="x", at=at(200))
    copies = LocalCopies(
        site.database, segments_dir=site.segments_dir, keep=timedelta(days=30), keep_local=True,
        actor="test", clock=lambda: later,
    )  # fmt: skip
    of = EventRetention(site.database, keep_days=400, clock=lambda: later)
    assert len(rows_of(site.database, VENUE)["event"]) == 3
    run_out(of)
    assert len(rows_of(site.database, VENUE)["event"]) == 3, "their clips are there still"
    assert copies.run() == 2
    run_out(EventRetention(site.database, keep_days=400, clock=lambda: later))
    left = rows_of(site.database, VENUE)
    assert [row["id"] for row in left["event"]] == [held.event_id]
    assert [row["id"] for row in left["evidence"]] == [held.id]
    assert "run" not in left
    site.sealer().seal_all(VENUE, CAMERA)
    assert problems(site.verify()) == [], "tombstones say where the others are"
    holding.release(site.database, SCOPE, held.id, by="police", at=later)
    assert copies.run() == 1
    with site.database.reading() as connection:
        before = ledger.chain(SCOPE, connection, VENUE)
    run_out(EventRetention(site.database, keep_days=400, clock=lambda: later))
    site.sealer().seal_all(VENUE, CAMERA)
    left = rows_of(site.database, VENUE)
    assert not {"event", "evidence", "evidence_part"} & left.keys()
    assert problems(site.verify()) == []
    with site.database.reading() as connection:
        assert [one.id for one in ledger.chain(SCOPE, connection, VENUE)][: len(list(before))]


def test_the_hour_of_a_visit_that_goes_is_not_marked_for_the_centre(database: Database) -> None:
    """Whichever way it goes: eve's last visit lasts over midnight, and stays."""
    venue_id = next(NAMES)
    hours = {"ann": (-20, 9), "bob": (-20,), "eve": (-20, -0.2)}
    add(
        database,
        venue_id,
        [
            Stay(pseudo_id=who, at=MIDNIGHT + timedelta(hours=one), zone="x", dwell=timedelta(minutes=20))
            for who, theirs in hours.items()
            for one in theirs
        ],
    )
    with database.transaction() as connection:
        edge_hours.set_up_centre(SITE, connection, venue_id, "centre", at=NOW)
        connection.execute(edge_hour.delete())
        assert remove_old_visits(SITE, connection, venue_id, MIDNIGHT, limit=100) == 3
        assert connection.execute(select(edge_hour)).all() == []


@both
def test_who_never_leaves_is_cut_at_midnight_once_a_day_is_full(database: Database) -> None:
    """Or a name that a sender gives to everybody would be kept for ever."""
    venue_id = next(NAMES)
    half = timedelta(minutes=30)
    add(
        database, venue_id, [Stay(pseudo_id="all", at=MIDNIGHT + n * half, zone="x") for n in range(-150, 50)]
    )
    run_out(retention(database))
    left = stored(database, venue_id)
    assert [one[1] for one in left] == [MIDNIGHT + n * half for n in range(50)]
    with database.reading() as connection:
        assert differences(SITE, connection, venue_id) == []
