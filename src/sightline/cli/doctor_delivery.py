"""What `sightline doctor` says of delivery: what leaves, where to, and whether each secret is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from sightline.config.references import Secret
from sightline.errors import SightlineError

if TYPE_CHECKING:
    from sightline.wiring import Site


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `advice` says what to do about it, empty when nothing is to be done."""

    name: str
    state: Literal["ok", "note", "broken"]
    found: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class _Receiver:
    """One that is set up. `host` is all that is told of its address; `make` does as `serve` will."""

    name: str
    host: str
    secrets: tuple[Secret | None, ...]
    make: Callable[[], object]


def delivery_checks(site: Site) -> list[Check]:
    """One check for each receiver, and for private links. Nothing is connected; no secret is shown."""
    checks = [_checked(one) for one in _receivers(site)]
    if site.settings.delivery.centre is not None:
        checks += _told_centre(site)
    if not checks:
        checks = [Check("delivery", "ok", "nothing is set up to leave this site")]
    return [*checks, _links(site)]


def recipients(site: Site) -> list[tuple[str, str]]:
    """Everybody to whom this site is set up to send something: what, and the host."""
    return [(one.name, one.host) for one in _receivers(site)]


def _receivers(site: Site) -> Iterator[_Receiver]:
    from sightline.receivers import Receivers, apprise_label

    receivers, delivery = Receivers(site), site.settings.delivery
    evidence, hosted, mail, broker = delivery.evidence, delivery.hosted, delivery.mail, delivery.mqtt
    if evidence.to == "http":
        yield _Receiver("clips", _host(evidence.url), (evidence.api_key,), receivers.uploader)
    elif evidence.to == "s3":
        host = f"S3 at {_host(evidence.url)}" if evidence.url else "Amazon S3"
        yield _Receiver("clips", host, (evidence.secret_access_key,), receivers.uploader)
    if hosted.base_url is not None:
        name = "clips and private links" if evidence.to == "hosted" else "private links of alerts"
        yield _Receiver(name, _host(hosted.base_url), (hosted.api_key,), receivers.video_host)
    for name, report, make in (
        ("incidents", delivery.incidents, receivers.incidents),
        ("footfall", delivery.footfall, receivers.footfall),
    ):
        if report.url is not None:
            yield _Receiver(name, _host(report.url), (report.api_key,), make)
    if delivery.centre is not None:
        yield _Receiver("centre", _host(delivery.centre.url), (delivery.centre.api_key,), receivers.centre)
    analyzer = site.settings.security.analyzer
    if analyzer is not None:
        yield _Receiver("analyser", _host(analyzer.url), (analyzer.api_key,), receivers.analyzer)
    if mail is not None:
        yield _Receiver("mail", mail.host, (mail.password,), receivers.smtp)
    for webhook in delivery.webhooks:
        yield _Receiver("webhook", _host(webhook.url), (webhook.secret,), receivers.webhooks)
    if broker is not None:
        yield _Receiver("MQTT", broker.host, (broker.password,), receivers.broker)
    for service in delivery.apprise:
        yield _Receiver("apprise", apprise_label(service), (service,), receivers.apprise)


def _checked(receiver: _Receiver) -> Check:
    name = f"delivery: {receiver.name}"
    named = [one for one in receiver.secrets if one is not None]
    try:
        for secret in named:
            secret.reveal()
        receiver.make()
    except SightlineError as error:
        return Check(name, "broken", f"to {receiver.host}", str(error))
    known = ", ".join(f"{one.shown()} is there" for one in named) or "without a key"
    return Check(name, "ok", f"to {receiver.host}; {known}")


def _told_centre(site: Site) -> list[Check]:
    """How each venue stands with the centre; nothing before the first start of `serve`."""
    from sightline.domain.scope import Scope
    from sightline.store.edge_hours import told_centre

    if site.settings.database_url is None and not (site.data_dir / "sightline.db").exists():
        return []
    try:
        with site.database.reading() as connection:
            told = told_centre(Scope.site(), connection)
    except SightlineError:
        return []  # of the database another check tells
    checks = []
    for one in told:
        skew_s = one.skew.total_seconds() if one.skew is not None else None
        found = f"{one.waiting} hours wait" + (
            f"; its clock is {skew_s:+.1f} s" if skew_s is not None else ""
        )
        advice = one.error or one.refusal or ""
        if not advice and one.clocks_differ:
            advice = "set the clocks of both machines by NTP; times of events are this machine's"
        if not advice and one.zones_differ:
            advice = f"the venue's days are counted in {one.timezone} here, in {one.centre_timezone} there"
        checks.append(Check(f"centre: {one.venue_id}", "note" if advice else "ok", found, advice))
    return checks


def _links(site: Site) -> Check:
    address = site.settings.server.public_url
    if address is not None:
        return Check("delivery: our own links", "ok", f"at {_host(address)}")
    return Check(
        "delivery: our own links",
        "note",
        "server.public_url is not set: private links work on this machine only",
        "set it once `sightline serve --only links` can be reached from outside",
    )


def _host(address: str | None) -> str:
    return urlsplit(address or "").hostname or "an address without a host"
