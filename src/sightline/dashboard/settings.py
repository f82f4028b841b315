"""/settings: what is set at the site, in plain words, and a test for each receiver."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from sightline.dashboard.asking import Asked, Asking, PageRoute
from sightline.dashboard.pages import show
from sightline.dashboard.sentences.settings import SETTINGS
from sightline.dashboard.venue_shown import VenueDesk
from sightline.pipeline.site_facts import SiteFacts

TABS = (
    ("settings", "/settings", "viewer"),
    ("users", "/settings/users", "administrator"),
    ("keys", "/settings/keys", "manager"),
    ("audit_log", "/settings/audit-log", "administrator"),
)
RANKS = {"viewer": 0, "manager": 1, "administrator": 2}


@dataclass(frozen=True, slots=True)
class SettingsServices:
    """What the page reads from: what is set, and the record of `sightline doctor --privacy`."""

    facts: Callable[[], SiteFacts]
    privacy_record: Callable[[], Mapping[str, Any]]


def settings_page_routes(desk: VenueDesk, services: SettingsServices) -> APIRouter:
    """The page."""
    routes = APIRouter(include_in_schema=False, route_class=PageRoute)

    @routes.get("/settings")
    def settings_page(asked: Asking) -> HTMLResponse:
        """The site's settings are told to administrators; everybody sees their own account."""
        site = services.facts() if asked.is_administrator else None
        record = services.privacy_record() if asked.is_administrator else None
        return show(
            "settings.html",
            asked,
            sentences=SETTINGS,
            scripts=("settings.js",),
            tabs=tabs_for(asked),
            tab="settings",
            venues=desk.listed(asked),
            site=site,
            categories=_categories(record) if record is not None else (),
            record=record,
        )

    return routes


def tabs_for(asked: Asked) -> list[tuple[str, str]]:
    """Key of the sentence and path of the pages of settings that the caller may see."""
    rank = RANKS[asked.caller.role]
    return [(key, path) for key, path, least in TABS if rank >= RANKS[least]]


def _categories(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Kinds of data with the key of their name, whether new data may come, how long it is kept, and how much
    there is."""
    return [
        {
            "key": "data_" + one["name"].replace(" ", "_"),
            "name": one["name"],
            "on": one["on"],
            "switch": one["switch"],
            "days": one["days"],
            "rows": sum(one["rows"].values()) if one["rows"] else None,
        }
        for one in record["categories"]
    ]
