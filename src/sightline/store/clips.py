"""Which clips an event needs: how they are cut into parts and what the files are called."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sightline.domain.event import EventKind

SHORTEST = timedelta(seconds=3)
"""A clip below this shows nothing; it is not made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipRule:
    """How much footage goes with an event.

    Attributes:
        pre, post: footage before its start and after its end.
        longest: a longer clip becomes consecutive parts, each at most this and at least `SHORTEST`.
    """

    pre: timedelta = timedelta(seconds=5)
    post: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(seconds=120)

    def __post_init__(self) -> None:
        if self.longest < 2 * SHORTEST:
            raise ValueError(
                f"clips of at most {self.longest} cannot be split in parts of at least {SHORTEST}"
            )
        if min(self.pre, self.post) < timedelta(0):
            raise ValueError("footage before and after an event cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPart:
    """One file to be cut: its span in capture time, and why it exists."""

    reason: str
    wanted_from: datetime
    wanted_until: datetime


def wanted_span(
    started_at: datetime, ended_at: datetime, rule: ClipRule, footage: tuple[datetime, datetime]
) -> tuple[datetime, datetime]:
    """[start - pre, end + post], as far as there is footage; it ends before it starts when there is none."""
    return max(started_at - rule.pre, footage[0]), min(ended_at + rule.post, footage[1])


def plan_parts(
    kind: EventKind, wanted_from: datetime, wanted_until: datetime, longest: timedelta
) -> list[PlannedPart]:
    """Consecutive parts that cover the span.

    Every part but the last is `longest`; a remainder below `SHORTEST` is joined to the part before, and the
    two share their length, so that no part is longer than `longest` nor shorter than `SHORTEST`.

    Returns:
        parts in order; none when the whole span is shorter than `SHORTEST`.
    """
    if wanted_until - wanted_from < SHORTEST:
        return []
    cuts = [wanted_from]
    while wanted_until - cuts[-1] > longest:
        rest = wanted_until - cuts[-1] - longest
        cuts.append(cuts[-1] + (longest if rest >= SHORTEST else (longest + rest) / 2))
    cuts.append(wanted_until)
    last = len(cuts) - 2
    return [
        PlannedPart(reason=_reason(kind, part, last), wanted_from=cuts[part], wanted_until=cuts[part + 1])
        for part in range(last + 1)
    ]


def segment_file_name(index: int, starts_at: datetime, reason: str) -> str:
    """`segment_8_20251025_113052_unattended.mp4`; the time is UTC."""
    return f"segment_{index}_{starts_at.astimezone(UTC):%Y%m%d_%H%M%S}_{reason}.mp4"


def _reason(kind: EventKind, part: int, last: int) -> str:
    if kind is EventKind.INTERACTION:
        if part == 0:
            return "interaction_start"
        return "interaction_end" if part == last else "time_based"
    return kind.value if part == 0 else "time_based"
