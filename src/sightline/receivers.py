"""The receivers of a site, made from its settings: each adapter with its secrets. Nothing is connected yet.

Adapters are imported where they are made: a site without a broker needs no library for one.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sightline.config.delivery import DeliverySettings, ReportDelivery
from sightline.config.references import Secret
from sightline.errors import ConfigError
from sightline.wiring import Site

if TYPE_CHECKING:
    from sightline.delivery.analyzer import IncidentAnalyzer
    from sightline.delivery.apprise_service import AppriseSender
    from sightline.delivery.centre import CentreClient
    from sightline.delivery.hosted_video import HostedVideoClient
    from sightline.delivery.mqtt import MqttPublisher
    from sightline.delivery.reports import ReportSender
    from sightline.delivery.smtp import SmtpSender
    from sightline.delivery.webhook import WebhookSender
    from sightline.evidence.couriers.upload import Uploader


def webhook_label(url: str) -> str:
    """A receiver's name in the outbox: its host, and a mark of the rest, which may be secret."""
    return f"{urlsplit(url).hostname}-{hashlib.sha256(url.encode()).hexdigest()[:6]}"


def apprise_label(reference: Secret) -> str:
    """A service's name in the outbox: that of the reference to its address."""
    return reference.shown().partition(":")[2].rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOuts:
    """Seconds that one attempt over HTTP may take, for tests and measurements; None: the usual ones."""

    upload_s: float | None = None
    report_s: float | None = None


USUAL_TIME_OUTS = TimeOuts()


@dataclass(frozen=True)
class Receivers:
    """The adapters of a site. Each method raises ConfigError for what is not set up, or leads nowhere."""

    site: Site
    time_outs: TimeOuts = USUAL_TIME_OUTS

    @property
    def _settings(self) -> DeliverySettings:
        return self.site.settings.delivery

    def uploader(self) -> Uploader:
        """Where clips go."""
        setting = self._settings.evidence
        if setting.to == "http":
            from sightline.delivery.http_upload import HttpUploader, upload_timeout_s

            assert setting.url is not None, "checked when the settings were read"
            fixed_s = self.time_outs.upload_s
            return HttpUploader(
                setting.url,
                _reveal(setting.api_key),
                setting.public_base_url,
                timeout_s=upload_timeout_s if fixed_s is None else lambda _size_bytes: fixed_s,
            )
        if setting.to == "s3":
            from sightline.delivery.s3 import S3Uploader

            assert setting.bucket is not None, "checked when the settings were read"
            return S3Uploader(
                setting.bucket,
                endpoint=setting.url,
                access_key_id=setting.access_key_id,
                secret_access_key=_reveal(setting.secret_access_key),
                region=setting.region,
                public_base_url=setting.public_base_url,
            )
        if setting.to == "hosted":
            from sightline.evidence.couriers.upload import HostedUploader

            return HostedUploader(self.video_host(), expiration_hours=self._settings.links.expiration_hours)
        raise ConfigError("clips stay here: delivery.evidence.to is `local`")

    def video_host(self) -> HostedVideoClient:
        """A foreign video host."""
        from sightline.delivery.hosted_video import HostedVideoClient

        setting = self._settings.hosted
        if setting.base_url is None or setting.api_key is None:
            raise ConfigError("delivery.hosted needs base_url, and api_key: env:NAME or file:PATH")
        return HostedVideoClient(setting.base_url, setting.api_key.reveal())

    def incidents(self) -> ReportSender:
        """The receiver of incidents."""
        return _reports(self._settings.incidents, "delivery.incidents", self.time_outs)

    def footfall(self) -> ReportSender:
        """The receiver of footfall reports."""
        return _reports(self._settings.footfall, "delivery.footfall", self.time_outs)

    def centre(self) -> CentreClient:
        """The centre of a chain."""
        from sightline.delivery.centre import CentreClient
        from sightline.delivery.http_exchange import HttpExchange

        setting = self._settings.centre
        if setting is None:
            raise ConfigError("no centre is set up: write delivery.centre (url, api_key) in the site file")
        exchange = HttpExchange(ca_file=setting.ca_file)
        return CentreClient(setting.url, _reveal(setting.api_key), exchange=exchange)

    def analyzer(self) -> IncidentAnalyzer:
        """The outside service that looks at security clips."""
        from sightline.delivery.analyzer import IncidentAnalyzer

        setting = self.site.settings.security.analyzer
        if setting is None:
            raise ConfigError("no analyser is set up: write security.analyzer in the site file")
        return IncidentAnalyzer(setting.url, _reveal(setting.api_key), timeout_s=setting.timeout_s)

    def smtp(self) -> SmtpSender:
        """The mail server."""
        from sightline.delivery.smtp import SmtpSender

        setting = self._settings.mail
        if setting is None:
            raise ConfigError("no mail is set up: write delivery.mail in the site file (host, from, to)")
        password = _reveal(setting.password)
        return SmtpSender(setting.host, setting.port, setting.username, password, ca_file=setting.ca_file)

    def webhooks(self) -> dict[str, WebhookSender]:
        """By label."""
        from sightline.delivery.webhook import WebhookSender

        return {
            webhook_label(one.url): WebhookSender(one.url, _reveal(one.secret))
            for one in self._settings.webhooks
        }

    def broker(self, *, shows_status: bool = True) -> MqttPublisher:
        """The message broker; connected at the first message.

        Args:
            shows_status: whether its status topic tells of the life of this process.
        """
        from sightline.delivery.mqtt import MqttPublisher

        setting = self._settings.mqtt
        if setting is None:
            raise ConfigError("no broker is set up: write delivery.mqtt in the site file")
        site_mark = hashlib.sha256(str(self.site.data_dir).encode()).hexdigest()[:8]
        return MqttPublisher(
            setting.host,
            setting.port,
            username=setting.username,
            password=_reveal(setting.password),
            prefix=setting.prefix,
            discovery_prefix=setting.discovery_prefix,
            encrypted=setting.encrypted,
            ca_file=setting.ca_file,
            # Whose life is told keeps its name: after a power cut the broker ends its older connection.
            client_id=f"sightline-{site_mark}" if shows_status else f"sightline-{site_mark}-{os.getpid()}",
            shows_status=shows_status,
        )

    def apprise(self) -> dict[str, AppriseSender]:
        """By label."""
        from sightline.delivery.apprise_service import AppriseSender

        return {apprise_label(one): AppriseSender([one.reveal()]) for one in self._settings.apprise}


