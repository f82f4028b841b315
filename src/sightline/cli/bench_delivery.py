"""`sightline bench delivery`: sealed clips to a receiver, beside the same files sent without the outbox."""

import os
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sightline.cli.bench_output import machine, print_rows, row
from sightline.cli.options import JsonOption
from sightline.cli.terminal import messages, print_json, progress
from sightline.domain.outbox import Channel
from sightline.errors import SightlineError

if TYPE_CHECKING:
    from sightline.wiring import Site

PRE = POST = timedelta(seconds=1)
EVENT = timedelta(seconds=8)
S3_VARIABLE = "SIGHTLINE_BENCH_S3_SECRET"
KEYS = {"access_key_id": "AKIAMEASURED", "secret": "measured-and-no-secret"}


@dataclass(frozen=True, slots=True)
class Lap:
    """Some clips, all sent: how long it took, and processor time of this process."""

    seconds: float
    processor_s: float


def delivery(
    clips: Annotated[int, typer.Option(min=2, help="How many clips.")] = 60,
    mbit: Annotated[float, typer.Option(min=0.1, help="Megabits per second of the footage.")] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="Measurements of each, taken in turn.")] = 3,
    as_json: JsonOption = False,
) -> None:
    """From the sealed clip to the stored proof of its copy, over HTTP and S3 to servers on this machine."""
    from sightline.testing.far_ends import ReceiverProcess, S3Process

    lacking = S3Process.missing()
    if lacking:
        messages().print(f"[yellow]S3 is not measured: {lacking}[/yellow]")
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as name, ExitStack() as stack:
        work = Path(name)
        receiver = stack.enter_context(ReceiverProcess(work / "received"))
        ends: dict[str, dict[str, Any]] = {"http": {"to": "http", "url": f"{receiver.address}/upload"}}
        if not lacking:
            ends["s3"] = _s3(stack.enter_context(S3Process()).address)
        with progress("Sealing clips", 1, quiet=as_json) as advance:
            shop = _sealed_shop(work / "shop", clips, mbit)
            advance(1)
        rows: list[dict[str, Any]] = []
        with progress("Measuring", len(ends), unit="receivers", quiet=as_json) as advance:
            for number, (to, setting) in enumerate(ends.items(), start=1):
                rows += _receiver_rows(to, setting, shop, rounds)
                advance(number)
    document = {"bench": "delivery", "machine": machine(), "rows": rows}
    if as_json:
        print_json(document)
    else:
        print_rows(document)


def _s3(address: str) -> dict[str, Any]:
    from sightline.testing.far_ends import BUCKET

    return {
        "to": "s3",
        "url": address,
        "bucket": BUCKET,
        "access_key_id": KEYS["access_key_id"],
        "secret_access_key": f"env:{S3_VARIABLE}",
    }


def _sealed_shop(folder: Path, clips: int, mbit: float) -> Path:
    """A data folder with so many sealed clips of ten seconds, and nothing that is to leave."""
    from sightline.delivery_wiring import evidence_sealer
    from sightline.store.clips import ClipRule
    from sightline.testing.recorded_shop import CAMERA, SCOPE, VENUE, conclude, record, write_noise

    folder.mkdir()
    video = folder.with_suffix(".mp4")
    rate = {"b": str(round(mbit * 1e6)), "maxrate": str(round(mbit * 1e6)), "bufsize": str(round(mbit * 1e6))}
    write_noise(video, seconds=60, width=640, height=360, options=rate)
    site = _site(folder, {})
    opening = datetime.now(UTC) - timedelta(minutes=10)
    length = record(site.database, site.recordings_dir, video, opening)
    rule = ClipRule(pre=PRE, post=POST)
    conclude(site.database, opening, length, events=clips, event=EVENT, rule=rule)
    evidence_sealer(site, SCOPE).seal_all(VENUE, CAMERA)
    site.database.close()
    return folder


def _site(data_dir: Path, evidence: Mapping[str, Any]) -> "Site":
    import yaml

    from sightline.testing.recorded_shop import CAMERA, VENUE
    from sightline.wiring import open_site

    venue = {"id": VENUE, "timezone": "Europe/Paris", "cameras": [{"id": CAMERA, "source": "till.mp4"}]}
    told = {"venues": [venue], "delivery": {"evidence": dict(evidence)}}
    file = data_dir.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(told))
    os.environ.setdefault(S3_VARIABLE, KEYS["secret"])
    return open_site(file, data_dir, environ={})


def _receiver_rows(to: str, setting: Mapping[str, Any], shop: Path, rounds: int) -> list[dict[str, Any]]:
    """Ours, ours one clip at a time, and the bare library, in turn; medians, and the median ratio."""
    files = sorted((shop / "segments").rglob("*.mp4"))
    ways: dict[str, Callable[[Mapping[str, Any], str], Lap]] = {
        "usual": lambda fresh, run: _outbox_lap(_site(shop, fresh), run, len(files), None),
        "single": lambda fresh, run: _outbox_lap(_site(shop, fresh), run, len(files), 1),
        "bare": lambda fresh, _run: _bare_lap(to, fresh, files),
    }
    laps: dict[str, list[Lap]] = {name: [] for name in ways}
    for number in range(rounds):
        for name, way in ways.items():
            laps[name].append(way(_fresh(setting, f"{name}-{number}"), f"{to}-{name}-{number}"))
    return _rows(to, laps, len(files), sum(file.stat().st_size for file in files))


