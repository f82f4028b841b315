"""The settings of a camera's queues reach its alerts."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

from sightline.config.settings import Settings
from sightline.domain.line_alarm import LineLimits
from sightline.live_wiring import import_cameras, live_plan
from sightline.wiring import Site

SITE = """
venues:
  - id: shop
    cameras:
      - id: till
        source: "rtsp://camera.example/1"
        queue: {alert_length: 6, alert_wait_s: 90, validation_s: 2}
      - {id: door, source: "rtsp://camera.example/2"}
"""


def never() -> NoReturn:
    raise AssertionError("no picture is looked at here")


def test_limits_are_those_of_the_camera_or_the_products(
    load: Callable[..., Settings], tmp_path: Path
) -> None:
    site = Site(load(SITE), tmp_path / "data")
    import_cameras(site)
    with site.database:
        till, door = (live_plan(site, never, "shop", camera).line_limits for camera in ("till", "door"))
    assert till == LineLimits(length=6, wait=timedelta(seconds=90), validation=timedelta(seconds=2))
    assert door == LineLimits(length=4, wait=timedelta(seconds=180), validation=timedelta(seconds=3))
