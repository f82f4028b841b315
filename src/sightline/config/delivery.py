"""Settings of what leaves the site. A receiver's address may be all the secret it has."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from sightline.config.group import Group
from sightline.config.references import Secret
from sightline.config.values import Count, Id, Name, Number, Port, WebAddress, Words

CaFile = Annotated[
    Path | None,
    AfterValidator(lambda path: path and path.expanduser()),
    Field(description="certificates to trust besides the system's, for a server of your own"),
]
Kind = Literal["interaction", "unattended", "queue", "security"]


class EvidenceDelivery(Group):
    """Where clips go. `local` keeps them here and needs nothing else."""

    to: Literal["local", "http", "s3", "hosted"] = "local"
    url: WebAddress | None = Field(default=None, repr=False)
    api_key: Secret | None = None
    public_base_url: WebAddress | None = None
    bucket: Name | None = None
    access_key_id: Name | None = Field(default=None, description="of s3; else AWS_ACCESS_KEY_ID")
    secret_access_key: Secret | None = Field(default=None, description="of s3; else AWS_SECRET_ACCESS_KEY")
    region: Name = "us-east-1"
    keep_local: bool = Field(
        default=True,
        description="false: a clip goes from here once the far end's copy has been compared with it",
    )

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "EvidenceDelivery":
        if self.to == "http" and self.url is None:
            raise ValueError("'to: http' needs 'url'")
        if self.to == "s3" and self.bucket is None:
            raise ValueError("'to: s3' needs 'bucket'")
        return self


class HostedDelivery(Group):
    """A foreign video host that speaks the hosted-video protocol."""

    base_url: WebAddress | None = None
    api_key: Secret | None = None


class ReportDelivery(Group):
    """A server that takes incidents or footfall reports; without `url` none are sent."""

    url: WebAddress | None = Field(default=None, repr=False)
    api_key: Secret | None = None


class CentreDelivery(Group):
    """The centre of a chain, another Sightline, which is told what happened in this shop by the hour."""

    url: WebAddress = Field(repr=False, description="of its web server; https:// unless it is this machine")
    api_key: Secret | None = Field(default=None, description="the venue's key at the centre")
    every_s: Annotated[Number, Field(ge=1, le=3_600)] = Field(
        default=60, description="an hour that goes on changing is told again after so long"
    )
    ca_file: CaFile = None

    @model_validator(mode="after")
    def _is_safe(self) -> "CentreDelivery":
        # The key and what visitors did go with each request.
        if not self.url.startswith("https://") and not _is_this_machine(urlsplit(self.url).hostname or ""):
            raise ValueError("'url' must begin with https:// unless it is an address of this machine")
        return self


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class LinkSettings(Group):
    """Our own private links; their address is `server.public_url`."""

    expiration_hours: Annotated[Count, Field(ge=1, le=8_760)] = 48


class MailRoute(Group):
    """Who gets the alerts of some venues and kinds; without `venues` all, without `kinds` those of mail."""

    to: Annotated[Words, Field(min_length=1)]
    venues: tuple[Id, ...] = ()
    kinds: tuple[Kind, ...] = ()

    @model_validator(mode="after")
    def _addresses_are_addresses(self) -> "MailRoute":
        _check_addresses(self.to)
        return self


def _check_addresses(addresses: tuple[str, ...]) -> None:
    for address in addresses:
        if address.count("@") != 1 or address != address.strip():
            raise ValueError(f"'to' names {address!r}, which is no mail address")


class MailSettings(Group):
    """Alert mail. Always encrypted: 465 is TLS from the start, any other port STARTTLS."""

    host: Name
    port: Port = 587
    username: str | None = None
    password: Secret | None = None
    sender: Annotated[str, Field(alias="from", pattern=r"^[^@\s]+@[^@\s]+$")]
    to: Annotated[Words, Field(min_length=1)]
    language: Literal["fr", "en"] = "fr"
    system_name: Name = Field(default="SIGHTLINE", description="in the title of each alert")
    kinds: tuple[Kind, ...] = Field(
        default=("unattended", "security"), description="unattended ones once they are confirmed"
    )
    routes: tuple[MailRoute, ...] = Field(default=(), description="in place of `to` where one fits")
    cooldown_s: Annotated[Number, Field(ge=0, le=86_400)] = Field(
        default=900, description="after a mail to a shop's recipients, further alerts wait and go as one"
    )
    ca_file: CaFile = None

    @model_validator(mode="after")
    def _addresses_are_addresses(self) -> "MailSettings":
        _check_addresses(self.to)
        return self

    def recipients(self, venue_id: str, kind: str) -> tuple[str, ...]:
        """Who is told of this kind of event in this venue: of all routes that fit, else `to`."""
        told: dict[str, None] = {}
        fits = False
        for route in self.routes:
            if route.venues and venue_id not in route.venues:
                continue
            fits = True
            if kind in (route.kinds or self.kinds):
                told |= dict.fromkeys(route.to)
        if fits:
            return tuple(told)
        return self.to if kind in self.kinds else ()


class WebhookSettings(Group):
    """One receiver of signed messages."""

    url: WebAddress = Field(repr=False)
    secret: Secret | None = None


class MqttSettings(Group):
    """A message broker."""

    host: Name
    port: Port = 1883
    username: str | None = None
    password: Secret | None = None
    prefix: Annotated[str, Field(pattern=r"^[^#+\s]+$")] = "sightline"
    discovery_prefix: Annotated[str, Field(pattern=r"^[^#+\s]+$")] = "homeassistant"
    tls: bool | None = Field(default=None, description="default: on port 8883, and nowhere else")
    ca_file: CaFile = None

    @property
    def encrypted(self) -> bool:
        return self.port == 8883 if self.tls is None else self.tls


class DeliverySettings(Group):
    """Everything that leaves the site, and how."""

    evidence: EvidenceDelivery = EvidenceDelivery()
    hosted: HostedDelivery = HostedDelivery()
    incidents: ReportDelivery = ReportDelivery()
    footfall: ReportDelivery = ReportDelivery()
    centre: CentreDelivery | None = None
    links: LinkSettings = LinkSettings()
    mail: MailSettings | None = None
    webhooks: tuple[WebhookSettings, ...] = ()
    mqtt: MqttSettings | None = None
    apprise: tuple[Secret, ...] = Field(
        default=(), description="services of the apprise library, each a reference to its address"
    )

    @model_validator(mode="after")
    def _hosted_has_an_address(self) -> "DeliverySettings":
        if self.evidence.to == "hosted" and self.hosted.base_url is None:
            raise ValueError("'evidence: {to: hosted}' needs 'hosted: {base_url: ...}'")
        return self
