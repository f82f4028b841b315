"""How many jobs a machine works on at once, and how much memory each may take."""

import os
from contextlib import suppress
from pathlib import Path

CORES_PER_JOB = 4
USUAL_BYTES = 1 << 30
"""What an analysis is counted with. Measured: 0.2 to 0.35 GiB with 720p and 1080p, 0.8 with 8K."""

MOST_BYTES = 3 << 30
"""What it is ended at: more than any camera's pictures take. Some kilobytes of file can announce a picture
that takes 4 GiB."""

_CGROUP = Path("/sys/fs/cgroup/memory.max")


def machine_memory_bytes() -> int:
    """The memory of this machine, or of the container that we are in."""
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):  # none, or `max`
        return min(whole, int(_CGROUP.read_text()))
    return whole


def jobs_at_once(cores: int, memory_bytes: int) -> int:
    """As many as have four cores each, and their usual memory in half of the machine's; at least one."""
    return max(1, min(cores // CORES_PER_JOB, memory_bytes // 2 // USUAL_BYTES))


def most_memory_bytes(memory_bytes: int, jobs: int) -> int:
    """At how much memory the analysis of a job is ended, with so many jobs at once."""
    return min(MOST_BYTES, max(USUAL_BYTES, memory_bytes // 2 // jobs))
