"""What is kept up stay by stay equals what a recount makes of all of them, whatever comes, goes and moves."""

from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store import recount, stays, venues
from sightline.store.database import Database

SITE = Scope.site()
NIGHT_BEFORE = datetime(2026, 10, 24, 20, 0, tzinfo=UTC)
"""Clocks in Europe go back at 01:00 UTC of the next day."""
VENUES = (f"v{number}" for number in count())

stay_lists = st.lists(
    st.builds(
        Stay,
        pseudo_id=st.sampled_from(["ann", "bob", "eve"]),
        # Minutes that make gaps of just 30 minutes, just above, and stays at the same moment.
        at=st.sampled_from([0, 1, 10, 30, 31, 40, 61, 70, 240, 300, 301, 330, 1500]).map(
            lambda minutes: NIGHT_BEFORE + timedelta(minutes=minutes)
        ),
        dwell=st.sampled_from([0, 1, 30, 60, 400]).map(lambda minutes: timedelta(minutes=minutes)),
        zone=st.sampled_from(["door", "till"]),
        camera_id=st.sampled_from(["", "c1"]),
        run_id=st.sampled_from([None, "first", "second"]),
        event_id=st.none() | st.sampled_from(["e1", "e2", "e3"]),
        age_bracket=st.sampled_from([None, "20-29", "60+"]),
        gender=st.sampled_from([None, "F", "M"]),
        is_repeat=st.sampled_from([False, False, False, True]),
        track_frames=st.none() | st.integers(1, 90),
        detection_conf=st.none() | st.floats(0, 1),
        engagement_score=st.none() | st.sampled_from([0.0, 49.9, 50.0, 70.0, 99.123456789]),
        body_orientation=st.none() | st.sampled_from([-1.0, -0.3, 0.0, 0.3, 0.31]),
        behavior_type=st.sampled_from([None, "browsing"]),
        posture=st.sampled_from([None, "upright"]),
        lasting=st.booleans(),
    ),
    max_size=8,
)
changes = st.one_of(
    stay_lists,
    stay_lists,
    stay_lists,
    st.sampled_from(["erase ann", "erase bob", "remove first", "remove till 300", "zone America/St_Johns"]),
)


def apply(database: Database, venue_id: str, change: list[Stay] | str) -> None:
    with database.transaction() as connection:
        match change.split() if isinstance(change, str) else change:
            case ["erase", pseudo_id]:
                stays.erase_visitor(SITE, connection, venue_id, pseudo_id)
            case ["remove", "first"]:
                stays.remove_stays(SITE, connection, venue_id=venue_id, run_ids=["first"])
            case ["remove", "till", minutes]:
                start = NIGHT_BEFORE + timedelta(minutes=1)
                end = NIGHT_BEFORE + timedelta(minutes=int(minutes))
                stays.remove_stays(SITE, connection, venue_id=venue_id, camera_id="c1", start=start, end=end)
            case ["zone", name]:
                venues.ensure_venue(SITE, connection, venue_id, timezone=name)
            case told:
                stays.add_stays(SITE, connection, venue_id, told)


def test_rollups_equal_a_recount_after_every_change(database: Database) -> None:
    """SQLite is searched further: the statements are the same, but for how rows are handed over."""
    on_sqlite = database.engine.dialect.name == "sqlite"

    @settings(
        deadline=None,
        derandomize=True,
        max_examples=60 if on_sqlite else 15,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(st.lists(changes, min_size=1, max_size=6))
    def told(story: list[list[Stay] | str]) -> None:
        assert_recounted_after_each(database, story)

    told()


def assert_recounted_after_each(database: Database, story: list[list[Stay] | str]) -> None:
    venue_id = next(VENUES)
    with database.transaction() as connection:
        venues.ensure_venue(SITE, connection, venue_id, timezone="Europe/Paris")
    for change in story:
        apply(database, venue_id, change)
        with database.reading() as connection:
            assert recount.differences(SITE, connection, venue_id) == []
