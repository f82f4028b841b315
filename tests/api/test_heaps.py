"""What a web server's threads take their memory from."""

import platform
import re
import subprocess
import sys

import pytest

THREADS = """
import ctypes, threading
from sightline.api.heaps import keep_few_heaps
{before}
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
together = threading.Barrier(12)
def work():
    together.wait()
    for _ in range(200):
        libc.malloc(5000)
threads = [threading.Thread(target=work) for _ in range(12)]
for one in threads: one.start()
for one in threads: one.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
"""


def heaps(before: str) -> int:
    told = subprocess.run(
        [sys.executable, "-c", THREADS.format(before=before)], capture_output=True, text=True, check=True
    )
    return len(re.findall("<heap nr=", told.stdout))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives threads heaps of their own")
def test_threads_share_two_heaps_instead_of_taking_one_each() -> None:
    assert heaps("keep_few_heaps()") <= 2 < heaps("")
