"""Clips of a live camera are sealed from the file that is still being recorded; none is given up early."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from evidence_site import CAMERA, OPENING, SCOPE, VENUE, SmallSite, a_run, at, write_video

from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.evidence import sealing
from sightline.evidence.sealing import EvidenceSealer, SealingResult
from sightline.store import claims, gaps, live, recordings, venues
from sightline.store import evidence as evidence_store
from sightline.store.evidence import StoredEvidence
from sightline.video.recorder import Recorder
from sightline.video.timeline import CaptureClock


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("till") / "till.mp4"
    write_video(path)
    return path


class LiveSite:
    """A site whose one camera is recorded while the test goes on, in files of ten seconds.

    Attributes:
        told: finished files, of which `tell` makes rows; done by itself while `tells` is True.
        now: the wall clock.
    """

    def __init__(self, data_dir: Path, video: Path) -> None:
        self.site = SmallSite.open(data_dir)
        self.told: list[RecordedSegment] = []
        self.tells = True
        self.now = OPENING
        self._steps = self._recording(video)
        with self.site.database.transaction() as connection:
            venues.ensure_venue(SCOPE, connection, VENUE)
            venues.ensure_camera(SCOPE, connection, VENUE, CAMERA, source_label="till")
            run = replace(
                a_run("live-1"),
                kind="live",
                finished_at=None,
                started_at=OPENING,
                recorded_at=OPENING,
                recorded_until=OPENING,
            )
            live.begin_run(SCOPE, connection, run)

    @property
    def recordings(self) -> Path:
        return self.site.data_dir / "recordings"

    def record_until(self, second: float) -> None:
        """Record up to the picture taken at this second; the clock goes with it."""
        while (self.now - OPENING).total_seconds() < second:
            next(self._steps)

    def stop_recording(self) -> None:
        self._steps.close()  # type: ignore[attr-defined]

    def tell(self) -> None:
        with self.site.database.transaction() as connection:
            recordings.put_segments(SCOPE, connection, VENUE, CAMERA, self.told)

    def want(self, start: float, end: float) -> StoredEvidence:
        with self.site.database.transaction() as connection:
            return claims.want_clip(
                SCOPE,
                connection,
                venue_id=VENUE,
                camera_id=CAMERA,
                wanted_from=at(start),
                wanted_until=at(end),
                at=at(end),
            )

    def ripe(self) -> list[str]:
        with self.site.database.reading() as connection:
            return [one.id for one in evidence_store.ripe_evidence(SCOPE, connection, now=self.now)]

    def seal(self) -> list[SealingResult]:
        """What the worker does in one round."""
        ripe = self.ripe()
        return self.sealer().seal_all(VENUE, CAMERA, only=ripe, clean_up=False) if ripe else []

    def sealer(self) -> EvidenceSealer:
        return EvidenceSealer(
            self.site.database,
            SCOPE,
            recordings_dir=self.recordings,
            segments_dir=self.site.segments_dir,
            signer=self.site.signer(),
            software="sightline test",
            clock=lambda: self.now,
        )

    def state(self, evidence: StoredEvidence) -> str:
        with self.site.database.reading() as connection:
            found = evidence_store.get_evidence(SCOPE, connection, evidence.id)
        return found.state if found is not None else "gone"

    def gap(self, second: float) -> int:
        gap = Gap(started_at=at(second), ended_at=None, reason=GapReason.STALLED)
        with self.site.database.transaction() as connection:
            return gaps.open_gap(SCOPE, connection, VENUE, CAMERA, gap)

    def _recording(self, video: Path) -> Iterator[None]:
        recorder = Recorder(
            self.recordings, name=f"{VENUE}/{CAMERA}", segment_s=10, on_segment=self._finished
        )
        with av.open(str(video)) as container, recorder:
            stream = container.streams.video[0]
            time_base = stream.time_base or Fraction(1)
            clock = CaptureClock(recorded_at=OPENING, first_pts=stream.start_time or 0, time_base=time_base)
            recorder.begin(stream, clock)
            for packet in [packet for packet in container.demux(stream) if packet.size]:
                taken_at = clock.at(packet.dts or 0)
                recorder.write(packet)
                self.now = max(self.now, taken_at)
                yield

    def _finished(self, segment: RecordedSegment) -> None:
        self.told.append(segment)
        if self.tells:
            self.tell()


@pytest.fixture
def camera(tmp_path: Path, till: Path) -> Iterator[LiveSite]:
    site = LiveSite(tmp_path / "data", till)
    yield site
    site.stop_recording()
    site.site.database.close()


def pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_clip_is_sealed_long_before_its_file_is_finished(camera: LiveSite, till: Path) -> None:
    camera.record_until(14)
    wanted = camera.want(3, 14)
    assert camera.seal() == []
    sealed_at = None
    while sealed_at is None:
        camera.record_until((camera.now - OPENING).total_seconds() + 0.1)
        if camera.seal():
            sealed_at = camera.now
    assert sealed_at - at(14) <= timedelta(seconds=1.8)
    assert camera.state(wanted) == "sealed"
    assert len(camera.told) == 1, "the file that holds the end of the clip is still being recorded"
    assert camera.site.verify().clean

    (clip,) = camera.site.clips.iterdir()
    source, cut = pictures(till), pictures(clip)
    first = source.index(cut[0])
    assert cut == source[first : first + len(cut)]
    assert first <= 30
    assert first + len(cut) == 140


def test_clip_whose_end_is_not_on_the_disk_yet_stays_wanted(camera: LiveSite) -> None:
    """The camera stands still without a gap being noticed: nothing is missing, it is looked at again."""
    camera.record_until(12)
    wanted = camera.want(3, 14)
    for second in (15.4, 15.6, 20, 30, 43.9):
        camera.now = at(second)
        assert (camera.ripe() == [wanted.id]) == (second >= 15.5)
        assert camera.seal() == []
        assert camera.state(wanted) == "wanted"
    camera.now = at(44.1)
    assert camera.ripe() == [], "from here on it waits for the file to be finished, as ever"
    assert camera.sealer().seal_all(VENUE, CAMERA) == []
    assert camera.state(wanted) == "wanted"
    camera.gap(12)
    (result,) = camera.seal()
    assert (result.state, camera.state(wanted)) == ("sealed", "sealed")


def test_camera_in_a_gap_gives_nothing_up_before_its_time(camera: LiveSite) -> None:
    camera.record_until(12)
    camera.stop_recording()
    wanted = camera.want(3, 14)
    gap = camera.gap(12)
    for second in (16, 30, 43.9):
        camera.now = at(second)
        assert camera.ripe() == []
        assert camera.sealer().seal_all(VENUE, CAMERA) == []
    with camera.site.database.transaction() as connection:
        gaps.close_gap(SCOPE, connection, gap, at(20))
    assert camera.ripe() == [wanted.id]
    assert camera.seal() == []
    assert camera.state(wanted) == "wanted"


def test_run_that_just_ended_has_half_a_minute_to_tell_of_its_last_file(camera: LiveSite) -> None:
    camera.tells = False
    camera.record_until(16)
    wanted = camera.want(3, 14)
    camera.stop_recording()
    with camera.site.database.transaction() as connection:
        live.finish_run(SCOPE, connection, "live-1", at=at(16))
    for file in sorted(camera.recordings.rglob("*.mp4")):
        file.rename(file.with_suffix(".away"))  # not there yet
    camera.now = at(17)
    assert camera.sealer().seal_all(VENUE, CAMERA) == []
    assert camera.state(wanted) == "wanted"
    camera.now = at(47)
    (result,) = camera.seal()
    assert result.state == "missing"


def test_file_that_is_finished_but_not_told_of_yet_is_used(camera: LiveSite) -> None:
    camera.tells = False
    camera.record_until(14)
    wanted = camera.want(3, 8)
    assert len(camera.told) == 1
    (result,) = camera.seal()
    assert (result.state, result.failure) == ("sealed", None)
    assert camera.state(wanted) == "sealed"


def test_file_that_is_renamed_while_the_clip_is_cut_is_looked_for_again(
    camera: LiveSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.tells = False
    camera.record_until(16)
    camera.want(3, 14)
    look, looked = sealing.footage_until, []

    def finish_after_the_look(*arguments: Any) -> Any:
        found = look(*arguments)
        looked.append([one.path.endswith(".part") for one in found or []])
        camera.stop_recording()
        return found

    monkeypatch.setattr(sealing, "footage_until", finish_after_the_look)
    (result,) = camera.seal()
    assert (result.state, result.failure) == ("sealed", None)
    assert looked == [[False, True], [False, False]]
    assert camera.site.verify().clean


def test_part_that_cannot_be_cut_yet_keeps_the_whole_claim_waiting(camera: LiveSite) -> None:
    camera.record_until(16)
    wanted = camera.want(3, 14)
    (finished,) = camera.recordings.rglob("*.mp4")
    content = finished.read_bytes()
    finished.write_bytes(b"damaged")
    assert camera.seal() == []
    assert camera.state(wanted) == "wanted"
    finished.write_bytes(content)
    assert [one.state for one in camera.seal()] == ["sealed"]


def test_clip_that_ends_in_a_gap_is_sealed_when_the_recording_has_gone_on(camera: LiveSite) -> None:
    """A finished file far behind the end of the clip: none of those around it reaches that end."""
    camera.record_until(12)
    camera.stop_recording()
    wanted = camera.want(3, 14)
    far = replace(camera.told[0], path="corner_shop/till/far.mp4", started_at=at(60), ended_at=at(70))
    with camera.site.database.transaction() as connection:
        recordings.put_segment(SCOPE, connection, VENUE, CAMERA, far)
    camera.now = at(71)
    assert camera.ripe() == [wanted.id]
    assert [one.state for one in camera.seal()] == ["sealed"]


def test_without_a_live_run_nothing_is_waited_for(camera: LiveSite) -> None:
    camera.record_until(12)
    with camera.site.database.transaction() as connection:
        live.finish_run(SCOPE, connection, "live-1", at=at(-3600))
    camera.want(3, 14)
    camera.want(100, 110)
    results = camera.sealer().seal_all(VENUE, CAMERA)
    assert [one.state for one in results] == ["sealed", "missing"]


def test_what_is_still_to_come_is_asked_within_the_scope(camera: LiveSite) -> None:
    wanted = camera.want(3, 14)
    with camera.site.database.reading() as connection:

        def ask(scope: Scope, now: datetime) -> bool:
            return evidence_store.footage_to_come(scope, connection, wanted.id, now=now)

        assert ask(SCOPE, at(15))
        assert not ask(Scope.of("elsewhere"), at(15))
        assert not evidence_store.footage_to_come(SCOPE, connection, "unknown", now=at(15))
    camera.record_until(26)
    with camera.site.database.reading() as connection:
        assert not evidence_store.footage_to_come(SCOPE, connection, wanted.id, now=at(26))
