"""The site file that belongs to the simulated shop: where the staff side and the zones are."""

from typing import Any

import numpy as np
import yaml

from sightline.simulate.layout import STAFF_LINE, ZONES
from sightline.simulate.lens import CAMERA

VENUE_ID = "simulated_shop"
CAMERA_ID = "till"


def site_document(source: str) -> dict[str, Any]:
    """The site as plain values; points are relative to the picture, 0..1."""
    zones = [
        {"name": name, "kind": kind, "points": CAMERA.floor_to_relative(np.array(spots))}
        for name, kind, spots in ZONES
    ]
    staff = {"line": CAMERA.floor_to_relative(np.array(STAFF_LINE)), "side": "left"}
    camera = {"id": CAMERA_ID, "source": source, "staff": staff, "zones": zones}
    return {"venues": [{"id": VENUE_ID, "name": "Simulated shop", "timezone": "UTC", "cameras": [camera]}]}


def site_yaml(source: str) -> str:
    """The same as a YAML file."""
    text: str = yaml.safe_dump(site_document(source), sort_keys=False, default_flow_style=None)
    return "# The simulated shop: staff side of the counter and zones, relative to the picture.\n" + text
