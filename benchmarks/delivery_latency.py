"""How long after the end of its clip an alert is at the mail server, with a private link to the clip.

    python benchmarks/delivery_latency.py [--seconds 240] [--cameras 2] [--detector builtin]

Cameras show a simulated shop over RTSP to a real `sightline serve`, with `security: {loiter_s: 2}`, so that
everybody who stays is an incident. Alerts go by mail to a local SMTP server over STARTTLS with
`cooldown_s: 0`, and every event to a local webhook. The clip of an alert ends with the incident's
confirmation, that of a finished event `post_s` after its end; counted is from then, by capture time, until
the SMTP server has the whole mail, or the webhook's receiver its request, by the clock of this machine. Exit
code 1 when the mails' p95 is above 3 s, or one has no private link.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "delivery"))

from mail_servers import PASSWORD, USER, CertificateAuthority, MailServer, received

from sightline.cli.bench_output import machine
from sightline.domain.outbox import Channel, ItemState
from sightline.domain.scope import Scope
from sightline.simulate import simulate
from sightline.store import outbox_items
from sightline.store.delivery_tables import private_link
from sightline.store.evidence import list_evidence
from sightline.testing.camera_footage import camera_footage
from sightline.testing.live_site import VENUE, LiveSite
from sightline.testing.receiver import Receiver
from sightline.testing.rtsp_server import RtspServer, rtsp_server_missing

FPS = 15
ALLOWED_S = 3.0
SETTLES_S = 15


class TimedMailServer(MailServer):
    """Notes when each whole message came."""

    def __init__(self, folder: Path) -> None:
        authority = CertificateAuthority(folder)
        super().__init__(authority.server_context("127.0.0.1"))
        self.ca_file = authority.ca_file
        self.came_at: list[datetime] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.came_at.append(datetime.now(UTC))
        return await super().handle_DATA(server, session, envelope)

    def texts(self) -> list[tuple[datetime, str]]:
        """Time and plain text of each message."""
        texts = []
        for at, envelope in zip(self.came_at, self.envelopes, strict=True):
            body = received(envelope).get_body(("plain",))
            texts.append((at, body.get_content() if body is not None else ""))
        return texts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--cameras", type=int, default=2)
    parser.add_argument("--detector", default="builtin")
    asked = parser.parse_args()
    if rtsp_server_missing():
        raise SystemExit(rtsp_server_missing())
    with tempfile.TemporaryDirectory(prefix="sightline-latency-") as name:
        document = measured(Path(name), asked)
    print(json.dumps(document, indent=2))
    sys.exit(1 if document["broken"] else 0)


def measured(work: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """A live site for a while, and what reached its receivers when."""
    shop = simulate(work / "shop", seed=3, minutes=1)
    footage = camera_footage(shop.video, work / "streams", fps=FPS, seconds=asked.seconds + 120)
    hooked_at: list[datetime] = []

    def note(_number: int, _path: str, _key: str) -> None:
        hooked_at.append(datetime.now(UTC))

    with (
        RtspServer({f"/camera{number}": footage for number in range(asked.cameras)}) as server,
        TimedMailServer(work) as mail,
        Receiver(plan=note) as receiver,
    ):
        addresses = {path.strip("/"): server.url(path) for path in server.mounts}
        settings = delivering(work, mail, f"{receiver.base_url}/hook")
        with LiveSite(work / "site", addresses, detector=asked.detector, settings=settings) as site:
            site.wait_until_live()
            time.sleep(asked.seconds)
            result = judged(site, mail.texts(), told_of(receiver, hooked_at))
            result["dropped"] = sum(status["dropped"] for status in site.status().values())
            result["exit_code"] = site.stop()
    return {"bench": "delivery_latency", "machine": machine(), "seconds": asked.seconds, **result}


def delivering(work: Path, mail: TimedMailServer, hook: str) -> dict[str, Any]:
    """The groups of the site file that send."""
    key = work / "mail.password"
    key.write_text(PASSWORD)
    return {
        "server": {"public_url": "https://videos.shop.example"},
        "security": {"loiter_s": 2},
        "delivery": {
            "mail": {
                "host": "127.0.0.1",
                "port": mail.port,
                "username": USER,
                "password": f"file:{key}",
                "from": USER,
                "to": ["patron@boutique.example"],
                "ca_file": str(mail.ca_file),
                "cooldown_s": 0,
            },
            "webhooks": [{"url": hook}],
        },
    }


def told_of(receiver: Receiver, hooked_at: Sequence[datetime]) -> dict[tuple[str, str], datetime]:
    """When the webhook was told of an event, by its id and `ongoing` or `finished`; one after another."""
    told: dict[tuple[str, str], datetime] = {}
    for at, arrival in zip(hooked_at, receiver.arrivals, strict=False):
        told.setdefault((arrival.document["event_id"], arrival.document["type"].partition(".")[2]), at)
    return told


def judged(
    site: LiveSite, mails: Sequence[tuple[datetime, str]], hooked_at: dict[tuple[str, str], datetime]
) -> dict[str, Any]:
    """From the end of each clip to its arrival, by way."""
    scope, now = Scope.of(VENUE), datetime.now(UTC)
    with site.database.reading() as connection:
        items = outbox_items.list_items(scope, connection)
        ends = {one.id: one.wanted_until for one in list_evidence(scope, connection)}
        made = {row.evidence_id: row.id for row in connection.execute(select(private_link))}
    mailed: dict[str, list[float]] = {"confirmed": [], "ended": []}
    hooked: dict[str, list[float]] = {"confirmed": [], "ended": []}
    broken = []
    for item in items:
        end, stage = ends[item.evidence_id or ""], "ended" if item.chain.endswith(":final") else "confirmed"
        if (now - item.created_at).total_seconds() < SETTLES_S:
            continue
        if item.channel is Channel.WEBHOOK:
            came_as = (item.event_id or "", "finished" if stage == "ended" else "ongoing")
            if came_as in hooked_at:
                hooked[stage].append((hooked_at[came_as] - end).total_seconds())
            else:
                broken.append(f"webhook {item.key} did not arrive: {item.state}, {item.last_error}")
        if item.channel is Channel.MAIL:
            link = f"https://videos.shop.example/video/{made.get(item.evidence_id)}?token="
            came = [at for at, text in mails if link in text]
            if item.state is ItemState.SENT and came:
                mailed[stage].append((min(came) - end).total_seconds())
            else:
                broken.append(f"no mail with a private link for {item.key}: {item.state}, {item.answer}")
    result: dict[str, Any] = {
        "mail": {stage: figures(found) for stage, found in mailed.items()},
        "webhook": {stage: figures(found) for stage, found in hooked.items()},
    }
    all_mails = [one for found in mailed.values() for one in found]
    if not all_mails:
        broken.append("no alert was mailed")
    elif (p95 := figures(all_mails)["p95_s"]) > ALLOWED_S:
        broken.append(f"p95 of the mails is {p95} s")
    return result | {"broken": broken[:10]}


def figures(seconds: Sequence[float]) -> dict[str, float]:
    """Count, median, p95 and maximum."""
    found = sorted(seconds)
    if not found:
        return {"count": 0}
    return {
        "count": len(found),
        "p50_s": round(found[len(found) // 2], 2),
        "p95_s": round(found[-(-95 * len(found) // 100) - 1], 2),
        "max_s": round(found[-1], 2),
    }


if __name__ == "__main__":
    main()
