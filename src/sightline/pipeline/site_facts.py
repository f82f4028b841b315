"""What is set at a site, in plain values for people: never a secret, of an address the host at most."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sightline.config.references import Secret
from sightline.config.settings import Settings
from sightline.errors import SightlineError
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.registry import choose_model

NEEDED_BY = {
    "face detector": "identity",
    "age and gender": "identity",
    "face embedding": "identity",
    "appearance": "identity",
    "pose": "behavior",
}
"""Which switch needs models of a kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverFacts:
    """Somebody who may be sent something.

    Attributes:
        name: `upload`, `incident`, `footfall`, `mail`, `webhook`, `mqtt`, `apprise`, `centre` or `link`.
        host: empty where it is not set up.
        setting: where it stands in the site file.
        test: what `POST /api/test/{what}` calls it; empty where it cannot be tried.
        has_key: whether the secret it names is there; None where it names none.
    """

    name: str
    host: str
    setting: str
    test: str = ""
    has_key: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelKind:
    """Models of one kind; `here` are the names of those on this machine."""

    kind: str
    switch: str
    here: tuple[str, ...]
    known: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteFacts:
    """The groups of the page of settings.

    Attributes:
        detector: that would be used; empty where its model is missing, see `detector_trouble`.
        retention_days: by kind of data, in the words of the site file.
    """

    data_dir: str
    database: str
    address: str
    public_url: str
    sign_in_demanded: bool
    venues_in_file: int
    cameras_in_file: int
    analysis_fps: float
    detector: str
    detector_wanted: str
    detector_trouble: str
    tracker: str
    known_by: str
    pre_s: float
    post_s: float
    longest_clip_s: float
    disk_share: float
    retention_days: dict[str, int]
    receivers: tuple[ReceiverFacts, ...]
    evidence_to: str
    link_hours: int
    blur_faces: bool
    masks: int
    identity: bool
    demographics: bool
    reid: bool
    identity_key: bool
    behavior: bool
    models: tuple[ModelKind, ...]
    ingest_limit: int
    process_limit: int


def site_facts(settings: Settings, data_dir: Path) -> SiteFacts:
    """As things are now: models and secrets are looked for, none is opened or shown."""
    server, recording, identity = settings.server, settings.recording, settings.identity
    detector, trouble = _detector(settings)
    return SiteFacts(
        data_dir=str(data_dir),
        database="SQLite" if settings.database_url is None else "PostgreSQL",
        address=f"{server.host}:{server.port}",
        public_url=server.public_url or "",
        sign_in_demanded=server.auth == "required",
        venues_in_file=len(settings.venues),
        cameras_in_file=sum(len(venue.cameras) for venue in settings.venues),
        analysis_fps=settings.analysis_fps,
        detector=detector,
        detector_wanted=settings.detector.name,
        detector_trouble=trouble,
        tracker=settings.tracker.name,
        known_by=settings.tracker.looks,
        pre_s=recording.pre_s,
        post_s=recording.post_s,
        longest_clip_s=recording.segment_s,
        disk_share=recording.disk_share,
        retention_days=settings.retention_days.model_dump(),
        receivers=tuple(_receivers(settings)),
        evidence_to=settings.delivery.evidence.to,
        link_hours=settings.delivery.links.expiration_hours,
        blur_faces=settings.privacy.blur_faces,
        masks=len(settings.privacy.masks),
        identity=identity.enabled,
        demographics=identity.demographics,
        reid=identity.reid,
        identity_key=_is_there(identity.key) is True,
        behavior=settings.behavior.enabled,
        models=tuple(_models(settings)),
        ingest_limit=server.rate_limits.ingest,
        process_limit=server.rate_limits.process,
    )


def _detector(settings: Settings) -> tuple[str, str]:
    catalogue = load_catalogue(settings.models.catalogue)
    try:
        name, _ = choose_model(
            settings.detector.name,
            lambda one: find_model(one, models_dir=settings.models.dir, catalogue=catalogue),
        )
    except SightlineError as error:
        return "", str(error)
    return name, ""


def _receivers(settings: Settings) -> Iterator[ReceiverFacts]:
    delivery = settings.delivery
    evidence, mail, broker = delivery.evidence, delivery.mail, delivery.mqtt
    to = {
        "http": (_host(evidence.url), evidence.api_key),
        "s3": (_host(evidence.url) or "Amazon S3", evidence.secret_access_key),
        "hosted": (_host(delivery.hosted.base_url), delivery.hosted.api_key),
        "local": ("", None),
    }
    host, key = to[evidence.to]
    yield ReceiverFacts(
        name="upload", host=host, setting="delivery.evidence", test="upload", has_key=_is_there(key)
    )
    for name, report, test in (
        ("incident", delivery.incidents, "incident"),
        ("footfall", delivery.footfall, ""),
    ):
        setting = "delivery.incidents" if test else "delivery.footfall"
        yield ReceiverFacts(
            name=name, host=_host(report.url), setting=setting, test=test, has_key=_is_there(report.api_key)
        )
    yield ReceiverFacts(
        name="mail",
        host=mail.host if mail is not None else "",
        setting="delivery.mail",
        test="mail",
        has_key=_is_there(mail.password) if mail is not None else None,
    )
    hooks = sorted({_host(one.url) for one in delivery.webhooks})
    secrets = [_is_there(one.secret) for one in delivery.webhooks if one.secret is not None]
    yield ReceiverFacts(
        name="webhook",
        host=", ".join(hooks),
        setting="delivery.webhooks",
        test="webhook",
        has_key=all(secrets) if secrets else None,
    )
    yield ReceiverFacts(
        name="link",
        host=_host(settings.server.public_url) or settings.server.host,
        setting="server.public_url",
        test="link",
    )
    if broker is not None:
        yield ReceiverFacts(
            name="mqtt", host=broker.host, setting="delivery.mqtt", has_key=_is_there(broker.password)
        )
    if delivery.centre is not None:
        yield ReceiverFacts(
            name="centre",
            host=_host(delivery.centre.url),
            setting="delivery.centre",
            has_key=_is_there(delivery.centre.api_key),
        )
    if delivery.apprise:
        yield ReceiverFacts(
            name="apprise",
            host=str(len(delivery.apprise)),
            setting="delivery.apprise",
            has_key=all(_is_there(one) for one in delivery.apprise),
        )


def _models(settings: Settings) -> Iterator[ModelKind]:
    catalogue = load_catalogue(settings.models.catalogue)
    for kind in dict.fromkeys(entry.kind for entry in catalogue.values()):
        names = [name for name, entry in catalogue.items() if entry.kind == kind]
        here = [
            name
            for name in names
            if find_model(name, models_dir=settings.models.dir, catalogue=catalogue) is not None
        ]
        yield ModelKind(
            kind=kind, switch=NEEDED_BY.get(kind, "detector"), here=tuple(here), known=tuple(names)
        )


def _is_there(secret: Secret | None) -> bool | None:
    """Whether the variable or file that a setting names can be read; what is in it goes nowhere."""
    if secret is None:
        return None
    try:
        return bool(secret.reveal())
    except SightlineError:
        return False


def _host(address: str | None) -> str:
    return urlsplit(address or "").hostname or ""
