"""From which addresses on the web videos may come: those of allowed hosts, and no private ones."""

import socket
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import unquote, urlsplit

RESOLVED_WITHIN_S = 3.0
PORTS = (None, 80, 443)
TRANSLATED = IPv6Network("64:ff9b::/96")

Resolve = Callable[[str], Sequence[str]]
"""The addresses of a name; an OSError when it has none."""


class AddressRefused(ValueError):
    """Nothing is fetched from there; a sentence for whoever asked."""


def check_address(url: str, hosts: Collection[str], resolve: Resolve | None = None) -> None:
    """Make sure that a video may be fetched from `url`.

    A name that cannot be resolved now passes: whoever fetches looks again, before and after each redirect.

    Args:
        hosts: the names that are allowed, exactly these.

    Raises:
        AddressRefused: another scheme, host or port, a user name in it, or a private address.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise AddressRefused("this is not an address of the web") from error
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefused("this is not an address of the web; write https://...")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("an address with a user name in it is not fetched")
    if host.rstrip(".") not in {name.lower() for name in hosts}:
        raise AddressRefused(
            f"nothing is fetched from {host[:100]!r}; allowed are {', '.join(hosts)}"
            " (setting downloads.hosts)"
        )
    if port not in PORTS:
        raise AddressRefused(f"port {port} is not fetched from")
    found = [host] if _is_address(host) else (resolve or resolved)(host)
    if any(is_private(address) for address in found):
        raise AddressRefused(f"{host!r} is an address inside this network, and nothing is fetched from there")


def video_name_of(url: str) -> str:
    """How people may call the video behind `url`: the last piece of its path, or its host."""
    parts = urlsplit(url)
    last = unquote(parts.path).rstrip("/").rpartition("/")[2]
    shown = last if last and last != "watch" else f"{parts.hostname}?{parts.query}".rstrip("?")
    return "".join(sign if sign.isprintable() else "_" for sign in shown)[:200] or "video"


def resolved(host: str) -> Sequence[str]:
    """The addresses of a name; none when nobody knows it, or nobody answers soon."""
    pool = ThreadPoolExecutor(1, "resolve")
    try:
        found = pool.submit(socket.getaddrinfo, host, None).result(RESOLVED_WITHIN_S)
    except (OSError, UnicodeError, TooLong):
        return ()
    finally:
        pool.shutdown(wait=False)
    return [str(one[4][0]) for one in found]


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_private(address: str) -> bool:
    """Whether a numeric address does not belong to the public internet, however it is written."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found in TRANSLATED:  # what it leads to depends on the network
            return True
        found = found.ipv4_mapped or found.sixtofour or found
    return not found.is_global or found.is_multicast
