"""What other processes do to the stays of a venue: post the same day, each in its own order, or die of it."""

import os
import random
import signal
from datetime import UTC, datetime, timedelta

from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.store.database import open_database
from sightline.store.stays import add_stays, erase_visitor, remove_stays

SITE = Scope.site()
MORNING = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
VENUES = ("shop", "other")


def shop_day(venue_id: str, stays: int = 200) -> list[Stay]:
    """The same stays whoever asks: thirty people who come, go and come back."""
    chance = random.Random(venue_id)
    return [
        Stay(
            pseudo_id=f"p{chance.randrange(30)}",
            at=MORNING + timedelta(seconds=chance.randrange(36_000)),
            zone=chance.choice(["door", "till", "shelf"]),
            dwell=timedelta(seconds=chance.randrange(600)),
            event_id=f"e{number}",
            run_id=chance.choice([None, "a run"]),
            gender=chance.choice([None, "F", "M"]),
            engagement_score=chance.choice([None, 10.0, 55.5, 90.0]),
        )
        for number in range(stays)
    ]


def batches(seed: int) -> list[tuple[str, list[Stay]]]:
    """All of it for both venues, in batches that overlap, in an order of one's own."""
    chance = random.Random(seed)
    found = []
    for venue_id in VENUES:
        day = shop_day(venue_id)
        chance.shuffle(day)
        found += [(venue_id, day[first : first + 60]) for first in range(0, len(day), 40)]
    chance.shuffle(found)
    return found


def post_all(url: str, seed: int) -> None:
    with open_database(url) as database:
        for venue_id, stays in batches(seed):
            with database.transaction() as connection:
                add_stays(SITE, connection, venue_id, stays)


def post_and_take_away(url: str, seed: int) -> None:
    """Posts, and in between erases people and takes away what a run has found, as others do."""
    with open_database(url) as database:
        for number, (venue_id, stays) in enumerate(batches(seed)):
            with database.transaction() as connection:
                add_stays(SITE, connection, venue_id, stays)
            with database.transaction() as connection:
                if number % 4 == 1:
                    erase_visitor(SITE, connection, venue_id, f"p{number % 30}")
                elif number % 4 == 3:
                    remove_stays(SITE, connection, venue_id=venue_id, run_ids=["a run"])


def die_while_posting(url: str, seed: int, whole_batches: int) -> None:
    """Killed in a transaction that has written all its rows, after some that were stored."""
    database = open_database(url)
    for number, (venue_id, stays) in enumerate(batches(seed)):
        with database.transaction() as connection:
            add_stays(SITE, connection, venue_id, stays)
            if number == whole_batches:
                os.kill(os.getpid(), signal.SIGKILL)
