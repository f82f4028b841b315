"""Clips and reports to a receiver that misbehaves, while our side is killed and the far end goes away.

    python benchmarks/delivery_faults.py [--events 1000] [--fault-rate 0.3] [--kills 5] [--routes all]

A shop with recorded footage and that many events. A child process seals them and empties the outbox, as the
worker of `sightline serve` does, with `keep_local: false`; the receiver is a process of its own, in which
each request goes wrong with the given chance, in one of eighteen ways. The child is killed with SIGKILL once
the outbox has come to places drawn by chance, and started again; at another such place the receiver is killed
and stays away for two hours.

Time is compressed: all pauses between tries by 240, so that the two hours are 30 s. Time-outs are 1.5 s,
which a slow answer keeps and a silent one does not; leases last 3 s in place of 30, ten times less and not
240, because the worker looks at them every half second. Where a receiver refuses (403, 413, a redirect), a
person has to look: here the parent says `outbox retry` once nothing else is left, as often as it takes.

Afterwards the receiver's journal, our database, the folder of clips and the ledger are compared; see
`delivery_story.py`. Exit code 1 if anything differs.
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from delivery_story import Story, told_story
from sightline.cli.bench_output import machine
from sightline.delivery_wiring import delivery_chores, delivery_plan, evidence_sealer, outbox_worker
from sightline.domain.outbox import USUAL_RHYTHM, ItemState
from sightline.domain.scope import Scope
from sightline.receivers import TimeOuts
from sightline.store import outbox, outbox_items
from sightline.store.clips import ClipRule
from sightline.store.evidence import wanted_evidence
from sightline.testing.far_ends import ReceiverProcess
from sightline.testing.receiver_faults import PASSING, Fault
from sightline.testing.recorded_shop import CAMERA, SCOPE, VENUE, conclude, record, write_noise
from sightline.wiring import Site, open_site

COMPRESSED = 1 / 240
OUTAGE_S = 7_200 * COMPRESSED
HOLD = timedelta(seconds=3)
TIME_OUTS = TimeOuts(upload_s=1.5, report_s=1.5)
SEALED_AT_ONCE = 10
EVERY_FAULT = tuple(Fault)
ROUTES = ("upload", "incident", "footfall")


@dataclass
class Run:
    """What was done to a site, and when: by how many items had been sent."""

    kills: list[int] = field(default_factory=list)
    outage: list[float] = field(default_factory=list)
    retries_by_hand: int = 0
    retried_items: int = 0
    seconds: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=1000)
    parser.add_argument("--fault-rate", type=float, default=0.3)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--outage-s", type=float, default=OUTAGE_S, help="in compressed time; 0: none")
    parser.add_argument("--routes", choices=["upload", "all"], default="all", help="what goes wrong")
    parser.add_argument(
        "--faults", choices=["all", "passing"], default="all", help="passing: those at once over"
    )
    parser.add_argument("--seed", type=int, default=20261127)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work is not None:
        work(open_site(asked.work, environ={}))
        return
    with tempfile.TemporaryDirectory(prefix="sightline-delivery-") as name:
        document = measured(Path(name), asked)
    print(json.dumps(document, indent=2))
    sys.exit(1 if document["broken"] else 0)


def measured(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """Everything from the footage to the verdict."""
    faults = EVERY_FAULT if asked.faults == "all" else PASSING
    with far_ends(folder, asked, faults) as ends:
        site = made_site(folder, asked.events, ends)
        run = delivered(site, folder, asked, ends["upload"])
        story = told_story(site, {route: end.folder for route, end in ends.items()}, asked.events)
        site.database.close()
    return {
        "bench": "delivery_faults",
        "machine": machine(),
        "events": asked.events,
        "fault_rate": asked.fault_rate,
        "faults": len(faults),
        "routes": asked.routes,
        "compressed": round(1 / COMPRESSED),
        "kills_at": run.kills,
        "outage_from_to": run.outage,
        "outage_s": asked.outage_s,
        "retries_by_hand": run.retries_by_hand,
        "retried_items": run.retried_items,
        "seconds": round(run.seconds, 1),
        **story.figures,
        "broken": story.broken + _not_as_asked(run, asked, story),
    }


def _not_as_asked(run: Run, asked: argparse.Namespace, story: Story) -> list[str]:
    """A run in which less happened than it is to tell of."""
    missing = []
    if len(run.kills) < asked.kills:
        missing.append(f"only {len(run.kills)} kills")
    if asked.outage_s and not run.outage:
        missing.append("no outage")
    if asked.fault_rate and asked.events >= 100 and not story.figures["attempts_beyond_the_first"]:
        missing.append("no attempt went wrong")
    return missing


@contextmanager
def far_ends(
    folder: Path, asked: argparse.Namespace, faults: tuple[Fault, ...]
) -> Iterator[dict[str, ReceiverProcess]]:
    """By route; one receiver for all of them, or a good one for the reports."""
    bad = ReceiverProcess(folder / "received", fault_rate=asked.fault_rate, faults=faults)
    good = ReceiverProcess(folder / "reported") if asked.routes == "upload" else bad
    ends = {"upload": bad, "incident": good, "footfall": good}
    started = [bad] if good is bad else [bad, good]
    try:
        for end in started:
            end.start()
        yield ends
    finally:
        for end in started:
            end.kill()


def made_site(folder: Path, events: int, ends: dict[str, ReceiverProcess]) -> Site:
    """Footage recorded and events concluded; nothing sealed yet."""
    length_s = max(30, round(0.6 * events))
    write_noise(folder / "till.mp4", seconds=length_s, options={"crf": "45"})
    data_dir = folder / "data"
    data_dir.mkdir()
    urls = {route: f"http://127.0.0.1:{end.port}/{route}" for route, end in ends.items()}
    delivery = {
        "evidence": {
            "to": "http",
            "url": urls["upload"],
            "public_base_url": f"http://127.0.0.1:{ends['upload'].port}/files",
            "keep_local": False,
        },
        "incidents": {"url": urls["incident"]},
        "footfall": {"url": urls["footfall"]},
    }
    venue = {"id": VENUE, "timezone": "Europe/Paris", "cameras": [{"id": CAMERA, "source": "till.mp4"}]}
    told = {"data_dir": str(data_dir), "venues": [venue], "delivery": delivery}
    (folder / "site.yaml").write_text(yaml.safe_dump(told))
    site = open_site(folder / "site.yaml", environ={})
    opening = datetime.now(UTC) - timedelta(seconds=length_s + 60)
    length = record(site.database, site.recordings_dir, folder / "till.mp4", opening)
    rule = ClipRule(pre=timedelta(seconds=1), post=timedelta(seconds=1))
    conclude(site.database, opening, length, events=events, event=timedelta(seconds=2), rule=rule)
    return site


def delivered(site: Site, folder: Path, asked: argparse.Namespace, receiver: ReceiverProcess) -> Run:
    """Let the child work to its end, in spite of all that is done to it."""
    chance, run, began = random.Random(asked.seed), Run(), time.monotonic()
    in_all = 3 * asked.events
    kills = sorted(chance.randrange(in_all) for _ in range(asked.kills))
    outage_at = chance.randrange(in_all // 4, in_all // 2) if asked.outage_s else in_all + 1
    back_at = float("inf")
    log = (folder / "child.log").open("ab")
    child = started_child(folder, log)
    try:
        while True:
            time.sleep(0.1)
            count = counted(site)
            if kills and count[ItemState.SENT] >= kills[0]:
                time.sleep(chance.uniform(0, 0.3))
                child.send_signal(signal.SIGKILL)
                child.wait()
                run.kills.append(count[ItemState.SENT])
                kills.pop(0)
                child = started_child(folder, log)
            if count[ItemState.SENT] >= outage_at and not run.outage:
                receiver.kill()
                back_at = time.monotonic() + asked.outage_s
                run.outage.append(round(time.monotonic() - began, 1))
            if time.monotonic() >= back_at:
                back_at = float("inf")
                receiver.start()
                run.outage.append(round(time.monotonic() - began, 1))
            if child.poll() is not None:
                if child.returncode:
                    raise SystemExit(f"the child ended with {child.returncode}; see its log:\n{tail(folder)}")
                if not (kills or retry_by_hand(site, run)):
                    break
                child = started_child(folder, log)
    finally:
        child.kill()
        child.wait()
        log.close()
    run.seconds = time.monotonic() - began
    return run


def counted(site: Site) -> dict[ItemState, int]:
    count = dict.fromkeys(ItemState, 0)
    with site.database.reading() as connection:
        for one in outbox_items.count_items(Scope.site(), connection):
            count[one.state] += one.count
    return count


def retry_by_hand(site: Site, run: Run) -> int:
    """What a person does with `sightline outbox retry`; how many items had been given up."""
    with site.database.transaction() as connection:
        again = outbox.retry_items(Scope.site(), connection, now=datetime.now(UTC))
    run.retries_by_hand += again > 0
    run.retried_items += again
    return again


def started_child(folder: Path, log: Any) -> subprocess.Popen[bytes]:
    command = [sys.executable, __file__, "--work", str(folder / "site.yaml")]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def tail(folder: Path) -> str:
    return (folder / "child.log").read_text()[-3000:]


def work(site: Site) -> None:
    """The child: seal, deliver, let clips go, until nothing is left to do."""
    stop = threading.Event()
    worker = outbox_worker(site, rhythm=USUAL_RHYTHM.times(COMPRESSED), hold=HOLD, time_outs=TIME_OUTS)
    threading.Thread(target=worker.run, args=(stop,), daemon=True).start()
    sealer = evidence_sealer(site, SCOPE, delivery_plan(site.settings))
    sealer.seal_all(VENUE, CAMERA, only=())
    chores = delivery_chores(site)
    while True:
        with site.database.reading() as connection:
            wanted = [one.id for one in wanted_evidence(SCOPE, connection)][:SEALED_AT_ONCE]
        if wanted:
            sealer.seal_all(VENUE, CAMERA, only=wanted, clean_up=False)
            worker.wake()
        gone = [chore.do() for chore in chores]
        if not wanted and not any(gone) and not counted(site)[ItemState.WAITING]:
            return
        stop.wait(0.25)


if __name__ == "__main__":
    main()
