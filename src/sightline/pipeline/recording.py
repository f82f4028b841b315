"""One recorded file, watched and committed. Cutting its clips is the next step (`pipeline.results`).

The write order is the invariant (docs/design/README.md): recorded packets first; then run, tracks, coverage,
events and wanted evidence in one transaction. A kill before that leaves the earlier state, a kill after it
leaves work that the next run of the same command finishes.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection

from sightline.domain.crossing import LineCount
from sightline.domain.detection import Detections
from sightline.domain.footage import RecordedSegment
from sightline.domain.scene import CameraRules
from sightline.domain.scope import Scope
from sightline.domain.visitors import VisitorCount, count_visitors
from sightline.errors import DiskFull, SourceRejected
from sightline.evidence.files import sha256_of
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.looking import Looks, StaffCues
from sightline.pipeline.loop import TimedFrame, WatchedFootage, watch_footage
from sightline.pipeline.piecewise import Pieces, detect_in_pieces
from sightline.pipeline.recorded_visitors import RecordedVisitors, replace_visitors
from sightline.pipeline.software import SOFTWARE
from sightline.pipeline.visitor_book import VisitorBook
from sightline.store.clips import ClipRule
from sightline.store.coverage import add_coverage
from sightline.store.database import Database
from sightline.store.ledger import add_entry
from sightline.store.recordings import forget_segments, put_segments, segments_between
from sightline.store.replacement import replace_events
from sightline.store.runs import StoredRun, replace_run
from sightline.store.seen_boxes import replace_boxes
from sightline.store.venues import ensure_camera, ensure_venue
from sightline.tracking.missing import Merge
from sightline.tracking.protocol import Tracker
from sightline.video.disk import PART_SUFFIX, publish, writing
from sightline.video.frames import copy_packets, read_frames
from sightline.video.recorder import Recorder
from sightline.video.recording_time import RecordingStart, recording_start
from sightline.video.source import VideoFile, open_file
from sightline.vision.clothes import Clothes
from sightline.vision.picture import Detector

_EVER = (datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC))


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A file to analyse, and where in the world and in time it belongs.

    Attributes:
        zone: the venue's, for naive times.
        start: capture time of the first picture, and how it is known.
    """

    path: Path
    venue_id: str
    camera_id: str
    zone: tzinfo
    start: RecordingStart
    duration_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """With what a recording is analysed. The tracker must be fresh: ids count within one recording.

    Attributes:
        visitors: where those who came are entered.
        pieces: how a long one is detected in pieces; None: in one go. It stays whole where people are
            looked at, since the pass over all pieces has no pixels.
        clothes: what the tracker knows people by beside their motion.
        looks, cues: fresh ones, where people are looked at closer.
    """

    database: Database
    recordings_dir: Path
    detector: Detector
    tracker: Tracker
    rules: CameraRules
    clip_rule: ClipRule
    analysis_fps: float
    visitors: VisitorBook = field(default_factory=VisitorBook)
    pieces: Pieces | None = None
    clothes: Clothes | None = None
    looks: Looks | None = None
    cues: StaffCues | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysedRecording:
    """What was stored of one recording.

    Attributes:
        frames: pictures in the file; `analysed_frames` those the detector looked at.
        until: capture time at which the last picture ends.
        warnings: one sentence per thing a person should know.
        reid: how many of its people were known and how many not, see `KnownOfRun`; None where nobody is to be
            known again.
        lines: who came in and went out over the lines drawn.
        merges: who came back under their number after a long gap; None where nobody is looked at for that.
    """

    recording: Recording
    run_id: str
    frames: int
    analysed_frames: int
    until: datetime
    visitors: VisitorCount
    warnings: tuple[str, ...]
    reid: Mapping[str, int] | None
    lines: tuple[LineCount, ...] = ()
    merges: tuple[Merge, ...] | None = None

    @property
    def duration(self) -> timedelta:
        return self.until - self.recording.start.at


def find_recording(
    path: Path, *, venue_id: str, camera_id: str, zone: tzinfo, given: datetime | None, now: datetime
) -> Recording:
    """Open a file long enough to know that it is a video, and when it was recorded.

    Raises:
        SourceRejected: it is not a video, or cannot be read.
    """
    with open_file(path) as video:
        start = recording_start(path, given=given, container_time=video.info.created_at, zone=zone, now=now)
        return Recording(
            path=path,
            venue_id=venue_id,
            camera_id=camera_id,
            zone=zone,
            start=start,
            duration_s=video.info.duration_s,
        )


