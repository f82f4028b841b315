"""A small site with real footage: one camera, forty seconds, three events. Built once, then copied."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from sightline.domain.event import EventKind, Participant, Role, ServiceEvent
from sightline.domain.scope import Scope
from sightline.evidence.folder import FolderExport, export_folder
from sightline.evidence.keys import Signer
from sightline.evidence.sealing import EvidenceSealer, Progress, SealingResult
from sightline.evidence.site_key import site_signer
from sightline.evidence.verification import VerificationReport, verify_site
from sightline.store import recordings, runs, venues
from sightline.store.clips import ClipRule
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.replacement import replace_events
from sightline.store.runs import StoredRun
from sightline.video.frames import read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file

VENUE, CAMERA = "corner_shop", "till"
OPENING = datetime(2025, 10, 25, 11, 30, tzinfo=UTC)
SCOPE = Scope.site()
FPS = 10


def at(seconds: float) -> datetime:
    return OPENING + timedelta(seconds=seconds)


def write_video(path: Path, *, seconds: int = 40, codec: str = "libx264") -> None:
    """A grey picture with a bar that moves, a key frame every two seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.gop_size = 2 * FPS
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, FPS)
        for number in range(seconds * FPS):
            picture = np.full((96, 160, 3), 90, np.uint8)
            picture[:, number % 160 : number % 160 + 8] = 200
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def service_event(kind: EventKind, start_s: float, end_s: float, *people: tuple[int, Role]) -> ServiceEvent:
    return ServiceEvent(
        kind=kind,
        started_at=at(start_s),
        ended_at=at(end_s),
        participants=tuple(Participant(track, role, 0.9, "zone") for track, role in people),
        score=0.8,
    )


EVENTS = (
    service_event(EventKind.INTERACTION, 6, 14, (1, Role.STAFF), (2, Role.CUSTOMER)),
    service_event(EventKind.UNATTENDED, 12, 22, (3, Role.CUSTOMER)),
    service_event(EventKind.QUEUE, 25, 35, (4, Role.CUSTOMER)),
)


@dataclass
class SmallSite:
    """The data folder of a test and its open database."""

    data_dir: Path
    database: Database
    opening: datetime = OPENING

    @classmethod
    def open(cls, data_dir: Path, opening: datetime = OPENING) -> "SmallSite":
        return cls(data_dir, open_database(sqlite_url(data_dir / "sightline.db")), opening)

    @property
    def segments_dir(self) -> Path:
        return self.data_dir / "segments"

    @property
    def clips(self) -> Path:
        return self.segments_dir / VENUE / CAMERA

    def signer(self) -> Signer:
        return site_signer(self.database, SCOPE, self.data_dir / "keys")

    def record(self, video: Path) -> None:
        recorder = Recorder(
            self.data_dir / "recordings", recorded_at=self.opening, name=f"{VENUE}/{CAMERA}", segment_s=15
        )
        with recorder:
            for _ in read_frames(
                open_file(video), recorded_at=self.opening, analysis_fps=1, recorder=recorder
            ):
                pass
        with self.database.transaction() as connection:
            venues.ensure_venue(SCOPE, connection, VENUE, timezone="Europe/Paris")
            venues.ensure_camera(SCOPE, connection, VENUE, CAMERA, source_label=video.name)
            recordings.put_segments(SCOPE, connection, VENUE, CAMERA, recorder.segments)

    def conclude(self, *events: ServiceEvent, rule: ClipRule | None = None, run_id: str = "run-1") -> None:
        """What an analysis of the whole recording stores."""
        with self.database.transaction() as connection:
            runs.replace_run(SCOPE, connection, a_run(run_id), ())
            replace_events(
                SCOPE,
                connection,
                venue_id=VENUE,
                camera_id=CAMERA,
                run_id=run_id,
                span=(self.opening, self.opening + timedelta(seconds=40)),
                events=events,
                rule=rule or ClipRule(pre=timedelta(seconds=2), post=timedelta(seconds=2)),
            )

    def sealer(self) -> EvidenceSealer:
        return EvidenceSealer(
            self.database,
            SCOPE,
            recordings_dir=self.data_dir / "recordings",
            segments_dir=self.segments_dir,
            signer=self.signer(),
            software="sightline test",
        )

    def seal(self, progress: Progress | None = None) -> list[SealingResult]:
        return self.sealer().seal_all(VENUE, CAMERA, progress)

    def export(self, out: Path, event_ids: list[str] | None = None) -> FolderExport:
        return export_folder(
            self.database,
            SCOPE,
            venue_id=VENUE,
            camera_id=CAMERA,
            event_ids=event_ids,
            segments_dir=self.segments_dir,
            out=out,
            signer=self.signer(),
        )

    def verify(self) -> VerificationReport:
        key = self.signer().public
        (report,) = verify_site(
            self.database, SCOPE, segments_dir=self.segments_dir, own_key=key, pinned_key=key
        )
        return report


def a_run(run_id: str) -> StoredRun:
    return StoredRun(
        id=run_id,
        venue_id=VENUE,
        camera_id=CAMERA,
        source_name="till.mp4",
        source_sha256="ab" * 32,
        recorded_at=OPENING,
        recorded_until=at(40),
        recorded_at_source="option",
        started_at=at(100),
        finished_at=at(110),
        software="sightline test",
        analysis={"detector": "scripted", "tracker": "botsort", "fps": 5},
        frames=400,
        analysed_frames=200,
        warnings=(),
        visitors={"count": 4, "low": 3, "high": 5},
    )


def problems(report: VerificationReport) -> list[str]:
    """Findings as lines, for comparing."""
    return [str(finding) for finding in report.findings]
