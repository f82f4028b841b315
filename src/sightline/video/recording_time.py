"""When a recording began: said by the user, by the file's name, by the container, or by the file system."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import Literal

from sightline.errors import SourceRejected

TimeSource = Literal["given", "file name", "container", "file time"]

# Date and time with seconds, in the orders recorders and phones write them. A bare run of digits must
# begin with a plausible year and be 14 or 17 long, so that epoch seconds and serial numbers are no dates.
_IN_NAME = re.compile(
    r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<dash>[-_.]?)(?P<month>0[1-9]|1[0-2])(?P=dash)(?P<day>0[1-9]|[12]\d|3[01])"
    r"(?:[T _.-]|\s+at\s+|_-_)?"
    r"(?P<hour>[01]\d|2[0-3])(?P<colon>[-_.:h]?)(?P<minute>[0-5]\d)(?:(?P=colon)|m)(?P<second>[0-5]\d)"
    r"(?P<fraction>[.,]\d{1,6}|\d{3}(?!\d))?"
    r"(?P<zone>Z|[+-](?:0\d|1[0-4]):?[0-5]\d)?(?![\d])"
)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # containers that know no time say 1904 or 1970
_CLOCK_SLACK = timedelta(days=1)  # a recorder's clock, or a zone left out, may be ahead by some hours


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStart:
    """Capture time of the first picture.

    Attributes:
        at: aware UTC.
        source: where it was found.
        warning: one sentence, when the time is doubtful.
    """

    at: datetime
    source: TimeSource
    warning: str | None = None


def recording_start(
    path: Path, *, given: datetime | None, container_time: datetime | None, zone: tzinfo, now: datetime
) -> RecordingStart:
    """The start of a recording, from the first of four places that holds one.

    1. `given`; naive means the venue's zone.
    2. A date and time in the file's name, in the venue's zone unless it carries an offset or Z.
    3. The container's creation time, unless before 2000 or in the future.
    4. The time the file was last changed, with a warning.

    Args:
        path: the file; only its name is looked at, unless nothing else holds a time.
        container_time: `VideoInfo.created_at`.
        zone: the venue's.
        now: aware; the judge of "in the future".

    Raises:
        SourceRejected: nothing else holds a time and the file cannot be looked at.
    """
    if given is not None:
        at, warning = to_utc(given, zone)
        return RecordingStart(at=at, source="given", warning=warning)
    named = time_in_name(path.name)
    if named is not None:
        at, warning = to_utc(named, zone)
        if _EARLIEST <= at <= now + _CLOCK_SLACK:
            return RecordingStart(at=at, source="file name", warning=warning)
    if container_time is not None and _EARLIEST <= container_time <= now:
        return RecordingStart(at=container_time.astimezone(UTC), source="container")
    try:
        changed_at = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
    except OSError as error:
        raise SourceRejected(f"{path}: cannot be read ({error.strerror})") from error
    return RecordingStart(
        at=changed_at,
        source="file time",
        warning=f"{path.name}: no recording time given or found; took the file's time "
        f"{changed_at:%Y-%m-%d %H:%M:%S} UTC (set it with --recorded-at)",
    )


def time_in_name(name: str) -> datetime | None:
    """The first date with a time of day (to the second) in a file name; naive unless an offset stands there.

    Understood: 20251025_113052, 2025-10-25_11-30-52, 2025-10-25T11:30:52Z, ch01_20251025113052,
    VID_20251025_113052123, "2025-10-25 at 11.30.52". A range such as 20251025113052_20251025123052 gives its
    start. Epoch seconds and dates without a time are no time.
    """
    for match in _IN_NAME.finditer(name):
        parts = [int(match[part]) for part in ("year", "month", "day", "hour", "minute", "second")]
        digits = (match["fraction"] or "").lstrip(".,")
        try:
            return datetime(*parts, int(digits.ljust(6, "0") or 0), tzinfo=_zone(match["zone"]))  # type: ignore[misc,arg-type]
        except ValueError:
            continue  # 31 February
    return None


def to_utc(at: datetime, zone: tzinfo) -> tuple[datetime, str | None]:
    """An aware or local time as UTC, and a warning when the local time exists twice or not at all.

    A time the clocks went over twice is taken as the first of the two (unless `fold` says otherwise); a time
    they skipped is read with the offset from before the change, so 02:30 becomes what 03:30 was.
    """
    if at.tzinfo is not None:
        return at.astimezone(UTC), None
    local = at.replace(tzinfo=zone)
    utc = local.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None) != at:
        return (
            utc,
            f"{at:%Y-%m-%d %H:%M:%S} does not exist in {zone} (clocks went forward); took {utc:%H:%M:%S} UTC",
        )
    if local.utcoffset() != local.replace(fold=1 - at.fold).utcoffset():
        which = "second" if at.fold else "first"
        return utc, f"{at:%Y-%m-%d %H:%M:%S} exists twice in {zone} (clocks went back); took the {which}"
    return utc, None


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))
