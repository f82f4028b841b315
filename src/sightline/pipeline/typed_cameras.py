"""Cameras that were typed, at the terminal or into the API: how they are kept.

The full address of a camera lies in the vault; everything else in the database, which never sees a password.
"""

from collections.abc import Mapping
from datetime import datetime

from sightline.config.camera import CameraSettings
from sightline.config.references import REFERENCE, SCHEME, Source
from sightline.config.settings import Settings
from sightline.config.vault import SecretName, Vault
from sightline.domain.scope import Scope
from sightline.errors import ConfigError
from sightline.pipeline.known_cameras import ADDRESSES, KnownCamera, KnownVenue, shown
from sightline.store import cameras as camera_store
from sightline.store.cameras import FROM_FILE, TYPED
from sightline.store.database import Database
from sightline.store.venues import ensure_venue


def keep_camera(
    database: Database,
    vault: Vault,
    venue: KnownVenue,
    settings: CameraSettings,
    *,
    addresses: Mapping[str, str | None],
    at: datetime,
    name: str | None = None,
    enabled: bool = True,
) -> None:
    """Addresses into the vault, then the rest into the database: a row never names a missing address.

    Zones that were drawn while the camera was known from recordings only stay, unless it comes with others.

    Args:
        addresses: `source` and `record_source` in full, as far as they are new; the others stay as they are.

    Raises:
        StoreError: as `store.cameras.put_camera`.
        ConfigError, DiskFull: the vault cannot be written.
    """
    document, scope = settings.model_dump(mode="json"), Scope.of(venue.id)
    for field in ADDRESSES:
        address, secret = getattr(settings, field), SecretName(venue.id, settings.id, field)
        if address is None or address.is_reference:
            vault.forget(secret)
            continue
        full = addresses.get(field)
        if full is not None:
            vault.store(secret, full.strip())
        document[field] = shown(address)
    with database.transaction() as connection:
        if not venue.stored:
            ensure_venue(scope, connection, venue.id, name=venue.name, timezone=venue.timezone)
        known = camera_store.get_camera(scope, connection, venue.id, settings.id)
        if known is not None and known.origin is None and not document["zones"]:
            document["zones"] = known.settings.get("zones", [])
        camera_store.put_camera(
            scope,
            connection,
            venue_id=venue.id,
            camera_id=settings.id,
            settings=document,
            origin=TYPED,
            at=at,
            enabled=enabled,
            address_changed=any(addresses.values()),
        )
        if name is not None:
            camera_store.rename_camera(scope, connection, venue.id, settings.id, name)


def take_out_camera(database: Database, vault: Vault, camera: KnownCamera, *, at: datetime) -> None:
    """Stop watching a camera and forget its address; footage, events and evidence stay."""
    scope = Scope.of(camera.venue_id)
    with database.transaction() as connection:
        camera_store.remove_camera(scope, connection, camera.venue_id, camera.camera_id, at)
    # After the row: whoever still runs the camera may ask for its address until then.
    for field in ADDRESSES:
        vault.forget(SecretName(camera.venue_id, camera.camera_id, field))


def address_of(settings: Settings, vault: Vault, camera: KnownCamera) -> str:
    """The full address of a camera's analysed stream: for opening only, never for a message.

    Raises:
        ConfigError: what it refers to is missing, or the vault cannot give it.
    """
    if camera.origin == FROM_FILE:
        return settings.camera(camera.venue_id, camera.camera_id).source.resolve()
    return vault.address(SecretName(camera.venue_id, camera.camera_id, "source"), camera.source)


def checked_address(text: str) -> str:
    """An address that somebody typed into the API, if it is one of a camera.

    Raises:
        ConfigError: a reference, a path, or a kind that is not opened. The text is not repeated.
    """
    text = text.strip()
    if REFERENCE.match(text):
        raise ConfigError(
            "env: and file: lead to what belongs to this machine and are taken at its terminal only"
            " (sightline camera add); send the address itself, it is kept encrypted"
        )
    if not SCHEME.match(text):
        raise ConfigError(
            "that is no address of a camera; send rtsp://HOST/PATH, rtsps://, http://, https:// or webcam:N"
        )
    try:
        Source.check(text)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    return text
