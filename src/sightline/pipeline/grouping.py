"""Which camera runs in which process."""

from collections.abc import Iterable, Mapping, Sequence

CameraKey = tuple[str, str]
"""Venue id and camera id."""

MOST_PER_PROCESS = 4
"""Decoding and inference run beside Python's lock; the rest holds it, on one core for all of a process."""


def group_cameras(
    current: Mapping[int, Sequence[CameraKey]], wanted: Iterable[CameraKey], most: int = MOST_PER_PROCESS
) -> dict[int, list[CameraKey]]:
    """Give each wanted camera a process, and leave every camera that has one where it is.

    New cameras go to the process with the fewest. A process is opened only when the others are full, but as
    many as are needed are opened at once: five new cameras become three and two, not four and one.

    Args:
        current: cameras by the number of their process, as they run now.
        most: cameras that one process takes.

    Returns:
        the groups that have cameras; numbers count from 1, and free ones are taken again.
    """
    asked = sorted(set(wanted))
    groups: dict[int, list[CameraKey]] = {}
    placed: set[CameraKey] = set()
    for number, cameras in current.items():
        kept = [camera for camera in cameras if camera in asked and camera not in placed]
        placed |= set(kept)
        if kept:
            groups[number] = kept
    new = [camera for camera in asked if camera not in placed]
    room = sum(max(0, most - len(cameras)) for cameras in groups.values())
    for _ in range(-(-(len(new) - room) // most)):
        groups[_free_number(groups)] = []
    for camera in new:
        number = min(groups, key=lambda one: (len(groups[one]), one))
        groups[number].append(camera)
    return groups


def _free_number(groups: Mapping[int, object]) -> int:
    return next(number for number in range(1, len(groups) + 2) if number not in groups)
