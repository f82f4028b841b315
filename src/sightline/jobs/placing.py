"""To which camera and time a file belongs that somebody sent, beside what is known already.

Two files of one camera at one time take each other's place. That is right for the same footage analysed
again, and wrong for two cameras whose files came without a camera's name, or without a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sightline.store.runs import StoredRun

DEFAULT_CAMERA = "upload"
"""Of files whose sender named no camera. A second one at the same time is `upload-2`, and so on."""

SUFFIX = DEFAULT_CAMERA + "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a file belongs. `note` is a sentence for its sender; empty when there is nothing to say."""

    camera_id: str
    at: datetime
    note: str = ""


RunsBetween = Callable[[str, datetime, datetime], Sequence[StoredRun]]
"""The analyses of a camera whose footage touches a span."""


def place(
    *,
    camera_id: str,
    at: datetime,
    length: timedelta,
    sha256: str,
    time_unknown: bool,
    of_file: Sequence[StoredRun],
    between: RunsBetween,
) -> Placement:
    """Where a file of this camera and time is put.

    Args:
        camera_id: as its sender said, or `DEFAULT_CAMERA`.
        at: start of the file; with `time_unknown`, when it came.
        of_file: earlier analyses of the very same file, newest first.
    """
    for run in of_file:
        same_place = run.camera_id == camera_id or (
            camera_id == DEFAULT_CAMERA and _is_default(run.camera_id)
        )
        if same_place and (time_unknown or run.recorded_at == at):
            note = "the same file was analysed before; this takes the place of what it told then"
            return Placement(camera_id=run.camera_id, at=run.recorded_at, note=note)

    def others(name: str, start: datetime) -> list[StoredRun]:
        found = between(name, start, start + length)
        return [run for run in found if run.source_sha256 != sha256 and _is_same_time(run, start, length)]

    if camera_id == DEFAULT_CAMERA:
        name, number = camera_id, 1
        while others(name, at):
            number += 1
            name = f"{SUFFIX}{number}"
        note = "" if number == 1 else f"another file is known of that time, so this is camera {name}"
        return Placement(camera_id=name, at=at, note=note)
    if not time_unknown:
        replaced = ", ".join(run.source_name for run in others(camera_id, at))
        note = f"takes the place of what was known of that time and camera ({replaced})" if replaced else ""
        return Placement(camera_id=camera_id, at=at, note=note)
    while known := others(camera_id, at):
        at = max(run.recorded_until for run in known)
    return Placement(camera_id=camera_id, at=at)


def _is_default(camera_id: str) -> bool:
    return camera_id == DEFAULT_CAMERA or camera_id.removeprefix(SUFFIX).isdecimal()


def _is_same_time(run: StoredRun, start: datetime, length: timedelta) -> bool:
    """Whether half or more of the shorter one is common; files that follow each other may overlap a bit."""
    common = min(run.recorded_until, start + length) - max(run.recorded_at, start)
    return 2 * common >= min(run.recorded_until - run.recorded_at, length)
