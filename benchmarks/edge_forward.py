"""The forwarder of a box in a process of its own, whose clocks run faster: to be killed by `edge_week.py`.

    python edge_forward.py DATABASE_URL CENTRE KEY_FILE PACE

PACE is how many seconds pass for it in one of ours. It goes on until it is killed.
"""

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge_shop import MONDAY
from sightline.delivery.centre import CentreClient
from sightline.logs import set_up_logs
from sightline.pipeline.edge_forwarder import EdgeForwarder
from sightline.store.database import open_database


def main() -> None:
    database_url, centre, key_file, pace_text = sys.argv[1:]
    pace = float(pace_text)
    began = time.time()

    def clock() -> datetime:
        return MONDAY + timedelta(seconds=pace * (time.time() - began))

    set_up_logs(as_json=True)
    client = CentreClient(
        centre, Path(key_file).read_text().strip(), timeout_s=3, clock=lambda: datetime.now(UTC)
    )
    forwarder = EdgeForwarder(
        open_database(database_url),
        client,
        address="the centre",
        every=timedelta(seconds=60),
        round_s=0.05,
        clock=clock,
        monotonic=lambda: pace * time.monotonic(),
    )
    forwarder.run(threading.Event())


if __name__ == "__main__":
    main()
