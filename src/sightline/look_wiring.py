"""Who looks closer at people, chosen by the settings: faces, poses, staff cues, and knowing people again."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.config.camera import CameraSettings
    from sightline.pipeline.looking import Looks, StaffCues
    from sightline.pipeline.visitor_book import VisitorBook
    from sightline.wiring import Site


def recorded_looks(site: Site) -> Looks | None:
    """For one recording: waits rather than leaving anything out. None where nothing is asked for."""
    return None


def staff_cues(site: Site, venue_id: str, camera: CameraSettings) -> StaffCues | None:
    """What tells staff by their looks at one camera; None where nothing is asked for."""
    return None


def visitor_book(site: Site) -> VisitorBook:
    """Where visitors are entered, known again or not."""
    from sightline.pipeline.visitor_book import VisitorBook

    return VisitorBook()
