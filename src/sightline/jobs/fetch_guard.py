"""What the process that fetches a video may not do: reach into this network, or start a program.

An audit hook of Python stays until the process ends, and is asked right before each connection, with the very
address that is connected to. So neither a redirect nor a name that means something else the second time
leads inside.
"""

import sys
from collections.abc import Collection
from ipaddress import ip_address
from typing import Any

from sightline.jobs.addresses import PORTS, is_private

NEVER_DONE = frozenset(
    (
        *("subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn"),
        *("socket.bind", "socket.sendto", "socket.sendmsg", "ftplib.connect", "telnetlib.Telnet.open"),
    )
)
SCHEMES = ("http://", "https://")

Endpoint = tuple[str, int]
"""Numeric address and port."""


class Forbidden(BaseException):
    """The guard has refused; a sentence. Not an Exception, so that nobody on the way tries something else."""


def guard_this_process(allowed: Collection[Endpoint] = ()) -> None:
    """From now on this process connects to public addresses only, and starts nothing; it cannot be undone.

    Args:
        allowed: endpoints that tests fetch from. No setting leads here.
    """

    def look(event: str, args: tuple[Any, ...]) -> None:
        if event == "socket.connect":
            _demand_public(args[1], allowed)
        elif event == "urllib.Request":
            _demand_web(str(args[0]))
        elif event in NEVER_DONE:
            # An OSError: whoever looks for a program learns that it is not there.
            raise PermissionError(f"{event} is not done while a video is fetched")

    sys.addaudithook(look)


def _demand_public(address: object, allowed: Collection[Endpoint]) -> None:
    if not isinstance(address, tuple):
        raise Forbidden("it leads to a socket of this machine, and nothing is fetched from there")
    host, port = str(address[0]), address[1]
    if (host, port) in allowed:
        return
    try:
        ip_address(host.partition("%")[0])
    except ValueError as error:  # would be resolved by whoever connects, where we cannot look
        raise Forbidden(f"{host[:100]!r} is not an address that can be looked at") from error
    if is_private(host):
        raise Forbidden(f"it leads to {host}, an address inside this network; nothing is fetched from there")
    if port not in PORTS:
        raise Forbidden(f"it leads to port {port}, from which nothing is fetched")


def _demand_web(url: str) -> None:
    if not url.lower().startswith(SCHEMES):
        raise Forbidden(f"it leads to {url[:100]!r}, which is not an address of the web")