def _reports(setting: ReportDelivery, name: str, time_outs: TimeOuts) -> ReportSender:
    from sightline.delivery.reports import REPORT_S, ReportSender

    if setting.url is None:
        raise ConfigError(f"no receiver is set up: write {name}.url in the site file")
    timeout_s = REPORT_S if time_outs.report_s is None else time_outs.report_s
    return ReportSender(setting.url, _reveal(setting.api_key), timeout_s=timeout_s)


def _reveal(secret: Secret | None) -> str | None:
    return secret.reveal() if secret is not None else None


@dataclass(frozen=True, slots=True)
class SetUpReceiver:
    """One that is set up. `host` is all that is told of its address; `make` does as `serve` will."""

    name: str
    host: str
    secrets: tuple[Secret | None, ...]
    make: Callable[[], object]


def receivers_set_up(site: Site) -> Iterator[SetUpReceiver]:
    """Everybody to whom this site is set up to send something. Nothing is connected, no secret is read."""
    receivers, delivery = Receivers(site), site.settings.delivery
    evidence, hosted, mail, broker = delivery.evidence, delivery.hosted, delivery.mail, delivery.mqtt
    if evidence.to == "http":
        yield SetUpReceiver("clips", host_of(evidence.url), (evidence.api_key,), receivers.uploader)
    elif evidence.to == "s3":
        host = f"S3 at {host_of(evidence.url)}" if evidence.url else "Amazon S3"
        yield SetUpReceiver("clips", host, (evidence.secret_access_key,), receivers.uploader)
    if hosted.base_url is not None:
        name = "clips and private links" if evidence.to == "hosted" else "private links of alerts"
        yield SetUpReceiver(name, host_of(hosted.base_url), (hosted.api_key,), receivers.video_host)
    for name, report, make in (
        ("incidents", delivery.incidents, receivers.incidents),
        ("footfall", delivery.footfall, receivers.footfall),
    ):
        if report.url is not None:
            yield SetUpReceiver(name, host_of(report.url), (report.api_key,), make)
    if delivery.centre is not None:
        centre = delivery.centre
        yield SetUpReceiver("centre", host_of(centre.url), (centre.api_key,), receivers.centre)
    analyzer = site.settings.security.analyzer
    if analyzer is not None:
        yield SetUpReceiver("analyser", host_of(analyzer.url), (analyzer.api_key,), receivers.analyzer)
    if mail is not None:
        yield SetUpReceiver("mail", mail.host, (mail.password,), receivers.smtp)
    for webhook in delivery.webhooks:
        yield SetUpReceiver("webhook", host_of(webhook.url), (webhook.secret,), receivers.webhooks)
    if broker is not None:
        yield SetUpReceiver("MQTT", broker.host, (broker.password,), receivers.broker)
    for service in delivery.apprise:
        yield SetUpReceiver("apprise", apprise_label(service), (service,), receivers.apprise)


def host_of(address: str | None) -> str:
    """What may be told of an address."""
    return urlsplit(address or "").hostname or "an address without a host"
