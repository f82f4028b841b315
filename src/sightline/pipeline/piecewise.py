"""A recording detected in pieces: cut, detected side by side, and read back in order for the last pass."""

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sightline.domain.detection import Detections
from sightline.errors import ConfigError, EvidenceError
from sightline.pipeline.loop import TimedFrame
from sightline.pipeline.piece_cuts import cut_video
from sightline.pipeline.piece_file import FORMAT, PieceFindings, read_findings
from sightline.pipeline.pieces import DetectorChoice, PieceRunner, PieceWork
from sightline.video.disk import writing
from sightline.video.source import ReadCounts, VideoFile
from sightline.video.stretch import Stretch
from sightline.video.timeline import CaptureClock
from sightline.vision.picture import Detector

ABANDONED_AFTER = timedelta(days=2)
"""Of a run under way a piece is finished now and then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pieces:
    """How a recording is cut and who detects its pieces.

    Attributes:
        at_most: how many pieces.
        least_s: no piece is shorter.
        folder: where findings lie until the run has ended; used by one run at a time and by nothing else.
        runner: has the pieces detected.
        detector: the one that `Means.detector` is.
        threads: pictures looked at at once in each piece.
    """

    at_most: int
    least_s: float
    folder: Path
    runner: PieceRunner
    detector: DetectorChoice
    threads: int = 1

    def clear(self) -> None:
        """Remove what lies in the folder, and the folder: the run has ended."""
        shutil.rmtree(self.folder, ignore_errors=True)
        with suppress(OSError):  # others' pieces lie beside it
            self.folder.parent.rmdir()


def remove_abandoned(folder: Path, now: datetime) -> None:
    """Delete below `folder` what a run has left that was killed and never ran again; `now` is aware."""
    limit = (now - ABANDONED_AFTER).timestamp()
    for one in folder.glob("*"):
        with suppress(OSError):  # gone meanwhile
            if max(entry.stat().st_mtime for entry in (one, *one.rglob("*"))) < limit:
                shutil.rmtree(one, ignore_errors=True)
    with suppress(OSError):  # not there, or not empty
        folder.rmdir()


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectedFrame:
    """One picture of the last pass: when and how large, without its pixels. See `video.picture.Frame`."""

    captured_at: datetime
    index: int
    width: int
    height: int


class DetectedPieces:
    """What was found in all pieces of a video.

    Attributes:
        counts: of pictures, over all pieces, as one reading of the whole file would have counted.
    """

    def __init__(self, targets: Sequence[Path], clock: CaptureClock) -> None:
        self.counts = ReadCounts()
        self._targets = targets
        self._clock = clock
        for target in targets:
            for name, count in read_findings(target).counts.items():
                setattr(self.counts, name, getattr(self.counts, name) + count)

    def pairs(self) -> Iterator[tuple[TimedFrame, Detections]]:
        """Every picture that was looked at and its people, in order of capture."""
        for target in self._targets:
            for frame, detections in read_findings(target).pairs():
                seen = DetectedFrame(
                    captured_at=self._clock.at(frame.pts),
                    index=frame.index,
                    width=frame.width,
                    height=frame.height,
                )
                yield seen, detections


def detect_in_pieces(
    video: VideoFile,
    pieces: Pieces,
    *,
    recorded_at: datetime,
    analysis_fps: float,
    detector: Detector,
    sha256: Callable[[], str],
    on_detected: Callable[[float], None],
) -> DetectedPieces | None:
    """Have a video detected in pieces; pieces that an earlier, killed run has finished are used.

    Args:
        sha256: hash of the file, asked for once it is known to be cut.
        on_detected: called with the seconds of footage detected so far, over all pieces.

    Returns:
        None for a video that stays whole: nothing has been detected.

    Raises:
        PieceDied: the process of a piece died, again and again.
        ConfigError: another detector than `detector` looked at a piece.
        SourceRejected, ModelError, DiskFull: as their names say.
    """
    # One that learns the scene from picture to picture never forgets how it began: docs/design/scale.md.
    at_most = 1 if detector.needs_every_picture else pieces.at_most
    stretches = cut_video(video, at_most=at_most, least_s=pieces.least_s, analysis_fps=analysis_fps)
    if len(stretches) == 1:
        pieces.clear()
        return None
    first = PieceWork(
        number=0,
        file=video.path.absolute(),
        target=pieces.folder,
        recorded_at=recorded_at,
        analysis_fps=analysis_fps,
        stretch=stretches[0],
        detector=pieces.detector,
        threads=pieces.threads,
    )
    folder = pieces.folder / _name(first, stretches, detector, sha256())
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    works = [
        replace(first, number=number, stretch=stretch, target=folder / f"piece-{number:03}.npz")
        for number, stretch in enumerate(stretches)
    ]
    _have_detected(works, pieces.runner, video, on_detected)
    for work in works:
        looked = read_findings(work.target).facts
        if looked != detector.facts():
            raise ConfigError(
                f"piece {work.number + 1} of {video.path.name} was detected with {_told(looked)} and not with"
                f" {_told(detector.facts())}; install the same model and versions everywhere"
            )
    info = video.info
    clock = CaptureClock(recorded_at=recorded_at, first_pts=info.first_pts, time_base=info.time_base)
    return DetectedPieces([work.target for work in works], clock)


def _name(first: PieceWork, stretches: Sequence[Stretch], detector: Detector, sha256: str) -> str:
    """The same for the same pieces only: whatever shapes what is found in them."""
    about = {
        "format": FORMAT,
        "file": sha256,
        "recorded_at": first.recorded_at.isoformat(),
        "analysis_fps": first.analysis_fps,
        "stretches": [asdict(stretch) for stretch in stretches],
        "detector": detector.facts(),
        "zoomed": first.detector.zoomed,
    }
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:32]


def _have_detected(
    works: Sequence[PieceWork], runner: PieceRunner, video: VideoFile, on_detected: Callable[[float], None]
) -> None:
    seconds = dict.fromkeys((work.number for work in works), 0.0)
    missing = []
    for work in works:
        found = _finished(work.target)
        if found is None:
            missing.append(work)
        elif found.frames:
            begins = video.info.first_pts if work.stretch.begins is None else work.stretch.begins
            seconds[work.number] = float((found.frames[-1].pts - begins) * video.info.time_base)

    def progress(number: int, done_s: float) -> None:
        # A piece that died begins again; what was told is not taken back.
        seconds[number] = max(seconds[number], done_s)
        on_detected(sum(seconds.values()))

    if missing:
        runner.run(missing, progress)


def _finished(target: Path) -> PieceFindings | None:
    try:
        return read_findings(target)
    except EvidenceError:
        return None


def _told(facts: object) -> str:
    return json.dumps(facts, sort_keys=True)