def _fresh(setting: Mapping[str, Any], bucket: str) -> Mapping[str, Any]:
    """A bucket of its own for each lap: what lies there already is not sent again."""
    import httpx

    if setting["to"] != "s3":
        return setting
    httpx.put(f"{setting['url']}/{bucket}", trust_env=False).raise_for_status()
    return {**setting, "bucket": bucket}


def _outbox_lap(site: "Site", run: str, clips: int, at_a_time: int | None) -> Lap:
    """Every sealed clip into the outbox under fresh keys, and the outbox emptied.

    Raises:
        SightlineError: a clip did not arrive, or without proof.
    """
    from sightline.delivery_wiring import outbox_worker
    from sightline.domain.delivery import Proof
    from sightline.domain.outbox import ItemState, OutboxItem
    from sightline.store import outbox, outbox_items
    from sightline.store.evidence import list_evidence
    from sightline.testing.recorded_shop import SCOPE, VENUE

    to = site.settings.delivery.evidence.to
    with site.database.transaction() as connection:
        items = [
            OutboxItem(
                key=f"{one.event_id}:{run}",
                channel=Channel.UPLOAD,
                destination=to,
                venue_id=VENUE,
                chain=f"{one.event_id}:{run}",
                event_id=one.event_id,
                evidence_id=one.id,
            )
            for one in list_evidence(SCOPE, connection, state="sealed")
        ]
        outbox.put_items(SCOPE, connection, items, now=datetime.now(UTC))
    worker = outbox_worker(site, at_a_time={Channel.UPLOAD: at_a_time} if at_a_time else None)
    lap = _timed(lambda: worker.drain(600))
    with site.database.reading() as connection:
        sent = outbox_items.list_items(SCOPE, connection, states=[ItemState.SENT])
    proved = [one for one in sent if one.key.endswith(run) and (one.answer or {}).get("proof") != Proof.NONE]
    site.database.close()
    if len(proved) != clips:
        raise SightlineError(f"only {len(proved)} of {clips} clips arrived with proof")
    return lap


def _bare_lap(to: str, setting: Mapping[str, Any], files: Sequence[Path]) -> Lap:
    """The same files one after another over one connection, without outbox, hashes or proof."""
    if to == "http":
        import httpx

        with httpx.Client(trust_env=False, timeout=60) as client:

            def post_all() -> None:
                for file in files:
                    with file.open("rb") as content:
                        form = {"file": (file.name, content, "video/mp4")}
                        client.post(setting["url"], files=form).raise_for_status()

            return _timed(post_all)
    import obstore
    from obstore.store import S3Store

    store = S3Store(
        setting["bucket"],
        config={
            "endpoint": setting["url"],
            "region": "us-east-1",
            "access_key_id": KEYS["access_key_id"],
            "secret_access_key": KEYS["secret"],
        },
        client_options={"allow_http": True},
    )

    def put_all() -> None:
        for file in files:
            obstore.put(store, file.name, file)

    return _timed(put_all)


def _timed(call: Callable[[], object]) -> Lap:
    began, spent = time.perf_counter(), time.process_time()
    call()
    return Lap(time.perf_counter() - began, time.process_time() - spent)


def _rows(to: str, laps: Mapping[str, Sequence[Lap]], clips: int, size_bytes: int) -> list[dict[str, Any]]:
    middle = {name: median(lap.seconds for lap in done) for name, done in laps.items()}
    spent = {name: median(lap.processor_s for lap in done) for name, done in laps.items()}
    bare = {"http": "bare httpx, one after another", "s3": "bare obstore, one after another"}[to]
    what = f"{to}, {clips} clips of {size_bytes / clips / 1e6:.1f} MB"

    def ratio(name: str) -> float:
        return median(
            plain.seconds / ours.seconds for plain, ours in zip(laps["bare"], laps[name], strict=True)
        )

    return [
        row(f"{what}: clips a minute, with proof", 60 * clips / middle["usual"], "/min", bare,
            60 * clips / middle["bare"], ratio("usual")),
        row(f"{what}: clips a minute, one at a time", 60 * clips / middle["single"], "/min", bare,
            60 * clips / middle["bare"], ratio("single")),
        row(f"{what}: time a clip, one at a time", 1000 * middle["single"] / clips, "ms", bare,
            1000 * middle["bare"] / clips, 1 / ratio("single")),
        row(f"{what}: processor time a clip", 1000 * spent["usual"] / clips, "ms", bare,
            1000 * spent["bare"] / clips, spent["usual"] / max(1e-9, spent["bare"])),
    ]  # fmt: skip
