"""Videos by name, each made once per test run."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from footage_made import write_video


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Videos by name, each made once."""
    folder = tmp_path_factory.mktemp("videos")
    recipes: dict[str, dict[str, object]] = {
        "h264_b.mp4": {"options": {"bf": "3", "b-pyramid": "normal"}, "frames": 100},
        "h264_b.ts": {"options": {"bf": "3"}, "frames": 100, "container": "mpegts"},
        "h264_odd.mkv": {"size": (162, 90), "options": {"bf": "2"}},
        "hevc.mp4": {"codec": "libx265", "options": {"x265-params": "log-level=none"}, "frames": 100},
        "mpeg4_b.avi": {"codec": "mpeg4", "options": {"bf": "2"}, "frames": 100},
        "mpeg4.avi": {"codec": "mpeg4", "frames": 100, "fps": 15},
        "mjpeg.avi": {"codec": "mjpeg", "size": (161, 91)},
        "vp8.webm": {"codec": "libvpx", "frames": 20},
        "raw.h264": {"options": {"bf": "3"}, "container": "h264"},
        "one.mp4": {"frames": 1},
        "portrait.mp4": {"size": (90, 160), "frames": 5},
        "vfr.mp4": {"times_ms": [0, 40, 80, 400, 410, 420, 600, 1000, 1040, 1090, 1999, 2000, 2041, 3700]},
        "fps7.mp4": {"fps": 7, "frames": 36},
        "fps2997.mp4": {"fps": Fraction(30000, 1001), "frames": 90},
    }

    def make(name: str) -> Path:
        path = folder / name
        if not path.exists():
            write_video(path, **recipes[name])  # type: ignore[arg-type]
        return path

    return make
