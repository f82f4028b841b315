"""Service: every figure against a plain recount of random events, on both databases."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import service_oracle as oracle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.analytics.service import ServiceFigures
from sightline.domain.event import EventKind, Participant, Role
from sightline.domain.scope import Scope
from sightline.store.coverage import add_coverage
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.events import StoredEvent, write_events
from sightline.store.runs import StoredRun, StoredTrack, replace_run
from sightline.store.venues import ensure_camera, ensure_venue

SITE = Scope.site()
CLOCKS = [
    ("Europe/Paris", "2026-10-25"),
    ("Europe/Paris", "2026-03-29"),
    ("America/St_Johns", "2026-11-01"),
    ("UTC", "2026-02-28"),
]
NUMBERS = count()
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
EVERYTHING: dict[str, Any] = {"days": 7, "to": None, "limit": 500, "offset": 0}
STORIES = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    if request.param == "sqlite":
        url = sqlite_url(tmp_path_factory.mktemp("service") / "sightline.db")
    else:
        url = request.getfixturevalue("postgres_server").fresh()
    with open_database(url) as opened:
        yield opened


def new_venue(database: Database, zone: str = "UTC") -> str:
    venue_id = f"venue_{next(NUMBERS)}"
    with database.transaction() as connection:
        ensure_venue(SITE, connection, venue_id, timezone=zone)
        for camera_id in ("till", "door"):
            ensure_camera(SITE, connection, venue_id, camera_id, source_label=f"{camera_id}.mp4")
    return venue_id


def tell(database: Database, venue_id: str, story: oracle.Story) -> None:
    """Store a story: its events, and a run with its tracks for each that has some."""
    with database.transaction() as connection:
        write_events(SITE, connection, story.events)
        for number, (run, camera_id) in enumerate(oracle.CAMERA_OF_RUN.items()):
            seen = {track: span for (of, track), span in story.tracks.items() if of == run}
            recorded_at = NOON + timedelta(days=number)
            stored = StoredRun(
                id=f"{venue_id}_{run}",
                venue_id=venue_id,
                camera_id=camera_id,
                source_name=run,
                source_sha256=None,
                recorded_at=recorded_at,
                recorded_until=recorded_at + timedelta(hours=1),
                recorded_at_source="option",
                started_at=NOON,
                finished_at=NOON,
                software="test",
                analysis={},
                frames=1,
                analysed_frames=1,
                warnings=(),
                visitors={},
            )
            tracks = [
                StoredTrack(
                    track_id=track,
                    first_at=first,
                    last_at=last,
                    frames=1,
                    role=Role.UNKNOWN,
                    role_confidence=0.0,
                    role_reason="",
                )
                for track, (first, last) in seen.items()
            ]
            replace_run(SITE, connection, stored, tracks)


def figures(database: Database) -> ServiceFigures:
    return ServiceFigures(database, lambda: NOON)


def asked(database: Database, venue_id: str, scope: Scope = SITE, **parts: Any) -> dict[str, Any]:
    return figures(database).service(scope, venue_id, **(EVERYTHING | parts)).document


@STORIES
@given(data=st.data(), clock=st.sampled_from(CLOCKS), days=st.integers(1, 4))
def test_all_figures_equal_a_recount_of_the_events(
    database: Database, data: st.DataObject, clock: tuple[str, str], days: int
) -> None:
    zone, changed_on = clock
    venue_id, to = new_venue(database, zone), date.fromisoformat(changed_on)
    # An hour before, within, and after the change of the clock, and around midnights.
    around = datetime.combine(to, datetime.min.time(), UTC) + timedelta(hours=data.draw(st.integers(-3, 7)))
    story = data.draw(oracle.stories(around, venue_id))
    tell(database, venue_id, story)

    answer = figures(database).service(SITE, venue_id, days=days, to=to, limit=500, offset=0)
    rows = answer.document.pop("rows")

    counted = oracle.counted(story.events, zone, days, to)
    expected = oracle.service(counted, story.tracks, zone)
    assert answer.document == {"venue_id": venue_id, "period": f"Last {days} days"} | expected
    newest_first = sorted(counted, key=lambda one: (one.started_at, one.id), reverse=True)
    assert answer.events == len(counted)
    assert [datetime.fromisoformat(row["start"]) for row in rows] == [one.started_at for one in newest_first]
    assert {row["event_id"] for row in rows} == {one.id for one in counted}


def event(
    venue_id: str, kind: EventKind, since: float, until: float, *people: Participant, **more: Any
) -> StoredEvent:
    """A concluded event of run_a, `since` and `until` in seconds after noon of 31 May."""
    noon = NOON - timedelta(days=1)
    plain: dict[str, Any] = {
        "id": f"event_{next(NUMBERS)}", "venue_id": venue_id, "camera_id": "till",
        "run_id": f"{venue_id}_run_a", "kind": kind, "started_at": noon + timedelta(seconds=since),
        "ended_at": noon + timedelta(seconds=until), "confirmed_at": None, "score": 0.5, "details": {},
        "state": "current", "created_at": noon, "participants": people,
    }  # fmt: skip
    return StoredEvent(**(plain | more))


def staff(track: int = 1) -> Participant:
    return Participant(track, Role.STAFF, 1.0, "drawn")


def customer(track: int) -> Participant:
    return Participant(track, Role.CUSTOMER, 1.0, "drawn")


def told(database: Database, events: Sequence[StoredEvent], tracks: oracle.Tracks | None = None) -> None:
    tell(database, events[0].venue_id, oracle.Story(list(events), tracks or {}))


def test_wait_counts_from_being_first_alone_and_not_from_being_first_seen(database: Database) -> None:
    venue_id = new_venue(database)
    told(
        database,
        [
            event(venue_id, EventKind.UNATTENDED, 100, 160, customer(5)),
            event(venue_id, EventKind.INTERACTION, 160, 200, staff(), customer(5)),
            # Alone again later: that is not the wait for the first attention.
            event(venue_id, EventKind.UNATTENDED, 300, 900, customer(5)),
            event(venue_id, EventKind.INTERACTION, 900, 950, staff(), customer(5)),
        ],
        {("run_a", 5): (NOON - timedelta(days=1), NOON)},
    )
    first = asked(database, venue_id)["time_to_first_attention_s"]
    assert first == {"count": 1, "p50": 60.0, "p90": 60.0}


def test_who_was_served_at_once_waited_since_being_first_seen(database: Database) -> None:
    venue_id = new_venue(database)
    seen = NOON - timedelta(days=1) + timedelta(seconds=40)
    told(
        database,
        [
            event(venue_id, EventKind.INTERACTION, 52.5, 80, staff(), customer(5)),
            # Never served: a customer, but nobody's first attention.
            event(venue_id, EventKind.UNATTENDED, 50, 150, customer(6)),
        ],
        {("run_a", 5): (seen, NOON), ("run_a", 6): (seen, NOON)},
    )
    answer = asked(database, venue_id)
    assert answer["time_to_first_attention_s"] == {"count": 1, "p50": 12.5, "p90": 12.5}
    assert answer["customers"] == {"served": 1, "unattended_or_served": 2}
    assert answer["share_served_percent"] == 50.0


def test_the_same_track_number_of_another_recording_is_another_customer(database: Database) -> None:
    venue_id = new_venue(database)
    told(
        database,
        [
            event(venue_id, EventKind.INTERACTION, 0, 10, staff(), customer(5)),
            event(venue_id, EventKind.UNATTENDED, 0, 60, customer(5), run_id=f"{venue_id}_run_b"),
            event(
                venue_id,
                EventKind.UNATTENDED,
                0,
                60,
                customer(5),
                run_id=f"{venue_id}_run_c",
                camera_id="door",
            ),
        ],
    )
    assert asked(database, venue_id)["customers"] == {"served": 1, "unattended_or_served": 3}


def test_who_is_alone_only_after_being_served_waited_since_being_first_seen(database: Database) -> None:
    venue_id = new_venue(database)
    told(
        database,
        [
            event(venue_id, EventKind.INTERACTION, 30, 40, staff(), customer(5)),
            event(venue_id, EventKind.UNATTENDED, 40, 100, customer(5)),
        ],
        {("run_a", 5): (NOON - timedelta(days=1), NOON)},
    )
    assert asked(database, venue_id)["time_to_first_attention_s"] == {"count": 1, "p50": 30.0, "p90": 30.0}


def test_number_that_another_program_told_means_the_same_person_on_one_day_only(database: Database) -> None:
    venue_id = new_venue(database)
    day = 86_400
    told(
        database,
        [
            event(venue_id, EventKind.UNATTENDED, since, since + 60, customer(5), run_id=None)
            for since in (-day, 0, 600)
        ],
    )
    assert asked(database, venue_id)["customers"] == {"served": 0, "unattended_or_served": 2}


def test_serving_two_customers_at_once_keeps_one_person_busy_once(database: Database) -> None:
    venue_id = new_venue(database)
    told(
        database,
        [
            event(venue_id, EventKind.INTERACTION, 0, 100, staff(), customer(5)),
            event(venue_id, EventKind.INTERACTION, 20, 40, staff(), customer(6)),
            event(venue_id, EventKind.INTERACTION, 90, 130, staff(), customer(3)),
            event(venue_id, EventKind.INTERACTION, 200, 210, staff(2), customer(3)),
        ],
        {("run_a", 1): (NOON - timedelta(days=1), NOON - timedelta(days=1) + timedelta(seconds=260))},
    )
    one, other = asked(database, venue_id)["staff"]
    assert (one["staff_id"], one["interactions"], one["share_percent"]) == (1, 3, 75.0)
    assert (one["busy_s"], one["busy_percent"]) == (130.0, 50.0)
    assert (other["staff_id"], other["busy_s"], other["busy_percent"]) == (2, 10.0, None)


def test_hour_that_no_camera_saw_is_unknown(database: Database) -> None:
    venue_id = new_venue(database)
    told(database, [event(venue_id, EventKind.QUEUE, 0, 30, customer(5), details={"line_length": 3})])
    with database.transaction() as connection:
        add_coverage(SITE, connection, venue_id, "till", {NOON - timedelta(hours=2): 10})
    hours = asked(database, venue_id)["by_hour"]
    assert [hours[10][name] for name in ("interactions", "unattended", "queues")] == [0, 0, 0]
    assert [hours[12][name] for name in ("interactions", "unattended", "queues")] == [0, 0, 1]
    assert [hours[3][name] for name in ("interactions", "unattended", "queues")] == [None] * 3


def test_details_that_another_program_spelt_oddly_are_left_out_of_the_line(database: Database) -> None:
    venue_id = new_venue(database)
    odd: list[dict[str, Any]] = [{"line_length": "many"}, {"line_length": None}, {"line_length": 2.5}, {}]
    plain = [{"line_length": 2}, {"line_length": 4}]
    told(
        database,
        [
            event(venue_id, EventKind.QUEUE, number, 60, customer(5), details=d)
            for number, d in enumerate(odd + plain)
        ],
    )
    queues = asked(database, venue_id)["queues"]
    assert (queues["count"], queues["mean_length"], queues["longest_line"]) == (6, 3.0, 4)


def test_pages_of_rows_join_without_a_gap_whatever_their_size(database: Database) -> None:
    venue_id = new_venue(database)
    told(database, [event(venue_id, EventKind.QUEUE, number // 2, 60, customer(5)) for number in range(7)])
    whole = [row["event_id"] for row in asked(database, venue_id)["rows"]]
    pages = [asked(database, venue_id, limit=3, offset=offset)["rows"] for offset in (0, 3, 6, 9)]
    assert [row["event_id"] for page in pages for row in page] == whole
    assert [len(page) for page in pages] == [3, 3, 1, 0]


def test_window_begins_and_ends_with_local_midnight(database: Database) -> None:
    venue_id = new_venue(database, "Asia/Kathmandu")
    midnights = [datetime(2026, 5, day, tzinfo=ZoneInfo("Asia/Kathmandu")) for day in (20, 22)]
    first, after = ((at.astimezone(UTC) - (NOON - timedelta(days=1))).total_seconds() for at in midnights)
    told(
        database,
        [
            event(venue_id, EventKind.QUEUE, since, since + 60, customer(5), id=f"{venue_id}_{name}")
            for name, since in {
                "before": first - 1,
                "first": first,
                "last": after - 1,
                "after": after,
            }.items()
        ],
    )
    answer = asked(database, venue_id, days=2, to=date(2026, 5, 21))
    assert [row["event_id"] for row in answer["rows"]] == [f"{venue_id}_last", f"{venue_id}_first"]
    assert {one["hour"]: one["queues"] for one in answer["by_hour"] if one["queues"]} == {0: 1, 23: 1}


def test_nobody_sees_the_events_of_another_venue(database: Database) -> None:
    venue_id, other = new_venue(database), new_venue(database)
    told(database, [event(venue_id, EventKind.INTERACTION, 0, 10, staff(), customer(5))])
    answer = figures(database).service(Scope.of(other), venue_id, **EVERYTHING)
    assert answer.events == 0
    assert answer.document["rows"] == answer.document["staff"] == []
    assert answer.document["customers"] == {"served": 0, "unattended_or_served": 0}
