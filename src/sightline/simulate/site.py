"""The site file that belongs to the simulated shop: where the staff side and the zones are."""

from typing import Any

import numpy as np
import yaml

from sightline.simulate.layout import STAFF_LINE, ZONES, Spot
from sightline.simulate.lens import CAMERA, HEIGHT, WIDTH, FloatArray

VENUE_ID = "simulated_shop"
CAMERA_ID = "till"
KEPT_DAYS = 3650
"""Its day is long past; by the usual settings `sightline serve` would clear it away at once."""


def site_document(source: str) -> dict[str, Any]:
    """The site as plain values; points are relative to the picture, 0..1."""
    zones = [
        {"name": name, "kind": kind, "points": CAMERA.floor_to_relative(np.array(spots))}
        for name, kind, spots in ZONES
    ]
    staff = {"line": CAMERA.floor_to_relative(_visible_ends(*STAFF_LINE)), "side": "left"}
    camera = {"id": CAMERA_ID, "source": source, "staff": staff, "zones": zones}
    venue = {"id": VENUE_ID, "name": "Simulated shop", "timezone": "UTC", "cameras": [camera]}
    return {
        "venues": [venue],
        "retention_days": dict.fromkeys(("recording", "evidence", "events"), KEPT_DAYS),
    }


def _visible_ends(start: Spot, end: Spot) -> FloatArray:
    """The ends of the stretch of a floor line that the camera sees; cut off elsewhere, it would be bent."""
    share = np.linspace(0, 1, 1001)[:, None]
    spots = np.array(start) + share * (np.array(end) - np.array(start))
    pixels, _ = CAMERA.project(np.concatenate([spots, np.zeros((len(spots), 1))], axis=1))
    seen = spots[((pixels >= 0) & (pixels <= [WIDTH, HEIGHT])).all(axis=1)]
    return np.stack([seen[0], seen[-1]])


def site_yaml(source: str) -> str:
    """The same as a YAML file."""
    text: str = yaml.safe_dump(site_document(source), sort_keys=False, default_flow_style=None)
    return "# The simulated shop: staff side of the counter and zones, relative to the picture.\n" + text
