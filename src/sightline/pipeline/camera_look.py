"""A look at one camera: whether it answers, what is unwise about it, and one picture of it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any

from sightline.domain.gap import GapReason
from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.errors import (
    ConfigError,
    Conflict,
    EvidenceError,
    NotFound,
    SourceError,
    SourceUnavailable,
)
from sightline.evidence.files import write_whole
from sightline.evidence.releasing import Blur
from sightline.pipeline.known_cameras import KnownCamera
from sightline.store.database import Database
from sightline.store.recordings import last_segment
from sightline.video.blurring import Look
from sightline.video.disk import writing
from sightline.video.growing import growing_segment
from sightline.video.probe import StreamReport, probe_stream
from sightline.video.still import Still, live_still, recorded_still
from sightline.video.stream import StreamLost

LONG_KEY_FRAME_INTERVAL_S = 4.0
CLOCK_TOLERANCE_S = 2.0
AGAIN = "try again in a minute; if it stays so, restart the camera and look how many others watch it"
WAY_OUT = {
    GapReason.UNREACHABLE: "check that it has power and network, and the address and port (RTSP: 554)",
    GapReason.UNAUTHORIZED: "check user and password, and do not try too often: cameras lock accounts",
    GapReason.NOT_FOUND: "look up the path of the stream in the camera's settings or manual",
    GapReason.UNUSABLE: "set the stream to H.264 in the camera's settings",
}
KEPT_S = 2.0
"""For so long a picture out of a recording is good enough for the next who asks: many pages may be open."""
LONGEST_KEPT_S = 10.0
"""The same for who says that an older one will do."""
AT_ONCE = 4
"""Cameras that are opened for a look at one time; each holds a thread of the web server for some seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraTrial:
    """What a test of a camera has shown.

    Attributes:
        detail: one sentence: what it sends, or why it does not answer and what to do.
        facts: what it sends, as `camera test --json` tells it; empty where it does not answer.
        warnings: what will cost footage, clips or work, one sentence each.
    """

    answered: bool
    detail: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    warnings: Sequence[str] = ()


def probe_camera(address: str, *, transport: str) -> StreamReport:
    """Open a camera for some seconds.

    Raises:
        SourceUnavailable: it does not answer; the message says what to do.
        SourceRejected: no camera's address.
    """
    try:
        return probe_stream(address, transport=transport)
    except StreamLost as error:
        raise SourceUnavailable(f"{error}; {WAY_OUT.get(error.reason, AGAIN)}") from error


def report_facts(report: StreamReport, transport: str) -> dict[str, Any]:
    """A report as JSON values."""
    return {
        "address": report.shown,
        "transport": transport,
        "codec": report.codec,
        "width": report.width,
        "height": report.height,
        "fps": round(float(report.fps), 3),
        "key_frame_interval_s": _rounded(report.key_frame_interval_s),
        "bit_rate": report.bit_rate,
        "clock_offset_s": _rounded(report.clock_offset_s),
    }


def warnings_about(report: StreamReport, transport: str) -> list[str]:
    """One sentence for each thing that will cost footage, clips or work, with the way out."""
    warnings = []
    interval = report.key_frame_interval_s
    if interval is None:
        warnings.append(
            "no second key frame came: clips can begin at key frames only, and the picture is back only with"
            " one; set the I-frame interval to 1 or 2 s in the camera's settings"
        )
    elif interval > LONG_KEY_FRAME_INTERVAL_S:
        warnings.append(
            f"a key frame comes only every {interval:.1f} s: clips begin up to that much earlier, and the"
            " picture is back that much later; set the I-frame interval to 1 or 2 s in the camera's settings"
        )
    if report.codec == "hevc":
        warnings.append(
            "H.265: many browsers do not play it, so clips may not open on every screen, and decoding costs"
            " more; set the camera to H.264 if you can"
        )
    offset = report.clock_offset_s
    if offset is not None and abs(offset) > CLOCK_TOLERANCE_S:
        side = "ahead of" if offset > 0 else "behind"
        warnings.append(
            f"the camera's clock is {abs(offset):.1f} s {side} this machine's: the time it writes into the"
            " picture will not match the events; let both ask the same time server"
        )
    if transport == "udp":
        warnings.append("UDP loses packets on a busy network, and with them pictures; use tcp where it works")
    return warnings


