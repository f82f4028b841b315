"""A real camera process over RTSP: recorded whole, watched, and undisturbed by what happens to others."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep

import pytest
from camera_child import CameraChild
from camera_stories import FPS, RULES, VENUE, open_shop, plan, who_is_there

from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.errors import ModelError
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.inference import InferencePool
from sightline.pipeline.live_camera import LiveCamera
from sightline.pipeline.loop import watch_footage
from sightline.pipeline.store_writer import StoreWriter
from sightline.store.alerts import StoredAlert, list_alerts
from sightline.store.coverage import coverage_between
from sightline.store.database import Database
from sightline.store.events import StoredEvent, list_events
from sightline.store.gaps import gaps_between
from sightline.store.recordings import segments_between
from sightline.store.runs import list_runs
from sightline.store.status import list_status
from sightline.testing.detectors import ScriptedDetector
from sightline.testing.rtsp_server import RtspServer, TestPicture
from sightline.tracking.registry import open_tracker
from sightline.video.replay import read_footage
from sightline.vision.late import LateDetector

Rtsp = Callable[..., RtspServer]
SITE = Scope.site()
EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


def segments(database: Database, camera: str = "cam1") -> list[RecordedSegment]:
    with database.reading() as connection:
        return segments_between(SITE, connection, VENUE, camera, *EVER)


def gaps(database: Database, camera: str = "cam1") -> list[Gap]:
    with database.reading() as connection:
        return [one.gap for one in gaps_between(SITE, connection, venue_id=VENUE, camera_id=camera)]


def events(database: Database) -> list[StoredEvent]:
    with database.reading() as connection:
        return list_events(SITE, connection)


def running(child: CameraChild, *cameras: str) -> Callable[[], bool]:
    return lambda: all(
        child.status(camera).get("state") == "running" and child.status(camera)["analysed"] > 3
        for camera in cameras
    )


@pytest.mark.slow
def test_events_of_a_live_camera_are_those_of_its_recording(rtsp: Rtsp, tmp_path: Path) -> None:
    """Through a camera that is gone for a while; rule and invariant 1."""
    server = rtsp()
    with open_shop(tmp_path) as database, CameraChild(tmp_path, [server.url()]) as child:
        child.want(cam1=1)
        child.wait(running(child, "cam1"))
        child.wait(lambda: child.status("cam1")["analysed"] >= 16 * FPS, 30)
        server.kill()
        child.wait(lambda: child.status("cam1")["state"] == "gap")
        server.start()
        child.wait(lambda: child.status("cam1")["state"] == "running")
        child.wait(lambda: child.status("cam1")["events"] >= 2)
        last = child.status("cam1")
        assert child.close_input() == 0
        assert child.said[-1] == {"alive": False, "unsaved": 0, "cameras": {}}

        files = segments(database)
        assert sum(file.frames for file in files) >= last["recorded_packets"] == last["packets"]
        assert not list((tmp_path / "recordings").rglob("*.part"))
        outage, *rest = gaps(database)
        assert outage.reason in (GapReason.ENDED, GapReason.UNREACHABLE)
        assert outage.ended_at is not None
        assert [gap.reason for gap in rest] == [GapReason.NOT_RUNNING]
        assert abs(rest[0].started_at - files[-1].ended_at) < timedelta(seconds=0.5)
        in_the_gap = [file for file in files if outage.started_at < file.started_at < outage.ended_at]
        assert in_the_gap == []

        began_at = datetime.fromisoformat((tmp_path / "began_at").read_text())
        with database.reading() as connection:
            (run,) = list_runs(SITE, connection)
            seen = sum(one.frames_seen for one in coverage_between(SITE, connection, venue_id=VENUE))
            (status,) = list_status(SITE, connection)
        again = watch_footage(
            detected_ahead(
                read_footage(files, tmp_path / "recordings", analysis_fps=FPS, end=run.recorded_until),
                ScriptedDetector(who_is_there, began_at),
            ),
            tracker=open_tracker(),
            rules=RULES,
            tracks_file=io.StringIO(),
            on_frame=lambda _: None,
        )
        assert seen == run.analysed_frames == again.analysed_frames
        assert times([(event.kind, event.started_at, event.ended_at) for event in events(database)]) == times(
            [(event.kind, event.started_at, event.ended_at) for event in again.events]
        )
        assert (run.open_since, run.finished_at is None) == (None, False)
        assert 0 < last["latency_p95_s"] < 30
        assert json.loads(json.dumps(dict(status.status)))["width"] == 320


def times(rows: list[tuple[str, datetime, datetime]]) -> list[tuple[str, float, float]]:
    """To a tenth of a millisecond: a file's clock is rounded once more."""
    return sorted((kind, round(a.timestamp(), 4), round(b.timestamp(), 4)) for kind, a, b in rows)


