"""`MetricsCollector` as a foreign program uses it, on a real file."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from sightline.analytics.collector import MetricsCollector
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.store import events, venues
from sightline.store.database import Database
from sightline.store.events import StoredEvent

START = datetime(2025, 10, 25, 10, 55, 36, tzinfo=UTC)
VIDEO = {
    "segment_filename": "segment_8_20251025_105536_interaction_start.mp4",
    "video_url": "https://v.example/8",
}


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[MetricsCollector]:
    with MetricsCollector(tmp_path / "analytics_metrics.json") as collector:
        yield collector


def stored(collector: MetricsCollector) -> list[StoredEvent]:
    with collector.database.reading() as connection:
        return events.list_events(Scope.site(), connection)


def saved(collector: MetricsCollector) -> dict:
    collector.save_metrics()
    return json.loads(collector.metrics_file.read_text())


def video_by_customer(collector: MetricsCollector, kind: str = "interaction") -> dict[int, dict]:
    times = saved(collector)[f"{kind}_metrics"][f"{kind}_times"]
    return {one["customer_id"]: one["video_evidence"] for one in times}


def test_event_is_in_the_database_before_the_file_is_saved(collector: MetricsCollector) -> None:
    event_id = collector.add_interaction_time(100, 200, START, after(30))
    assert [one.id for one in stored(collector)] == [event_id]
    assert not collector.metrics_file.exists()
    assert saved(collector)["interaction_metrics"]["total_interactions"] == 1


def test_every_kind_is_counted_under_its_name(collector: MetricsCollector) -> None:
    collector.add_interaction_time(1, 2, START, after(30))
    collector.add_unattended_time(3, START, after(60))
    collector.add_queue_time(4, START, after(1.005))
    file = saved(collector)
    assert file["queue_metrics"]["queue_times"][0]["queue_duration"] in (1.0, 1.01)
    assert collector.update_daily_summary() == file["daily_summary"]
    assert file["daily_summary"]["2025-10-25"]["unattended_times"]["avg_duration"] == 60.0


def test_what_is_told_twice_even_by_a_new_process_is_one_event(tmp_path: Path) -> None:
    ids = set()
    for _ in range(2):
        with MetricsCollector(tmp_path / "analytics_metrics.json") as collector:
            ids |= {collector.add_interaction_time(1, 2, START, after(30)) for _ in range(2)}
            assert len(stored(collector)) == 1
    assert len(ids) == 1


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(START, id="aware UTC"),
        pytest.param(START.astimezone(timezone(timedelta(hours=-7))), id="aware elsewhere"),
        pytest.param(datetime(2025, 10, 25, 12, 55, 36), id="naive: the venue's clocks"),  # noqa: DTZ001
        pytest.param(START.timestamp(), id="seconds since 1970"),
        pytest.param(int(START.timestamp()), id="whole seconds since 1970"),
    ],
)
def test_all_ways_to_tell_a_time_mean_the_same(tmp_path: Path, start: datetime | float) -> None:
    with MetricsCollector(tmp_path / "m.json", timezone="Europe/Paris") as collector:
        collector.add_queue_time(1, start, after(10))
        assert stored(collector)[0].started_at == START


@pytest.mark.parametrize(
    ("staff", "start", "end", "complaint"),
    [
        pytest.param(1, START, after(-1), "ends .* before it starts", id="end before start"),
        pytest.param(1, "yesterday", START, "'yesterday' is no time; give a datetime", id="words"),
        pytest.param(1, None, START, "None is no time", id="nothing"),
        pytest.param(1, float("nan"), START, "nan is no time", id="not a number"),
        pytest.param(1, 1e300, START, "is no time", id="beyond the calendar"),
        pytest.param("Ann", START, after(1), "track id is a whole number, not 'Ann'", id="a name for an id"),
        pytest.param(1.5, START, after(1), "track id is a whole number, not 1.5", id="a fraction for an id"),
    ],
)
def test_nonsense_is_explained_and_not_stored(collector, staff, start, end, complaint) -> None:
    with pytest.raises(ValueError, match=complaint):
        collector.add_interaction_time(staff, 2, start, end)
    assert stored(collector) == []


def test_link_goes_to_the_one_event_of_these_people(collector: MetricsCollector) -> None:
    collector.add_interaction_time(100, 200, START, after(30))
    collector.add_interaction_time(100, 201, START, after(30))
    assert collector.link_video_evidence_to_interaction(100, 200, VIDEO) is True
    assert video_by_customer(collector) == {200: VIDEO, 201: {}}
    assert collector.link_video_evidence_to_interaction(100, 200, VIDEO) is False, "it has its video"
    assert collector.link_video_evidence_to_interaction(100, 999, VIDEO) is False, "nobody like that"


def test_pair_that_meets_again_links_again(collector: MetricsCollector) -> None:
    for number in range(2):
        collector.add_interaction_time(100, 200, after(number * 100), after(number * 100 + 30))
        video = VIDEO | {"incident_id": str(number)}
        assert collector.link_video_evidence_to_interaction(100, 200, video)
    times = saved(collector)["interaction_metrics"]["interaction_times"]
    assert [one["video_evidence"]["incident_id"] for one in times] == ["0", "1"]


def test_two_events_that_fit_are_no_answer(collector: MetricsCollector) -> None:
    collector.add_unattended_time(300, START, after(60))
    second = collector.add_unattended_time(300, after(100), after(160))
    assert collector.link_video_evidence_to_unattended(300, VIDEO) is False
    assert collector.link_video_evidence_to_unattended(300, VIDEO, event_id=second) is True
    assert collector.link_video_evidence_to_unattended(300, VIDEO | {"incident_id": "1"}) is True, (
        "one is left"
    )
    linked = [one["video_evidence"] for one in saved(collector)["unattended_metrics"]["unattended_times"]]
    assert linked == [VIDEO | {"incident_id": "1"}, VIDEO]


def test_event_id_wins_over_track_ids(collector: MetricsCollector) -> None:
    first = collector.add_interaction_time(100, 200, START, after(30))
    collector.add_interaction_time(100, 201, START, after(30))
    assert collector.link_video_evidence_to_interaction(100, 201, VIDEO, event_id=first)
    assert video_by_customer(collector) == {200: VIDEO, 201: {}}
    replaced = VIDEO | {"incident_id": "the server's"}
    assert collector.link_video_evidence_to_interaction(None, None, replaced, event_id=first)
    assert video_by_customer(collector)[200] == replaced


def test_event_id_of_nothing_of_another_kind_or_another_venue_links_nothing(
    tmp_path: Path, collector: MetricsCollector
) -> None:
    wait = collector.add_unattended_time(300, START, after(60))
    assert not collector.link_video_evidence_to_interaction(1, 2, VIDEO, event_id=wait)
    assert not collector.link_video_evidence_to_interaction(1, 2, VIDEO, event_id="unknown")
    with MetricsCollector(tmp_path / "other.json", database=collector.database, venue_id="other") as other:
        assert not other.link_video_evidence_to_unattended(300, VIDEO, event_id=wait)
    assert video_by_customer(collector, "unattended") == {300: {}}


def test_track_ids_of_an_earlier_recording_are_never_guessed_at(tmp_path: Path) -> None:
    with MetricsCollector(tmp_path / "m.json") as yesterday:
        yesterday.add_interaction_time(1, 2, START, after(30))
    with MetricsCollector(tmp_path / "m.json") as today:
        assert not today.link_video_evidence_to_interaction(1, 2, VIDEO), "track 2 is somebody else today"
        assert video_by_customer(today) == {2: {}}


def test_video_told_with_the_event_needs_no_link(collector: MetricsCollector) -> None:
    collector.add_interaction_time(100, 200, START, after(30), VIDEO)
    assert not collector.link_video_evidence_to_interaction(100, 200, VIDEO)
    assert video_by_customer(collector) == {200: VIDEO}


def test_database_may_be_shared_given_by_path_or_by_address(tmp_path: Path, database: Database) -> None:
    for given in (database, Path(str(database.engine.url.database)), str(database.engine.url)):
        with MetricsCollector(
            tmp_path / "m.json", database=given, venue_id="shop", camera_id="till"
        ) as collector:
            collector.add_queue_time(1, START, after(10))
            assert str(collector.zone) == "Europe/Paris", "the venue's own zone stays"
    with database.reading() as connection:
        assert len(events.list_events(Scope.site(), connection)) == 1
        (camera,) = venues.list_cameras(Scope.site(), connection, "shop")
    assert camera.source_label == "till.mp4", "a known camera is not renamed"


def test_unknown_time_zone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unknown time zone 'Mars/Base'"):
        MetricsCollector(tmp_path / "m.json", timezone="Mars/Base").close()


def test_threads_lose_nothing_of_each_other(collector: MetricsCollector) -> None:
    def tell(staff: int) -> None:
        for number in range(20):
            collector.add_interaction_time(staff, number, after(number), after(number + 5))
            assert collector.link_video_evidence_to_interaction(staff, number, VIDEO)
            if number % 10 == 0:
                collector.save_metrics()

    threads = [threading.Thread(target=tell, args=(staff,)) for staff in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times = saved(collector)["interaction_metrics"]["interaction_times"]
    assert len(times) == 80
    assert all(one["video_evidence"] == VIDEO for one in times)
