"""The pages of a site, over the same services as its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from sightline.dashboard.venue_shown import VenueDesk
    from sightline.pipeline.event_reading import EventReading
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
        *_first_pages(site, desk, events),
        venue_page_routes(desk, traffic, service, events),
    ]


def _first_pages(site: Site, desk: VenueDesk, events: EventReading) -> list[APIRouter]:
    """Home, the list of venues, alerts."""
    from sightline.analytics.at_a_glance import Glances
    from sightline.analytics.comparisons import Comparisons
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.traffic_alerts import TrafficAlerts
    from sightline.dashboard.alerts import alert_page_routes
    from sightline.dashboard.home import HomeServices, home_routes
    from sightline.dashboard.venue_list import venue_list_routes
    from sightline.pipeline.camera_admin import CameraAdmin

    alerts = TrafficAlerts(site.database, clock=wall_clock)
    cameras = CameraAdmin(site.settings, site.database, site.vault)
    return [
        home_routes(HomeServices(Glances(site.database, wall_clock), cameras, events, alerts)),
        venue_list_routes(desk, Comparisons(site.database, wall_clock)),
        alert_page_routes(desk, alerts),
    ]