def analyse_recording(
    recording: Recording,
    means: Means,
    *,
    tracks_path: Path,
    on_frame: Callable[[TimedFrame], None],
    on_detected: Callable[[float], None] = lambda _: None,
) -> AnalysedRecording:
    """Watch a recording to its end and store what it showed, in one transaction.

    Args:
        tracks_path: where tracks.csv (MOTChallenge lines) goes, whole or not at all.
        on_frame: for progress; must not wait.
        on_detected: the same, of a recording in pieces, before the first `on_frame`: seconds of footage that
            have been detected.

    Raises:
        SourceRejected: the file holds no picture.
        PieceDied: see `detect_in_pieces`.
        DiskFull: nothing was stored; recorded files that no row names were removed.
    """
    started_at = datetime.now(UTC)
    camera = (recording.venue_id, recording.camera_id)
    recorder = Recorder(
        means.recordings_dir,
        recorded_at=recording.start.at,
        name="/".join(camera),
        segment_s=means.clip_rule.longest.total_seconds(),
    )
    beside = tracks_path.with_name(tracks_path.name + PART_SUFFIX)
    try:
        with (
            ThreadPoolExecutor(1, "fingerprint") as hashing,
            open_file(recording.path) as video,
            writing(tracks_path, remove=beside),
            beside.open("w") as tracks_file,
            recorder,
        ):
            fingerprint = hashing.submit(sha256_of, recording.path)
            with closing(_detected(means, video, recorder, fingerprint.result, on_detected)) as detected:
                seen = watch_footage(
                    detected,
                    tracker=means.tracker,
                    rules=means.rules,
                    tracks_file=tracks_file,
                    on_frame=on_frame,
                    clothes=means.clothes,
                    looks=means.looks,
                    cues=means.cues,
                )
        if not recorder.segments:
            raise SourceRejected(f"{recording.path}: there is no picture in it")
        with writing(tracks_path, remove=beside):
            publish(beside, tracks_path)
        run = _run(recording, means, video, seen, recorder.segments, started_at, fingerprint.result())
        means.visitors.prepare(Scope.of(camera[0]), means.database, venue_id=camera[0])
        came = _commit(run, recording, means, seen, recorder.segments)
    except DiskFull:
        remove_unnamed_recordings(means.database, means.recordings_dir, *camera)
        raise
    finally:
        if means.pieces is not None:
            means.pieces.clear()
    remove_unnamed_recordings(means.database, means.recordings_dir, *camera)
    return AnalysedRecording(
        recording=recording,
        run_id=run.id,
        frames=run.frames,
        analysed_frames=run.analysed_frames,
        until=run.recorded_until,
        visitors=came.count,
        warnings=run.warnings,
        reid=came.reid,
        lines=seen.lines,
        merges=seen.merges if means.clothes is not None else None,
    )


def _detected(
    means: Means,
    video: VideoFile,
    recorder: Recorder,
    sha256: Callable[[], str],
    on_detected: Callable[[float], None],
) -> Generator[tuple[TimedFrame, Detections]]:
    """Every analysed picture with its people, in pieces or not, while all packets go to the recorder."""
    assert recorder.recorded_at is not None
    recorded_at, fps = recorder.recorded_at, means.analysis_fps
    found = None
    if means.pieces is not None and not (means.looks or means.cues or means.clothes):
        found = detect_in_pieces(
            video,
            means.pieces,
            recorded_at=recorded_at,
            analysis_fps=fps,
            detector=means.detector,
            sha256=sha256,
            on_detected=on_detected,
        )
    if found is None:
        frames = read_frames(video, recorded_at=recorded_at, analysis_fps=fps, recorder=recorder)
        with closing(detected_ahead(frames, means.detector)) as pairs:
            yield from pairs
        return
    with ThreadPoolExecutor(1, "packets") as copying:
        copied = copying.submit(
            copy_packets, video, recorded_at=recorded_at, recorder=recorder, decoded=found.counts
        )
        yield from found.pairs()
        copied.result()


