"""`analytics_metrics.json` 1.1: letter for letter, and every number against an independent calculation."""

import json
import resource
import statistics
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sightline.analytics.collector import MetricsCollector
from sightline.analytics.metrics_file import metrics_text, write_metrics_file
from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.errors import ConfigError, DiskFull, StoreError
from sightline.store import claims, events, evidence, tables
from sightline.store.clips import ClipRule
from sightline.store.database import Database

SITE = Scope.site()
PARIS = ZoneInfo("Europe/Paris")
GOLDEN = Path(__file__).parent / "metrics_golden.json"
VIDEO = {
    "segment_filename": "segment_8_20251025_113052_interaction_start.mp4",
    "uploaded_filename": "stored_8.mp4",
    "video_url": "https://videos.example/stored_8.mp4",
    "incident_id": "incident_1",
    "upload_timestamp": "2025-10-25 11:31:30",
}


def document(database: Database, **options: Any) -> dict[str, Any]:
    now = datetime(2025, 10, 25, 11, 0, tzinfo=UTC)
    text = metrics_text(database, venue_id="shop", segments_dir=Path("/clips"), now=now, **options)
    parsed: dict[str, Any] = json.loads("".join(text))
    return parsed


def test_file_is_the_contracts_letter_for_letter(tmp_path: Path) -> None:
    file = tmp_path / "analytics_metrics.json"
    clock = lambda: datetime(2025, 10, 25, 11, 0, tzinfo=UTC)  # noqa: E731
    with MetricsCollector(file, timezone="Europe/Paris", clock=clock) as collector:
        start = datetime(2025, 10, 25, 10, 55, 36, tzinfo=UTC)
        collector.add_interaction_time(100, 200, start, start + timedelta(seconds=30), VIDEO)
        wait = datetime(2025, 10, 25, 13, 10)  # noqa: DTZ001  the venue's clocks are what is tested
        collector.add_unattended_time(300, wait, wait + timedelta(seconds=60))
        morning = datetime(2025, 10, 26, 8, 0, tzinfo=UTC).timestamp()
        collector.add_unattended_time(301, morning, morning + 33.333)
        collector.save_metrics()
    assert file.read_text() == GOLDEN.read_text()


def test_venue_without_events_has_zeros_here_and_empty_lists(database: Database) -> None:
    found = document(database)
    assert found["interaction_metrics"] == {
        "interaction_times": [],
        "min_interaction_time": 0,
        "max_interaction_time": 0,
        "avg_interaction_time": 0,
        "total_interactions": 0,
    }
    assert found["daily_summary"] == found["hourly_breakdown"] == {}


def event_of(kind: EventKind, start: datetime, length: timedelta, number: int) -> ServiceEvent:
    people = [Participant(500 + number, Role.CUSTOMER, 1.0, "drawn")]
    if kind is EventKind.INTERACTION:
        people.insert(0, Participant(number, Role.STAFF, 1.0, "drawn"))
    return ServiceEvent(
        kind=kind, started_at=start, ended_at=start + length, participants=tuple(people), score=0.5
    )


SPELLING = {
    EventKind.INTERACTION: ("interaction", "total_interactions", "interactions"),
    EventKind.UNATTENDED: ("unattended", "total_unattended_events", "unattended_times"),
    EventKind.QUEUE: ("queue", "total_queue_events", "queue_times"),
}
around_the_clock_change = st.integers(0, 60 * 60 * 72).map(
    lambda second: datetime(2025, 10, 25, 0, 0, tzinfo=UTC) + timedelta(seconds=second)
)
drawn_events = st.lists(
    st.tuples(st.sampled_from(list(EventKind)), around_the_clock_change, st.integers(0, 4_000_000_000)),
    max_size=25,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn_events)
