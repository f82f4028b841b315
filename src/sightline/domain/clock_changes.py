"""When the clock on a venue's wall is put forward or back: what a database needs to reckon in local time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from sightline.domain.local_time import Window, day_of_number, day_start

SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockSpan:
    """From `since` on (UTC) the wall shows UTC plus `offset`, until the next span begins."""

    since: datetime
    offset: timedelta


def clock_spans(window: Window) -> list[ClockSpan]:
    """The offsets of a window in order; the first begins with the window, so there is always one."""
    spans = [ClockSpan(window.start, _offset(window.start, window.zone))]
    begin = window.start
    for number in range(window.first_number + 1, window.last_number + 2):
        end = day_start(day_of_number(number), window.zone)
        if _offset(end, window.zone) != spans[-1].offset:
            changed = _change_between(begin, end, window.zone)
            spans.append(ClockSpan(changed, _offset(changed, window.zone)))
        begin = end
    return [span for span in spans if span.since < window.end]


def _change_between(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The second at which the offset of `high` began; `low` has another, and one change lies between them."""
    before = _offset(low, zone)
    while high - low > SECOND:
        middle = low + SECOND * ((high - low) // SECOND // 2)
        if _offset(middle, zone) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    offset = at.astimezone(UTC).astimezone(zone).utcoffset()
    assert offset is not None
    return offset
