"""The delivering half of the wiring: what is set up to leave this site, and who takes it there."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from sightline.config.delivery import DeliverySettings
from sightline.config.settings import Settings
from sightline.domain.outbox import USUAL_RHYTHM, Channel, RetryRhythm
from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.evidence.outgoing import DeliveryPlan
from sightline.pipeline.software import SOFTWARE
from sightline.receivers import USUAL_TIME_OUTS, Receivers, TimeOuts, apprise_label, webhook_label
from sightline.wiring import Site

if TYPE_CHECKING:
    from sightline.delivery.mqtt import MqttPublisher
    from sightline.evidence.couriers.alert_entries import AlertEntries
    from sightline.evidence.couriers.desk import Desk
    from sightline.evidence.hosted_videos import HostedVideos
    from sightline.evidence.outbox_worker import Courier, OutboxWorker
    from sightline.evidence.private_links import PrivateLinks
    from sightline.evidence.sealing import EvidenceSealer
    from sightline.pipeline.edge_forwarder import EdgeForwarder
    from sightline.pipeline.housekeeping import Chore


def delivery_plan(settings: Settings) -> DeliveryPlan:
    """What leaves this site, by its settings."""
    delivery = settings.delivery
    to = delivery.evidence.to
    return DeliveryPlan(
        upload=None if to == "local" else to,
        incidents=delivery.incidents.url is not None,
        footfall=delivery.footfall.url is not None,
        hosted=delivery.hosted.base_url is not None and to != "hosted",
        analyzer=settings.security.analyzer is not None,
        mqtt=delivery.mqtt is not None,
        mail=delivery.mail is not None,
        recipients=delivery.mail.recipients if delivery.mail is not None else lambda _venue, _kind: (),
        webhooks=tuple(webhook_label(one.url) for one in delivery.webhooks),
        apprise=tuple(apprise_label(one) for one in delivery.apprise),
    )


def evidence_sealer(site: Site, scope: Scope, plan: DeliveryPlan | None = None) -> EvidenceSealer:
    """Seals the clips of this site.

    Args:
        plan: what leaves with them; default: nothing.
    """
    from sightline.evidence.sealing import EvidenceSealer
    from sightline.evidence.site_key import site_signer

    return EvidenceSealer(
        site.database,
        scope,
        recordings_dir=site.recordings_dir,
        segments_dir=site.segments_dir,
        signer=site_signer(site.database, scope, site.keys_dir),
        software=SOFTWARE,
        plan=plan,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteDelivery:
    """What delivers while a site is served.

    Attributes:
        worker: empties the outbox.
        background: each to be run in a thread of its own, until the event is set.
    """

    worker: OutboxWorker
    background: tuple[Callable[[threading.Event], None], ...]


def site_delivery(site: Site) -> SiteDelivery:
    """What delivers while a site is served.

    Raises: as `outbox_worker`.
    """
    from sightline.evidence.outbox_worker import OutboxWorker

    couriers = _Couriers(site, shows_status=True)
    worker = OutboxWorker(site.database, couriers.all(), actor=SOFTWARE)
    background: list[Callable[[threading.Event], None]] = [worker.run]
    if site.settings.delivery.mqtt is not None:
        from sightline.evidence.couriers.announcing import CameraAnnouncer

        background.append(CameraAnnouncer(site.database, couriers.broker).run)
    if site.settings.delivery.centre is not None:
        background.append(edge_forwarder(site).run)
    return SiteDelivery(worker=worker, background=tuple(background))


def edge_forwarder(site: Site) -> EdgeForwarder:
    """Who tells the centre what happens here.

    Raises:
        ConfigError: no centre is set up, or its key is missing.
    """
    from sightline.pipeline.edge_forwarder import EdgeForwarder

    centre = Receivers(site).centre()
    setting = site.settings.delivery.centre
    assert setting is not None, "or there would be no receiver"
    return EdgeForwarder(
        site.database,
        centre,
        address=setting.url,
        every=timedelta(seconds=setting.every_s),
        public_url=site.settings.server.public_url,
        keep_days=site.settings.retention_days.events,
    )


def outbox_worker(
    site: Site,
    *,
    rhythm: RetryRhythm = USUAL_RHYTHM,
    hold: timedelta | None = None,
    time_outs: TimeOuts = USUAL_TIME_OUTS,
    at_a_time: Mapping[Channel, int] | None = None,
    chain: str | None = None,
) -> OutboxWorker:
    """Who empties the outbox of a site once, beside `serve` or without it; or sends one chain of it.

    Args:
        rhythm, hold, time_outs, at_a_time: other than the usual ones, for tests and measurements.

    Raises:
        ConfigError: a secret is missing, an extra is not installed, or a setting leads nowhere.
    """
    from sightline.evidence.outbox_worker import AT_A_TIME, HOLD, OutboxWorker

    return OutboxWorker(
        site.database,
        _Couriers(site, time_outs).all(),
        actor=SOFTWARE,
        rhythm=rhythm,
        hold=hold or HOLD,
        at_a_time=at_a_time or AT_A_TIME,
        chain=chain,
    )


def delivery_chores(site: Site) -> tuple[Chore, ...]:
    """What has to be done now and then for what has left, or is to leave."""
    from sightline.evidence.local_copies import LocalCopies
    from sightline.evidence.site_key import seal_waiting
    from sightline.pipeline.housekeeping import Chore
    from sightline.pipeline.outbox_alerts import OutboxAlerts

    settings = site.settings
    copies = LocalCopies(
        site.database,
        segments_dir=site.segments_dir,
        keep=timedelta(days=settings.retention_days.evidence),
        keep_local=settings.delivery.evidence.keep_local,
        actor=SOFTWARE,
    )
    links = private_links(site)
    hosted = hosted_videos(site)
    return (
        Chore(
            name="ledger",
            every_s=2.0,
            do=lambda: seal_waiting(site.database, site.keys_dir, wall_clock()),
        ),
        Chore(name="outbox alerts", every_s=60.0, do=OutboxAlerts(site.database).judge),
        Chore(name="clips that may go", every_s=60.0, do=copies.run),
        Chore(name="views of links", every_s=60.0, do=lambda: links.enter_views(wall_clock())),
        Chore(name="expired videos", every_s=60.0, do=lambda: hosted.expire(wall_clock())),
    )


def private_links(site: Site, *, actor: str = SOFTWARE) -> PrivateLinks:
    """Who makes private links. Without `server.public_url` they work on this machine only."""
    from sightline.evidence.link_key import open_link_key
    from sightline.evidence.private_links import PrivateLinks

    server = site.settings.server
    return PrivateLinks(
        site.database,
        link_key=open_link_key(site.keys_dir),
        base_url=server.public_url or f"http://127.0.0.1:{server.port}",
        reach="private" if server.public_url is not None else "local",
        actor=actor,
    )


def hosted_videos(site: Site, *, actor: str = SOFTWARE) -> HostedVideos:
    """Videos without a camera of ours, under `data_dir/hosted`."""
    from sightline.evidence.hosted_videos import HostedVideos

    links = private_links(site, actor=actor)
    return HostedVideos(site.database, folder=site.data_dir / "hosted", links=links, actor=actor)


def delivery_desk(site: Site) -> Desk:
    """The site as couriers see it."""
    from sightline.evidence.couriers.desk import Desk
    from sightline.evidence.face_blur import face_blur

    settings = site.settings
    words = {}
    for venue in settings.venues:
        location = venue.location
        named = (location.address, location.city, location.country)
        words[venue.id] = {
            "name": venue.name or "",
            "branch_id": venue.branch_id or "",
            "location": ", ".join(part for part in named if part),
        }

    def masks(venue_id: str, camera_id: str) -> Sequence[Sequence[Point]]:
        return [
            mask.points
            for mask in settings.privacy.masks
            if mask.camera == camera_id and mask.venue in (None, venue_id)
        ]

    return Desk(
        database=site.database,
        segments_dir=site.segments_dir,
        hosted_dir=site.data_dir / "hosted",
        venue_words=words,
        camera_masks=masks,
        blur=face_blur(settings),
        actor=SOFTWARE,
    )


@dataclass(frozen=True)
class _Couriers:
    """The couriers of a site, made from its settings; nothing is connected yet."""

    site: Site
    time_outs: TimeOuts = USUAL_TIME_OUTS
    shows_status: bool = False

    @property
    def settings(self) -> DeliverySettings:
        return self.site.settings.delivery

    @cached_property
    def receivers(self) -> Receivers:
        return Receivers(self.site, self.time_outs)

    @cached_property
    def broker(self) -> MqttPublisher:
        """One connection for all that this process publishes."""
        return self.receivers.broker(shows_status=self.shows_status)

    @cached_property
    def desk(self) -> Desk:
        return delivery_desk(self.site)

    @cached_property
    def entries(self) -> AlertEntries:
        from sightline.evidence.couriers.alert_entries import AlertEntries

        return AlertEntries(
            desk=self.desk,
            links=private_links(self.site),
            life_hours=self.settings.links.expiration_hours,
            clock=wall_clock,
        )

    def all(self) -> Mapping[Channel, Courier]:
        """By channel; of those that are not set up one that refuses what was made while they were."""
        from sightline.evidence.couriers.desk import NotSetUp

        made: dict[Channel, Courier | None] = {
            Channel.ANALYZER: self._analyzer(),
            Channel.UPLOAD: self._upload(),
            Channel.INCIDENT: self._incident(),
            Channel.FOOTFALL: self._footfall(),
            Channel.HOSTED: self._hosted(),
            Channel.MAIL: self._mail(),
            Channel.WEBHOOK: self._webhooks(),
            Channel.MQTT: self._mqtt(),
            Channel.APPRISE: self._apprise(),
        }
        return {channel: courier or NotSetUp() for channel, courier in made.items()}

    def _analyzer(self) -> Courier | None:
        if self.site.settings.security.analyzer is None:
            return None
        from sightline.evidence.couriers.analyzer import AnalyzerCourier

        return AnalyzerCourier(self.desk, self.receivers.analyzer())

    def _upload(self) -> Courier | None:
        to = self.settings.evidence.to
        if to == "local":
            return None
        from sightline.evidence.couriers.upload import UploadCourier

        return UploadCourier(self.desk, {to: self.receivers.uploader()})

    def _hosted(self) -> Courier | None:
        if self.settings.hosted.base_url is None:
            return None
        from sightline.evidence.couriers.upload import HostedLinkCourier

        hours = self.settings.links.expiration_hours
        return HostedLinkCourier(self.desk, self.receivers.video_host(), expiration_hours=hours)

    def _incident(self) -> Courier | None:
        if self.settings.incidents.url is None:
            return None
        from sightline.evidence.couriers.reports import IncidentCourier

        return IncidentCourier(self.desk, self.receivers.incidents())

    def _footfall(self) -> Courier | None:
        if self.settings.footfall.url is None:
            return None
        from sightline.evidence.couriers.reports import FootfallCourier

        return FootfallCourier(self.desk, self.receivers.footfall())

    def _mail(self) -> Courier | None:
        setting = self.settings.mail
        if setting is None:
            return None
        from sightline.evidence.couriers.alerts import MailCourier, MailSetting

        words = MailSetting(
            sender=setting.sender,
            language=setting.language,
            system_name=setting.system_name,
            cooldown=timedelta(seconds=setting.cooldown_s),
        )
        return MailCourier(self.entries, self.receivers.smtp(), words, clock=wall_clock)

    def _webhooks(self) -> Courier | None:
        if not self.settings.webhooks:
            return None
        from sightline.evidence.couriers.machines import WebhookCourier

        return WebhookCourier(self.desk, self.receivers.webhooks())

    def _mqtt(self) -> Courier | None:
        if self.settings.mqtt is None:
            return None
        from sightline.evidence.couriers.machines import MqttCourier

        return MqttCourier(self.desk, self.broker)

    def _apprise(self) -> Courier | None:
        if not self.settings.apprise:
            return None
        from sightline.evidence.couriers.alerts import AppriseCourier

        mail = self.settings.mail
        return AppriseCourier(
            self.entries,
            self.receivers.apprise(),
            language=mail.language if mail is not None else "fr",
            system_name=mail.system_name if mail is not None else "SIGHTLINE",
        )


def wall_clock() -> datetime:
    """Now, aware."""
    return datetime.now(UTC)
