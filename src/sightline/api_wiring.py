"""The routes of the platform, over the services of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from sightline.wiring import Site


def platform_routes(site: Site) -> list[APIRouter]:
    """Everything under /venues, /events, /analytics, /api and /process."""
    del site
    return []
