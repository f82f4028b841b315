"""Why a video could not be fetched, in sentences for whoever handed its address over."""

import errno
from collections.abc import Iterator
from socket import gaierror

from yt_dlp.networking.exceptions import CertificateVerifyError, HTTPError, RequestError, TransportError
from yt_dlp.utils import ExtractorError, GeoRestrictedError, UnsupportedError

GONE = (404, 410)
LATER = (408, 425, 429)
BROKE_OFF = "the connection to the host failed or broke off"
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)

# In the words of yt-dlp's sources and of the sites that it knows; an error without one of them stays general.
_WORDS = (
    (
        ("private", "unavailable", "removed", "deleted", "no longer", "terminated"),
        "the video is private or gone",
    ),
    (
        ("sign in", "log in", "login", "logged-in", "password", "members", "account", "cookies"),
        "it is shown to people who sign in only",
    ),
    (
        ("format is not available", "no video formats"),
        "it is not offered as one file that can be taken as it is",
    ),
    (("drm",), "it is protected against copying"),
    (("ffmpeg",), "it is not offered as one file that can be taken as it is"),
)


class NothingToFetch(Exception):
    """What is at the address is no video that can be fetched; a sentence."""


def explain(error: Exception, *, longest_bytes: int) -> tuple[str, bool]:
    """The reason in a sentence, and whether it may go better another time.

    Args:
        longest_bytes: the largest file that is taken.
    """
    causes = list(_causes(error))
    for cause in causes:
        found = _explained(cause, longest_bytes)
        if found is not None:
            return found
    said = " ".join(
        str(cause) for cause in causes if isinstance(cause, ExtractorError) or cause is error
    ).lower()
    if "giving up after" in said:  # its retries; it tells no cause
        return BROKE_OFF, True
    for words, sentence in _WORDS:
        if any(word in said for word in words):
            return sentence, False
    return "the video there could not be found or read; the log says more", False


def _explained(cause: BaseException, longest_bytes: int) -> tuple[str, bool] | None:
    if isinstance(cause, NothingToFetch):
        return str(cause), False
    if isinstance(cause, HTTPError):
        return _answered(cause)
    if isinstance(cause, UnsupportedError):
        return "there is no video at this address", False
    if isinstance(cause, GeoRestrictedError):
        return "the video is not shown in this country", False
    if isinstance(cause, CertificateVerifyError):
        return "the host cannot prove that it is the one (its certificate is not valid)", False
    if isinstance(cause, gaierror):
        return "nobody knows the name of the host", True
    if isinstance(cause, MemoryError):
        return "it takes more memory to fetch it than is allowed", False
    if isinstance(cause, OSError) and cause.errno == errno.EFBIG:
        return f"it is larger than {longest_bytes // 1_000_000} MB", False
    if isinstance(cause, OSError) and cause.errno in _NO_ROOM:
        return "there is no room on the disk for it", True
    if isinstance(cause, TransportError):
        unknown = any(isinstance(one, gaierror) for one in _causes(cause))
        return None if unknown else (BROKE_OFF, True)
    if isinstance(cause, RequestError):
        return "it leads to something that is not an address of the web", False
    return None


def _answered(error: HTTPError) -> tuple[str, bool]:
    status = int(error.status)
    if error.redirect_loop:
        return "it leads round in a circle", False
    if status in GONE:
        return f"no such video: the host answered {status}", False
    return f"the host answered {status} instead of the video", status >= 500 or status in LATER


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what is behind it, each once, the outermost first."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        told = getattr(one, "exc_info", None) or ()
        waiting += [*told, getattr(one, "cause", None), one.__cause__, one.__context__]
        waiting += [part for part in one.args if isinstance(part, BaseException)]
        waiting.append(getattr(one, "reason", None))
