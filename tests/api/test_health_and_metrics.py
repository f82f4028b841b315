"""What a monitoring system is told, checked against what was put into the database."""

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from api_server import Server, running
from prometheus_client.parser import text_string_to_metric_families

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.errors import StoreError
from sightline.logs import set_up_logs
from sightline.pipeline.site_state import SiteState, read_site_state
from sightline.store.alerts import clear_alert, raise_alert
from sightline.store.cameras import TYPED, put_camera
from sightline.store.claims import want_evidence
from sightline.store.clips import ClipRule
from sightline.store.database import Database
from sightline.store.events import add_event
from sightline.store.gaps import open_gap
from sightline.store.recordings import put_segments
from sightline.store.status import put_status

SITE = Scope.site()
STATUS = {
    "state": "running",
    "detail": "",
    "fps_in": 14.9,
    "packets": 12_345,
    "bytes": 6_789_000,
    "recorded_packets": 12_340,
    "recorded_bytes": 6_780_000,
    "decoded": 4_000,
    "analysed": 3_900,
    "repeated": 3_000,
    "dropped": 17,
    "late": 2,
    "inferred": 900,
    "failed": 1,
    "inference_s": 33.25,
    "lag_s": 0.12,
    "recording": "on",
    "gaps": 3,
    "gap_s": 41.5,
    "events": 9,
    "latency_p50_s": 0.4,
    "latency_p95_s": 1.25,
    "latency_max_s": 2.5,
    "latency_count": 9,
    "looks": {
        "faces": "on",
        "known_again": "off",
        "poses": "nobody's pose",
        "faces_looked_at": 40,
        "poses_looked_at": 7,
        "let_go": 5,
        "failed": 2,
        "busy_s": 1.5,
        "share": 0.1,
    },
}


def watch(database: Database, camera: str, *, at: datetime | None = None, **changed: Any) -> None:
    """`camera` is to run, and said how it is at `at`."""
    with database.transaction() as connection:
        settings = {"id": camera, "source": "rtsp://***@10.0.0.5/"}
        now = datetime.now(UTC)
        put_camera(
            SITE, connection, venue_id="shop", camera_id=camera, settings=settings, origin=TYPED, at=now
        )
        put_status(SITE, connection, "shop", camera, {**STATUS, **changed}, at=at or now)


def figures(answer: httpx.Response) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample by name and labels, read by Prometheus' own parser."""
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def of(camera: str, **more: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"venue": "shop", "camera": camera, **more}.items()))


def test_a_site_without_cameras_is_healthy(server: Server) -> None:
    answer = server.get("/health")
    assert answer.status_code == 200
    document = answer.json()
    assert document["status"] == "healthy"
    assert set(document["checks"]) == {"database", "disk", "outbox", "cameras"}
    assert document["checks"]["cameras"]["total"] == 0
    assert abs(datetime.fromisoformat(document["timestamp"]) - datetime.now(UTC)) < timedelta(seconds=10)


def test_a_camera_without_pictures_degrades_and_is_named_with_its_state(
    server: Server, database: Database
) -> None:
    watch(database, "till")
    assert server.get("/health").json()["status"] == "healthy"
    watch(database, "door", state="gap")
    document = server.get("/health").json()
    assert document["status"] == "degraded"
    assert document["checks"]["cameras"]["down"] == {"shop/door": "gap"}
    assert document["checks"]["cameras"]["up"] == 1


def test_a_camera_that_has_said_nothing_for_long_is_not_running_whatever_it_said_last(
    server: Server, database: Database
) -> None:
    watch(database, "till", at=datetime.now(UTC) - timedelta(minutes=1))
    assert server.get("/health").json()["checks"]["cameras"]["down"] == {"shop/till": "not_running"}


def test_a_database_that_cannot_be_read_is_told_without_saying_why(tmp_path: Path) -> None:
    def broken() -> Database:
        raise StoreError("/somewhere/secret.db: database disk image is malformed")

    with running(lambda: read_site_state(broken, tmp_path)) as server:
        document = server.get("/health").json()
        text = server.get("/metrics").text
    assert document["status"] == "degraded"
    assert document["checks"]["database"]["status"] == "degraded"
    assert document["checks"]["cameras"]["status"] == "unknown"
    assert "malformed" not in json.dumps(document)
    assert "secret.db" not in json.dumps(document)
    assert "sightline_database_up 0.0" in text