def test_every_number_is_that_of_a_plain_calculation(
    database: Database, drawn: list[tuple[EventKind, datetime, int]]
) -> None:
    with database.transaction() as connection:
        for table in (tables.event_participant, tables.event):
            connection.execute(table.delete())
        for number, (kind, start, length_us) in enumerate(drawn):
            happened = event_of(kind, start, timedelta(microseconds=length_us), number)
            events.add_event(SITE, connection, venue_id="shop", camera_id="till", happened=happened)
    found = document(database)

    days: Any = defaultdict(lambda: defaultdict(list))
    hours: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for kind, (word, total, summary) in SPELLING.items():
        mine = sorted((start, us / 1e6) for one, start, us in drawn if one is kind)
        metrics = found[f"{word}_metrics"]
        lengths = [seconds for _, seconds in mine]
        assert metrics[total] == len(mine)
        assert [one[f"{word}_start"] for one in metrics[f"{word}_times"]] == [local(s) for s, _ in mine]
        close(metrics[f"min_{word}_time"], min(lengths, default=0))
        close(metrics[f"max_{word}_time"], max(lengths, default=0))
        close(metrics[f"avg_{word}_time"], statistics.fmean(lengths) if lengths else 0)
        for start, seconds in mine:
            days[local(start)[:10]][summary].append(seconds)
            hours[local(start)[:10]][local(start)[:13] + ":00:00"][summary].append(seconds)
    assert found["daily_summary"].keys() == days.keys()
    assert list(found["daily_summary"]) == sorted(days)
    for day, kinds in found["daily_summary"].items():
        for summary, numbers in kinds.items():
            if numbers == {}:
                assert summary not in days[day]
                continue
            lengths = days[day][summary]
            assert numbers["count"] == len(lengths)
            close(numbers["avg_duration"], statistics.fmean(lengths))
            close(numbers["min_duration"], min(lengths))
            close(numbers["max_duration"], max(lengths))
    shape = {day: {hour: set(kinds) for hour, kinds in per_hour.items()} for day, per_hour in hours.items()}
    assert {
        day: {hour: set(kinds) for hour, kinds in per_hour.items()}
        for day, per_hour in found["hourly_breakdown"].items()
    } == shape
    for day, per_hour in found["hourly_breakdown"].items():
        for hour, kinds in per_hour.items():
            for summary, numbers in kinds.items():
                assert numbers["count"] == len(hours[day][hour][summary])
                close(numbers["avg_duration"], statistics.fmean(hours[day][hour][summary]))


def local(at: datetime) -> str:
    return at.astimezone(PARIS).strftime("%Y-%m-%d %H:%M:%S")


def close(found: float, expected: float) -> None:
    assert found == pytest.approx(expected, abs=0.0050001)
    assert round(found, 2) == found


def test_day_of_the_clock_change_is_one_day_of_25_hours(database: Database) -> None:
    """In the night to 26 October 2025 Paris shows 02:30 twice: at 00:30 and at 01:30 UTC."""
    starts = [datetime(2025, 10, 25, 21, 59, tzinfo=UTC), datetime(2025, 10, 25, 22, 0, tzinfo=UTC)]
    starts += [datetime(2025, 10, 26, hour, 30, tzinfo=UTC) for hour in (0, 1, 22)]
    starts += [datetime(2025, 10, 26, 23, 0, tzinfo=UTC)]
    with database.transaction() as connection:
        for number, start in enumerate(starts):
            happened = event_of(EventKind.QUEUE, start, timedelta(hours=1, seconds=1), number)
            events.add_event(SITE, connection, venue_id="shop", camera_id="till", happened=happened)
    found = document(database)
    counts = {day: kinds["queue_times"]["count"] for day, kinds in found["daily_summary"].items()}
    assert counts == {"2025-10-25": 1, "2025-10-26": 4, "2025-10-27": 1}
    twice = found["hourly_breakdown"]["2025-10-26"]["2025-10-26 02:00:00"]
    assert twice == {"queue_times": {"count": 2, "avg_duration": 3601.0}}
    durations = {one["queue_duration"] for one in found["queue_metrics"]["queue_times"]}
    assert durations == {3601.0}, "a duration is real time, whatever the clocks show"


