"""Runs retention once for every step that it takes, killed just before that step; then again, to its end.

    python retention_killed.py WORK     one JSON line per step: what was left, and what was in the end

A program of its own because it forks.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from kept_footage import KeptFootage, ago

from sightline.logs import set_up_logs
from sightline.pipeline.retention import DiskUse


def prepare(folder: Path) -> None:
    site = KeptFootage(folder)
    for number in range(3):
        site.record("till", ago(days=4, minutes=-number), 100)  # too old
        site.record("door", ago(days=2, minutes=-number), 100)  # in the way
    site.record("door", ago(days=5), 100)
    site.want("door", ago(days=5), ago(days=5, seconds=-5))
    site.record("till", ago(hours=1), 100)
    site.database.close()


def work(folder: Path, kill_before: int | None) -> None:
    site = KeptFootage(folder)
    steps = iter(range(1, 1_000))

    def watched(call: Callable[..., object]) -> Callable[..., object]:
        def announced(*arguments: object, **options: object) -> object:
            if next(steps) == kill_before:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return announced

    os.unlink = watched(os.unlink)  # type: ignore[assignment]
    dialect = site.database.engine.dialect
    dialect.do_commit = watched(dialect.do_commit)  # type: ignore[method-assign]
    retention = site.retention(share=0.5)
    retention._measure = lambda _: DiskUse(used=100 * len(site.files), total=600)
    retention.run()
    site.database.close()


def in_a_child(task: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            task()
        except BaseException as error:  # noqa: BLE001  the child must not run the parent's loop
            sys.stderr.write(repr(error))
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def state(folder: Path) -> dict[str, list[str]]:
    site = KeptFootage(folder)
    told = {"files": sorted(site.files), "rows": sorted(site.rows)}
    site.database.close()
    return told


def main(work_dir: Path) -> None:
    prepare(work_dir / "before")
    for number in range(1, 200):
        folder = work_dir / str(number)
        shutil.copytree(work_dir / "before", folder)
        status = in_a_child(lambda at=number, where=folder: work(where, at))  # type: ignore[misc]
        left = state(folder)
        again = in_a_child(lambda where=folder: work(where, None))  # type: ignore[misc]
        sys.stdout.write(
            json.dumps({"status": status, "left": left, "again": again, "end": state(folder)}) + "\n"
        )
        if status != -signal.SIGKILL:
            return


if __name__ == "__main__":
    set_up_logs()
    main(Path(sys.argv[1]))