def _run(
    recording: Recording,
    means: Means,
    video: VideoFile,
    seen: WatchedFootage,
    segments: list[RecordedSegment],
    started_at: datetime,
    fingerprint: str,
) -> StoredRun:
    notes = [note for part in (means.looks, means.cues) if part is not None for note in part.notes]
    if means.clothes is not None:
        notes.append(means.clothes.note)
    warnings = [warning for warning in (recording.start.warning, means.detector.note, *notes) if warning]
    return StoredRun(
        id=uuid4().hex,
        venue_id=recording.venue_id,
        camera_id=recording.camera_id,
        source_name=recording.path.name,
        source_sha256=fingerprint,
        recorded_at=recording.start.at,
        recorded_until=max(segment.ended_at for segment in segments),
        recorded_at_source=recording.start.source,
        started_at=started_at,
        finished_at=datetime.now(UTC),
        software=SOFTWARE,
        analysis=analysis_facts(means, seen.merges),
        frames=video.counts.packets,
        analysed_frames=seen.analysed_frames,
        warnings=(*warnings, *(f"{recording.path.name}: {warning}" for warning in video.warnings)),
        visitors=asdict(count_visitors([track.span for track in seen.tracks])),
    )


def analysis_facts(means: Means, merges: Sequence[Merge] = ()) -> Mapping[str, Any]:
    """What shaped the result, for the manifest: with these, the same footage gives the same events."""
    facts: dict[str, Any] = {
        "analysis_fps": means.analysis_fps,
        "detector": means.detector.facts(),
        "tracker": means.tracker.facts(),
    }
    if means.clothes is not None:
        facts |= {"clothes": means.clothes.facts(), "merges": [one.document() for one in merges]}
    for name, part in (("looks", means.looks), ("staff_cues", means.cues)):
        if part is not None:
            facts[name] = part.facts()
    return facts


def _commit(
    run: StoredRun,
    recording: Recording,
    means: Means,
    seen: WatchedFootage,
    segments: list[RecordedSegment],
) -> RecordedVisitors:
    """Everything the run found, in one transaction: footage, then events, then their claims on it."""
    scope = Scope.of(recording.venue_id)
    venue, camera = recording.venue_id, recording.camera_id
    with means.database.transaction() as connection:
        ensure_venue(scope, connection, venue, timezone=str(recording.zone))
        ensure_camera(scope, connection, venue, camera, source_label=recording.path.name)
        _replace_segments(scope, connection, run, segments)
        gone = replace_run(scope, connection, run, [track.stored() for track in seen.tracks])
        came = replace_visitors(
            scope, connection, run, means.visitors, seen.tracks, gone=gone, zone=recording.zone
        )
        add_coverage(scope, connection, venue, camera, seen.coverage)
        replace_boxes(
            scope,
            connection,
            venue_id=venue,
            camera_id=camera,
            run_id=run.id,
            span=(run.recorded_at, run.recorded_until),
            stretches=seen.boxes,
        )
        replacement = replace_events(
            scope,
            connection,
            venue_id=venue,
            camera_id=camera,
            run_id=run.id,
            span=(run.recorded_at, run.recorded_until),
            events=seen.events,
            rule=means.clip_rule,
        )
        add_entry(
            scope,
            connection,
            venue_id=venue,
            at=datetime.now(UTC),
            action="analysed",
            subject_kind="run",
            subject_id=run.id,
            actor=SOFTWARE,
            facts={
                "camera_id": camera,
                "source_sha256": run.source_sha256,
                "kept": len(replacement.kept),
                "inserted": len(replacement.inserted),
                "superseded": len(replacement.superseded),
            },
        )
    return came


def _replace_segments(
    scope: Scope, connection: Connection, run: StoredRun, segments: list[RecordedSegment]
) -> None:
    """The run's recorded files, in place of those an earlier run over the same span cut at other points."""
    where = (run.venue_id, run.camera_id)
    fresh = {segment.path for segment in segments}
    stale = [
        old.path
        for old in segments_between(scope, connection, *where, run.recorded_at, run.recorded_until)
        if old.path not in fresh and old.started_at >= run.recorded_at and old.ended_at <= run.recorded_until
    ]
    forget_segments(scope, connection, *where, stale)
    put_segments(scope, connection, *where, segments)


def remove_unnamed_recordings(
    database: Database, recordings_dir: Path, venue_id: str, camera_id: str
) -> None:
    """Delete recorded files that no row names: left by a run that was killed or ran out of disk."""
    scope = Scope.of(venue_id)
    with database.reading() as connection:
        segments = segments_between(scope, connection, venue_id, camera_id, _EVER[0], _EVER[1])
    named = {segment.path for segment in segments}
    for path in (recordings_dir / venue_id / camera_id).glob("*"):
        if path.relative_to(recordings_dir).as_posix() not in named:
            path.unlink()
