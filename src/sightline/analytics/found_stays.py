"""The stays behind a figure: who was where, and whether the footage of it is still here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sightline.domain.scope import Scope
from sightline.domain.stay_traits import StayTraits
from sightline.store.database import Database
from sightline.store.recordings import segments_between
from sightline.store.stay_search import FoundStay, StaySearch, find_stays, zones_between

AROUND = timedelta(seconds=2)
"""Shown before and after a stay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaysFound:
    """A page of stays.

    Attributes:
        stays: newest first; `footage` is recorded, gone or told (by another program, which we have none of).
        total, people: in all pages.
    """

    stays: Sequence[dict[str, Any]]
    total: int
    people: int


class FoundStays:
    """Looks up stays of a site."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        scope: Scope,
        venue_id: str,
        spans: Sequence[tuple[datetime, datetime]],
        *,
        traits: StayTraits,
        limit: int,
        offset: int,
    ) -> StaysFound:
        """Stays that begin in one of `spans`."""
        search = StaySearch(venue_id=venue_id, spans=spans, traits=traits)
        with self._database.reading() as connection:
            found, total, people = find_stays(scope, connection, search, limit=limit, offset=offset)
            told = []
            for one in found:
                until = one.at + timedelta(milliseconds=one.dwell_ms)
                recorded = one.run_id is not None and bool(
                    segments_between(scope, connection, venue_id, one.camera_id, one.at, until)
                )
                told.append(_told(one, until, recorded=recorded))
        return StaysFound(stays=told, total=total, people=people)

    def zones(self, scope: Scope, venue_id: str, span: tuple[datetime, datetime]) -> list[str]:
        """Names of the zones in which there were stays."""
        with self._database.reading() as connection:
            return zones_between(scope, connection, venue_id, span)


def _told(one: FoundStay, until: datetime, *, recorded: bool) -> dict[str, Any]:
    footage = "told" if one.run_id is None else "recorded" if recorded else "gone"
    return {
        **one._asdict(),
        "until": until,
        "dwell_s": one.dwell_ms / 1000,
        "footage": footage,
        "show_from": one.at - AROUND,
        "show_until": until + AROUND,
    }
