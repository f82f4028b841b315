"""From a committed recording to what people and programs read: sealed clips, a folder of results."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sightline.analytics.metrics_file import write_metrics_file
from sightline.analytics.summary import summarise
from sightline.analytics.video_evidence import VideoEvidence
from sightline.domain.scope import Scope
from sightline.evidence.files import write_whole
from sightline.evidence.folder import export_folder
from sightline.evidence.keys import PUBLIC_NAME
from sightline.evidence.outgoing import DeliveryPlan
from sightline.evidence.sealing import EvidenceSealer, SealingResult
from sightline.evidence.site_key import site_signer
from sightline.evidence.verification import VerificationReport, verify_folder
from sightline.pipeline.camera_lock import camera_lock
from sightline.pipeline.loop import TimedFrame
from sightline.pipeline.recording import AnalysedRecording, Means, Recording, analyse_recording
from sightline.pipeline.recovery import settle_footage
from sightline.pipeline.software import SOFTWARE
from sightline.store.cameras import get_camera
from sightline.store.events import StoredEvent, list_events
from sightline.store.evidence import StoredEvidence, evidence_of_events
from sightline.video.disk import writing

METRICS = "analytics_metrics.json"
TRACKS = "tracks.csv"
SUMMARY = "summary.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventRow:
    """One event as a person reads it, with its clip and whether that was found as sealed."""

    event: StoredEvent
    video_evidence: dict[str, Any]
    clip: str
    clip_length: timedelta | None
    problem: str

    @property
    def verified(self) -> bool:
        return not self.problem

    @property
    def who(self) -> str:
        return ", ".join(f"{person.role} {person.track_id}" for person in self.event.participants)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnalysisResult:
    """All there is to say about one analysed recording.

    Attributes:
        out: the folder with the results.
        rows: one per event of the recording, by start.
        problems: what is not as it should be with the evidence; empty when all is well.
        head: where the venue's ledger ended, `position:hash`.
        public_key: file of the key everything is signed with.
    """

    analysed: AnalysedRecording
    out: Path
    rows: tuple[EventRow, ...]
    problems: tuple[str, ...]
    head: str
    public_key: Path
    roles_drawn: bool

    def document(self) -> dict[str, Any]:
        """The document of `analyze --json` and of summary.json."""
        analysed, recording = self.analysed, self.analysed.recording
        visitors = analysed.visitors
        document = {
            "venue_id": recording.venue_id,
            "camera_id": recording.camera_id,
            "source": str(recording.path),
            "recorded_at": recording.start.at.isoformat(),
            "recorded_at_source": recording.start.source,
            "frames": analysed.frames,
            "analysed_frames": analysed.analysed_frames,
            "duration_s": round(analysed.duration.total_seconds(), 3),
            "events": [_event_document(row) for row in self.rows],
            "visitors": {"count": visitors.count, "low": visitors.low, "high": visitors.high},
            "lines": [line.document() for line in analysed.lines],
            "warnings": [*analysed.warnings, *self.problems],
            "ledger_head": self.head,
        }
        if analysed.merges is not None:
            document["merges"] = [one.document() for one in analysed.merges]
        return document if analysed.reid is None else {**document, "reid": dict(analysed.reid)}

    @property
    def empty_reason(self) -> str:
        """Why there may be no events, and what to do about it."""
        if not self.roles_drawn:
            return (
                "no staff line or zone is drawn and no uniform is set for this camera, so nobody is staff and"
                " nobody can be served; say it in a site file and give it with --config (see"
                " examples/sightline.yaml)"
            )
        return "nobody was served, waited alone for long or queued in this recording"


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything one camera's recordings need, from file to folder of results."""

    means: Means
    data_dir: Path
    segments_dir: Path
    keys_dir: Path
    out: Path
    roles_drawn: bool
    plan: DeliveryPlan = field(default_factory=DeliveryPlan)

    def run(
        self,
        recording: Recording,
        *,
        on_frame: Callable[[TimedFrame], None],
        on_detected: Callable[[float], None] = lambda _: None,
        on_sealed: Callable[[int, int], None] | None = None,
    ) -> AnalysisResult:
        """Analyse, commit, seal, verify and write the results; safe to kill and to run again at any point.

        Args:
            on_frame, on_detected: see `analyse_recording`.
            on_sealed: called with how many clips are sealed, and of how many.

        Raises:
            SourceUnavailable: another process is analysing this camera.
            PieceDied: the process that detected a piece of it died, again and again.
            SourceRejected, DiskFull, ConfigError, StoreError, EvidenceError: as their names say.
        """
        scope = Scope.of(recording.venue_id)
        database = self.means.database
        with writing(self.out):
            self.out.mkdir(parents=True, exist_ok=True)
        with camera_lock(self.data_dir, recording.venue_id, recording.camera_id):
            self._keep_live_footage(scope, recording)
            signer = site_signer(database, scope, self.keys_dir)
            analysed = analyse_recording(
                recording,
                self.means,
                tracks_path=self.out / TRACKS,
                on_frame=on_frame,
                on_detected=on_detected,
            )
            sealer = EvidenceSealer(
                database,
                scope,
                recordings_dir=self.means.recordings_dir,
                segments_dir=self.segments_dir,
                signer=signer,
                software=SOFTWARE,
                plan=self.plan,
            )
            camera = (recording.venue_id, recording.camera_id)
            sealed = sealer.seal_all(*camera, progress=on_sealed)
            write_metrics_file(
                self.out / METRICS,
                database,
                venue_id=recording.venue_id,
                camera_id=recording.camera_id,
                segments_dir=self.segments_dir,
                now=datetime.now(UTC),
            )
            exported = export_folder(
                database,
                scope,
                venue_id=recording.venue_id,
                camera_id=recording.camera_id,
                event_ids=None,
                segments_dir=self.segments_dir,
                out=self.out,
                signer=signer,
            )
            report = verify_folder(self.out, pinned_key=signer.public, known_head=exported.head)
            result = AnalysisResult(
                analysed=analysed,
                out=self.out,
                rows=self._rows(analysed, report),
                problems=_problems(sealed, report),
                head=str(exported.head),
                public_key=self.keys_dir / PUBLIC_NAME,
                roles_drawn=self.roles_drawn,
            )
            self._write_summary(result)
        return result

    def _write_summary(self, result: AnalysisResult) -> None:
        """This recording's events, and what all recordings of the camera add up to."""
        recording = result.analysed.recording
        scope = Scope.of(recording.venue_id)
        with self.means.database.reading() as connection:
            camera = summarise(scope, connection, venue_id=recording.venue_id, camera_id=recording.camera_id)
        document = {**result.document(), "camera_totals": camera.document()}
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
        write_whole(self.out / SUMMARY, text.encode())

    def _keep_live_footage(self, scope: Scope, recording: Recording) -> None:
        """Files that a killed `serve` has not entered are footage; an analysis would remove them."""
        camera = (recording.venue_id, recording.camera_id)
        with self.means.database.reading() as connection:
            known = get_camera(scope, connection, *camera)
        if known is not None and known.origin is not None:
            settle_footage(self.means.database, self.means.recordings_dir, *camera)

    def _rows(self, analysed: AnalysedRecording, report: VerificationReport) -> tuple[EventRow, ...]:
        recording = analysed.recording
        scope = Scope.of(recording.venue_id)
        with self.means.database.reading() as connection:
            stored = list_events(
                scope,
                connection,
                venue_id=recording.venue_id,
                camera_id=recording.camera_id,
                start=recording.start.at,
                end=analysed.until + timedelta(microseconds=1),
                counted=True,
            )
            evidence = evidence_of_events(scope, connection, [event.id for event in stored])
            video = VideoEvidence(self.segments_dir, recording.zone).of(scope, connection, stored)
        return tuple(_row(event, evidence.get(event.id), video[event.id], report) for event in stored)


