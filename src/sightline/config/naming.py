"""Which venue and camera a video given on the command line belongs to."""

import re
import unicodedata
from pathlib import Path

from sightline.config.camera import CameraSettings
from sightline.config.references import Source
from sightline.config.settings import Settings, VenueSettings
from sightline.errors import ConfigError

DEFAULT_VENUE = "default"


def camera_id_from(video: Path) -> str:
    """A camera id from a file name: `Caisse n°1.mp4` -> `Caisse_n_1`."""
    letters = (sign for sign in unicodedata.normalize("NFKD", video.stem) if not unicodedata.combining(sign))
    return re.sub(r"[^A-Za-z0-9-]+", "_", "".join(letters)).strip("_")[:50] or "camera"


def camera_for_video(
    settings: Settings, video: Path, *, venue_id: str | None = None, camera_id: str | None = None
) -> tuple[VenueSettings, CameraSettings]:
    """The venue and camera whose rules apply to `video`.

    What is not named is taken from the site file when there is only one, or when the file is
    called like a camera. Without venues in the file the venue is `default` and the camera is
    called like the file, with the default rules.

    Raises:
        ConfigError: no such venue or camera, or several to choose from.
    """
    venue = _venue(settings, venue_id)
    if not venue.cameras:
        name = camera_id or camera_id_from(video)
        return venue, CameraSettings(id=_checked(name, "camera"), source=Source(str(video)))
    if camera_id is not None:
        return venue, venue.camera(camera_id)
    if len(venue.cameras) == 1:
        return venue, venue.cameras[0]
    called_alike = [camera for camera in venue.cameras if camera.id == camera_id_from(video)]
    if called_alike:
        return venue, called_alike[0]
    ids = ", ".join(camera.id for camera in venue.cameras)
    raise ConfigError(f"venue {venue.id!r} has several cameras; say which with --camera: {ids}")


def _venue(settings: Settings, venue_id: str | None) -> VenueSettings:
    if not settings.venues:
        return VenueSettings(id=_checked(venue_id or DEFAULT_VENUE, "venue"))
    if venue_id is not None:
        return settings.venue(venue_id)
    if len(settings.venues) == 1:
        return settings.venues[0]
    ids = ", ".join(venue.id for venue in settings.venues)
    raise ConfigError(f"the site has several venues; say which with --venue: {ids}")


def _checked(name: str, what: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,50}", name):
        raise ConfigError(f"a {what} id is 1 to 50 letters (a-z), digits, '_' or '-', got {name!r:.60}")
    return name
