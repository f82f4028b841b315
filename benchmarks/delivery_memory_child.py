"""Empties the outbox of a site as the worker of `serve` does, and tells its memory. For `delivery_memory.py`.

    python benchmarks/delivery_memory_child.py SITE.yaml

A file of its own, so that it imports what the worker imports and nothing else.
"""

import json
import re
import sys
import time
from pathlib import Path

from sightline.delivery_wiring import outbox_worker
from sightline.live_wiring import housekeeping_of
from sightline.wiring import open_site

WITHIN_S = 400


def peak_mib() -> float:
    """Not ru_maxrss: a child starts with its parent's."""
    found = re.search(r"VmHWM:\s*(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return round(int(found[1]) / 1024, 1)


def main(config: Path) -> None:
    site = open_site(config, environ={})
    worker = outbox_worker(site)
    housekeeping_of(site, lambda: None).round()
    before_mib, began = peak_mib(), time.monotonic()
    drained = worker.drain(WITHIN_S)
    seconds = round(time.monotonic() - began, 1)
    print(
        json.dumps(
            {"sent": drained.sent, "before_mib": before_mib, "peak_mib": peak_mib(), "seconds": seconds}
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
