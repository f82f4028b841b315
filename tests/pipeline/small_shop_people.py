"""Who is in the small shop, and where: all that a process needs to know that only detects."""

from datetime import UTC, datetime

from sightline.domain.track import Box

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def who_is_there(at_s: float) -> list[Box]:
    people = [standing(20, 100)]
    if at_s < 50:
        people.append(standing(200, 20))  # alone since the start: unattended for 50 s
    elif at_s < 54:
        share = (at_s - 50) / 4  # walks to the counter
        people.append(standing(200 - 100 * share, 20 + 80 * share))
    elif at_s < 70:
        people.append(standing(100, 100))  # is served
    if 52 <= at_s < 72:
        people.append(standing(270, 120))  # queues meanwhile
    return people


def standing(left: float, top: float) -> Box:
    return (left, top, left + 30, top + 90)
