"""Each day of a person knows the one before it, and the one before it on which they returned.

Days mostly come in order: then the last one is known, and nothing has to be looked up.
"""

from collections.abc import Mapping
from typing import Protocol

Link = tuple[int | None, int | None]
"""The person's day before, and their day before with a return; None: there is none."""
NO_LINK: Link = (None, None)


class LastDays(Protocol):
    """A person, as far as their days go: the last one, and the last one with a return."""

    last_day: int | None
    last_return: int | None


def follow(person: LastDays, returns: Mapping[int, int]) -> dict[int, Link] | None:
    """Link changed days of a person to those before them, and move on to the last of them.

    Args:
        returns: by day that changes, by how many its returns and marked stays do.

    Returns:
        The links of days that are new; those of a day that is stored stay. None when the days come out of
        order: they have to be linked once they are stored.
    """
    days = sorted(returns)
    last = person.last_day
    if days and last is not None and (days[0] < last or (days[0] == last and returns[last] < 0)):
        return None
    links: dict[int, Link] = {}
    for day in days:
        links[day] = (person.last_day, person.last_return)
        person.last_day = day
        if returns[day] > 0:
            person.last_return = day
    return links