def test_every_finished_event_says_where_its_video_is(database: Database) -> None:
    start = datetime(2025, 10, 25, 10, 0, tzinfo=UTC)
    footage = (start - timedelta(hours=1), start + timedelta(hours=1))
    with database.transaction() as connection:
        made = []
        for number, offset in enumerate((0, 100, 200, 5000)):
            happened = event_of(
                EventKind.INTERACTION, start + timedelta(seconds=offset), timedelta(seconds=30), number
            )
            one = events.add_event(SITE, connection, venue_id="shop", camera_id="till", happened=happened)
            made.append(claims.want_evidence(SITE, connection, one, rule=ClipRule(), footage=footage))
        evidence.seal_evidence(
            SITE,
            connection,
            made[0].id,
            manifest="{}",
            manifest_sha256="",
            signature="",
            key_id="",
            sealed_at=datetime(2025, 10, 25, 10, 31, 30, tzinfo=UTC),
            parts=made[0].parts,
        )
        evidence.mark_missing(SITE, connection, made[2].id, failure="a gap")
    sealed, pending, missing, none = (
        one["video_evidence"] for one in document(database)["interaction_metrics"]["interaction_times"]
    )
    name = "segment_1_20251025_095955_interaction_start.mp4"
    assert list(sealed.items()) == [
        ("segment_filename", name),
        ("uploaded_filename", name),
        ("video_url", f"file:///clips/shop/till/{name}"),
        ("incident_id", made[0].incident_id),
        ("upload_timestamp", "2025-10-25 12:31:30"),
    ]
    assert list(pending) == ["segment_filename", "video_url"]
    assert missing == none == {}


def test_superseded_events_and_other_venues_are_not_in_the_file(database: Database) -> None:
    start = datetime(2025, 10, 25, 10, 0, tzinfo=UTC)
    with database.transaction() as connection:
        happened = event_of(EventKind.QUEUE, start, timedelta(seconds=9), 1)
        events.add_event(SITE, connection, venue_id="shop", camera_id="till", happened=happened)
        connection.execute(tables.event.update().values(state="superseded"))
    assert document(database)["queue_metrics"]["total_queue_events"] == 0
    with pytest.raises(StoreError, match="no venue 'shop'"):
        document(database, scope=Scope.of("other"))


def write(path: Path, database: Database, hour: int = 11) -> None:
    now = datetime(2025, 10, 25, hour, 0, tzinfo=UTC)
    write_metrics_file(path, database, venue_id="shop", segments_dir=Path("/clips"), now=now)


def test_time_of_the_first_writing_stays(tmp_path: Path, database: Database) -> None:
    path = tmp_path / "out" / "analytics_metrics.json"
    for hour in (11, 12):
        write(path, database, hour)
    assert json.loads(path.read_text())["metadata"] == {
        "version": "1.1",
        "created_at": "2025-10-25 13:00:00",
        "last_updated": "2025-10-25 14:00:00",
        "timezone": "Europe/Paris",
    }


@pytest.mark.parametrize("content", [b"", b"\xff\xfe garbage", b'{"metadata": {"version"'])
def test_unreadable_older_file_is_replaced_from_the_database(
    tmp_path: Path, database: Database, content: bytes
) -> None:
    path = tmp_path / "analytics_metrics.json"
    path.write_bytes(content)
    write(path, database)
    assert json.loads(path.read_text())["metadata"]["created_at"] == "2025-10-25 13:00:00"


def test_full_disk_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, database: Database) -> None:
    path = tmp_path / "out" / "analytics_metrics.json"
    write(path, database)
    before = path.read_bytes()
    with database.transaction() as connection:
        for number in range(50):
            happened = event_of(EventKind.QUEUE, datetime(2025, 10, 25, tzinfo=UTC), timedelta(9), number)
            events.add_event(SITE, connection, venue_id="shop", camera_id="till", happened=happened)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(DiskFull, match="no space left"):
            write(path, database)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_folder_that_cannot_be_is_a_wrong_setting(tmp_path: Path, database: Database) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        write(tmp_path / "file" / "analytics_metrics.json", database)
