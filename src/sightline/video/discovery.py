"""Which cameras are on the network: ONVIF WS-Discovery, a question to all and the answers of some seconds."""

from __future__ import annotations

import re
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from sightline.errors import SourceUnavailable

MULTICAST_ADDRESS = "239.255.255.250"
MULTICAST_PORT = 3702
_LARGEST_ANSWER = 65_535
_MOST_CAMERAS = 1000
_LONGEST_TEXT = 100
_ASK_AGAIN_S = 0.5  # datagrams get lost

_SOAP = "http://www.w3.org/2003/05/soap-envelope"
_ADDRESSING = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_DISCOVERY = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_ONVIF = "http://www.onvif.org/ver10/network/wsdl"
_SCOPE = "onvif://www.onvif.org/"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """A camera that answered. All texts are its own words: cleaned, but not to be trusted.

    Attributes:
        address: host or IP address.
        name, hardware, location: as set up in the camera; empty where it does not say.
        xaddrs: its ONVIF services, http(s) only.
    """

    address: str
    name: str
    hardware: str
    location: str
    xaddrs: tuple[str, ...]


def discover(
    timeout_s: float = 3.0, *, address: str = MULTICAST_ADDRESS, port: int = MULTICAST_PORT
) -> list[FoundCamera]:
    """Ask the network for ONVIF cameras and gather the answers of `timeout_s`.

    It reaches the network segment this machine is in, over the interface the routing table names.

    Args:
        address, port: whom to ask; the standard's multicast group unless told otherwise.

    Returns:
        Each camera once, by address.

    Raises:
        SourceUnavailable: the question could not be sent.

    Source:
        OASIS WS-Discovery 1.0 as profiled by the ONVIF core specification, chapter 7 (device discovery).
    """
    message_id = f"urn:uuid:{uuid.uuid4()}"
    found: dict[str, FoundCamera] = {}
    for answer, sender in _answers(_question(message_id), (address, port), timeout_s):
        for identity, camera in read_answer(answer, sender=sender, message_id=message_id):
            if len(found) < _MOST_CAMERAS:
                found.setdefault(identity, camera)
    return sorted(found.values(), key=lambda camera: [part.zfill(3) for part in camera.address.split(".")])


def read_answer(answer: bytes, *, sender: str, message_id: str) -> list[tuple[str, FoundCamera]]:
    """The cameras that one answer names, each with the identity it goes by; empty for anything else.

    Answers come from anybody on the network. So one with a document type or entities, one that is not UTF-8,
    and one to another question is ignored.
    """
    try:
        text = answer.decode("utf-8-sig")
    except UnicodeDecodeError:
        return []
    if re.search(r"<!\s*(DOCTYPE|ENTITY)", text, re.IGNORECASE):
        return []
    try:
        # Without a document type there are no entities to expand; the size is that of one datagram.
        root = ElementTree.fromstring(re.sub(r"^\s*<\?xml[^>]*\?>", "", text))  # noqa: S314
    except (ElementTree.ParseError, ValueError):
        return []
    answered = root.findtext(f".//{{{_ADDRESSING}}}RelatesTo", "").strip()
    if answered and answered[-36:].lower() != message_id[-36:].lower():
        return []
    cameras = []
    for match in root.iter(f"{{{_DISCOVERY}}}ProbeMatch"):
        camera = _camera(match, sender)
        identity = match.findtext(f"{{{_ADDRESSING}}}EndpointReference/{{{_ADDRESSING}}}Address", "").strip()
        cameras.append((identity.lower() or camera.address, camera))
    return cameras


def _camera(match: ElementTree.Element, sender: str) -> FoundCamera:
    scopes = match.findtext(f"{{{_DISCOVERY}}}Scopes", "").split()
    xaddrs = tuple(
        shown
        for shown in map(_cleaned, match.findtext(f"{{{_DISCOVERY}}}XAddrs", "").split())
        if _is_web(shown)
    )
    hosts = [urlsplit(xaddr).hostname or "" for xaddr in xaddrs]
    return FoundCamera(
        address=sender if sender in hosts or not hosts else hosts[0],
        name=_from_scopes(scopes, "name"),
        hardware=_from_scopes(scopes, "hardware"),
        location=_from_scopes(scopes, "location"),
        xaddrs=xaddrs,
    )


def _from_scopes(scopes: list[str], topic: str) -> str:
    """The last words of all scopes of one topic, such as `onvif://www.onvif.org/location/city/berlin`."""
    start = f"{_SCOPE}{topic}/"
    values = [_cleaned(unquote(scope[len(start) :])) for scope in scopes if scope.startswith(start)]
    return ", ".join(value.rpartition("/")[2] if topic == "location" else value for value in values if value)[
        :_LONGEST_TEXT
    ]


def _cleaned(text: str) -> str:
    """Without control characters, which could steer a terminal, and not endless."""
    return "".join(char for char in text if char.isprintable())[:_LONGEST_TEXT].strip()


def _is_web(xaddr: str) -> bool:
    try:
        parts = urlsplit(xaddr)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _answers(question: bytes, group: tuple[str, int], timeout_s: float) -> Iterator[tuple[bytes, str]]:
    """Datagrams that come back, with the IP address of the sender."""
    begun = time.monotonic()
    asked = 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        channel.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        while (passed_s := time.monotonic() - begun) < timeout_s:
            if asked < 2 and passed_s >= asked * _ASK_AGAIN_S:
                try:
                    channel.sendto(question, group)
                except OSError as error:
                    raise SourceUnavailable(
                        f"cannot ask the network for cameras ({error.strerror}); is it connected?"
                    ) from error
                asked += 1
            pause_s = timeout_s - passed_s if asked == 2 else _ASK_AGAIN_S
            channel.settimeout(max(0.001, min(pause_s, timeout_s - passed_s)))
            try:
                answer, (sender, _) = channel.recvfrom(_LARGEST_ANSWER)
            except TimeoutError:
                continue
            except OSError:
                continue  # a port that nobody listens on says so here; others may still answer
            yield answer, sender


def _question(message_id: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<e:Envelope xmlns:e="{_SOAP}" xmlns:w="{_ADDRESSING}" xmlns:d="{_DISCOVERY}" xmlns:dn="{_ONVIF}">'
        f"<e:Header><w:MessageID>{message_id}</w:MessageID>"
        "<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
        f"<w:Action>{_DISCOVERY}/Probe</w:Action></e:Header>"
        "<e:Body><d:Probe><d:Types>dn:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
    ).encode()