def _row(
    event: StoredEvent,
    evidence: StoredEvidence | None,
    video_evidence: dict[str, Any],
    report: VerificationReport,
) -> EventRow:
    parts = evidence.parts if evidence is not None else ()
    more = f" (+{len(parts) - 1} more)" if len(parts) > 1 else ""
    whole = [part for part in parts if part.starts_at is not None and part.ends_at is not None]
    return EventRow(
        event=event,
        video_evidence=video_evidence,
        clip=f"{parts[0].file_name}{more}" if parts else "",
        clip_length=sum((part.ends_at - part.starts_at for part in whole), timedelta()) if whole else None,  # type: ignore[operator]
        problem=_problem_of(evidence, report),
    )


def _problem_of(evidence: StoredEvidence | None, report: VerificationReport) -> str:
    """Why this evidence does not count as verified; empty when it does."""
    if evidence is None:
        return "no evidence"
    if evidence.state != "sealed":
        return evidence.failure or evidence.state
    names = {evidence.id, *(part.file_name for part in evidence.parts)}
    names |= {part.viewing_copy for part in evidence.parts if part.viewing_copy}
    wrong = [str(finding) for finding in report.findings if any(name in str(finding) for name in names)]
    return "; ".join(wrong) if wrong else (evidence.failure or "")


def _problems(sealed: list[SealingResult], report: VerificationReport) -> tuple[str, ...]:
    missing = [f"evidence {one.evidence_id}: {one.failure}" for one in sealed if one.failure]
    return (*missing, *(str(finding) for finding in report.findings))


def _event_document(row: EventRow) -> dict[str, Any]:
    event = row.event
    return {
        "event_id": event.id,
        "kind": event.kind.value,
        "start": event.started_at.isoformat(),
        "end": event.ended_at.isoformat(),
        "duration_s": round(event.duration.total_seconds(), 3),
        "people": [
            {
                "track_id": person.track_id,
                "role": person.role.value,
                "confidence": round(person.role_confidence, 3),
                "reason": person.role_reason,
            }
            for person in event.participants
        ],
        "score": round(event.score, 3),
        "confirmed_at": event.confirmed_at.isoformat() if event.confirmed_at else None,
        "details": dict(event.details),
        "video_evidence": row.video_evidence,
        "verified": row.verified,
    }
