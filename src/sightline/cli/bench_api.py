"""`sightline bench api`: how fast figures come and events go in, over a year of a chain."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.options import JsonOption
from sightline.cli.terminal import print_json, progress
from sightline.errors import ConfigError

if TYPE_CHECKING:
    from sightline.store.database import Database
    from sightline.testing.api_load import Api

AIM_MS, AIM_P99_MS, AIM_MEMORY_MB = 60, 500, 300
AIM_RATE = {"sqlite": 15_000, "postgresql": 10_000}
READERS = 50
EARLIER_MS = {"summary": 3_400, "export": 8_600, "trends": 2_600}
"""Of the earlier platform, 30 days, over a million stays."""
ADDRESS_VARIABLE = "SIGHTLINE_BENCH_DATABASE"
LAST_DAYS = 300


def api(
    database: Annotated[
        str | None, typer.Option(help="Measure on this one, filled before; default: a small one of its own.")
    ] = None,
    fill: Annotated[bool, typer.Option("--fill", help="Fill the (empty) database first.")] = False,
    stays: Annotated[int, typer.Option(min=1_000, help="To fill it with, in all.")] = 200_000,
    venues: Annotated[int, typer.Option(min=1, max=100, help="To fill it with.")] = 4,
    people: Annotated[int, typer.Option(min=10, help="Of each venue.")] = 2_000,
    events: Annotated[int, typer.Option(min=0, help="Service events to fill it with, in all.")] = 4_000,
    requests: Annotated[int, typer.Option(min=1, help="Of each route and length.")] = 40,
    calls: Annotated[int, typer.Option(min=1, help="Of a thousand events.")] = 100,
    seconds: Annotated[float, typer.Option(min=1, help="Of reading while posting.")] = 30,
    think: Annotated[float, typer.Option(min=0, help="Seconds between two looks of one reader.")] = 2,
    as_json: JsonOption = False,
) -> None:
    """Start the API as a process of its own and ask it over HTTP.

    Each analytics route for 7 and 30 days of random venues and last days; events in calls of a thousand, one
    caller, beside bare inserts; 50 readers while one posts; memory of the process. The limit of calls a
    minute is raised for it by its setting. What is posted stays in the database.
    """
    from sightline.store.database import open_database, sqlite_url

    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as name:
        url = database or sqlite_url(Path(name) / "chain.db")
        with open_database(url) as opened:
            if fill or database is None:
                _fill(opened, stays, venues, people, events, quiet=as_json)
            document = _measured(
                opened, url, Path(name), people=people, requests=requests, calls=calls, seconds=seconds,
                think_s=think, quiet=as_json,
            )  # fmt: skip
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _fill(database: "Database", stays: int, venues: int, people: int, events: int, *, quiet: bool) -> None:
    from sightline.testing.chain_year import fill

    with progress("Making a year", venues, unit="venues", quiet=quiet) as advance:
        fill(
            database,
            stays=stays,
            venues=venues,
            people=people,
            events=events,
            last_day=datetime.now(UTC).date(),
            on_venue=advance,
        )


def _measured(
    database: "Database",
    url: str,
    folder: Path,
    *,
    people: int,
    requests: int,
    calls: int,
    seconds: float,
    think_s: float,
    quiet: bool,
) -> dict[str, Any]:
    from sightline.domain.scope import Scope
    from sightline.store.venues import list_venues
    from sightline.testing.api_load import Api, bare_inserts, day_after_all

    kind = database.engine.dialect.name
    with database.reading() as connection:
        venues = [one.id for one in list_venues(Scope.site(), connection) if one.id.startswith("shop_")]
    if not venues:
        raise ConfigError("there is no shop_00 in this database; fill it with --fill")
    with _served(url, folder) as (address, process):
        asked = Api(address, venues, people, day_after_all(database))
        rows = _route_rows(asked, database, requests, quiet=quiet)
        posted = asked.post(calls)
        rate, bare = posted.rate, bare_inserts(database, venues[0], 20)
        label = f"ingestion on {kind}, calls of 1,000"
        rows.append(row(label, rate, "events/s", "aim", AIM_RATE[kind], rate / AIM_RATE[kind]))
        rows.append(row(label, rate, "events/s", "bare inserts of the same rows", bare, rate / bare))
        both = asked.read_while_posting(READERS, seconds=seconds, think_s=think_s)
        rows += _reader_rows(both.taken_ms)
        answers = both.statuses + both.posted.statuses
        right, asked_in_all = answers[200], answers.total()
        label = "answers 200 while reading and posting"
        rows.append(row(label, right, "answers", "all of them", asked_in_all, right / asked_in_all))
        now, peak = _memory_mb(process)
        rows.append(row("memory of the API, peak", peak, "MB", "aim", AIM_MEMORY_MB, peak / AIM_MEMORY_MB))
    return {
        "bench": f"api over {kind}",
        "machine": machine(),
        "posting": {"statuses": dict(posted.statuses), "events": posted.events},
        "reading_while_posting": {
            "think_s": think_s,
            "statuses": dict(both.statuses),
            "posting_statuses": dict(both.posted.statuses),
            "events_posted": both.posted.events,
        },
        "memory_mb": now,
        "rows": rows,
    }


def _route_rows(asked: "Api", database: "Database", requests: int, *, quiet: bool) -> list[dict[str, Any]]:
    from sightline.testing.api_load import LENGTHS, ROUTES, counted_from_rows, percentile

    today = datetime.now(UTC).date()
    last_days = [today - timedelta(days=number) for number in range(LAST_DAYS)]
    rows = []
    with progress("Asking", len(ROUTES), unit="routes", quiet=quiet) as advance:
        for number, route in enumerate(ROUTES, start=1):
            for days in LENGTHS:
                taken = asked.ask_route(route, days, last_days, requests)
                p50, p95 = percentile(taken, 0.5), percentile(taken, 0.95)
                name = route or "overview"
                label = f"{name}, {days} days: p95 (p50 {p50:.1f})"
                rows.append(row(label, p95, "ms", "aim", AIM_MS, p95 / AIM_MS))
                if days == LENGTHS[-1] and name in EARLIER_MS:
                    before = EARLIER_MS[name]
                    rows.append(row(label, p95, "ms", "earlier platform, 1 M stays", before, p95 / before))
                if days == LENGTHS[-1] and name == "summary":
                    plain = percentile([counted_from_rows(database, one, today) for one in asked.venues], 0.5)
                    rows.append(row(label, p95, "ms", "raw rows in a loop", plain, p95 / plain))
            advance(number)
    return rows


def _reader_rows(taken_ms: list[float]) -> list[dict[str, Any]]:
    from sightline.testing.api_load import percentile

    return [
        row(f"{READERS} readers while posting, p{100 * share:.0f} of {len(taken_ms)} answers", value, "ms",
            "aim of p99", AIM_P99_MS, value / AIM_P99_MS)
        for share in (0.5, 0.95, 0.99)
        for value in [percentile(taken_ms, share)]
    ]  # fmt: skip


@contextmanager
def _served(url: str, folder: Path) -> Iterator[tuple[str, int]]:
    """The API on a free port: its address, and the id of the process that answers."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = int(bound.getsockname()[1])
    site = folder / "sightline.yaml"
    site.write_text(
        f"data_dir: {folder}/data\ndatabase_url: env:{ADDRESS_VARIABLE}\n"
        "server: {rate_limits: {ingest: 1000000}}\n"
    )
    command = [sys.executable, "-m", "sightline", "serve", "--only", "api", "--config", str(site)]
    with subprocess.Popen(  # noqa: S603  our own module
        [*command, "--port", str(port)],
        env={**os.environ, ADDRESS_VARIABLE: url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(address)
            yield address, _only_child(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait_for(address: str) -> None:
    import httpx

    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            if httpx.get(f"{address}/health", trust_env=False, timeout=10).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise ConfigError("the API does not answer within a minute")


def _only_child(supervisor: int) -> int:
    (child,) = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    return int(child)


def _memory_mb(process_id: int) -> tuple[float, float]:
    """Resident memory now and the most so far, in 10^6 bytes."""
    lines = Path(f"/proc/{process_id}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    now, most = (int(fields[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))
    return now, most
