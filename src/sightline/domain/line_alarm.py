"""When a line of waiting people is too long."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LineNow:
    """One line as it is at this moment.

    Attributes:
        place: name of its zone.
        length: people who stand in it, staff left out; 0 when it is empty.
        longest_wait: of them, the longest time in line so far; zero when it is empty.
    """

    place: str
    length: int
    longest_wait: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLimits:
    """When a line is too long; the defaults are the product's.

    Attributes:
        length: so many people are too many, once they have been so many for `validation`.
        wait: anybody who has stood in line for so long has waited too long.
        calm: how long a line must have stayed below both before it is no longer too long, so that one person
            who comes and goes does not alert again and again.
    """

    length: int = 4
    wait: timedelta = timedelta(seconds=180)
    validation: timedelta = timedelta(seconds=3)
    calm: timedelta = timedelta(seconds=30)


@dataclass(slots=True)
class _Standing:
    crowded_since: datetime | None = None
    calm_since: datetime | None = None
    too_long: bool = False


@dataclass(slots=True)
class LineAlarm:
    """Which lines of one camera are too long, over capture time only."""

    limits: LineLimits
    _lines: dict[str, _Standing] = field(default_factory=dict)

    def see(self, at: datetime, lines: Iterable[LineNow]) -> tuple[LineNow, ...]:
        """Take the lines as they are at one moment; those that are too long, in the order given.

        Args:
            at: capture time, not earlier than the last call.
            lines: all that can be seen, empty ones too. What is not among them is forgotten: of a line that
                nobody sees any more it is unknown how long it is.
        """
        listed = list(lines)
        self._lines = {line.place: self._lines.get(line.place, _Standing()) for line in listed}
        return tuple(line for line in listed if self._judge(self._lines[line.place], at, line))

    def _judge(self, standing: _Standing, at: datetime, line: LineNow) -> bool:
        limits = self.limits
        crowded = line.length >= limits.length
        late = line.length > 0 and line.longest_wait >= limits.wait
        standing.crowded_since = (standing.crowded_since or at) if crowded else None
        if late or (standing.crowded_since and at - standing.crowded_since >= limits.validation):
            standing.too_long = True
        if crowded or late:
            standing.calm_since = None
        elif standing.too_long:
            standing.calm_since = standing.calm_since or at
            standing.too_long = at - standing.calm_since < limits.calm
        return standing.too_long
