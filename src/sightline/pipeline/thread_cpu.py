"""Which part of this process spends the processor: recording, decoding, inference, the rest."""

import os
import threading
import time
from pathlib import Path

ROLES = {"feed": "recording", "decode": "decoding", "infer": "inference"}
"""First word of a thread's name, and what its time is counted as."""

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")
_TASKS = Path("/proc/self/task")


def cpu_by_role() -> dict[str, float]:
    """Processor seconds of the process so far, by what its living threads do.

    Threads that have ended, and those of libraries (a model's own pool), count as `rest`.
    """
    spent = dict.fromkeys((*ROLES.values(), "rest"), 0.0)
    for thread in threading.enumerate():
        role = ROLES.get(thread.name.partition(" ")[0])
        if role is not None and thread.native_id is not None:
            spent[role] += _thread_s(thread.native_id)
    spent["rest"] = max(0.0, time.process_time() - sum(spent.values()))
    return spent


def _thread_s(thread_id: int) -> float:
    """User and system time of one thread, from its line in /proc (fields 14 and 15, proc(5))."""
    try:
        line = (_TASKS / str(thread_id) / "stat").read_text()
    except OSError:
        return 0.0  # ended meanwhile, or a system without /proc
    fields = line.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * _TICK_S
