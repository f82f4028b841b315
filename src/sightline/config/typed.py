"""Venues and cameras that were typed at the terminal, checked as those of a site file are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sightline.config.camera import CameraSettings
from sightline.config.document import Document, read_document
from sightline.config.load import checked_settings
from sightline.config.settings import VenueSettings
from sightline.config.site_checks import SettingPath, nearest
from sightline.errors import ConfigError

VENUE: SettingPath = ("venues", 0)
CAMERA: SettingPath = (*VENUE, "cameras", 0)
IN_A_RULES_FILE = ("zones", "lines", "staff", "interaction", "unattended", "queue", "security")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedCamera:
    """What was typed, word for word.

    Attributes:
        staff_line: `x1,y1,x2,y2`, each 0..1 of the picture.
        rules_file: YAML with `zones:` and, if wanted, `lines:` and the camera's other rules.
    """

    venue_id: str
    camera_id: str
    source: str = field(repr=False)
    record_source: str | None = field(default=None, repr=False)
    transport: str | None = None
    staff_line: str | None = None
    staff_side: str | None = None
    rules_file: Path | None = None

    def settings(self) -> CameraSettings:
        """The settings this comes to.

        Raises:
            ConfigError: one line for each thing that is wrong, naming the option, or the line of the file.
        """
        document = Document(origins={(): "sightline camera add"})
        camera: dict[str, Any] = {"id": self.camera_id}
        document.data = {"venues": [{"id": self.venue_id, "cameras": [camera]}]}
        if self.rules_file is not None:
            _add_rules(document, camera, self.rules_file)
        given = {"source": self.source, "record_source": self.record_source, "transport": self.transport}
        for name, value in given.items():
            if value is not None:
                camera[name] = value
                document.origins[*CAMERA, name] = "--" + name.replace("_", "-")
        staff = {"side": self.staff_side, "line": self.staff_line and _points(self.staff_line)}
        for name, part in staff.items():
            if part is not None:
                camera["staff"] = {**(camera.get("staff") or {}), name: part}
                document.origins[*CAMERA, "staff", name] = f"--staff-{name}"
        return _checked(document).cameras[0]


def checked_camera(venue_id: str, camera: Mapping[str, Any]) -> CameraSettings:
    """Settings of a camera that came as a document, checked as those of a site file are.

    Args:
        camera: as the site file has it.

    Raises:
        ConfigError: one line for each thing that is wrong.
    """
    document = Document(origins={(): "the camera"})
    document.data = {"venues": [{"id": venue_id, "cameras": [dict(camera)]}]}
    return _checked(document).cameras[0]


def typed_venue(venue_id: str, *, name: str | None, timezone: str | None) -> VenueSettings:
    """A venue with these settings; what is None gets its default.

    Raises:
        ConfigError: one line for each thing that is wrong, naming the option.
    """
    given = {"name": name, "timezone": timezone}
    venue = {"id": venue_id} | {key: value for key, value in given.items() if value is not None}
    document = Document(data={"venues": [venue]}, origins={(): "sightline venue add"})
    document.origins.update({(*VENUE, key): f"--{key}" for key in given})
    return _checked(document)


def _add_rules(document: Document, camera: dict[str, Any], path: Path) -> None:
    """Take over the rules of a file, with the lines on which they stand."""
    rules = read_document(path)
    if rules.problems:
        lines = [f"{rules.origin(problem.path)}: {problem.text}" for problem in rules.problems]
        raise ConfigError("\n".join(lines))
    for name in rules.data:
        if name not in IN_A_RULES_FILE:
            hint = nearest(name, IN_A_RULES_FILE) or f"; it holds: {', '.join(IN_A_RULES_FILE)}"
            raise ConfigError(f"{rules.origin((name,))}: {name!r} does not belong in a file of zones{hint}")
    camera.update(rules.data)
    document.origins.update({(*CAMERA, *at): line for at, line in rules.origins.items() if at})


def _points(text: str) -> list[list[float]]:
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != 4:
        raise ConfigError(
            f"--staff-line {text!r} is not a line; write x1,y1,x2,y2, each from 0 to 1 of the picture, for"
            " instance 0.35,0,0.55,1"
        )
    return [numbers[:2], numbers[2:]]


def _checked(document: Document) -> VenueSettings:
    try:
        return checked_settings(document).venues[0]
    except ConfigError as error:
        raise ConfigError(_in_words_typed(str(error))) from None


PLACES: Mapping[str, str] = {
    "venues[0].cameras[0].id": "the camera's id",
    "venues[0].cameras[0].": "",
    "venues[0].cameras[0]": "the camera",
    "venues[0].id": "the venue's id",
    "venues[0].": "",
}
"""Nobody typed a list of venues."""


def _in_words_typed(text: str) -> str:
    for place, words in PLACES.items():
        text = text.replace(place, words)
    return text
