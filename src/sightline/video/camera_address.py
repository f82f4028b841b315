"""Addresses of cameras: which kinds are opened, how they reach FFmpeg, and how they are shown to people."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

from sightline.errors import SourceRejected

TRANSPORTS = ("tcp", "udp")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:@/?#\[\]]+)(:\d{1,5})?")
_SURELY_A_HOST = re.compile(
    r"\d+\.\d+\.\d+\.\d+(:\d{1,5})?|\[[0-9A-Fa-f:.%]+\](:\d{1,5})?|[^\s:@/?#\[\]]+:\d{1,5}"
)
_WEBCAM = re.compile(r"webcam:(\d{1,3})")

# What an address may lead on to. No `file`, `pipe`, `concat` or `data`: a camera must not make us read those.
_RTSP_PROTOCOLS = "rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto"
_HTTP_PROTOCOLS = "http,https,httpproxy,tcp,tls,crypto"
_HTTP_FORMATS = (
    "mpegts,mpjpeg,mjpeg,hls,flv,live_flv,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,h264,hevc,asf,ogg,mpeg"
)

_PRIVATE_NAME = r"[a-z]*(?:user|usr|login|pass|pwd|psw|token|auth|key|secret|sig|session|code)[a-z]*"
_SECRET_IN_PATH = re.compile(rf"(?i)(?<![a-z])({_PRIVATE_NAME}=)[^&/?#\s]*?(?=_[a-z]+=|[&/?#\s]|$)")
_IN_QUERY = re.compile(r"(?<=[?&])([^=&\s#]+)=([^&\s#]*)")
_SECRET = re.compile(rf"(?i){_PRIVATE_NAME}")
_KEY_IN_PATH = re.compile(r"(?<=/)(?=[^/?#]*\d)(?=[^/?#]*[A-Za-z])[A-Za-z0-9-]{16,}(?=[/?#]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How one address is handed to FFmpeg. Its `url` is secret; `shown` is not.

    Attributes:
        url: with the user and password escaped as FFmpeg needs them.
        format: FFmpeg's input format; None = found out by looking.
        options: for quick opening; `thorough` are to be laid over them when that was not enough.
        shown: for messages.
    """

    url: str
    format: str | None
    options: dict[str, str]
    thorough: dict[str, str]
    shown: str

    def __repr__(self) -> str:
        return f"Opening({self.shown})"


def shown_address(address: str) -> str:
    """The address as it may be printed, logged and stored.

    Left out are: everything up to the last "@" (passwords of cameras often hold "@" or "/" unescaped), values
    in the query other than short numbers, `user=` and `password=` in the path, and long keys as a path.
    """
    text = re.sub(r"://\S*@", "://***@", address)
    text = _IN_QUERY.sub(_harmless_value, text)
    text = _SECRET_IN_PATH.sub(r"\1***", text)
    scheme, mark, rest = text.partition("://")
    return scheme + mark + _KEY_IN_PATH.sub("***", rest) if mark else text


def _harmless_value(match: re.Match[str]) -> str:
    name, value = match.groups()
    harmless = re.fullmatch(r"\d{1,3}", value) and not _SECRET.fullmatch(name)
    return match[0] if harmless else f"{name}=***"


def plan_opening(address: str, *, transport: str, silence_s: float) -> Opening:
    """How to open `address`, or a refusal before anything is touched.

    Args:
        transport: of RTSP: `tcp` or `udp`.
        silence_s: after which the operating system gives up on a connection, whatever we do ourselves.

    Raises:
        SourceRejected: the address is of no accepted kind, or not well formed.
    """
    shown = shown_address(address)
    if transport not in TRANSPORTS:
        raise SourceRejected(f"the transport is tcp or udp, not {transport!r}")
    scheme = _SCHEME.match(address)
    name = scheme[1].lower() if scheme else ""
    if name == "webcam":
        return _webcam(address)
    if name not in ("rtsp", "rtsps", "http", "https") or not address[len(name) :].startswith("://"):
        raise SourceRejected(
            f"{shown}: this is no camera; use rtsp://, rtsps://, http://, https:// or webcam:N"
        )
    url = name + "://" + _with_login_escaped(address[len(name) + 3 :], shown)
    silence_us = str(round(silence_s * 1_000_000))
    # Pictures are copied, not judged: one packet is enough where the camera announces its format.
    common = {"fflags": "+genpts", "fpsprobesize": "0"}
    thorough = {"probesize": "5000000", "analyzeduration": "10000000"}
    if name.startswith("rtsp"):
        options = {
            **common,
            "rtsp_transport": transport,
            "allowed_media_types": "video",  # sound is never recorded, so it is not even asked for
            "protocol_whitelist": _RTSP_PROTOCOLS,
            "timeout": silence_us,
            "probesize": "32",
            "analyzeduration": "0",
        }
        return Opening(url=url, format="rtsp", options=options, thorough=thorough, shown=shown)
    options = {
        **common,
        "protocol_whitelist": _HTTP_PROTOCOLS,
        "format_whitelist": _HTTP_FORMATS,
        "rw_timeout": silence_us,
        "probesize": "50000",
        "analyzeduration": "500000",
    }
    return Opening(url=url, format=None, options=options, thorough=thorough, shown=shown)


def _webcam(address: str) -> Opening:
    number = _WEBCAM.fullmatch(address)
    if number is None:
        raise SourceRejected("a webcam is written webcam:N, for instance webcam:0")
    return Opening(
        url=f"/dev/video{int(number[1])}",
        format="v4l2",
        options={"input_format": "mjpeg"},  # uncompressed pictures would fill a disk within the hour
        thorough={},
        shown=address,
    )


def _with_login_escaped(rest: str, shown: str) -> str:
    """`user:password@host...`, a password that holds "@", "/", "?", "#" or blanks made readable for FFmpeg.

    By the standard the login ends at the last "@" before the first "/", "?" or "#". Only where what follows
    is no host, or where an IP address or a port follows a later "@", is the password taken to hold them, and
    the login to end at the last "@" of all.
    """
    authority, _ = _until_path(rest)
    login, mark, host = authority.rpartition("@")
    tail = rest[len(authority) :]
    late_login, late_mark, after = rest.rpartition("@")
    late_host, late_tail = _until_path(after)
    if not _HOST.fullmatch(host) or (mark and _SURELY_A_HOST.fullmatch(late_host)):
        login, mark, host, tail = late_login, late_mark, late_host, late_tail
    if not _HOST.fullmatch(host):
        raise SourceRejected(f"{shown}: there is no host in this address")
    if re.search(r"[\x00-\x20\x7f]", tail):
        raise SourceRejected(f"{shown}: a blank in an address is written %20")
    if not mark:
        return host + tail
    user, colon, password = login.partition(":")
    return f"{_escaped(user)}{colon}{_escaped(password)}@{host}{tail}"


def _until_path(text: str) -> tuple[str, str]:
    at = min((at for at in map(text.find, "/?#") if at >= 0), default=len(text))
    return text[:at], text[at:]


def _escaped(text: str) -> str:
    """Percent-encoded; what already is stays as it is."""
    return quote(re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", text), safe="%")
