"""Zones that are tried before they are saved: what the process over it is told, and what it is made of."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.config.camera import CameraSettings
from sightline.config.settings import Settings
from sightline.errors import SightlineError
from sightline.job_wiring import KINDNESS, job_processes
from sightline.jobs.capacity import machine_memory_bytes, most_memory_bytes
from sightline.live_wiring import venue_settings
from sightline.vision.runtime import cores
from sightline.wiring import Site, camera_rules, detector_for, tracker_for, zoomed

if TYPE_CHECKING:
    from sightline.jobs.previews import Previews
    from sightline.pipeline.known_cameras import KnownCamera

COMMAND = (sys.executable, "-m", "sightline.preview_wiring")
TOLD_EVERY_S = 0.5


def previews_of(site: Site) -> Previews:
    """Tries zones on the recorded footage of a site."""
    from sightline.jobs.previews import Previews

    return Previews(COMMAND, partial(_document, site))


def _document(
    site: Site,
    camera: KnownCamera,
    zones: Sequence[Mapping[str, Any]],
    staff: Mapping[str, Any] | None,
    minutes: int,
) -> dict[str, Any]:
    """A site file with one camera, twice: as it is, and as it is to be tried. Holds no camera's address."""
    from sightline.config.typed import checked_camera
    from sightline.pipeline.drawn_zones import NOT_YET
    from sightline.pipeline.known_cameras import known_venues

    venue = known_venues(site.settings, site.database)[camera.venue_id]
    placed = venue_settings(site.settings, venue.id, venue.timezone)
    rules = {**camera.rules, "id": camera.camera_id, "source": NOT_YET}
    tried = {**rules, "zones": list(zones), **({"staff": staff} if staff is not None else {})}
    return {
        "settings": {
            **site.settings.model_dump(
                mode="json",
                include={"models", "detector", "tracker", "analysis_fps", "security"},
                exclude={"security": {"analyzer"}},
                exclude_unset=True,
            ),
            "venues": [placed.model_dump(mode="json", include={"id", "timezone", "opening_hours"})],
        },
        "camera": checked_camera(venue.id, rules).model_dump(mode="json"),
        "tried": checked_camera(venue.id, tried).model_dump(mode="json"),
        "database_url": site.database_url,
        "recordings_dir": str(site.recordings_dir),
        "minutes": minutes,
    }


def _previewed(document: Mapping[str, Any], tell: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    from sightline.look_wiring import clothes_of
    from sightline.pipeline.previewing import PreviewMeans, preview
    from sightline.pipeline.replaying import RuleSet
    from sightline.store.database import open_database

    settings = Settings.model_validate(document["settings"])
    (venue,) = settings.venues
    cameras = [CameraSettings.model_validate(document[name]) for name in ("camera", "tried")]

    def rule_set(camera: CameraSettings) -> RuleSet:
        _, rules = tracker_for(settings, None, camera_rules(settings, venue, camera))
        return RuleSet(rules, lambda: tracker_for(settings, None, rules)[0])

    told_at = time.monotonic()

    def tell_progress(watched_s: float, total_s: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at >= TOLD_EVERY_S:
            told_at = time.monotonic()
            tell({"progress": round(min(1.0, watched_s / total_s), 3) if total_s > 0 else 1.0})

    with open_database(document["database_url"], create=False) as database:
        means = PreviewMeans(
            database=database,
            recordings_dir=Path(document["recordings_dir"]),
            detector=zoomed(detector_for(settings), cameras[1]),
            rules=(rule_set(cameras[0]), rule_set(cameras[1])),
            analysis_fps=settings.analysis_fps,
            clothes=clothes_of(settings),
        )
        length = timedelta(minutes=document["minutes"])
        return preview(means, venue.id, cameras[1].id, length, tell_progress)


def main() -> int:
    """The process over a trial: told on standard input, telling on standard output, as a video job's is."""
    from sightline.pipeline.lifeline import leave_when_input_ends, own_output, work_told

    out = own_output()
    document = work_told(sys.stdin.fileno())
    leave_when_input_ends(sys.stdin.fileno())
    os.nice(KINDNESS)
    most = most_memory_bytes(machine_memory_bytes(), job_processes(cores()))
    resource.setrlimit(resource.RLIMIT_DATA, (2 * most, resource.RLIM_INFINITY))

    def tell(said: dict[str, Any]) -> None:
        out.write(json.dumps(said) + "\n")
        out.flush()

    try:
        tell({"done": _previewed(document, tell)})
    except SightlineError as error:
        tell({"failed": str(error)})
    except MemoryError:
        tell({"failed": "it needs more memory than there is"})
    return 0


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a thread that still waits for standard input would keep the interpreter from ending
