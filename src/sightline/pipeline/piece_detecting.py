"""One piece of a video: decoded, sampled and detected, nothing more. Runs anywhere, and again at will."""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sightline.errors import ModelError
from sightline.pipeline.detecting import detected_ahead
from sightline.pipeline.piece_file import PieceFindings, PieceFrame, write_findings
from sightline.pipeline.pieces import DetectorChoice, PieceWork
from sightline.video.frames import read_frames
from sightline.video.source import open_file
from sightline.vision.picture import Detector

COUNTED = ("decoded", "chosen", "damaged", "out_of_order")


def open_chosen(choice: DetectorChoice, threads: int) -> Detector:
    """The detector that a piece asks for, in this process.

    Raises:
        ModelError, ConfigError: it cannot be had here.
    """
    from sightline.vision.registry import DETECTORS, open_detector
    from sightline.vision.zoom import ZoomDetector

    model = Path(choice.model) if choice.model is not None else None
    if model is not None and not model.is_file():
        raise ModelError(f"{model}: this model file is not on the machine that detects a piece of the video")
    detector = open_detector(
        choice.name if choice.name in DETECTORS else str(model),
        confidence=choice.confidence,
        runtime=choice.runtime,
        precision=choice.precision,
        threads=threads,
        parallel=threads,
        find_model=lambda _: model,
    )
    return ZoomDetector(detector, choice.zoomed) if choice.zoomed else detector


def detect_piece(
    document: Mapping[str, Any],
    *,
    on_progress: Callable[[float], None] = lambda _: None,
    open_detector: Callable[[DetectorChoice, int], Detector] = open_chosen,
) -> None:
    """Detect one piece and write what was found to its target, whole or not at all.

    Args:
        document: of `PieceWork`, JSON.
        on_progress: called after each picture with the seconds of the piece that have been looked at.
        open_detector: given the choice and how many pictures to look at at once.

    Raises:
        SourceRejected, ModelError, ConfigError, DiskFull: as their names say.
    """
    work = PieceWork.of(document)
    detector = open_detector(work.detector, work.threads)
    found = PieceFindings(facts=detector.facts())
    with open_file(work.file) as video:
        begins = work.stretch.begins
        zero = video.info.first_pts if begins is None else begins
        frames = read_frames(
            video, recorded_at=work.recorded_at, analysis_fps=work.analysis_fps, stretch=work.stretch
        )
        with closing(detected_ahead(frames, detector)) as pairs:
            for frame, detections in pairs:
                seen = PieceFrame(index=frame.index, pts=frame.pts, width=frame.width, height=frame.height)
                found.frames.append(seen)
                found.detections.append(detections)
                on_progress(float((frame.pts - zero) * video.info.time_base))
        found.counts = {name: getattr(video.counts, name) for name in COUNTED}
    write_findings(work.target, found)