@pytest.mark.slow
def test_adding_changing_and_removing_a_camera_disturbs_no_other(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp({"/one": TestPicture(), "/two": TestPicture()})
    with (
        open_shop(tmp_path, ["cam1", "cam2"]) as database,
        CameraChild(tmp_path, [server.url("/one"), server.url("/two")]) as child,
    ):
        child.want(cam1=1)
        child.wait(running(child, "cam1"))
        child.want(cam1=1, cam2=1)
        child.wait(running(child, "cam1", "cam2"))
        child.want(cam1=1, cam2=2)
        child.wait(lambda: child.status("cam2").get("gaps") == 1)
        child.wait(running(child, "cam2"))
        child.want(cam1=1)
        child.wait(lambda: not child.status("cam2"))
        child.wait(lambda: child.status("cam1")["analysed"] > 4.5 * FPS)
        assert child.close_input() == 0
        assert "unattended" in {event.kind for event in events(database) if event.camera_id == "cam1"}
        assert [gap.reason for gap in gaps(database, "cam1")] == [GapReason.NOT_RUNNING]
        # On a machine that has much to do it may have lost its camera for a moment besides.
        changed, removed = (gap for gap in gaps(database, "cam2") if gap.reason is GapReason.REMOVED)
        assert changed.ended_at is not None
        assert removed.ended_at is None
        with database.reading() as connection:
            runs = list_runs(SITE, connection, camera_id="cam2")
        assert len(runs) == 2
        assert all(run.finished_at for run in runs)


@pytest.mark.slow
def test_a_refused_password_alerts_at_once_and_is_nowhere_to_be_read(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp(user="viewer", password="right")
    address = f"rtsp://viewer:wr0ng-secret@127.0.0.1:{server.port}/camera"
    with open_shop(tmp_path) as database, CameraChild(tmp_path, [address]) as child:
        child.want(cam1=1)
        child.wait(lambda: child.status("cam1").get("detail"))

        def alerts() -> list[str]:
            with database.reading() as connection:
                return [alert.alert_type for alert in list_alerts(SITE, connection)]

        child.wait(lambda: alerts() == ["camera_unauthorized"])
        assert child.status("cam1")["state"] == "starting"
        assert child.close_input() == 0
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert b"wr0ng-secret" not in file.read_bytes(), file.name
    assert "wr0ng-secret" not in json.dumps(child.said)


@pytest.mark.slow
def test_a_camera_that_another_process_has_is_told_of_and_tried_again(rtsp: Rtsp, tmp_path: Path) -> None:
    server = rtsp()
    address = server.url()
    with (
        open_shop(tmp_path),
        CameraChild(tmp_path, [address]) as first,
        CameraChild(tmp_path, [address]) as second,
    ):
        first.want(cam1=1)
        first.wait(running(first, "cam1"))
        second.want(cam1=1)
        second.wait(lambda: second.status("cam1").get("state") == "failed")
        assert "another process" in second.status("cam1")["detail"]
        assert first.close_input() == 0
        second.wait(running(second, "cam1"))
        assert second.close_input() == 0


@pytest.mark.slow
def test_without_its_model_a_camera_is_recorded_and_later_analysed(rtsp: Rtsp, tmp_path: Path) -> None:
    found: list[ScriptedDetector] = []

    def open_model() -> ScriptedDetector:
        if not found:
            raise ModelError("the model is damaged")
        return found[0]

    late = LateDetector("yolox_nano", ModelError("the model is damaged"), open_model)
    address = rtsp().url()
    with open_shop(tmp_path) as database:
        pool, writer = InferencePool(1), StoreWriter(database)
        settings = replace(plan(tmp_path, "cam1", lambda: address), detector=lambda: late)
        camera = LiveCamera(settings, database=database, pool=pool, book=CameraBook(writer, VENUE, "cam1"))
        camera.start()

        def told(holding: bool) -> bool:
            camera.tick()
            writer.flush(5)
            with database.reading() as connection:
                return bool(list_alerts(SITE, connection, holding=holding))

        wait_for(lambda: told(holding=True) and camera.status()["packets"] > 15)
        assert camera.status()["analysed"] == 0
        assert camera.status()["state"] == "running"
        found.append(ScriptedDetector(who_is_there, datetime.now(UTC)))
        late._try_at = 0.0  # a minute later
        wait_for(lambda: camera.status()["analysed"] > 0 and told(holding=False))
        assert camera.stop()
        pool.close()
        assert writer.close() == 0
        (alert,) = list_of_alerts(database)
        assert (alert.alert_type, alert.message) == ("analysis_failing", "the model is damaged")
        assert sum(file.frames for file in segments(database)) > 15


def list_of_alerts(database: Database) -> list[StoredAlert]:
    with database.reading() as connection:
        return list_alerts(SITE, connection)


def wait_for(done: Callable[[], bool], within_s: float = 20) -> None:
    until = monotonic() + within_s
    while not done():
        assert monotonic() < until, "not in time"
        sleep(0.2)
