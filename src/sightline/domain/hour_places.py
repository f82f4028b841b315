"""In which local hour, and on which day, many moments lie: `domain.local_time` for whole batches.

Moments are whole microseconds since 1970 UTC here, as they are stored: a thousand of them arrive at once.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sightline.domain.local_time import HOUR, local_day, local_hour

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
HOUR_US = HOUR // MICROSECOND
REMEMBERED = 50_000
"""Hours of one zone: more than five years."""

Place = tuple[int, int]
"""Begin of the local hour in microseconds, number of the local day."""


class HourPlaces:
    """The local hours of one zone, remembered by the hours of UTC.

    Within an hour of UTC in which no clock changes, there are two local hours at most: the one that goes on
    when it begins and, in zones with half and quarter hours, the one that begins within. Hours with a change
    are not remembered.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, tuple[Place, int, Place] | None] = {}

    def place(self, at_us: int) -> Place:
        """Where the moment lies."""
        number = at_us // HOUR_US
        known = self._known.get(number, ...)
        if known is ...:
            known = self._learn(number)
        if known is None:
            return self._exactly(at_us)
        first, second_from, second = known
        return first if at_us < second_from else second

    def _learn(self, number: int) -> tuple[Place, int, Place] | None:
        begin, end = number * HOUR_US, (number + 1) * HOUR_US
        first, second = self._exactly(begin), self._exactly(end - 1)
        changes = self._offset(begin) != self._offset(end)
        # Without a change the second local hour, if it is another one, begins where it says it does.
        found = None if changes else (first, end if first == second else second[0], second)
        if len(self._known) >= REMEMBERED:
            self._known = {}
        self._known[number] = found
        return found

    def _exactly(self, at_us: int) -> Place:
        at = EPOCH + at_us * MICROSECOND
        return (local_hour(at, self._zone) - EPOCH) // MICROSECOND, local_day(at, self._zone)

    def _offset(self, at_us: int) -> timedelta | None:
        return (EPOCH + at_us * MICROSECOND).astimezone(self._zone).utcoffset()


@lru_cache(maxsize=64)
def hour_places(zone_name: str) -> HourPlaces:
    """Those of the zone with this IANA name, which must be one."""
    return HourPlaces(ZoneInfo(zone_name))
