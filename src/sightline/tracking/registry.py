"""The trackers that ship with the product, by the name used in the site file."""

from difflib import get_close_matches
from importlib import import_module

from sightline.errors import ConfigError
from sightline.tracking.protocol import Tracker

TRACKERS = {
    "botsort": "sightline.tracking.botsort:BotSort",
    "bytetrack": "sightline.tracking.bytetrack:ByteTrack",
    "deepsort": "sightline.tracking.deepsort:DeepSort",
}
DEFAULT = "botsort"


def open_tracker(name: str = DEFAULT) -> Tracker:
    """A fresh tracker, for one camera and one recording.

    Raises:
        ConfigError: there is no tracker of this name; the nearest right word and the choices are given.
    """
    choices = ", ".join(sorted(TRACKERS))
    if name not in TRACKERS:
        near = get_close_matches(name, TRACKERS, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(f"unknown tracker {name!r}; {hint}choose one of {choices}")
    module, _, attribute = TRACKERS[name].partition(":")
    tracker: Tracker = getattr(import_module(module), attribute)()
    return tracker
