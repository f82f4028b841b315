"""Settings of what leaves the site."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from sightline.config.group import Group
from sightline.config.references import Secret
from sightline.config.values import Count, Name, Port, WebAddress, Words


class EvidenceDelivery(Group):
    """Where clips go. `local` keeps them here and needs nothing else."""

    to: Literal["local", "http", "s3", "hosted"] = "local"
    url: WebAddress | None = None
    api_key: Secret | None = None
    public_base_url: WebAddress | None = None
    bucket: Name | None = None

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

    url: WebAddress | None = None
    api_key: Secret | None = None


class LinkSettings(Group):
    """Our own private links; their address is `server.public_url`."""

    expiration_hours: Annotated[Count, Field(ge=1, le=8_760)] = 48


class MailSettings(Group):
    """Alert mail. Always encrypted: 465 is TLS from the start, any other port STARTTLS."""

    host: Name
    port: Port = 587
    username: str | None = None
    password: Secret | None = None
    sender: Annotated[str, Field(alias="from", pattern=r"^[^@\s]+@[^@\s]+$")]
    to: Annotated[Words, Field(min_length=1)]
    language: Literal["fr", "en"] = "fr"

    @model_validator(mode="after")
    def _addresses_are_addresses(self) -> "MailSettings":
        for address in self.to:
            if address.count("@") != 1 or address != address.strip():
                raise ValueError(f"'to' names {address!r}, which is no mail address")
        return self


class WebhookSettings(Group):
    """One receiver of signed messages."""

    url: WebAddress
    secret: Secret | None = None


class MqttSettings(Group):
    """A message broker."""

    host: Name
    port: Port = 1883
    username: str | None = None
    password: Secret | None = None
    prefix: Annotated[str, Field(pattern=r"^[^#+\s]+$")] = "sightline"


class DeliverySettings(Group):
    """Everything that leaves the site, and how."""

    evidence: EvidenceDelivery = EvidenceDelivery()
    hosted: HostedDelivery = HostedDelivery()
    incidents: ReportDelivery = ReportDelivery()
    footfall: ReportDelivery = ReportDelivery()
    links: LinkSettings = LinkSettings()
    mail: MailSettings | None = None
    webhooks: tuple[WebhookSettings, ...] = ()
    mqtt: MqttSettings | None = None

    @model_validator(mode="after")
    def _hosted_has_an_address(self) -> "DeliverySettings":
        if self.evidence.to == "hosted" and self.hosted.base_url is None:
            raise ValueError("'evidence: {to: hosted}' needs 'hosted: {base_url: ...}'")
        return self
