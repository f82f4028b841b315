"""Seals and exports a site once for every step of the write order, killed just before that step; then again.

    python killed_at_each_step.py WANTING WORK     one JSON line per step, see `story`
    python killed_at_each_step.py --at-once DATA   two processes seal at the same time

A program of its own because it forks: the test's process may have threads.
"""

import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from evidence_site import SCOPE, VENUE, SmallSite, problems

from sightline.evidence.verification import verify_folder
from sightline.store import evidence, ledger

WATCHED = ("replace", "link", "chmod", "unlink")
"""What changes a folder. A flush changes nothing that a killed process, unlike a power cut, could lose."""


def work(data_dir: Path, out: Path, kill_before: int | None) -> None:
    """Seal and export; dies by SIGKILL before the step with this number."""
    site = SmallSite.open(data_dir)
    steps = iter(range(1, 10_000))

    def step(name: str) -> None:
        if next(steps) == kill_before:
            (data_dir.parent / "killed_before").write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)

    def watched(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def announced(*arguments: object, **options: object) -> object:
            step(name)
            return call(*arguments, **options)

        return announced

    for name in WATCHED:
        setattr(os, name, watched(name, getattr(os, name)))
    dialect = site.database.engine.dialect
    dialect.do_commit = watched("commit", dialect.do_commit)  # type: ignore[method-assign]
    site.seal()
    site.export(out)
    site.database.close()


def in_a_child(task: Callable[[], None]) -> int:
    """Exit status of `task` run in a forked process."""
    child = os.fork()
    if child == 0:
        try:
            task()
        except BaseException as error:  # noqa: BLE001  the child must not run the parent's loop
            print(json.dumps({"crash": repr(error)}), flush=True)  # noqa: T201
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def story(data_dir: Path, out: Path) -> dict[str, object]:
    """What a site and a folder look like, for the test to judge."""
    site = SmallSite.open(data_dir)
    with site.database.reading() as connection:
        known = evidence.list_evidence(SCOPE, connection)
        chain = ledger.chain(SCOPE, connection, VENUE)
        waiting = ledger.unsealed_entries(SCOPE, connection, VENUE)
    told: dict[str, object] = {
        "problems": problems(site.verify()),
        "states": sorted(one.state for one in known),
        "sealed_entries": Counter(entry.subject_id for entry in chain),
        "waiting": len(waiting),
        "clips": sorted(path.name for path in site.clips.iterdir()) if site.clips.exists() else [],
        "named": sorted(part.file_name for one in known for part in one.parts),
    }
    if (out / "contents.json").exists():
        told["folder_problems"] = problems(verify_folder(out, pinned_key=site.signer().public))
        told["folder_files"] = sorted(path.name for path in out.rglob("*") if path.is_file())
    site.database.close()
    return told


def killed_once(wanting: Path, folder: Path) -> Iterator[dict[str, object]]:
    for number in range(1, 1_000):
        place = folder / str(number)
        data_dir, out = place / "data", place / "out"
        shutil.copytree(wanting, data_dir)
        status = in_a_child(lambda at=number, data=data_dir, to=out: work(data, to, at))  # type: ignore[misc]
        at_once: dict[str, object] = {}
        if status == -signal.SIGKILL:
            at_once = story(data_dir, out)
            status = in_a_child(lambda data=data_dir, to=out: work(data, to, None))  # type: ignore[misc]
            killed = (place / "killed_before").read_text()
        else:
            killed = None
        yield {
            "step": number,
            "killed_before": killed,
            "status": status,
            "at_once": at_once,
            "in_the_end": story(data_dir, out),
        }
        shutil.rmtree(place)
        if killed is None:
            return


def sealed_twice_at_once(data_dir: Path) -> int:
    """0 when both processes ended well. The second is the child, the first its parent."""
    waiting, starting = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(waiting, 1)
    else:
        os.write(starting, b"!")
    site = SmallSite.open(data_dir)
    site.seal()
    site.database.close()
    if child == 0:
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    if sys.argv[1] == "--at-once":
        sys.exit(sealed_twice_at_once(Path(sys.argv[2])))
    else:
        for line in killed_once(Path(sys.argv[1]), Path(sys.argv[2])):
            print(json.dumps(line), flush=True)  # noqa: T201
