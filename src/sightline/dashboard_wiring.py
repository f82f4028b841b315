"""The pages of a site, over the same services as its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from sightline.wiring import Site


def page_routes(site: Site) -> list[APIRouter]:
    """Everything that people see in a browser, but for private links and signing in."""
    from sightline.analytics.data_days import DataDays
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.service import ServiceFigures
    from sightline.analytics.traffic import TrafficFigures
    from sightline.api_wiring import event_reading
    from sightline.dashboard.assets import asset_routes
    from sightline.dashboard.languages import language_routes
    from sightline.dashboard.venue import venue_page_routes
    from sightline.dashboard.venue_shown import VenueDesk

    desk = VenueDesk(DataDays(site.database, wall_clock))
    traffic, service = TrafficFigures(site.database, wall_clock), ServiceFigures(site.database, wall_clock)
    events = event_reading(site)
    return [
        asset_routes(),
        language_routes(),
        venue_page_routes(desk, traffic, service, events),
    ]
