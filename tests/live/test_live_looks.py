"""Cameras share one worker for closer looks, which never holds them up, and tell how it goes."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest
from camera_stories import FPS, RULES, VENUE, open_shop, plan
from made_looks import MadeModels, face_on, person, picture

from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.look_wiring import LiveLooks
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.inference import InferencePool
from sightline.pipeline.live_camera import LiveCamera
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.look_worker import LookWorker
from sightline.pipeline.store_writer import StoreWriter
from sightline.store.runs import list_runs
from sightline.testing.detectors import ScriptedDetector
from sightline.testing.rtsp_server import RtspServer
from sightline.tracking.registry import open_tracker
from sightline.vision.looks import POSE
from sightline.wiring import Site

CUSTOMER = person(0, left=300, height=300)
NOBODY = replace(RULES, staff_line=None)


def watched(looks: Any, seconds: float, *, gone_after: float) -> list[WatchReport]:
    """A customer who stands there and then leaves, as a live camera watches them; then everything ends."""
    reports: list[WatchReport] = []
    watch = LiveWatch(rules=NOBODY, tracker=open_tracker, on_report=reports.append, looks=looks)
    detector = ScriptedDetector(
        lambda at_s: [CUSTOMER.box] if at_s < gone_after else [], picture(0).captured_at
    )
    for number in range(round(seconds * FPS)):
        frame = picture(number / FPS)
        watch.take(frame, detector.detect(frame))  # type: ignore[arg-type]
    watch.finish()
    return reports


def test_a_track_that_is_gone_takes_what_was_seen_of_it_along() -> None:
    models = MadeModels(faces=[face_on(CUSTOMER)])
    looks = models.looks(LookWorker(), patient=False, demographics=True, reid=True, poses=True)
    reports = watched(_Settled(looks), 20, gone_after=8)
    (track,) = [track for report in reports for track in report.tracks]
    assert track.looks.gender == "M"
    assert track.looks.template is not None
    assert len(track.looks.bearings) >= 5
    last = track.looks.bearings[-1].at
    assert last <= track.span.ended_at
    assert not looks._known


class _Settled:
    """Looks that are done before the next picture: as on a machine with nothing else to do."""

    def __init__(self, looks: Any) -> None:
        self._looks = looks

    def see(self, *given: Any) -> None:
        self._looks.see(*given)
        self._looks._worker.finish()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._looks, name)


def test_watching_goes_on_while_the_worker_hangs() -> None:
    go = threading.Event()
    models = MadeModels(before=lambda _kind: bool(go.wait(20)))  # type: ignore[arg-type]
    worker = LookWorker(share=0.3, room=4)
    looks = models.looks(worker, patient=False, demographics=True, poses=True)
    began = monotonic()
    reports = watched(looks, 20, gone_after=15)
    assert monotonic() - began < 10
    assert sum(len(report.tracks) for report in reports) == 1
    assert looks.counts.let_go > 0
    assert looks.counts.faces == 0
    go.set()
    looks.finish()


def test_two_cameras_take_no_more_than_one_would() -> None:
    share, each_s = 0.3, 0.02
    worker = LookWorker(share=share, room=4)
    models = MadeModels(before=lambda _kind: sleep(each_s))
    cameras = [models.looks(worker, patient=False, demographics=True) for _ in range(2)]
    began, number = monotonic(), 0
    # A second of it, and as long as it takes a busy machine until both have had their turn.
    while (took := monotonic() - began) < 1.0 or (
        took < 20 and not all(one.counts.busy_s for one in cameras)
    ):
        for looks in cameras:
            looks.see(picture(number / FPS), [person(number * 10 + one) for one in range(3)], ())
        number += 1
        sleep(0.01)
    took = monotonic() - began
    busy_s = [looks.counts.busy_s for looks in cameras]
    assert sum(busy_s) <= share * took + each_s + 0.1  # the last one, and a machine that is slow to wake
    assert all(busy_s)
    assert all(looks.counts.let_go for looks in cameras)
    assert models.threads == {"look"}


def test_the_cameras_of_a_process_share_worker_and_models(tmp_path: Path) -> None:
    site = Site(Settings.model_validate({"behavior": {"enabled": True}}), tmp_path)
    live = LiveLooks(site)
    one, other = live("shop/till"), live("shop/door")
    assert one._worker is other._worker  # type: ignore[union-attr]
    assert one._site is other._site is site.looks  # type: ignore[union-attr]
    assert one._worker._time.share == 0.3  # type: ignore[union-attr]


@pytest.mark.slow
def test_a_camera_tells_how_its_looks_go_and_its_run_what_is_off(
    rtsp: Callable[..., RtspServer], tmp_path: Path
) -> None:
    address = rtsp().url()
    models = MadeModels(missing=(POSE,))
    looks = models.looks(LookWorker(share=0.3), patient=False, demographics=True, poses=True)
    with open_shop(tmp_path) as database:
        pool, writer = InferencePool(1), StoreWriter(database)
        settings = replace(
            plan(tmp_path, "cam1", lambda: address),
            looks=lambda: looks,
            rules=NOBODY,
            detector=lambda: ScriptedDetector(lambda _: [(150, 20, 230, 230)]),
        )
        camera = LiveCamera(settings, database=database, pool=pool, book=CameraBook(writer, VENUE, "cam1"))
        camera.start()
        until = monotonic() + 20
        while camera.status()["looks"]["faces_looked_at"] < 1:
            assert monotonic() < until, camera.status()
            sleep(0.05)
        told = camera.status()["looks"]
        assert (told["faces"], told["known_again"]) == ("on", "off")
        assert told["poses"] == f"how people behave is not looked at: no model of the kind {POSE!r} is here"
        assert set(told) >= {"poses_looked_at", "let_go", "failed", "busy_s", "share"}
        assert camera.stop()
        pool.close()
        assert writer.close() == 0
        with database.reading() as connection:
            (run,) = list_runs(Scope.site(), connection)
    assert told["poses"] in run.warnings
    assert run.analysis["looks"]["face detector"] == "made face detector"
