"""After a kill: whole files, closed events, and a camera that goes on as if nothing had been."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from camera_child import CameraChild
from camera_stories import VENUE, open_shop

from sightline.domain.gap import GapReason
from sightline.domain.scope import Scope
from sightline.pipeline.recovery import NUMBERS_KEPT
from sightline.store.alerts import list_alerts
from sightline.store.coverage import coverage_between
from sightline.store.events import list_events
from sightline.store.evidence import list_evidence
from sightline.store.gaps import gaps_between
from sightline.store.recordings import segments_between
from sightline.store.runs import list_runs, list_tracks
from sightline.testing.rtsp_server import RtspServer

Rtsp = Callable[..., RtspServer]
SITE = Scope.site()
EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


@pytest.mark.slow
def test_a_kill_in_the_middle_of_events_costs_a_second_of_footage_and_no_event(
    rtsp: Rtsp, tmp_path: Path
) -> None:
    server = rtsp()
    with open_shop(tmp_path) as database:
        with CameraChild(tmp_path, [server.url()]) as child:
            child.want(cam1=1)
            child.wait(lambda: child.status("cam1").get("analysed", 0) > 0)
            began_at = datetime.fromisoformat((tmp_path / "began_at").read_text())
            time.sleep(max(0.0, (began_at + timedelta(seconds=11) - datetime.now(UTC)).total_seconds()))
            killed_at = datetime.now(UTC)
            child.process.kill()
            child.process.wait()
        with database.reading() as connection:
            (killed,) = list_runs(SITE, connection)
            assert list_events(SITE, connection) == []  # served at this moment, after having waited
            (told,) = list_events(SITE, connection, ongoing=True)
            alone, *_ = list_alerts(SITE, connection, holding=True)
        assert (told.kind, told.run_id, alone.alert_type) == ("unattended", killed.id, "unattended_customer")
        assert killed.finished_at is None
        assert killed.open_since is not None
        assert list((tmp_path / "recordings").rglob("*.part"))

        with CameraChild(tmp_path, [server.url()]) as child:
            child.want(cam1=1)
            child.wait(lambda: child.status("cam1").get("state") == "running")
            child.wait(lambda: child.status("cam1")["recovering"] is False and len(child.said) > 3)
            assert child.close_input() == 0
            assert child.status("cam1") == {}

        with database.reading() as connection:
            first, second = list_runs(SITE, connection)
            events = [one for one in list_events(SITE, connection) if one.run_id == killed.id]
            files = segments_between(SITE, connection, VENUE, "cam1", *EVER)
            not_running, stopped = (one.gap for one in gaps_between(SITE, connection, venue_id=VENUE))
            tracks = list_tracks(SITE, connection, killed.id)
            later = list_tracks(SITE, connection, second.id)
            minutes = coverage_between(SITE, connection, venue_id=VENUE)
            evidence = list_evidence(SITE, connection)
    assert (first.id, first.open_since) == (killed.id, None)
    assert first.finished_at is not None
    assert not list((tmp_path / "recordings").rglob("*.part"))

    before = [file for file in files if file.started_at < killed_at]
    assert killed_at - before[-1].ended_at < timedelta(seconds=1.5)  # and what was on its way
    assert not_running.reason is GapReason.NOT_RUNNING
    assert not_running.started_at == before[-1].ended_at
    assert not_running.ended_at == files[len(before)].started_at
    assert stopped.ended_at is None

    waited, served = sorted(events, key=lambda event: event.started_at)
    assert (waited.kind, served.kind) == ("unattended", "interaction")
    assert waited.id == told.id
    assert abs(waited.started_at - before[0].started_at) < timedelta(seconds=0.3)
    assert abs(before[-1].ended_at - served.ended_at) < timedelta(seconds=0.4)
    assert {(one.event_id, one.stage) for one in evidence} >= {
        (waited.id, "provisional"),
        (waited.id, "final"),
        (served.id, "final"),
    }
    people = {person.track_id for event in events for person in event.participants}
    assert {track.track_id for track in tracks} == people
    assert all(track.track_id > NUMBERS_KEPT for track in later), "no number is given twice"
    assert max(people) <= NUMBERS_KEPT
    assert sum(minute.frames_seen for minute in minutes) == first.analysed_frames + second.analysed_frames
    recorded_s = (before[-1].ended_at - before[0].started_at).total_seconds()
    assert 0 <= first.analysed_frames - recorded_s * 5 <= 7  # what the disk did not have yet was seen


@pytest.mark.slow
def test_a_kill_right_after_the_start_leaves_nothing_open(rtsp: Rtsp, tmp_path: Path) -> None:
    """Several times over: each start finishes what the one before left."""
    server = rtsp()
    with open_shop(tmp_path) as database:
        for pause_s in (0.0, 0.4, 1.3):
            with CameraChild(tmp_path, [server.url()]) as child:
                child.want(cam1=1)
                child.wait(lambda said=child.said: len(said) > 0)
                time.sleep(pause_s)
        with CameraChild(tmp_path, [server.url()]) as child:
            child.want(cam1=1)
            child.wait(lambda: child.status("cam1").get("state") == "running")
            child.wait(lambda: child.status("cam1")["recovering"] is False and len(child.said) > 2)
            assert child.close_input() == 0
        with database.reading() as connection:
            runs = list_runs(SITE, connection)
            files = segments_between(SITE, connection, VENUE, "cam1", *EVER)
            gaps = [one.gap for one in gaps_between(SITE, connection, venue_id=VENUE)]
    assert runs
    assert all(run.finished_at for run in runs)
    assert not list((tmp_path / "recordings").rglob("*.part"))
    named = {file.path for file in files}
    assert named == {
        str(path.relative_to(tmp_path / "recordings")) for path in (tmp_path / "recordings").rglob("*.mp4")
    }
    assert [gap.ended_at is None for gap in gaps] == [False] * (len(gaps) - 1) + [True]
