"""A long video in pieces: what a piece is, and who has pieces detected.

Decoding and detection need no memory of earlier pictures and take nearly all the time; so pieces are detected
side by side (`piece_detecting.detect_piece`), and one pass then tracks and judges what was found in all of
them (`recording.analyse_recording`). The result is that of one pass: docs/design/scale.md.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, Self

from sightline.errors import SightlineError
from sightline.video.stretch import Stretch
from sightline.vision.runtime import Precision, Runtime

RelativeBox = tuple[float, float, float, float]

OnProgress = Callable[[int, float], None]
"""Called with the number of a piece and how many seconds of its footage have been detected so far."""


class PieceDied(SightlineError):
    """The process that detected a piece ended without a word, again and again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorChoice:
    """A detector in words that mean the same in another process or on another machine.

    Attributes:
        name: as `vision.registry.open_detector` takes it, but never `auto`.
        model: the model's file; None for the built-in detector.
        confidence, runtime, precision: see `open_detector`.
        zoomed: parts of the picture that are looked at closely, too; see `ZoomDetector`.
    """

    name: str
    model: str | None
    confidence: float | None = None
    runtime: Runtime = "auto"
    precision: Precision = "f32"
    zoomed: tuple[RelativeBox, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceWork:
    """All that whoever detects a piece has to know. Travels as JSON.

    Attributes:
        number: of the piece, from 0.
        file: the whole video, readable where the piece is detected.
        target: file that receives what was found; there when the piece is done, whole or not at all.
        recorded_at: capture time of the first picture of the video, aware.
        analysis_fps: pictures per second that are looked at.
        stretch: which pictures of the video.
        detector: what looks at them.
        threads: pictures looked at at once, each by one thread.
    """

    number: int
    file: Path
    target: Path
    recorded_at: datetime
    analysis_fps: float
    stretch: Stretch
    detector: DetectorChoice
    threads: int = 1

    def document(self) -> dict[str, Any]:
        """As JSON can hold it."""
        words = {
            "file": str(self.file),
            "target": str(self.target),
            "recorded_at": self.recorded_at.isoformat(),
        }
        return {**asdict(self), **words}

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The reverse of `document`."""
        detector = document["detector"]
        zoomed = tuple((box[0], box[1], box[2], box[3]) for box in detector["zoomed"])
        return cls(
            number=document["number"],
            file=Path(document["file"]),
            target=Path(document["target"]),
            recorded_at=datetime.fromisoformat(document["recorded_at"]),
            analysis_fps=document["analysis_fps"],
            stretch=Stretch(**document["stretch"]),
            detector=DetectorChoice(**{**detector, "zoomed": zoomed}),
            threads=document["threads"],
        )


class PieceRunner(Protocol):
    """Has pieces detected, somewhere: in processes of this machine, or on others.

    Whoever detects one calls `sightline.pipeline.piece_detecting.detect_piece(work.document())`, which
    needs nothing but the video, the model file and the folder of `target`, and can be repeated at will.
    """

    def run(self, works: Sequence[PieceWork], on_progress: OnProgress) -> None:
        """Return once the `target` of each of `works` is there; nothing of them goes on afterwards.

        A piece whose process dies is detected again, `MOST_DEATHS` times at most.

        Args:
            works: pieces of one video, in order; any of them may be detected first.
            on_progress: called in the calling thread, as often as there is news; must not wait.

        Raises:
            PieceDied: one died too often.
            SightlineError: what `detect_piece` raised: the same again if it were repeated.
        """
        ...


MOST_DEATHS = 2
"""So often a piece that died is detected again."""
