"""What no single value can tell: ids used twice, a detector nobody knows.

Works on the plain data of a site file, however malformed, so that these problems are
reported together with all others and not only once everything else is right.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

DETECTORS = ("auto", "yolo11n", "yolox_nano", "builtin")

SettingPath = tuple[str | int, ...]
"""Keys and list positions from the top of the site file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One line for the user. `text` already names the setting; `path` finds its line in the file."""

    path: SettingPath
    text: str


def nearest(word: str, choices: Iterable[str]) -> str:
    """ "; did you mean 'zones'?", or nothing when no choice is near."""
    found = get_close_matches(word, list(choices), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def where(path: SettingPath) -> str:
    """`venues[0].cameras[1]`, or "the site file" for the top."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "the site file"


def site_problems(site: Mapping[str, Any]) -> list[Problem]:
    """Every id used twice and every unknown detector in the plain data of a site file."""
    problems = list(_duplicates(site.get("venues"), ("venues",), "id"))
    for venue_path, venue in _groups(site.get("venues"), ("venues",)):
        cameras, path = venue.get("cameras"), (*venue_path, "cameras")
        problems += _duplicates(cameras, path, "id")
        for camera_path, camera in _groups(cameras, path):
            for drawn in ("zones", "lines"):
                problems += _duplicates(camera.get(drawn), (*camera_path, drawn), "name")
    problems += _unknown_detector(site)
    return problems


def _duplicates(items: Any, path: SettingPath, key: str) -> Iterator[Problem]:
    seen: set[str] = set()
    for item_path, item in _groups(items, path):
        value = item.get(key)
        if isinstance(value, str) and value in seen:
            yield Problem((*item_path, key), f"the {key} {value!r} is used twice in {where(path)}")
        elif isinstance(value, str):
            seen.add(value)


def _groups(items: Any, path: SettingPath) -> Iterator[tuple[SettingPath, Mapping[str, Any]]]:
    if isinstance(items, list | tuple):
        for position, item in enumerate(items):
            if isinstance(item, Mapping):
                yield (*path, position), item


def _unknown_detector(site: Mapping[str, Any]) -> Iterator[Problem]:
    detector, models = site.get("detector"), site.get("models")
    name = detector.get("name") if isinstance(detector, Mapping) else None
    if not isinstance(name, str) or name in DETECTORS or name.lower().endswith(".onnx"):
        return
    if isinstance(models, Mapping) and models.get("catalogue"):
        return  # the site's own catalogue may define it; the detector says so when it is loaded
    yield Problem(
        ("detector", "name"),
        f"unknown detector {name!r}{nearest(name, DETECTORS) or '; choose one of ' + ', '.join(DETECTORS)}"
        " (or the path of an .onnx file)",
    )
