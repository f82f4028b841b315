"""/map: where the venues are, how many came to each, and what cells of the country add up to."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from sightline.analytics.comparisons import MAP_DAYS, Comparisons
from sightline.analytics.data_days import VenueDays
from sightline.dashboard.asking import Asking, PageRoute
from sightline.dashboard.map_drawn import (
    FURTHEST,
    NARROWEST,
    WIDEST,
    WORLD,
    Place,
    View,
    labelled,
    levels,
)
from sightline.dashboard.pages import link, show
from sightline.dashboard.sentences.map import MAP
from sightline.dashboard.venue_shown import VenueDesk

STEP, CLOSER = 0.3, 0.5


def map_page_routes(desk: VenueDesk, comparisons: Comparisons) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/map")
    def map_page(
        asked: Asking,
        lat: Annotated[float | None, Query(ge=-FURTHEST, le=FURTHEST)] = None,
        lon: Annotated[float | None, Query(ge=-180, le=180)] = None,
        width: Annotated[float | None, Query(ge=NARROWEST, le=WIDEST)] = None,
    ) -> HTMLResponse:
        """`width` is how much of the world is shown, of its 100,000 units."""
        days = {one.venue.id: one for one in desk.listed(asked)}
        told = comparisons.on_map(asked.caller.scope)
        counts = {str(one["id"]): _known(one["visitors"], days.get(one["id"])) for one in told}
        places = [
            Place(
                venue_id=one["id"],
                name=one["name"],
                latitude=one["latitude"],
                longitude=one["longitude"],
                visitors=counts[one["id"]],
            )
            for one in told
            if one["latitude"] is not None and one["longitude"] is not None
        ]
        at_first = View.around(places)
        view = at_first
        if lat is not None and lon is not None:
            view = View.at(lat, lon, width or at_first.width)
        return show(
            "map.html",
            asked,
            sentences=MAP,
            scripts=("map.js",),
            page_data={"first": at_first.box, "world": WORLD, "narrowest": NARROWEST, "widest": WIDEST},
            venues=told,
            counts=counts,
            places=places,
            placeless=[one for one in told if one["latitude"] is None or one["longitude"] is None],
            view=view,
            levels=levels(places),
            named=labelled(places, view),
            moves=_moves(view, at_first),
            days=MAP_DAYS,
        )

    return routes


def _known(visitors: int, venue: VenueDays | None) -> int | None:
    """Nobody in these days, or nobody who looked: that is not the same."""
    if visitors or venue is None:
        return visitors
    first = venue.today - timedelta(days=MAP_DAYS - 1)
    return 0 if venue.last_day is not None and venue.last_day >= first else None


def _moves(view: View, at_first: View) -> list[tuple[str, str, str]]:
    """Name, sign and address of each way to look elsewhere: they work without a script, too."""
    ways = {
        "in": ("+", view.moved(zoom=CLOSER)),
        "out": ("−", view.moved(zoom=1 / CLOSER)),
        "left": ("←", view.moved(right=-STEP)),
        "right": ("→", view.moved(right=STEP)),
        "up": ("↑", view.moved(down=-STEP)),
        "down": ("↓", view.moved(down=STEP)),
    }
    found = [(name, sign, link("/map", **there.query())) for name, (sign, there) in ways.items()]
    return [*found, ("all", "", link("/map", **at_first.query()))]