def test_every_figure_of_a_camera_is_the_one_it_told(server: Server, database: Database) -> None:
    watch(database, "till")
    found = figures(server.get("/metrics"))
    assert found["sightline_camera_up", of("till")] == 1
    assert found["sightline_camera_fps", of("till")] == 14.9
    assert found["sightline_camera_packets_total", of("till")] == 12_345
    assert found["sightline_camera_received_bytes_total", of("till")] == 6_789_000
    assert found["sightline_camera_recorded_packets_total", of("till")] == 12_340
    assert found["sightline_camera_inference_seconds_total", of("till")] == 33.25
    assert found["sightline_camera_lag_seconds", of("till")] == 0.12
    assert found["sightline_camera_recording", of("till")] == 1
    assert found["sightline_camera_gaps_total", of("till")] == 3
    assert found["sightline_camera_gap_seconds_total", of("till")] == 41.5
    pictures = {"decoded": 4_000, "analysed": 3_900, "inferred": 900, "repeated": 3_000, "dropped": 17}
    pictures |= {"late": 2, "failed": 1}
    for what, count in pictures.items():
        assert found["sightline_camera_pictures_total", of("till", what=what)] == count
    for what, count in {"faces": 40, "poses": 7, "let_go": 5, "failed": 2}.items():
        assert found["sightline_camera_looks_total", of("till", what=what)] == count
    assert found["sightline_camera_looks_seconds_total", of("till")] == 1.5
    for quantile, latency in {"0.5": 0.4, "0.95": 1.25, "1": 2.5}.items():
        assert found["sightline_camera_event_latency_seconds", of("till", quantile=quantile)] == latency


def test_people_over_a_line_are_counted_each_way_staff_included(server: Server, database: Database) -> None:
    door = {"name": "door", "in": 7, "out": 5, "staff_in": 2, "staff_out": 1}
    watch(database, "till", lines=[door])
    watch(database, "older")
    found = figures(server.get("/metrics"))
    people = {labels: value for (name, labels), value in found.items() if name.endswith("line_people_total")}
    assert people == {of("till", line="door", way="in"): 9, of("till", line="door", way="out"): 6}


def test_a_figure_that_is_not_known_is_left_out_and_not_zero(server: Server, database: Database) -> None:
    watch(database, "till", latency_p95_s=None, fps_in=None, looks=None)
    found = figures(server.get("/metrics"))
    assert not any(name.startswith("sightline_camera_looks") for name, _ in found)
    assert ("sightline_camera_fps", of("till")) not in found
    assert ("sightline_camera_event_latency_seconds", of("till", quantile="0.95")) not in found
    assert found["sightline_camera_event_latency_seconds", of("till", quantile="0.5")] == 0.4


def test_gaps_footage_alerts_and_wanted_clips_are_counted_from_the_database(
    server: Server, database: Database
) -> None:
    watch(database, "till", state="gap", recording="paused")
    now = datetime.now(UTC)
    start = now - timedelta(seconds=90)
    with database.transaction() as connection:
        lost = Gap(started_at=start, ended_at=None, reason=GapReason.UNREACHABLE)
        open_gap(SITE, connection, "shop", "till", lost)
        parts = [segment(f"shop/till/{number}.mp4", start, 1_000 * (number + 1)) for number in range(3)]
        put_segments(SITE, connection, "shop", "till", parts)
        for subject, kind in (("till", "camera_lost"), ("door", "camera_lost"), ("", "disk_low")):
            raise_alert(
                SITE,
                connection,
                venue_id="shop",
                alert_type=kind,
                subject=subject,
                severity="warning",
                title="",
                message="",
                at=now,
            )
        clear_alert(SITE, connection, venue_id="shop", alert_type="camera_lost", subject="door", at=now)
        event = add_event(SITE, connection, venue_id="shop", camera_id="till", happened=waited(start))
        want_evidence(SITE, connection, event, rule=ClipRule(), footage=(start, now))
    found = figures(server.get("/metrics"))
    assert found["sightline_camera_up", of("till")] == 0
    assert found["sightline_camera_recording", of("till")] == 0
    assert 90 <= found["sightline_camera_gap_open_seconds", of("till")] < 100
    assert found["sightline_recording_bytes", of("till")] == 6_000
    assert found["sightline_alerts_open", (("alert_type", "camera_lost"), ("venue", "shop"))] == 1
    assert found["sightline_alerts_open", (("alert_type", "disk_low"), ("venue", "shop"))] == 1
    assert found["sightline_evidence_wanted", (("venue", "shop"),)] == 1


