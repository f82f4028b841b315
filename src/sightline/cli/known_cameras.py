"""Cameras and venues by the names people type: those of the database and those of the site file."""

import sys
from collections.abc import Iterable
from getpass import getpass
from typing import TYPE_CHECKING

from sightline.config.references import REFERENCE, SCHEME, Source, mask_address
from sightline.config.site_checks import nearest
from sightline.errors import ConfigError
from sightline.video.camera_address import shown_address

if TYPE_CHECKING:
    from sightline.pipeline.known_cameras import KnownCamera, KnownVenue
    from sightline.store.database import Database
    from sightline.wiring import Site


def shown(address: Source) -> str:
    """What may be printed and stored of an address: without what either of two masks takes for a secret."""
    from sightline.pipeline.known_cameras import shown as shown_source

    return shown_source(address)


def database_if_there(site: "Site") -> "Database | None":
    """The database, unless nothing was ever stored: looking does not make one."""
    if site.settings.database_url is None and not (site.data_dir / "sightline.db").exists():
        return None
    return site.database


def known_venues(site: "Site") -> "dict[str, KnownVenue]":
    """By id, those of the site file as the file says."""
    from sightline.pipeline.known_cameras import known_venues as known

    return known(site.settings, database_if_there(site))


def find_venue(site: "Site", venue_id: str) -> "KnownVenue":
    """The venue of this name. Raises ConfigError with the nearest one, or what to do when there is none."""
    venues = known_venues(site)
    if venue_id in venues:
        return venues[venue_id]
    way_out = nearest(venue_id, venues) or f"; make it with: sightline venue add {venue_id}"
    raise ConfigError(f"there is no venue {venue_id!r}{way_out}")


def known_cameras(site: "Site") -> "list[KnownCamera]":
    """By venue and id: those that are to run, of the site file and typed ones."""
    from sightline.pipeline.known_cameras import known_cameras as known

    return known(site.settings, database_if_there(site))


def find_camera(site: "Site", camera_id: str, venue_id: str | None) -> "KnownCamera":
    """The camera of this name.

    Raises:
        ConfigError: there is none (with the nearest one), or several venues have one.
    """
    if venue_id is not None:
        find_venue(site, venue_id)
    cameras = [one for one in known_cameras(site) if venue_id in (None, one.venue_id)]
    found = [one for one in cameras if one.camera_id == camera_id]
    if len(found) > 1:
        venues = ", ".join(one.venue_id for one in found)
        raise ConfigError(f"several venues have a camera {camera_id!r}; say which with --venue: {venues}")
    if found:
        return found[0]
    raise ConfigError(f"there is no camera {camera_id!r}{_way_out(camera_id, cameras)}")


def address_of(site: "Site", camera: "KnownCamera") -> str:
    """The full address of a camera's analysed stream: for opening only, never for a message.

    Raises:
        ConfigError: what it refers to is missing, or the vault cannot give it.
    """
    from sightline.pipeline.typed_cameras import address_of as full_address

    return full_address(site.settings, site.vault, camera)


def typed_address(given: str, what: str) -> str:
    """The address behind `-`, asked for without echo; otherwise `given`, if it is one of a camera.

    Raises:
        ConfigError: nothing was typed, or it is the path of a file.
    """
    address = given
    if given == "-":
        address = getpass(f"{what} (not shown): ") if sys.stdin.isatty() else sys.stdin.readline()
        address = address.strip()
        if not address:
            raise ConfigError(f"no {what} was given on standard input")
    if not REFERENCE.match(address) and not SCHEME.match(address):
        raise ConfigError(
            f"{mask_address(address)!r:.80} is no address of a camera; write rtsp://HOST/PATH, http://..., "
            "webcam:0, env:NAME or file:PATH. Recorded files are for: sightline analyze"
        )
    return address


def has_password(given: str) -> bool:
    """Whether an argument carried something that nobody else should read."""
    return given != "-" and not REFERENCE.match(given) and shown_address(mask_address(given)) != given


def _way_out(camera_id: str, cameras: "Iterable[KnownCamera]") -> str:
    ids = sorted({one.camera_id for one in cameras})
    if not ids:
        return "; none is set up yet, add one with: sightline camera add"
    return nearest(camera_id, ids) or f"; there are: {', '.join(ids)}"
