"""One file on a web server: redirects, ranges and answers, judged before a byte is kept."""

import ipaddress
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import httpx

from sightline import __version__
from sightline.errors import ModelError

RETRY_STATUS = {408, 425, 429, 500, 502, 503, 504}
REDIRECTS = {301, 302, 303, 307, 308}
NO_WEB_ADDRESS = "is no web address; use http://, https:// or the path of a file"


def mask_address(address: str) -> str:
    """`address` without user, password and query: signed download addresses carry their key there."""
    return re.sub(r"\?\S*", "?...", re.sub(r"://\S*@", "://***@", address))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a download may go.

    Attributes:
        size_bytes: larger files are refused, announced or not.
        attempts: tries in a row that bring nothing new before giving up.
        redirects: hops before giving up.
        connect_s, read_s: seconds of silence that count as a broken connection.
        first_pause_s: before the second try; doubles up to half a minute.
    """

    size_bytes: int = 2 << 30
    attempts: int = 5
    redirects: int = 5
    connect_s: float = 15
    read_s: float = 30
    first_pause_s: float = 0.5


class TransferError(Exception):
    """Worth another try.

    Attributes:
        wait_s: what the server asks to wait, if it does.
        afresh: what came so far cannot be continued.
    """

    def __init__(self, reason: str, *, wait_s: float | None = None, afresh: bool = False) -> None:
        super().__init__(reason)
        self.wait_s = wait_s
        self.afresh = afresh


@dataclass(slots=True)
class Answer:
    """A stream of bytes of the file.

    Attributes:
        starts_at: offset of the first byte: what was asked for, or 0 from a server that ignores ranges.
        total: length of the whole file, None when the server does not say.
        validator: what names this very version of the file; None when it cannot be continued later.
    """

    starts_at: int
    total: int | None
    validator: str | None
    _response: httpx.Response
    _limit: int

    def chunks(self) -> Iterator[bytes]:
        """The bytes. Raises TransferError when the connection breaks, ModelError beyond the size limit."""
        size = self.starts_at
        try:
            for chunk in self._response.iter_raw(1 << 16):
                size += len(chunk)
                if size > self._limit:
                    raise ModelError(_too_large(self._response.url, self._limit))
                yield chunk
        except httpx.HTTPError as error:
            raise TransferError(_words(error)) from error


class HttpSource:
    """A file at an address. Redirects may go from http to https, never the other way."""

    def __init__(self, address: str, limits: Limits) -> None:
        """Open no connection yet.

        Raises:
            ModelError: `address` is not http:// or https://.
        """
        self.address = address
        self.name = mask_address(address)
        self._limits = limits
        self._start = _url(address)
        timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
        # The sum is that of the bytes as they are stored, so no compression on the way.
        headers = {"Accept-Encoding": "identity", "User-Agent": f"sightline/{__version__}"}
        self._client = httpx.Client(timeout=timeout, headers=headers, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    @contextmanager
    def open(self, offset: int, validator: str | None) -> Iterator[Answer]:
        """Ask for the file from `offset` on, if it is still the version that `validator` names.

        Raises:
            TransferError: worth another try.
            ModelError: not there, refused, too large, or redirected to where we do not go.
        """
        headers = {"Range": f"bytes={offset}-", "If-Range": validator} if offset and validator else {}
        url = self._start
        try:
            for _ in range(self._limits.redirects + 1):
                with self._client.stream("GET", url, headers=headers) as response:
                    if response.status_code not in REDIRECTS:
                        yield self._judge(response, offset if headers else 0)
                        return
                    url = self._next(url, response)
        except httpx.InvalidURL as error:  # read by the library even when told not to go
            raise ModelError(f"{self.name} redirects to an address which {NO_WEB_ADDRESS}") from error
        except httpx.HTTPError as error:
            raise TransferError(_words(error)) from error
        raise ModelError(f"{self.name} redirects more than {self._limits.redirects} times")

    def _next(self, url: httpx.URL, response: httpx.Response) -> httpx.URL:
        location = response.headers.get("Location", "")
        try:
            following = url.join(location)
        except httpx.InvalidURL:
            following = httpx.URL()
        if not location or following.scheme not in ("http", "https") or not following.host:
            raise ModelError(
                f"{self.name} redirects to {mask_address(location)!r:.200}, which {NO_WEB_ADDRESS}"
            )
        from_here = self._start.scheme == "http" and _is_loopback(self._start.host)
        if url.scheme == "https" and following.scheme == "http" and not from_here:
            raise ModelError(f"{self.name} redirects from https to http ({following.host}); not followed")
        return following

    def _judge(self, response: httpx.Response, offset: int) -> Answer:
        status = response.status_code
        if status in RETRY_STATUS:
            raise TransferError(f"answered {status}", wait_s=_retry_after(response))
        if status == 416:
            raise TransferError("has no such range", afresh=True)
        if status not in (200, 206):
            raise ModelError(f"{self.name} answered {status} {response.reason_phrase}".rstrip())
        if response.headers.get("Content-Encoding", "identity").lower() != "identity":
            raise ModelError(f"{self.name} answered compressed although asked not to")
        starts_at, total = _extent(response, offset)
        if total is not None and total > self._limits.size_bytes:
            raise ModelError(_too_large(response.url, self._limits.size_bytes))
        return Answer(starts_at, total, _validator(response), response, self._limits.size_bytes)


def _url(address: str) -> httpx.URL:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise ModelError(f"{mask_address(address)!r:.200} {NO_WEB_ADDRESS}") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ModelError(f"{mask_address(address)!r:.200} {NO_WEB_ADDRESS}")
    return url


def _extent(response: httpx.Response, offset: int) -> tuple[int, int | None]:
    """First byte and length of the whole file, as the answer states them."""
    if response.status_code == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() else None
    match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", "").strip())
    if match is None or int(match[1]) != offset or offset == 0:
        raise TransferError("answered with another range than asked for", afresh=True)
    return offset, None if match[3] == "*" else int(match[3])


def _validator(response: httpx.Response) -> str | None:
    """A strong ETag, else the date of the last change; a weak ETag may not be used for ranges."""
    tag = str(response.headers.get("ETag", ""))
    if tag.startswith('"'):
        return tag
    return response.headers.get("Last-Modified") if not tag else None


def _retry_after(response: httpx.Response) -> float | None:
    seconds = response.headers.get("Retry-After", "")
    return min(float(seconds), 60.0) if seconds.isdecimal() else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _too_large(url: httpx.URL, limit: int) -> str:
    return f"{mask_address(str(url))} is larger than {limit:,} bytes; refused"


def _words(error: httpx.HTTPError) -> str:
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        return "cannot be reached"
    if isinstance(error, httpx.TimeoutException):
        return "fell silent"
    return "the connection broke"
