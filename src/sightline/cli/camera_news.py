"""One line for each thing that changes about a camera, out of what its process tells every second."""

from typing import Any

import structlog

log = structlog.get_logger()

LOUD = ("gap", "failed")
WORDS = {"gap": "interrupted"}


class CameraNews:
    """Remembers how each camera was, and tells when that changes."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, str]] = {}

    def tell(self, cameras: dict[str, Any]) -> None:
        """Log every camera whose state, or the reason for it, is another than last time.

        Args:
            cameras: statuses by `venue/camera`, see `pipeline.live_camera.LiveCamera.status`.
        """
        for name, status in cameras.items():
            state, detail = str(status.get("state")), str(status.get("detail") or "")
            if self._known.get(name) == (state, detail):
                continue
            self._known[name] = (state, detail)
            about = {"camera": name} | ({"reason": detail} if detail else {})
            if state == "running":
                about |= {key: status[key] for key in ("codec", "width", "height") if status.get(key)}
            (log.warning if state in LOUD else log.info)(f"camera is {WORDS.get(state, state)}", **about)
