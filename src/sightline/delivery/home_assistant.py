"""What Home Assistant is told over MQTT of each camera, so that it shows it by itself. Pure: documents only.

Source: Home Assistant's MQTT discovery, one retained document per entity under
`{discovery_prefix}/{component}/{node_id}/{object_id}/config`, ids of letters, digits, "_" and "-"; its MQTT
event platform, which wants `event_type` in a JSON object and ignores retained messages; its MQTT binary
sensor, ON and OFF.
"""

import hashlib
import re
from typing import Any, NamedTuple
from urllib.parse import quote

from sightline import __version__

EVENT_TYPES = ("interaction", "unattended", "queue", "security")
"""Also the last parts of the topics that hold the latest event of each kind."""

_EVENT_TEMPLATE = "{{ dict(value_json, event_type=value_json.kind) | to_json }}"
_ONGOING_TEMPLATE = (
    "{{ 'ON' if value_json.ongoing | default(value_json.type == 'event.ongoing') | int(0) > 0 else 'OFF' }}"
)


class Place(NamedTuple):
    """A camera and how people call it. A plain tuple of the four does as well."""

    venue_id: str
    venue_name: str
    camera_id: str
    camera_name: str


def topic(venue_id: str, camera_id: str, what: str) -> str:
    """The part of a topic after the prefix; ids that hold a sign with a meaning in topics are escaped."""
    return "/".join(_level(part) for part in (venue_id, camera_id, what))


def _level(text: str) -> str:
    """One level of a topic. Two different texts never become the same level."""
    return quote(text, safe=" !'()*,:;=@&~[]") or "%00"


def entities(place: Place, *, prefix: str, discovery_prefix: str) -> dict[str, dict[str, Any]]:
    """The documents to be retained for one camera, by complete topic.

    Of what is published at `{prefix}/{venue}/{camera}/...` they expect `kind` in every event, and in the
    latest `unattended` one `ongoing`: how many customers are waiting unattended now. Without it, the
    `type` of that event, `event.ongoing` or not, has to do: of two who wait, the first served hides one.
    """
    node = node_id(prefix, place.venue_id, place.camera_id)

    def at(what: str) -> str:
        return f"{prefix}/{topic(place.venue_id, place.camera_id, what)}"

    status = f"{prefix}/status"
    event: dict[str, Any] = {
        "name": "Event",
        "icon": "mdi:cctv",
        "state_topic": at("event"),
        "event_types": list(EVENT_TYPES),
        "value_template": _EVENT_TEMPLATE,
        "availability_topic": status,
    }
    unattended = {
        "name": "Customer unattended",
        "icon": "mdi:account-clock",
        "state_topic": at("unattended"),
        "value_template": _ONGOING_TEMPLATE,
        "payload_on": "ON",
        "payload_off": "OFF",
        "availability_topic": status,
    }
    connection = {
        "name": "Sightline",
        "device_class": "connectivity",
        "entity_category": "diagnostic",
        "state_topic": status,
        "payload_on": "online",
        "payload_off": "offline",
    }
    told = {
        ("event", "event"): event,
        ("binary_sensor", "unattended"): unattended,
        ("binary_sensor", "connection"): connection,
    }
    shared = _shared(node, place)
    return {
        _config_topic(discovery_prefix, component, node, entity): {
            **document,
            **shared,
            "unique_id": f"{node}_{entity}",
        }
        for (component, entity), document in told.items()
    }


def _shared(node: str, place: Place) -> dict[str, Any]:
    name = place.camera_name or place.camera_id
    return {
        "qos": 1,
        "device": {
            "identifiers": [node],
            "name": f"{place.venue_name} {name}".strip(),
            "manufacturer": "Sightline",
            "model": "Camera",
            "sw_version": __version__,
        },
        "origin": {"name": "Sightline", "sw_version": __version__},
    }


def config_topics(venue_id: str, camera_id: str, *, prefix: str, discovery_prefix: str) -> list[str]:
    """Where the documents of a camera lie; what is retained there goes with an empty message."""
    place = Place(venue_id, "", camera_id, "")
    return list(entities(place, prefix=prefix, discovery_prefix=discovery_prefix))


def node_id(prefix: str, venue_id: str, camera_id: str) -> str:
    """An id of letters, digits, "_" and "-" that no other camera has, whatever the ids hold."""
    words = "_".join(re.sub(r"[^A-Za-z0-9-]+", "_", part) for part in ("sightline", venue_id, camera_id))
    digest = hashlib.sha256("\0".join((prefix, venue_id, camera_id)).encode()).hexdigest()
    return f"{words}_{digest[:8]}"


def _config_topic(discovery_prefix: str, component: str, node: str, entity: str) -> str:
    return f"{discovery_prefix}/{component}/{node}/{entity}/config"