def keep_picture(path: Path, jpeg: bytes) -> None:
    """For its owner's eyes: people may be on it.

    Raises:
        DiskFull, ConfigError: it cannot be written.
    """
    with writing(path):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_whole(path, jpeg, mode=0o600)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A picture out of a recording, what was painted over it, when it was taken out (monotonic seconds)."""

    still: Still
    masks: Sequence[Sequence[Point]]
    at: float


class CameraLook:
    """Looks at cameras for programs and pages.

    Args:
        address: the full address of a camera.
        masks: of one camera, by venue and camera id: what they cover never leaves.
        blur: what faces are blurred with; None: they are shown.
    """

    def __init__(
        self,
        database: Database,
        *,
        recordings_dir: Path,
        address: Callable[[KnownCamera], str],
        masks: Callable[[str, str], Sequence[Sequence[Point]]],
        blur: Blur | None,
    ) -> None:
        self._database = database
        self._recordings_dir = recordings_dir
        self._address = address
        self._masks = masks
        self._blur = blur
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._keeping = threading.Lock()

    def test(self, camera: KnownCamera) -> CameraTrial:
        """Open a camera for some seconds; half a minute at most.

        Raises:
            Conflict: there is nothing to open, or several are being tested.
        """
        _refuse_recording(camera)
        return self._tried(lambda: self._address(camera), camera.transport)[0]

    def try_address(
        self, address: str, *, transport: str, venue_id: str, camera_id: str | None
    ) -> tuple[CameraTrial, bytes | None]:
        """The same with an address that is not yet a camera's, and a picture as it may leave the site.

        Args:
            address: checked already.
            camera_id: as it is to be called; masks go by it.

        Raises:
            Conflict: several cameras are being opened.
        """
        trial, jpeg = self._tried(lambda: address, transport)
        masks = self._masks(venue_id, camera_id) if camera_id is not None else ()
        if jpeg is None or (self._blur is None and not masks):
            return trial, jpeg
        try:
            look = self._blur.open() if self._blur is not None else None
            with self._turn():
                return trial, live_still(address, transport=transport, masks=masks, look=look).jpeg
        except (SourceError, EvidenceError) as error:
            return replace(trial, warnings=[*trial.warnings, str(error)]), None

    def _tried(self, address: Callable[[], str], transport: str) -> tuple[CameraTrial, bytes | None]:
        """What came, and the first picture as it came."""
        try:
            with self._turn():
                report = probe_camera(address(), transport=transport)
        except (SourceError, ConfigError) as error:
            return CameraTrial(answered=False, detail=str(error)), None
        trial = CameraTrial(
            answered=True,
            detail=f"{report.width}x{report.height} {report.codec}, {float(report.fps):.3g} pictures/s",
            facts=report_facts(report, transport),
            warnings=warnings_about(report, transport),
        )
        return trial, report.snapshot_jpeg

    def still(self, camera: KnownCamera, *, within_s: float | None = None) -> Still:
        """The newest picture that was recorded, or the one of a moment ago; of a camera that was never
        recorded, one that it sends now.

        Args:
            within_s: how long ago that moment may be, `LONGEST_KEPT_S` at most; None: `KEPT_S`.

        Raises:
            NotFound: nothing is recorded, and it does not answer.
            Conflict: no picture may leave, or several cameras are being opened.
            EvidenceError: it cannot be masked, or faces cannot be blurred in it.
        """
        masks, key = self._masks(camera.venue_id, camera.camera_id), (camera.venue_id, camera.camera_id)
        kept = self._kept.get(key)
        oldest = monotonic() - (KEPT_S if within_s is None else within_s)
        if kept is not None and kept.at > oldest and kept.masks == masks:
            return kept.still
        look = self._blur.open() if self._blur is not None else None
        recorded = self._recorded(camera, masks, look)
        if recorded is not None:
            self._keep(key, _Kept(recorded, masks, monotonic()))
            return recorded
        if camera.is_recording:
            raise NotFound(f"of camera {camera.camera_id!r} nothing is recorded any more")
        try:
            with self._turn():
                return live_still(self._address(camera), transport=camera.transport, masks=masks, look=look)
        except (SourceError, ConfigError) as error:
            raise NotFound(f"there is no picture of camera {camera.camera_id!r}: {error}") from error

    def _keep(self, key: tuple[str, str], new: _Kept) -> None:
        """And let go of those that are too old: pictures of a hundred cameras are some megabytes."""
        with self._keeping:
            oldest = monotonic() - LONGEST_KEPT_S
            self._kept = {of: one for of, one in self._kept.items() if one.at > oldest} | {key: new}

    def _recorded(
        self, camera: KnownCamera, masks: Sequence[Sequence[Point]], look: Look | None
    ) -> Still | None:
        growing = growing_segment(self._recordings_dir, camera.venue_id, camera.camera_id)
        with self._database.reading() as connection:
            last = last_segment(Scope.of(camera.venue_id), connection, camera.venue_id, camera.camera_id)
        for segment in (growing, last):
            # A growing file may get its final name meanwhile; the one before it is as good.
            if segment is not None and (self._recordings_dir / segment.path).is_file():
                return recorded_still(self._recordings_dir, segment, masks, look)
        return None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._free.acquire(blocking=False):
            raise Conflict(f"{AT_ONCE} cameras are being opened just now; try again in some seconds")
        try:
            yield
        finally:
            self._free.release()


def _refuse_recording(camera: KnownCamera) -> None:
    if camera.is_recording:
        raise Conflict(
            f"camera {camera.camera_id!r} is known from recordings only: there is no address to open"
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
