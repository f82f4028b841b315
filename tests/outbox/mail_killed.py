"""Sends what waits and dies by SIGKILL once the mail server has taken a mail, before that is stored.

python mail_killed.py SITE_FILE DATA_DIR
"""

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from sightline.delivery.smtp import SmtpSender
from sightline.delivery_wiring import outbox_worker
from sightline.wiring import open_site


def main(site_file: Path, data_dir: Path) -> None:
    site = open_site(site_file, data_dir, environ={})
    send = SmtpSender.send
    commit = site.database.engine.dialect.do_commit
    taken: list[Any] = []

    def sent(self: SmtpSender, *arguments: Any) -> Any:
        taken.append(send(self, *arguments))
        return taken[-1]

    def committed(connection: Any) -> None:
        if taken:
            os.kill(os.getpid(), signal.SIGKILL)
        commit(connection)

    SmtpSender.send = sent  # type: ignore[method-assign]
    site.database.engine.dialect.do_commit = committed  # type: ignore[method-assign]
    outbox_worker(site, hold=timedelta(milliseconds=150)).drain(10)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
