"""One HTTP request and its answer, by a deadline; the one place where the network's errors become ours."""

import base64
import hashlib
import json
import re
import ssl
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

import httpcore
import httpx

from sightline import __version__
from sightline.delivery.http_answer import HttpAnswer, judge, uncompressed
from sightline.delivery.http_form import SealedFileForm
from sightline.delivery.http_wire import Deadline, DeadlineBackend, OpenConnections
from sightline.domain.delivery import Consignment
from sightline.errors import DeliveryDeferred, DeliveryRefused

ANSWER_BYTES = 1 << 20
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NO_SECRETS = frozenset(
    {"content-type", "content-length", "idempotency-key", "x-video-id", "accept", "range"}
)
"""Headers whose values may be repeated in a message."""


class HttpExchange:
    """Sends requests of one kind or another. May be used by many threads at once.

    Redirects are not followed, proxies of the environment not used, keys never repeated in an error. Every
    method raises `DeliveryDeferred` where trying again may help (no answer in `timeout_s`, a connection that
    breaks, TLS that does not hold, 408, 425, 429, 5xx) and `DeliveryRefused` where a person has to look
    (another status than `accepted`, an address or a header that is none).
    """

    def __init__(self, *, connect_timeout_s: float = 10.0, ca_file: Path | None = None) -> None:
        """Open no connection yet.

        Args:
            connect_timeout_s: for reaching the server, and again for agreeing on TLS.
            ca_file: certificates to trust besides the usual ones, PEM.
        """
        self._connect_timeout_s = connect_timeout_s
        self._ca_file = ca_file
        self._connections = OpenConnections()

    def close(self) -> None:
        """End what is under way, in whatever thread, as deferred; nothing is sent after that."""
        self._connections.end()

    @property
    def is_closed(self) -> bool:
        return self._connections.ended

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post_json(
        self,
        url: str,
        document: Mapping[str, Any] | bytes,
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        accepted: Container[int] = (200, 201, 202, 204),
    ) -> HttpAnswer:
        """POST a document; bytes go as they are, for a sender that has signed them."""
        body = (
            document if isinstance(document, bytes) else json.dumps(dict(document), allow_nan=False).encode()
        )
        sent = {"Content-Type": "application/json", **headers, "Content-Length": str(len(body))}
        request = self._request("POST", url, sent, timeout_s=timeout_s)
        return self._answer(request, [body], accepted)

    def put_bytes(
        self,
        url: str,
        body: bytes,
        *,
        headers: Mapping[str, str],
        timeout_s: float,
        accepted: Container[int] = (200, 201, 204),
    ) -> HttpAnswer:
        """PUT bytes as they are; `headers` say what they are."""
        sent = {**headers, "Content-Length": str(len(body))}
        return self._answer(self._request("PUT", url, sent, timeout_s=timeout_s), [body], accepted)

    def post_file(
        self,
        url: str,
        consignment: Consignment,
        *,
        field: str,
        fields: Mapping[str, str] = _NOTHING,
        file_name: str | None = None,
        headers: Mapping[str, str],
        timeout_s: float,
        accepted: Container[int] = (200, 201),
    ) -> HttpAnswer:
        """POST a file as the part `field` of a multipart form, after the text `fields`.

        Raises:
            AlteredFile: it is not as it was sealed; the request was broken off before its end.
        """
        name = file_name or consignment.file_name
        form = SealedFileForm(consignment, field=field, file_name=name, fields=fields)
        sent = {**headers, "Content-Type": form.content_type, "Content-Length": str(form.size_bytes)}
        request = self._request("POST", url, sent, timeout_s=timeout_s)
        with form.pieces() as pieces:
            return self._answer(request, pieces, accepted)

    def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] = _NOTHING,
        params: Mapping[str, str] | None = None,
        timeout_s: float,
        accepted: Container[int] = (200, 204),
    ) -> HttpAnswer:
        """A request without a body: GET, HEAD or DELETE."""
        request = self._request(method, url, headers, params=params, timeout_s=timeout_s)
        return self._answer(request, (), accepted)

    def sha256_of(self, url: str, *, size_bytes: int, timeout_s: float) -> str | None:
        """SHA-256, hex, of the file at `url`; None when it is longer than `size_bytes`: no need to read on.

        Raises:
            DeliveryRefused: there is no file, or only a web page about it.
        """
        request = self._request("GET", url, _NOTHING, timeout_s=timeout_s)
        digest = hashlib.sha256()
        size = 0
        with self._sent(request, ()) as (status, headers, pieces):
            judge(HttpAnswer(status=status, headers=headers, body=b""), request.where, (200,))
            if is_page(headers) or headers.get("Content-Encoding", "identity").lower() != "identity":
                raise DeliveryRefused(
                    f"{request.where} shows a page at the address of the file, not the file"
                )
            for piece in pieces:
                size += len(piece)
                if size > size_bytes:
                    return None
                digest.update(piece)
        return digest.hexdigest()

    def _answer(self, request: "_Request", body: Iterable[bytes], accepted: Container[int]) -> HttpAnswer:
        with self._sent(request, body) as (status, headers, pieces):
            content = _at_most(pieces, ANSWER_BYTES)
        content = uncompressed(content, headers.get("Content-Encoding", ""), ANSWER_BYTES)
        answer = HttpAnswer(status=status, headers=headers, body=content, hidden=request.hidden)
        return judge(answer, request.where, accepted)

    @contextmanager
    def _sent(
        self, request: "_Request", body: Iterable[bytes]
    ) -> Iterator[tuple[int, httpx.Headers, Iterator[bytes]]]:
        """Status, headers and the pieces of the body, while the `with` block reads them."""
        deadline = Deadline(request.timeout_s)
        backend = DeadlineBackend(deadline, self._connect_timeout_s, self._connections)
        url = request.url
        with self._translated(request):
            context = self._tls if url.scheme == "https" else None
            with httpcore.ConnectionPool(
                ssl_context=context, max_keepalive_connections=0, network_backend=backend
            ) as pool:
                address = httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                )
                raw = httpcore.Request(request.method, address, headers=request.headers.raw, content=body)
                response = pool.handle_request(raw)
                try:
                    yield response.status, httpx.Headers(response.headers), response.iter_stream()
                finally:
                    response.close()

    @contextmanager
    def _translated(self, request: "_Request") -> Iterator[None]:
        try:
            yield
        except httpcore.LocalProtocolError:  # its text repeats the header, which may be a key
            raise _bad_header(request.where) from None
        except (OSError, httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            if self._connections.ended:
                raise DeliveryDeferred(f"what was being sent to {request.where} was stopped") from error
            raise DeliveryDeferred(_words(error, request)) from error

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        context = httpx.create_ssl_context()
        if self._ca_file is not None:
            try:
                context.load_verify_locations(self._ca_file)
            except OSError as error:  # an unreadable file as well as one without certificates
                raise DeliveryRefused(
                    f"{self._ca_file} holds no certificates that can be read; correct 'ca_file'"
                ) from error
        return context

    def _request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        *,
        params: Mapping[str, str] | None = None,
        timeout_s: float,
    ) -> "_Request":
        address = _url(url, params)
        where = f"{address.host}:{address.port or (443 if address.scheme == 'https' else 80)}"
        sent = {
            "Host": address.netloc.decode("ascii"),
            "User-Agent": f"sightline/{__version__}",
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        if address.userinfo and "Authorization" not in headers:
            login = f"{address.username}:{address.password}".encode()
            sent["Authorization"] = f"Basic {base64.b64encode(login).decode()}"
        try:
            lines = httpx.Headers(sent)
        except UnicodeEncodeError:  # its text repeats the header, which may be a key
            raise _bad_header(where) from None
        return _Request(method, address, lines, timeout_s, where, _secrets(address, lines))


@dataclass(frozen=True, slots=True, repr=False)
class _Request:
    method: str
    url: httpx.URL
    headers: httpx.Headers
    timeout_s: float
    where: str
    hidden: tuple[str, ...]


def is_page(headers: Mapping[str, str]) -> bool:
    """Whether an answer is a page for people: of a player, a login, a portal. It says nothing of the file."""
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind in ("text/html", "application/xhtml+xml", "application/json")


def _url(address: str, params: Mapping[str, str] | None) -> httpx.URL:
    try:
        url = httpx.URL(address)
        url = url.copy_merge_params(dict(params)) if params else url
    except (httpx.InvalidURL, ValueError):  # the text may repeat a password
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host or (url.port or 0) > 65_535:
        raise DeliveryRefused(
            "an address in the delivery settings is no web address; use http:// or https://"
        )
    return url


def _secrets(url: httpx.URL, headers: httpx.Headers) -> tuple[str, ...]:
    """What a server may repeat and we must not: keys, the query, long parts of the path (of a webhook)."""
    found = {part for part in re.split(r"[/?&=;]", url.raw_path.decode("ascii")) if len(part) >= 16}
    found |= {value for _, value in url.params.multi_items()}
    found |= {url.password, url.username}
    for name, value in headers.items():
        if name.lower().startswith(("x-", "authorization", "cookie")) and name.lower() not in _NO_SECRETS:
            found |= {value, *value.split(" ")}
    return tuple(text for text in found if len(text) >= 4 and text.lower() not in ("basic", "bearer"))


def _at_most(pieces: Iterable[bytes], size_bytes: int) -> bytes:
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) >= size_bytes:
            break
    return bytes(content[:size_bytes])


def _words(error: Exception, request: _Request) -> str:
    """What went wrong on the way, in one sentence."""
    where = request.where
    if isinstance(error, httpcore.ConnectTimeout):
        return f"{where} cannot be reached: no answer to a connection"
    if isinstance(error, TimeoutError):
        return f"{where} was not done within {request.timeout_s:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "with a certificate of your own, name it as 'ca_file'"
        return f"no safe connection to {where}: {error.verify_message}; {hint}"
    if isinstance(error, ssl.SSLError):
        reason = (error.reason or "TLS failed").replace("_", " ").lower()
        return f"no safe connection to {where}: {reason}"
    if isinstance(error, httpcore.RemoteProtocolError):
        return f"{where} hung up, or its answer broke off"
    reason = (isinstance(error, OSError) and error.strerror) or "the connection broke"
    return f"{where} cannot be reached or hung up: {reason}"


def _bad_header(where: str) -> DeliveryRefused:
    return DeliveryRefused(
        f"the request to {where} has a header with characters HTTP does not allow; look at the key"
    )
