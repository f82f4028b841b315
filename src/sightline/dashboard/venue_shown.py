"""What all pages about one venue have in common: the venue, its clocks, and which days are shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Any

from sightline.analytics.data_days import DataDays, VenueDays
from sightline.dashboard.asking import Asked
from sightline.dashboard.figures_shown import Shown
from sightline.dashboard.pages import link, part
from sightline.errors import NotFound

SPANS = (1, 7, 28, 90)
"""Days that are offered."""
SERVICE_KINDS = ("interactions", "unattended", "queues")


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueShown:
    """A venue and the window a page shows of it.

    Attributes:
        days: how many; `to` is the last of them.
        follows: no day was asked for, so the last one with data is shown.
    """

    known: VenueDays
    days: int
    to: date
    follows: bool

    @property
    def id(self) -> str:
        return self.known.venue.id

    @property
    def name(self) -> str:
        return self.known.venue.name

    @property
    def zone(self) -> tzinfo:
        return self.known.zone

    @property
    def first(self) -> date:
        return self.to - timedelta(days=self.days - 1)

    @property
    def is_empty(self) -> bool:
        """Nothing was ever seen or told here."""
        return self.known.last_day is None

    def page(self, name: str, **query: object) -> str:
        """Address of another page about this venue, for the same days."""
        chosen = {} if self.follows else {"to": self.to.isoformat()}
        return link(f"/{name}/{part(self.id)}", **{"days": self.days, **chosen, **query})

    def review(self, **query: object) -> str:
        """Address of the events of this venue; `first` and `last` are local days, both included."""
        days = {"first": self.first.isoformat(), "last": self.to.isoformat()}
        return link("/review", venue_id=self.id, **{**days, **query})

    def of_hour(self, day: date, hour: int, **query: object) -> str:
        """The same for one hour of a day on the venue's wall."""
        one = day.isoformat()
        return self.review(**{"first": one, "last": one, "hour": hour, **query})


def is_unseen(known: bool, service: Mapping[str, Any]) -> bool:
    """Whether nothing is known of a window: no camera looked, and nothing was told.

    Args:
        known: whether no stay in it would mean that nobody came.
        service: as `ServiceFigures` has it.
    """
    return not known and not any(service[one]["count"] for one in SERVICE_KINDS)


def events_counted(service: Mapping[str, Any], kind: str, coverage: Mapping[str, Any]) -> int | None:
    """How many service events of a kind there were; None where no camera looks and nobody told of any.

    Args:
        service: as `ServiceFigures` has it.
        kind: `interactions`, `unattended` or `queues`.
        coverage: of the same window.
    """
    told = any(service[one]["count"] for one in SERVICE_KINDS)
    counted: int = service[kind]["count"]
    return counted if coverage["known"] or told else None


def zone_said(zone: str, words: Mapping[str, str]) -> str:
    """The name of a zone; of one that nobody drew in the language of the page."""
    return words.get(f"own_zone_{zone}", zone)


def coverage_said(coverage: Mapping[str, Any], words: Mapping[str, str], shown: Shown) -> str:
    """How much of a window cameras looked at."""
    if not coverage["known"]:
        return words["not_watched"]
    share = coverage["observed_share"]
    return words["observed"].format(share=shown.percent(None if share is None else 100 * share))


class VenueDesk:
    """Finds venues for pages."""

    def __init__(self, days: DataDays) -> None:
        self._days = days

    def listed(self, asked: Asked) -> list[VenueDays]:
        """The venues that the caller may see, by id."""
        return self._days.listed(asked.caller.scope)

    def camera_names(self, asked: Asked) -> Mapping[tuple[str, str], str]:
        """What people call the cameras, by venue and id."""
        return self._days.camera_names(asked.caller.scope)

    def shown(self, asked: Asked, venue_id: str, *, days: int, to: date | None) -> VenueShown:
        """The venue and window of a page.

        Raises:
            NotFound: there is no such venue.
        """
        known = self._days.of(asked.caller.scope, venue_id)
        if known is None:
            raise NotFound(f"there is no venue {venue_id!r}")
        last = to or known.last_day or known.today
        return VenueShown(known=known, days=days, to=last, follows=to is None)
