"""Video jobs of all sorts under SIGKILL: is each in the right state, and is every figure that of a clean run?

    python benchmarks/job_faults.py [--jobs 200] [--kills 10] [--server-kills 3] [--seed 1] [--json]

Films of a simulated shop, the same ones again, cut-off files, files that are no videos, empty ones, headers
that announce enormous pictures, addresses inside the network and of other hosts, and a host that nobody
knows are handed to a real `sightline serve` over HTTP. Meanwhile processes of jobs (one that takes them,
analyses or fetches) are killed, and now and then the whole program or its supervisor alone, which is started
again. The yardstick is a second site that gets the same jobs and is left alone. A redirect into the network
needs a host that may be fetched from: `tests/jobs/test_fetching.py` has it.

Wrong, and exit code 1: a job in another state than it has to be, one lost or doubled; other visitors, stays,
events or recordings than those of the clean run; evidence that is not sealed; a file that nothing names.
"""

import argparse
import json
import os
import random
import signal
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from job_mix import CAMERA, CAMERAS, SETTINGS, VENUE, MixedJob, hand_over, mixed_jobs
from sightline.cli.bench_output import machine
from sightline.simulate import simulate
from sightline.testing.live_site import LiveSite

OVER = ("completed", "failed", "cancelled")
MOST_ATTEMPTS_BEFORE_A_KILL = 2
"""A third death would rightly fail the job, which is another story."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--kills", type=int, default=10, help="of processes of jobs")
    parser.add_argument("--server-kills", type=int, default=3)
    parser.add_argument("--films", type=int, default=4, help="different ones")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-job-faults-") as name:
        result = faults(
            Path(name),
            jobs=asked.jobs,
            kills=asked.kills,
            server_kills=asked.server_kills,
            films=asked.films,
            seed=asked.seed,
        )
    print(json.dumps(result, indent=2) if asked.json else as_text(result))
    sys.exit(1 if result["wrong"] else 0)


def faults(work: Path, *, jobs: int, kills: int, server_kills: int, films: int, seed: int) -> dict[str, Any]:
    """The jobs on a site that is killed and on one that is not; what came of them, and what is wrong."""
    shops = [simulate(work / f"shop{one}", seed=seed + one, minutes=0.1) for one in range(films)]
    since = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=jobs, days=1)
    mixed = mixed_jobs(jobs, [shop.video.read_bytes() for shop in shops], seed=seed, since=since)
    clean = JobSite(work / "clean", mixed)
    clean_s = clean.run({}, random.Random(seed))
    killed = JobSite(work / "killed", mixed)
    chance = random.Random(seed)
    plan = ["job"] * kills + ["server", "supervisor"] * server_kills
    plan = plan[: kills + server_kills]
    chance.shuffle(plan)
    moments = {(place + 1) * jobs // (len(plan) + 1): what for place, what in enumerate(plan)}
    killed_s = killed.run(moments, chance)
    expected, found = clean.state(), killed.state()
    wrong = [f"clean run: {one}" for one in clean.wrong()] + killed.wrong()
    for what, wanted in expected.items():
        if wanted != found[what]:
            wrong.append(f"{what}: {_difference(wanted, found[what])}")
    return {
        "bench": "job_faults",
        "machine": machine(),
        "seed": seed,
        "jobs": dict(Counter(one.kind for one in mixed)),
        "kills": dict(killed.kills),
        "attempts": killed.attempts(),
        "seconds": {"clean": round(clean_s, 1), "killed": round(killed_s, 1)},
        "figures": {"visitors": expected["visitors"], "events": len(expected["events"])},
        "wrong": wrong,
    }


class JobSite:
    """A site of its own in `folder`, the jobs that it is given, and what became of them."""

    def __init__(self, folder: Path, mixed: list[MixedJob]) -> None:
        self.kills: Counter[str] = Counter()
        self._mixed = mixed
        self._answers: list[tuple[int, str]] = []
        sources = dict.fromkeys(CAMERAS, "film.mp4")  # recordings, so nobody watches them
        self._live = LiveSite(folder, sources, settings=SETTINGS, camera=CAMERA)
        self._data = self._live.data_dir
        self._exit_code = 0

    def run(self, moments: dict[int, str], chance: random.Random) -> float:
        """Hand all jobs over and wait until they are over; seconds.

        Args:
            moments: what is killed, by how many jobs are over, or handed over, then.
        """
        began = time.monotonic()
        self._live.start()
        try:
            self._until_it_answers()
            waiting = dict(sorted(moments.items()))
            for number, job in enumerate(self._mixed):
                with self._client() as client:
                    self._answers.append(hand_over(client, job))
                if number in waiting and number % 2:
                    self._kill(waiting.pop(number), chance)
            self._until_over(waiting, chance)
        finally:
            self._exit_code = self._live.stop()
        return time.monotonic() - began

    def wrong(self) -> list[str]:
        """What is not as it has to be, by itself."""
        rows: dict[str, dict[str, Any]] = {row["id"]: row for row in self._rows()}
        told = [f"its orderly stop ended with {self._exit_code}"] if self._exit_code else []
        accepted = []
        for job, (status, said) in zip(self._mixed, self._answers, strict=True):
            if status == 200:
                accepted.append(said)
            state = rows.get(said, {}).get("state", "no such job") if status == 200 else str(status)
            if state != job.expected:
                why = rows.get(said, {}).get("message", said)
                told.append(f"{job.kind}: {state} instead of {job.expected} ({why})")
        if sorted(accepted) != sorted(rows):
            told.append(f"{len(accepted)} jobs were taken, {len(rows)} are known")
        return told + self._left_over(rows)

    def state(self) -> dict[str, Any]:
        """What the venue looks like: equal for two sites with the same jobs."""
        with closing(self._database()) as database:
            runs = database.execute(
                "select camera_id, recorded_at, recorded_until, frames, analysed_frames, visitors from run"
            ).fetchall()
            events = database.execute(
                "select camera_id, kind, started_at, ended_at, state from event"
            ).fetchall()
            stays = database.execute("select count(*) from stay").fetchone()[0]
            evidence = database.execute("select state, count(*) from evidence group by state").fetchall()
        return {
            "runs": sorted(map(str, runs)),
            "events": sorted(map(str, events)),
            "visitors": sum(json.loads(row[-1])["count"] for row in runs),
            "stays": stays,
            "evidence": dict(evidence),
            "recordings": sorted(self._files("recordings")),
        }

    def attempts(self) -> dict[str, int]:
        """How many jobs were begun how often."""
        counts = Counter(row["attempts"] for row in self._rows())
        return {str(times): counts[times] for times in sorted(counts)}

    def _until_over(self, waiting: dict[int, str], chance: random.Random) -> None:
        last = time.monotonic() + 60 * len(self._mixed)
        while True:
            rows = self._rows()
            over = len(self._mixed) - len(rows) + sum(row["state"] in OVER for row in rows)
            due = next((moment for moment in waiting if over >= moment), None)
            if due is not None:
                self._kill(waiting.pop(due), chance)
            elif over == len(self._mixed):
                return
            if time.monotonic() > last:
                raise SystemExit(f"jobs are not over: {Counter(row['state'] for row in rows)}")
            time.sleep(0.2)

    def _kill(self, what: str, chance: random.Random) -> None:
        time.sleep(chance.uniform(0, 2))
        if what == "job":
            self._kill_a_job(chance)
            return
        if what == "server":
            self._live.kill()
        else:
            self._live.kill_supervisor()
        self.kills[what] += 1
        self._live.start()
        self._until_it_answers()

    def _kill_a_job(self, chance: random.Random) -> None:
        """A process of the jobs part, whichever there is; none while a job may not die once more."""
        for _ in range(300):
            row = next((row for row in self._rows() if row["state"] == "processing"), None)
            if row is not None and row["attempts"] > MOST_ATTEMPTS_BEFORE_A_KILL:
                return
            found = {pid: _role(line) for pid, line in self._live.processes().items() if _role(line)}
            if row is not None and found:
                pid = chance.choice(sorted(found))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    self.kills[found[pid]] += 1
                return
            time.sleep(0.1)

    def _left_over(self, rows: dict[str, dict[str, Any]]) -> list[str]:
        kept = {row["file_name"] for row in rows.values() if row["file_name"]}
        with closing(self._database()) as database:
            named = {path for (path,) in database.execute("select path from recording_segment")}
        told = [f"left over: jobs/{one}" for one in self._files("jobs") if one not in kept]
        told += [
            f"recorded, but nothing names it: {one}" for one in self._files("recordings") if one not in named
        ]
        return told + [f"left over: {path.name}" for path in self._data.rglob("*.part")]

    def _files(self, name: str) -> list[str]:
        folder = self._data / name
        found = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
        return [path.relative_to(folder).as_posix() for path in found]

    def _rows(self) -> list[dict[str, Any]]:
        with closing(self._database()) as database:
            columns = ("id", "state", "message", "attempts", "file_name")
            rows = database.execute(f"select {', '.join(columns)} from video_job").fetchall()
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self._data / "sightline.db", timeout=30)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self._live.port}", timeout=120, trust_env=False)

    def _until_it_answers(self) -> None:
        def answers(_: LiveSite) -> bool:
            with suppress(httpx.HTTPError), self._client() as client:
                return client.get("/health").status_code in (200, 503)
            return False

        self._live.wait(answers, timeout_s=120, what="the site answers")
        with self._client() as client:
            client.post("/venues", json={"id": VENUE, "name": "Bench"})


def _role(line: str) -> str:
    if "sightline.jobs.fetch" in line:
        return "fetching process"
    if "--only jobs" not in line:
        return ""
    return "analysing process" if "--job" in line.split() else "process that takes jobs"


def _difference(wanted: Any, found: Any) -> str:
    if isinstance(wanted, list):
        missing, more = Counter(wanted) - Counter(found), Counter(found) - Counter(wanted)
        return f"missing {list(missing.elements())[:5]}, more {list(more.elements())[:5]}"
    return f"{found} instead of {wanted}"


def as_text(result: dict[str, Any]) -> str:
    """The result for people."""
    on = result["machine"]
    lines = [
        f"{sum(result['jobs'].values())} jobs, seed {result['seed']}, {on['cores']} cores, {on['processor']}"
    ]
    lines += [f"  {count:4} {kind}" for kind, count in sorted(result["jobs"].items())]
    lines += [f"  {count:4} kills: {what}" for what, count in sorted(result["kills"].items())]
    lines.append(f"  attempts needed: {result['attempts']}")
    lines.append(f"  {result['seconds']['clean']} s undisturbed, {result['seconds']['killed']} s with kills")
    lines.append(f"  {result['figures']['visitors']} visitors, {result['figures']['events']} events")
    return "\n".join(
        [*lines, *(f"WRONG: {one}" for one in result["wrong"]), "" if result["wrong"] else "all right"]
    )


if __name__ == "__main__":
    main()
