"""Memory of the process that delivers, while clips of 500 MB go to an HTTP server and to S3.

    python benchmarks/delivery_memory.py [--megabytes 500] [--clips 3]

A shop whose footage is as large as H.264 gets (noise, lossless), sealed into clips of that size. They leave
from a process of its own, up to four at once. Told is its peak of resident memory (VmHWM) in MiB, before the
first clip and at the end; the far ends are processes of their own. Exit code 1 when it is above 150 MiB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from made_footage import loop_video
from sightline.cli.bench_output import machine
from sightline.delivery_wiring import delivery_plan, evidence_sealer
from sightline.domain.delivery import Proof
from sightline.domain.outbox import ItemState
from sightline.store import outbox_items
from sightline.testing.far_ends import BUCKET, ReceiverProcess, S3Process
from sightline.testing.recorded_shop import CAMERA, SCOPE, VENUE
from sightline.wiring import Site, open_site

ALLOWED_MIB = 150
CHILD = Path(__file__).with_name("delivery_memory_child.py")
ONCE_S = 4
EVENT_S, AROUND_S = 8, 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=500, help="of one clip, roughly")
    parser.add_argument("--clips", type=int, default=3)
    parser.add_argument("--allowed-mib", type=float, default=ALLOWED_MIB)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sightline-memory-") as name:
        document = measured(Path(name), asked.megabytes, asked.clips, asked.allowed_mib)
    print(json.dumps(document, indent=2))
    sys.exit(1 if document["broken"] else 0)


def measured(folder: Path, megabytes: int, clips: int, allowed_mib: float) -> dict[str, Any]:
    """Both far ends in turn, each with its own sealed shop."""
    document: dict[str, Any] = {
        "bench": "delivery_memory",
        "machine": machine(),
        "clips": clips,
        "broken": [],
    }
    video = heavy_video(folder, megabytes, clips)
    for to in ("http", "s3"):
        with ReceiverProcess(folder / "received") if to == "http" else S3Process() as end:
            address = f"{end.address}/upload" if to == "http" else end.address
            data_dir = sealed_shop(folder, to, address, video, clips)
            told = child(folder / f"{to}.yaml")
        proofs = proofs_of(folder / f"{to}.yaml")
        sizes = [path.stat().st_size / 1e6 for path in data_dir.rglob("segments/**/*.mp4")]
        document[to] = {
            "clip_mb": [round(size) for size in sizes],
            "with_nothing_sent_mib": told["before_mib"],
            "peak_mib": told["peak_mib"],
            "seconds": told["seconds"],
            "proofs": proofs,
        }
        if told["sent"] != clips or Proof.NONE.value in proofs:
            document["broken"].append(f"{to}: {told['sent']} of {clips} clips arrived, proofs {proofs}")
        if told["peak_mib"] > allowed_mib:
            document["broken"].append(f"{to}: {told['peak_mib']} MiB")
        for file in data_dir.rglob("*.mp4"):
            file.unlink()
    return document


def heavy_video(folder: Path, megabytes: int, clips: int) -> Path:
    """Lossless noise: a few seconds are encoded, then copied again and again."""
    from sightline.testing.recorded_shop import FPS, write_noise

    pixels = megabytes * 1e6 / (FPS * (EVENT_S + 2 * AROUND_S)) / 1.5
    height = round((pixels * 9 / 16) ** 0.5 / 16) * 16
    once, video = folder / "once.mp4", folder / "heavy.mp4"
    write_noise(once, seconds=ONCE_S, width=height * 16 // 9 // 16 * 16, height=height, options={"qp": "0"})
    loop_video(once, video, clips * EVENT_S + 4 * AROUND_S)
    return video


def sealed_shop(folder: Path, to: str, address: str, video: Path, clips: int) -> Path:
    """A site with its sealed clips in its outbox."""
    from sightline.store.clips import ClipRule
    from sightline.testing.recorded_shop import conclude, record

    data_dir = folder / to
    data_dir.mkdir()
    site = made_site(folder / f"{to}.yaml", data_dir, {"to": to, "url": address})
    opening = datetime.now(UTC) - timedelta(minutes=10)
    length = record(site.database, site.recordings_dir, video, opening)
    around = timedelta(seconds=AROUND_S)
    conclude(
        site.database,
        opening,
        length,
        events=clips,
        event=timedelta(seconds=EVENT_S),
        rule=ClipRule(pre=around, post=around),
    )
    evidence_sealer(site, SCOPE, delivery_plan(site.settings)).seal_all(VENUE, CAMERA)
    site.database.close()
    return data_dir


def made_site(file: Path, data_dir: Path, evidence: Mapping[str, Any]) -> Site:
    keys = {"bucket": BUCKET, "access_key_id": "AKIAMEASURED", "secret_access_key": f"file:{file}.key"}
    Path(f"{file}.key").write_text("measured-and-no-secret")
    venue = {"id": VENUE, "timezone": "Europe/Paris", "cameras": [{"id": CAMERA, "source": "till.mp4"}]}
    setting = dict(evidence) | (keys if evidence["to"] == "s3" else {})
    told = {"data_dir": str(data_dir), "venues": [venue], "delivery": {"evidence": setting}}
    file.write_text(yaml.safe_dump(told))
    return open_site(file, environ={})


def child(config: Path) -> dict[str, Any]:
    """The outbox emptied by a process of its own."""
    command = [sys.executable, str(CHILD), str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def proofs_of(config: Path) -> list[str]:
    """How the copies were compared."""
    site = open_site(config, environ={})
    with site.database.reading() as connection:
        items = outbox_items.list_items(SCOPE, connection, states=[ItemState.SENT])
    site.database.close()
    return sorted({str((item.answer or {}).get("proof")) for item in items})


if __name__ == "__main__":
    main()