def test_a_camera_that_is_only_known_from_recordings_is_no_camera_to_watch(server: Server) -> None:
    assert not [name for name, _ in figures(server.get("/metrics")) if name.startswith("sightline_camera")]


FOREIGN = {
    "another name for this address": {"Host": "evil.example"},
    "a name that begins like ours": {"Host": "localhost.evil.example"},
    "an address of the network": {"Host": "192.168.1.10:8000"},
    "a page of another origin": {"Origin": "https://evil.example"},
    "a page of no origin": {"Origin": "null"},
    "a page on another port": {"Origin": "http://127.0.0.1:9"},
    "a proxy": {"X-Forwarded-For": "127.0.0.1"},
    "a proxy by the standard": {"Forwarded": "for=127.0.0.1"},
    "a tunnel": {"Cf-Connecting-Ip": "203.0.113.9"},
    "a proxy that only says it is there": {"Via": "1.1 somewhere"},
    "a proxy that tells the host only": {"X-Forwarded-Host": "localhost"},
}


@pytest.mark.parametrize("path", ["/health", "/metrics", "/nowhere"])
@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
def test_local_mode_refuses_what_did_not_begin_here(
    still: Server, path: str, headers: dict[str, str]
) -> None:
    answer = still.get(path, headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"] == "application/problem+json"
    assert "local mode" in answer.json()["detail"]
    assert answer.json()["title"] == "Forbidden"
    assert answer.headers["x-request-id"] == answer.json()["request_id"]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "127.0.0.1", "127.8.9.1", "[::1]"])
def test_local_mode_answers_every_name_of_this_machine(still: Server, host: str) -> None:
    name = f"{host}:{still.port}"
    assert still.get("/health", headers={"Host": name}).status_code == 200
    same = {"Host": name, "Origin": f"http://{name.lower()}"}
    assert still.get("/health", headers=same).status_code == 200


def test_an_unknown_path_is_told_as_a_problem(still: Server) -> None:
    answer = still.get("/nowhere?password=hunter2")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 404
    assert answer.json()["detail"] == "Not Found"
    assert "hunter2" not in answer.text


def test_pages_that_would_load_from_elsewhere_are_not_there(still: Server) -> None:
    assert "//" not in still.get("/docs").text.replace("<!DOCTYPE html>", "")
    assert still.get("/redoc").status_code == 404


@pytest.fixture
def log() -> Iterator[StringIO]:
    """What the program would write to its log."""
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    written = StringIO()
    set_up_logs(as_json=True, stream=written)
    yield written
    structlog.reset_defaults()
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)


def test_a_fault_of_ours_tells_its_id_and_nothing_else_while_the_log_has_the_rest(log: StringIO) -> None:
    def fails() -> SiteState:
        raise RuntimeError("no way to rtsp://user:s3cret@10.0.0.5/")

    with running(fails) as server:
        answer = server.get("/health", headers={"X-Request-ID": "from-my-log_1"})
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "from-my-log_1"
    assert "no way" not in answer.text
    assert "RuntimeError" not in answer.text
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (failure,) = [line for line in lines if line.get("request_id") == "from-my-log_1"]
    assert "no way" in failure["exception"]
    assert "s3cret" not in log.getvalue()


def test_an_id_that_is_not_short_and_plain_is_replaced(still: Server) -> None:
    answer = still.get("/health", headers={"X-Request-ID": "x" * 65})
    assert len(answer.headers["x-request-id"]) == 32


@pytest.fixture(scope="module")
def still() -> Any:
    """A server whose site never changes, for all tests that look at requests only."""
    state = SiteState(
        at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        database_works=True,
        cameras=(),
        alerts_open={},
        evidence_wanted={},
        disk_free_bytes=10**11,
        disk_total_bytes=10**12,
    )
    with running(lambda: state) as server:
        yield server


def segment(path: str, start: datetime, size: int) -> RecordedSegment:
    end = start + timedelta(seconds=10)
    return RecordedSegment(
        path=path, started_at=start, ended_at=end, zero_at=start, codec="h264", frames=150, size_bytes=size
    )


def waited(start: datetime) -> ServiceEvent:
    return ServiceEvent(
        kind=EventKind.UNATTENDED,
        started_at=start,
        ended_at=start + timedelta(seconds=40),
        participants=(Participant(3, Role.CUSTOMER, 0.8, "in front of the line"),),
        score=0.5,
    )
