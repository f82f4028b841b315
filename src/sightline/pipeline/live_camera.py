"""One live camera, from its address to stored events."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import uuid4

import structlog

from sightline.domain.footage import RecordedSegment
from sightline.domain.gap import Gap, GapReason
from sightline.domain.scope import Scope
from sightline.errors import SightlineError
from sightline.pipeline.camera_alerts import ANALYSIS_FAILING, RECORDING_PAUSED, CameraAlerts
from sightline.pipeline.camera_book import CameraBook
from sightline.pipeline.camera_lock import camera_lock
from sightline.pipeline.camera_plan import CameraPlan
from sightline.pipeline.camera_status import GapTally, PacketRate, camera_status
from sightline.pipeline.inference import InferencePool, Slot
from sightline.pipeline.live_watch import LiveWatch, WatchReport
from sightline.pipeline.recovery import Leftovers, Recovery, settle_footage
from sightline.pipeline.software import SOFTWARE
from sightline.store.database import Database
from sightline.store.runs import StoredRun
from sightline.video.decode import LiveDecoder
from sightline.video.feed import CameraFeed, FeedCounts
from sightline.video.motion_gate import MotionGate
from sightline.video.picture import UInt8Array
from sightline.video.recorder import Recorder
from sightline.vision.picture import Detector
from sightline.vision.view_check import ViewCheck, ViewState

log = structlog.get_logger()

QUEUE_S = 1.0
"""Pictures that wait for the detector, in seconds of the analysis rate."""
ON_THE_WAY_S = 5.0
"""Pictures may be on their way through decoder and pool for this long, in a bad moment."""
TROUBLE_EVERY_S = 60.0


class LiveCamera:
    """Feeds, decoder, recorder, slot in the pool, watch and alerts of one camera: started and stopped once.

    Nothing here waits for the database but `start`. `tick` is to be called about once a second.

    Args:
        plan: its settings; other settings are another `LiveCamera`.
        book: where it tells what is to be stored.
    """

    def __init__(
        self, plan: CameraPlan, *, database: Database, pool: InferencePool, book: CameraBook
    ) -> None:
        self.plan = plan
        self._database, self._pool, self._book = database, pool, book
        self._held = ExitStack()
        self._alerts = CameraAlerts(book, plan.camera_id, plan.line_limits)
        self._clothes, self._looks, self._cues = plan.clothes(), plan.looks(), plan.cues()
        self._watch = LiveWatch(
            rules=plan.rules,
            tracker=plan.tracker,
            on_report=self._report,
            on_quiet=self._set_quiet,
            clothes=self._clothes,
            looks=self._looks,
            cues=self._cues,
        )
        self._slot: Slot | None = None
        self._decoder: LiveDecoder | None = None
        self._feeds: list[CameraFeed] = []
        self._recovery: Recovery | None = None
        self._inherited: Gap | None = None
        self._gaps, self._rate = GapTally(), PacketRate()
        self._counting = threading.Lock()
        self._segments = self._recorded_bytes = 0
        self._codec: str | None = None
        self._size: tuple[int, int] | None = None
        self._watched_at, self._watched, self._rested = monotonic(), 0, True
        self._trouble_told_at = -TROUBLE_EVERY_S
        self._trouble, self._failed = "", 0
        self._view_check, self._view = ViewCheck(), ViewState.OK
        self._stopped = False

    def start(self) -> None:
        """Adopt what an earlier start left, then connect; what was killed is finished beside it.

        Raises:
            SourceUnavailable: another process has this camera.
            SightlineError: detector, folders or database cannot be used. Nothing runs then.
        """
        plan = self.plan
        try:
            self._held.enter_context(camera_lock(plan.data_dir, plan.venue_id, plan.camera_id))
            left = settle_footage(self._database, plan.recordings_dir, plan.venue_id, plan.camera_id)
            plan.visitors.prepare(Scope.of(plan.venue_id), self._database, venue_id=plan.venue_id)
            detector = plan.detector()
            self._inherited = left.open_gap
            self._watch.number_from(left.last_track_id)
            self._slot = self._pool.slot(
                detector,
                self._watch.take,
                on_trouble=self._tell_trouble,
                name=plan.name,
                capacity=max(2, round(QUEUE_S * plan.analysis_fps)),
            )
            self._make_feeds(detector, self._slot, left)
        except BaseException:
            if self._slot is not None:
                self._slot.close(drain=False, timeout_s=0)
            self._held.close()
            raise
        self._book.begin(
            self._new_run(detector),
            rule=plan.clip_rule,
            frames=self._packets,
            zone=plan.zone,
            visitors=plan.visitors,
        )
        for feed in self._feeds:
            feed.start()
        if left.runs:
            until = left.footage_until or left.runs[-1].recorded_until
            self._recovery = Recovery(left.runs, plan, until=until, database=self._database, pool=self._pool)
            self._recovery.start()

    def _make_feeds(self, detector: Detector, slot: Slot, left: Leftovers) -> None:
        plan = self.plan
        self._decoder = LiveDecoder(
            analysis_fps=plan.analysis_fps,
            on_frame=slot.offer,
            gate=None if detector.needs_every_picture else MotionGate(),
            on_view=self._see_view,
            on_trouble=self._log_trouble,
            name=plan.name,
        )
        recorder = Recorder(
            plan.recordings_dir, name=plan.name, segment_s=plan.segment_s, on_segment=self._add_segment
        )
        if plan.record_address is None:
            self._feeds = [self._feed(recorder, self._decoder, left.last_seen_at)]
        else:
            self._feeds = [
                self._feed(recorder, None, left.last_seen_at),
                self._feed(None, self._decoder, None),
            ]

    def _feed(
        self, recorder: Recorder | None, decoder: LiveDecoder | None, last_seen_at: datetime | None
    ) -> CameraFeed:
        plan = self.plan
        return CameraFeed(
            plan.address if decoder is not None else plan.record_address or plan.address,
            name=plan.name,
            transport=plan.transport,
            recorder=recorder,
            decoder=decoder,
            last_seen_at=last_seen_at,
            on_gap_open=self._open_gap,
            on_gap_closed=self._close_gap,
            on_format=self._note_size if decoder is not None else None,
            on_disk_full=self._pause_recording,
            on_recording_again=lambda: self._alerts.clear(RECORDING_PAUSED),
            on_trouble=self._log_trouble,
        )

    def _new_run(self, detector: Detector) -> StoredRun:
        plan, now = self.plan, datetime.now(UTC)
        looking = {"looks": self._looks, "staff_cues": self._cues}
        looked = [note for part in looking.values() if part is not None for note in part.notes]
        clothes = self._clothes
        return StoredRun(
            id=uuid4().hex,
            venue_id=plan.venue_id,
            camera_id=plan.camera_id,
            source_name=plan.shown,
            source_sha256=None,
            recorded_at=now,
            recorded_until=now,
            recorded_at_source="live",
            started_at=now,
            finished_at=None,
            software=SOFTWARE,
            analysis={
                "analysis_fps": plan.analysis_fps,
                "detector": detector.facts(),
                "tracker": plan.tracker().facts(),
                **({"clothes": clothes.facts()} if clothes is not None else {}),
                **{name: dict(part.facts()) for name, part in looking.items() if part is not None},
            },
            frames=0,
            analysed_frames=0,
            warnings=tuple(
                note for note in (detector.note, *looked, clothes.note if clothes is not None else "") if note
            ),
            visitors={"count": None, "low": None, "high": None},
            kind="live",
        )

    def tick(self) -> None:
        """Look after what only time tells: alerts, and events of people nobody will see again."""
        feeds = [feed.counts for feed in self._feeds]
        self._alerts.look(feeds)
        self._rate.see(self._packets())
        slot = self._slot
        if slot is None:
            return
        counts = slot.counts
        if counts.handled != self._watched:
            self._watched_at, self._watched, self._rested = monotonic(), counts.handled, False
            self._alerts.clear(ANALYSIS_FAILING)
        elif counts.failed != self._failed:
            self._alerts.hold(
                ANALYSIS_FAILING,
                f"Camera {self.plan.camera_id} is recorded, but not analysed",
                self._trouble or "its pictures cannot be looked at",
            )
        self._failed = counts.failed
        patience_s = self.plan.rules.lost_after.total_seconds() + ON_THE_WAY_S
        if not self._rested and monotonic() - self._watched_at > patience_s and not slot.waiting:
            # The next picture would end all that is open: nobody has to wait for it.
            self._watch.finish()
            self._rested = True

    def request_stop(self) -> None:
        """Ask for the end without waiting: stop many cameras by asking all of them first."""
        for feed in self._feeds:
            feed.request_stop()

    def stop(self, *, removed: bool = False, timeout_s: float = 6.0) -> bool:
        """Seal the open file and all open events, and end the run.

        Args:
            removed: the camera is taken out or its settings changed; otherwise the program ends.

        Returns:
            whether every thread has ended; if not, the file and the run are complete all the same.
        """
        if self._stopped or self._slot is None:
            return True
        self._stopped = True
        until = monotonic() + timeout_s
        self.request_stop()
        ended = [feed.stop(max(0.5, until - monotonic())) for feed in self._feeds]
        ended.append(self._slot.close(timeout_s=max(1.0, until - monotonic())))
        if self._recovery is not None:
            ended.append(self._recovery.stop(max(1.0, until - monotonic())))
        self._watch.finish()
        self._tell_last_gap(GapReason.REMOVED if removed else GapReason.NOT_RUNNING)
        if removed:
            self._alerts.clear_all()
        self._book.finish(datetime.now(UTC))
        self._held.close()
        return all(ended)

    def _tell_last_gap(self, reason: GapReason) -> None:
        """From the last packet on nothing is seen; the next start tells until when."""
        recording = self._feeds[0].counts
        detail = "Sightline was stopped"
        if reason is GapReason.REMOVED:
            detail = "the camera was taken out, or its settings were changed"
        if recording.state == "live" and recording.last_packet_at is not None:
            self._book.put_gap(
                Gap(started_at=recording.last_packet_at, ended_at=None, reason=reason, detail=detail)
            )

    def status(self) -> dict[str, Any]:
        """How it is, see `camera_status`."""
        slot, decoder = self._slot, self._decoder
        assert slot is not None
        assert decoder is not None
        with self._counting:
            recorded = (self._segments, self._recorded_bytes, self._codec)
        return camera_status(
            feeds=[feed.counts for feed in self._feeds],
            decoded=decoder.counts,
            slot=slot.counts,
            late=self._watch.late,
            latency=self._book.latency,
            events=self._book.events,
            gaps=self._gaps,
            fps_in=self._rate.fps,
            recorded=recorded,
            size=self._size,
            last_analysed_at=self._watch.last_at,
            view=self._view,
            recovering=self._recovery is not None and self._recovery.running,
            looks=self._looks.status() if self._looks is not None else None,
            people=self._watch.people_now() if self._watch.last_at is not None else None,
            lines=[line.document() for line in self._watch.line_counts()],
        )

    @property
    def feed_counts(self) -> list[FeedCounts]:
        """The counters of its streams, the recorded one first."""
        return [feed.counts for feed in self._feeds]

    def _packets(self) -> int:
        """Received on the analysed stream since the start."""
        return self._feeds[-1].counts.packets if self._feeds else 0

    def _report(self, report: WatchReport) -> None:
        self._book.report(report)
        self._alerts.judge_people(report)

    def _set_quiet(self, quiet: bool) -> None:
        if self._decoder is not None:
            self._decoder.set_quiet(quiet)

    def _see_view(self, gray: UInt8Array, captured_at: datetime) -> None:
        self._view = self._view_check.see(gray, captured_at)
        self._alerts.judge_view(self._view)

    def _note_size(self, width: int, height: int) -> None:
        self._size = (width, height)

    def _add_segment(self, segment: RecordedSegment) -> None:
        with self._counting:
            self._segments += 1
            self._recorded_bytes += segment.size_bytes
            self._codec = segment.codec
        self._book.add_segment(segment)

    def _open_gap(self, gap: Gap) -> None:
        self._gaps.opened()
        if self._inherited is None or gap.started_at != self._inherited.started_at:
            self._book.put_gap(gap)

    def _close_gap(self, gap: Gap) -> None:
        """An inherited gap is stored under its first reason, which stands."""
        self._gaps.closed()
        inherited, self._inherited = self._inherited, None
        if inherited is not None and gap.started_at == inherited.started_at:
            self._book.put_gap(replace(inherited, ended_at=gap.ended_at))
        else:
            self._book.put_gap(gap)

    def _pause_recording(self) -> None:
        self._alerts.hold(
            RECORDING_PAUSED,
            f"Camera {self.plan.camera_id} is not being recorded",
            "the disk is full; recording goes on as soon as there is room, events go on without footage",
        )

    def _tell_trouble(self, error: Exception) -> None:
        """Once a minute at most: whatever it is, it may happen at each picture."""
        self._trouble = str(error) if isinstance(error, SightlineError) else ""
        if monotonic() - self._trouble_told_at >= TROUBLE_EVERY_S:
            self._trouble_told_at = monotonic()
            foreseen = isinstance(error, SightlineError)
            log.error(
                "a picture could not be looked at",
                camera=self.plan.name,
                reason=str(error),
                exc_info=None if foreseen else error,
            )

    def _log_trouble(self, sentence: str) -> None:
        log.warning(sentence, camera=self.plan.name)
