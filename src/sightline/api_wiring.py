"""The routes of the platform, over the services of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from sightline.wiring import Site


def platform_routes(site: Site) -> list[APIRouter]:
    """Everything under /venues, /events, /analytics, /api and /process."""
    from sightline.analytics.behavior import BehaviorFigures
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.visitors import Visitors
    from sightline.api.behavior import behavior_routes

    from sightline.api.visitors import visitor_routes

    return [
        visitor_routes(Visitors(site.database, wall_clock)),
        behavior_routes(BehaviorFigures(site.database, wall_clock)),
        *_site_routes(site),
    ]


def _site_routes(site: Site) -> list[APIRouter]:
    """What the site is made of: venues, zones, cameras, events, evidence, links."""
    from sightline.api.venues import venue_routes
    from sightline.pipeline.api_keys import ApiKeys
    from sightline.pipeline.venue_folders import VenueFolders
    from sightline.pipeline.venues import Venues

    venues = Venues(
        site.database,
        keys=ApiKeys(site.database),
        from_file=[one.id for one in site.settings.venues],
        folders=VenueFolders(site.data_dir),
    )
    return [
        venue_routes(venues),
    ]
