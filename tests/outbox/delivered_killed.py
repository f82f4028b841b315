"""Seals and delivers one event once for every step of the write order, killed at that step; then again.

    python delivered_killed.py CONCLUDED WORK     one JSON line per step

Steps are: whatever changes a folder, each commit, and each request, before it is made and after its answer.
A program of its own because it forks: the test's process may have threads.
"""

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "evidence"))

from evidence_site import SCOPE, VENUE, problems
from outbox_site import QUICK, OutboxSite

from sightline.delivery.http_exchange import HttpExchange
from sightline.delivery_wiring import outbox_worker
from sightline.evidence.local_copies import LocalCopies
from sightline.evidence.site_key import seal_waiting
from sightline.store import ledger, outbox_items
from sightline.testing.receiver import Receiver
from sightline.testing.receiver_shelf import read_journal

WATCHED = ("replace", "link", "chmod", "unlink")
HOLD = timedelta(milliseconds=150)


def opened(data_dir: Path, port: int) -> OutboxSite:
    base = f"http://127.0.0.1:{port}"
    evidence = {"to": "http", "url": f"{base}/upload", "keep_local": False}
    # No two receivers that may be sent to at the same time: the steps have one order.
    return OutboxSite.open(
        data_dir, {"delivery": {"evidence": evidence, "incidents": {"url": f"{base}/incident"}}}
    )


def work(data_dir: Path, port: int, kill_at: int | None) -> None:
    """Seal, deliver, let the local clips go; dies by SIGKILL at the step with this number."""
    site = opened(data_dir, port)
    counting, taken = threading.Lock(), 0

    def step(name: str) -> None:
        nonlocal taken
        with counting:
            taken += 1
            if taken == kill_at:
                (data_dir.parent / "killed_at").write_text(name)
                os.kill(os.getpid(), signal.SIGKILL)

    def watched(name: str, call: Callable[..., Any], *, after: bool = False) -> Callable[..., Any]:
        def announced(*arguments: Any, **options: Any) -> Any:
            step(f"before {name}")
            done = call(*arguments, **options)
            if after:
                step(f"after {name}")
            return done

        return announced

    for name in WATCHED:
        setattr(os, name, watched(name, getattr(os, name)))
    for method in ("post_file", "post_json"):
        setattr(HttpExchange, method, watched(method, getattr(HttpExchange, method), after=True))
    for database in (site.small.database, site.site.database):
        dialect = database.engine.dialect
        dialect.do_commit = watched("commit", dialect.do_commit)  # type: ignore[method-assign]
    site.seal()
    outbox_worker(site.site, rhythm=QUICK, hold=HOLD).drain(10)
    copies(site).run()
    seal_waiting(site.small.database, data_dir / "keys", datetime.now(UTC))
    site.close()


def copies(site: OutboxSite) -> LocalCopies:
    return LocalCopies(
        site.small.database,
        segments_dir=site.small.segments_dir,
        keep=timedelta(days=30),
        keep_local=False,
        actor="test",
    )


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


def story(data_dir: Path, port: int) -> dict[str, Any]:
    """What the site looks like, for the test to judge."""
    site = opened(data_dir, port)
    database = site.small.database
    with database.reading() as connection:
        items = outbox_items.list_items(SCOPE, connection)
        entries = ledger.chain(SCOPE, connection, VENUE)
        entries += ledger.unsealed_entries(SCOPE, connection, VENUE)
    evidence = site.evidence()
    clips = sorted(path.name for path in site.small.clips.iterdir()) if site.small.clips.exists() else []
    told = {
        "problems": problems(site.small.verify()),
        "evidence": [[one.state, one.moved_at is not None] for one in evidence],
        "items": [[item.channel.value, item.state.value, item.key] for item in items],
        "proof": [item.answer["proof"] for item in items if item.answer and "proof" in item.answer],
        "actions": [entry.action for entry in entries],
        "clips": clips,
        "named": sorted(part.file_name for one in evidence for part in one.parts),
        "sha256": [part.sha256 for one in evidence for part in one.parts],
    }
    site.close()
    return told


@contextmanager
def a_receiver(folder: Path) -> Iterator[int]:
    """A receiver in a process of its own, so that this one stays without threads; its port."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with Receiver(folder=folder) as receiver:
            os.write(writing, f"{receiver.port}\n".encode())
            signal.pause()
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            yield int(told.readline())
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def killed_at_each(concluded: Path, folder: Path) -> Iterator[dict[str, Any]]:
    for number in range(1, 1_000):
        with a_receiver(folder / str(number) / "receiver") as port:
            yield (told := killed_once(concluded, folder / str(number), number, port))
        shutil.rmtree(folder / str(number))
        if told["killed_at"] is None:
            return


def killed_once(concluded: Path, place: Path, number: int, port: int) -> dict[str, Any]:
    data_dir = place / "data"
    shutil.copytree(concluded, data_dir)
    status = in_a_child(lambda: work(data_dir, port, number))
    at_once: dict[str, Any] = {}
    killed = None
    if status == -signal.SIGKILL:
        at_once = story(data_dir, port)
        status = in_a_child(lambda: work(data_dir, port, None))
        killed = (place / "killed_at").read_text()
    return {
        "step": number,
        "killed_at": killed,
        "status": status,
        "at_once": at_once,
        "in_the_end": story(data_dir, port),
        "arrived": [[one.path, one.key, one.sha256] for one in read_journal(place / "receiver").values()],
    }


if __name__ == "__main__":
    for line in killed_at_each(Path(sys.argv[1]), Path(sys.argv[2])):
        print(json.dumps(line), flush=True)  # noqa: T201
