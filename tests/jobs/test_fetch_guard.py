"""What a process that is guarded may not do, however it is tried. Each in a process: the guard stays."""

import subprocess
import sys

import pytest

from sightline.jobs import fetch_guard
from sightline.jobs.fetch_guard import Forbidden

TRIED = {
    "a program": "subprocess.run(['/bin/true'])",
    "a shell": "os.system('true')",
    "a fork": "os.fork()",
    "a spawned program": "os.posix_spawn('/bin/true', ['true'], {})",
    "another program in our place": "os.execv('/bin/true', ['true'])",
    "a listening socket": "socket.socket().bind(('127.0.0.1', 0))",
    "a datagram": "socket.socket(type=socket.SOCK_DGRAM).sendto(b'x', ('10.0.0.1', 53))",
    "a socket of this machine": "socket.socket(socket.AF_UNIX).connect('/run/none')",
    "a name that nobody looked at": "socket.socket().connect(('localhost', 80))",
    "an address as a number": "socket.socket().connect(('2130706433', 80))",
    "loopback": "socket.socket().connect(('127.0.0.1', 80))",
    "loopback, asked for politely": "socket.socket().connect_ex(('127.0.0.1', 80))",
    "loopback, mapped": "socket.socket(socket.AF_INET6).connect(('::ffff:127.0.0.1', 80))",
    "translated": "socket.socket(socket.AF_INET6).connect(('64:ff9b::a00:1', 80))",
    "this link": "socket.socket(socket.AF_INET6).connect(('fe80::1', 80, 0, 1))",
    "a port beside the allowed one": "socket.socket().connect(('127.0.0.1', 4))",
    "a file": "urllib.request.urlopen('file:///etc/hostname')",
    "ftp": "urllib.request.urlopen('ftp://10.0.0.1/x')",
}


@pytest.mark.parametrize("tried", TRIED.values(), ids=TRIED.keys())
def test_what_is_refused(tried: str) -> None:
    text = f"""
import os, socket, subprocess, urllib.request
from sightline.jobs.fetch_guard import Forbidden, guard_this_process
guard_this_process([("127.0.0.1", 3)])
try:
    {tried}
except (Forbidden, PermissionError) as error:
    print("refused:", error)
"""
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("refused: "), done.stdout


def test_a_program_that_is_missing_is_an_error_that_libraries_expect() -> None:
    assert issubclass(PermissionError, OSError)
    assert not issubclass(Forbidden, Exception), "nobody on the way may take it for a failed try"


def test_public_addresses_and_allowed_endpoints_pass() -> None:
    for address in (("142.250.74.14", 443), ("2a00:1450:4007:80e::200e", 80, 0, 0), ("127.0.0.1", 3)):
        fetch_guard._demand_public(address, [("127.0.0.1", 3)])
    with pytest.raises(Forbidden, match="port 8080"):
        fetch_guard._demand_public(("142.250.74.14", 8080), [])
