"""The routes of the platform, over the services of a site."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastapi import APIRouter

    from sightline.evidence.case_desk import CaseDesk
    from sightline.evidence.link_desk import LinkDesk
    from sightline.evidence.reading import EvidenceReading
    from sightline.pipeline.event_reading import EventReading
    from sightline.wiring import Site


def platform_routes(site: Site) -> list[APIRouter]:
    """Everything under /venues, /events, /analytics, /api and /process."""
    return [
        *_ingestion_routes(site),
        *_traffic_routes(site),
        *_people_routes(site),
        *_service_routes(site),
        *_site_routes(site),
        *_job_routes(site),
    ]


def _ingestion_routes(site: Site) -> list[APIRouter]:
    """What other programs and the boxes of shops tell."""
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.ingestion import Ingestion
    from sightline.api.edge import edge_routes
    from sightline.api.ingestion import ingestion_routes
    from sightline.pipeline.edge_hours import EdgeHours

    return [
        ingestion_routes(Ingestion(site.database, wall_clock)),
        edge_routes(EdgeHours(site.database, wall_clock), wall_clock),
    ]


def _traffic_routes(site: Site) -> list[APIRouter]:
    """How many people came, when, where and who."""
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.traffic import TrafficFigures
    from sightline.api.traffic import traffic_routes

    return [traffic_routes(TrafficFigures(site.database, wall_clock))]


def _people_routes(site: Site) -> list[APIRouter]:
    """Known visitors, alerts about traffic, venues beside each other, what people counted."""
    from sightline.analytics.audit_sampling import AuditDesk
    from sightline.analytics.audits import Audits
    from sightline.analytics.comparisons import Comparisons
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.traffic_alerts import TrafficAlerts
    from sightline.analytics.visitors import Visitors
    from sightline.api.alerts import alert_routes
    from sightline.api.audits import audit_count_routes
    from sightline.api.benchmark import benchmark_routes
    from sightline.api.map import map_routes
    from sightline.api.visitors import visitor_routes
    from sightline.privacy_wiring import erasure_of

    comparisons = Comparisons(site.database, wall_clock)
    audits = Audits(site.database, wall_clock)
    return [
        audit_count_routes(audits, AuditDesk(site.database, wall_clock)),
        visitor_routes(Visitors(site.database, wall_clock), erasure_of(site)),
        alert_routes(TrafficAlerts(site.database, clock=wall_clock)),
        benchmark_routes(comparisons),
        map_routes(comparisons),
    ]


def _site_routes(site: Site) -> list[APIRouter]:
    """What the site is made of: venues, zones, cameras, events, evidence, links."""
    from functools import partial

    from sightline.api.camera_trials import camera_trial_routes
    from sightline.api.cameras import camera_routes
    from sightline.api.previews import preview_routes
    from sightline.api.trials import trial_routes
    from sightline.api.venues import venue_routes
    from sightline.api.zones import zone_routes
    from sightline.delivery_wiring import delivery_desk
    from sightline.pipeline.api_keys import ApiKeys
    from sightline.pipeline.camera_admin import CameraAdmin
    from sightline.pipeline.camera_look import CameraLook
    from sightline.pipeline.camera_search import CameraSearch
    from sightline.pipeline.drawn_zones import Zones
    from sightline.pipeline.venue_folders import VenueFolders
    from sightline.pipeline.venues import Venues
    from sightline.preview_wiring import previews_of
    from sightline.trial_sends import send_test

    venues = Venues(
        site.database,
        keys=ApiKeys(site.database),
        from_file=[one.id for one in site.settings.venues],
        folders=VenueFolders(site.data_dir),
    )
    desk = delivery_desk(site)
    cameras = CameraAdmin(site.settings, site.database, site.vault)
    look = CameraLook(
        site.database,
        recordings_dir=site.recordings_dir,
        address=cameras.address,
        masks=desk.camera_masks,
        blur=desk.blur,
    )
    return [
        venue_routes(venues),
        zone_routes(Zones(site.settings, site.database)),
        camera_routes(cameras, look),
        camera_trial_routes(look, CameraSearch()),
        preview_routes(cameras, previews_of(site)),
        *_evidence_routes(site),
        trial_routes(partial(send_test, site)),
    ]


def _service_routes(site: Site) -> list[APIRouter]:
    """How people behaved and how they were served, and all figures in one file."""
    from sightline.analytics.behavior import BehaviorFigures
    from sightline.analytics.durations import wall_clock
    from sightline.analytics.service import ServiceFigures
    from sightline.analytics.venue_export import VenueExport
    from sightline.api.behavior import behavior_routes
    from sightline.api.exports import export_routes
    from sightline.api.service import service_routes

    behavior = BehaviorFigures(site.database, wall_clock)
    service = ServiceFigures(site.database, wall_clock)
    exports = VenueExport(site.database, site.data_dir, wall_clock)
    return [behavior_routes(behavior), service_routes(service), export_routes(exports)]


def _job_routes(site: Site) -> list[APIRouter]:
    """Videos that are handed over to be analysed."""
    from sightline.api.jobs import job_routes
    from sightline.job_wiring import video_jobs

    return [job_routes(video_jobs(site))]


def event_reading(site: Site) -> EventReading:
    """Reads events with what is known of their clips."""
    from sightline.pipeline.event_reading import EventReading

    return EventReading(site.database, evidence_reading(site))


def evidence_reading(site: Site) -> EvidenceReading:
    """Reads evidence and says whether it is as it was sealed."""
    from sightline.evidence.reading import EvidenceReading
    from sightline.link_wiring import public_key_of

    return EvidenceReading(
        site.database,
        segments_dir=site.segments_dir,
        public_key=lambda: public_key_of(site),
        verdicts=site.file_verdicts,
    )


def link_desk(site: Site) -> LinkDesk:
    """Private links to clips, for who asks over the web."""
    from sightline.delivery_wiring import private_links
    from sightline.evidence.link_desk import LinkDesk

    return LinkDesk(
        site.database,
        links_of=lambda actor: private_links(site, actor=actor),
        default_hours=site.settings.delivery.links.expiration_hours,
    )


def case_desk(site: Site) -> CaseDesk:
    """Evidence as one file, for who asks over the web."""
    from sightline.evidence.case_desk import CaseDesk

    return CaseDesk(
        site.database,
        segments_dir=site.segments_dir,
        keys_dir=site.keys_dir,
        work_dir=site.data_dir / "exports",
        privacy=site.settings.privacy,
    )


def _evidence_routes(site: Site) -> list[APIRouter]:
    """Events, their clips, and what is done with those."""
    from sightline.api.clip_answers import clip_routes
    from sightline.api.clip_views import clip_view_routes
    from sightline.api.events import event_routes
    from sightline.api.evidence import evidence_routes
    from sightline.api.links import link_routes
    from sightline.delivery_wiring import delivery_desk, delivery_plan
    from sightline.evidence.clip_boxes import ClipBoxes
    from sightline.evidence.clip_cutting import ClipCutting
    from sightline.evidence.clip_files import ClipFiles
    from sightline.evidence.clip_pictures import ClipPictures
    from sightline.evidence.clip_views import ClipViews
    from sightline.evidence.holding import Holds
    from sightline.link_wiring import public_key_of, release_of
    from sightline.pipeline.event_verdicts import EventVerdicts
    from sightline.pipeline.software import SOFTWARE

    reading = evidence_reading(site)
    files = ClipFiles(
        site.database,
        segments_dir=site.segments_dir,
        release=release_of(site),
        public_key=lambda: public_key_of(site),
        verdicts=site.file_verdicts,
    )
    links = link_desk(site)
    cutting = ClipCutting(
        site.database,
        recordings_dir=site.recordings_dir,
        segments_dir=site.segments_dir,
        keys_dir=site.keys_dir,
        software=SOFTWARE,
        plan=delivery_plan(site.settings),
        rule=site.clip_rule,
    )
    covering = delivery_desk(site)
    pictures = ClipPictures(site.database, files, masks=covering.camera_masks, blur=covering.blur)
    return [
        event_routes(event_reading(site), EventVerdicts(site.database)),
        evidence_routes(reading, holds=Holds(site.database), links=links, cutting=cutting),
        clip_routes(reading, files, ClipViews(site.database)),
        clip_view_routes(reading, pictures=pictures, boxes=ClipBoxes(site.database), cases=case_desk(site)),
        link_routes(links),
    ]
