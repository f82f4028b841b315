"""The pages of a site, over the same services as its API."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from sightline.analytics.audits import Audits
    from sightline.dashboard.venue_shown import VenueDesk
    from sightline.pipeline.camera_admin import CameraAdmin
    from sightline.pipeline.event_reading import EventReading
    from sightline.wiring import Site


def page_routes(site: Site) -> list[APIRouter]:
    """Everything that people see in a browser, but for private links and signing in."""
    from sightline.analytics.audits import Audits
    from sightline.analytics.data_days import DataDays
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.traffic import TrafficFigures
    from sightline.analytics.whole_window import WholeWindows
    from sightline.api_wiring import event_reading
    from sightline.dashboard.assets import asset_routes
    from sightline.dashboard.languages import language_routes
    from sightline.dashboard.lost import lost_routes
    from sightline.dashboard.venue import venue_page_routes
    from sightline.dashboard.venue_shown import VenueDesk
    from sightline.pipeline.camera_admin import CameraAdmin

    desk = VenueDesk(DataDays(site.database, wall_clock))
    traffic, windows = TrafficFigures(site.database, wall_clock), WholeWindows(site.database, wall_clock)
    events, audits = event_reading(site), Audits(site.database, wall_clock)
    cameras = CameraAdmin(site.settings, site.database, site.vault)
    return [
        asset_routes(),
        language_routes(),
        *_first_pages(site, desk, events, cameras),
        *_camera_pages(site, desk, events, cameras),
        venue_page_routes(desk, traffic, windows, events, audits),
        *_review_pages(site, desk, events, cameras),
        *_analytics_pages(site, desk, cameras, audits),
        *_site_pages(site, desk, cameras, audits),
        *_job_pages(site, desk),
        lost_routes(),
    ]


def _job_pages(site: Site, desk: VenueDesk) -> list[APIRouter]:
    """Handing over videos, and the queue of them."""
    from sightline.dashboard.process import process_page_routes
    from sightline.dashboard.uploads import JobDeskOfPages, upload_page_routes
    from sightline.job_wiring import video_jobs
    from sightline.pipeline.known_cameras import known_cameras

    jobs = JobDeskOfPages(
        desk, video_jobs(site), lambda: known_cameras(site.settings, site.database, with_recordings=True)
    )
    settings = site.settings
    return [
        process_page_routes(
            jobs, most_calls=settings.server.rate_limits.process, hosts=settings.downloads.hosts
        ),
        upload_page_routes(jobs),
    ]


def _analytics_pages(site: Site, desk: VenueDesk, cameras: CameraAdmin, audits: Audits) -> list[APIRouter]:
    """All analytics of a venue, and its report."""
    from sightline.analytics.behavior import BehaviorFigures
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.floor import Floors
    from sightline.analytics.traffic import TrafficFigures
    from sightline.analytics.visitors import Visitors
    from sightline.analytics.whole_window import WholeWindows
    from sightline.dashboard.full import FullServices, full_page_routes
    from sightline.dashboard.report import report_page_routes

    services = FullServices(
        windows=WholeWindows(site.database, wall_clock),
        traffic=TrafficFigures(site.database, wall_clock),
        behavior=BehaviorFigures(site.database, wall_clock),
        visitors=Visitors(site.database, wall_clock),
        cameras=cameras,
        audits=audits,
        floors=Floors(site.database),
    )
    return [full_page_routes(desk, services), report_page_routes(desk, services)]


def _first_pages(site: Site, desk: VenueDesk, events: EventReading, cameras: CameraAdmin) -> list[APIRouter]:
    """Home, the list of venues, alerts."""
    from sightline.analytics.at_a_glance import Glances
    from sightline.analytics.comparisons import Comparisons
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.traffic_alerts import TrafficAlerts
    from sightline.dashboard.alerts import alert_page_routes
    from sightline.dashboard.home import HomeServices, home_routes
    from sightline.dashboard.venue_list import venue_list_routes

    alerts = TrafficAlerts(site.database, clock=wall_clock)
    return [
        home_routes(HomeServices(Glances(site.database, wall_clock), cameras, events, alerts)),
        venue_list_routes(desk, Comparisons(site.database, wall_clock)),
        alert_page_routes(desk, alerts),
    ]


def _camera_pages(site: Site, desk: VenueDesk, events: EventReading, cameras: CameraAdmin) -> list[APIRouter]:
    """All cameras, one, a new one, and what is drawn on their pictures."""
    from sightline.analytics.durations import wall_clock
    from sightline.dashboard.camera import CameraServices, camera_page_routes
    from sightline.dashboard.cameras import camera_list_routes
    from sightline.pipeline.camera_days import CameraDays
    from sightline.pipeline.drawn_zones import Zones

    services = CameraServices(
        cameras=cameras,
        zones=Zones(site.settings, site.database),
        days=CameraDays(site.database, wall_clock),
        events=events,
    )
    return [camera_list_routes(desk, cameras), camera_page_routes(desk, services)]


def _review_pages(site: Site, desk: VenueDesk, events: EventReading, cameras: CameraAdmin) -> list[APIRouter]:
    """The list of events and stays, and one event with its video."""
    from sightline.analytics.found_stays import FoundStays
    from sightline.api_wiring import case_desk, evidence_reading, link_desk
    from sightline.dashboard.event import EventDesk, event_page_routes
    from sightline.dashboard.review import review_routes
    from sightline.pipeline.accounts import Accounts
    from sightline.pipeline.event_verdicts import EventVerdicts

    accounts = Accounts(site.database)

    def name_of(account_id: str) -> str | None:
        return next((one.name for one in accounts.all() if one.id == account_id), None)

    event_desk = EventDesk(
        venues=desk,
        events=events,
        evidence=evidence_reading(site),
        verdicts=EventVerdicts(site.database),
        links=link_desk(site),
        cases=case_desk(site),
        name_of=name_of,
    )
    return [
        review_routes(desk, events, FoundStays(site.database), cameras),
        event_page_routes(event_desk),
    ]


def _site_pages(site: Site, desk: VenueDesk, cameras: CameraAdmin, audits: Audits) -> list[APIRouter]:
    """The map, counting by people, settings, accounts, keys, the audit log."""
    from functools import partial

    from sightline.analytics.comparisons import Comparisons
    from sightline.analytics.durations import wall_clock
    from sightline.dashboard.audit import audit_page_routes
    from sightline.dashboard.map import map_page_routes
    from sightline.dashboard.settings import SettingsServices, settings_page_routes
    from sightline.dashboard.settings_access import AccessServices, access_page_routes
    from sightline.pipeline.accounts import Accounts
    from sightline.pipeline.api_keys import ApiKeys
    from sightline.pipeline.audit_log import AuditLog
    from sightline.pipeline.site_facts import site_facts
    from sightline.privacy_wiring import privacy_record_of

    facts = partial(site_facts, site.settings, site.data_dir)
    access = AccessServices(Accounts(site.database), ApiKeys(site.database), AuditLog(site.database))
    return [
        map_page_routes(desk, Comparisons(site.database, wall_clock)),
        audit_page_routes(desk, cameras, audits),
        settings_page_routes(desk, SettingsServices(facts, partial(privacy_record_of, site))),
        access_page_routes(desk, access),
    ]
