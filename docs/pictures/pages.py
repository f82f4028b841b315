"""Take the README's pictures of the pages: a simulated shop, with six weeks of made-up visits told to it.

    sightline demo --out sightline-demo --json && .venv/bin/python docs/pictures/pages.py

Needs Debian's chromium. Nobody in the pictures exists.
"""

import argparse
import math
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import yaml
from playwright.sync_api import Browser, sync_playwright

from sightline.cli.serve import answers
from sightline.testing.chromium import CHROMIUM, QUIET

HERE = Path(__file__).parent
WEEKS, REGULARS = 6, 300
ZONES = ("entrance", "shelves", "counter", "coffee corner")
AGES = ("18-19", "20-29", "20-29", "30-39", "30-39", "40-49", "50-59", "60+", None)
SATURDAY, SUNDAY = 5, 6


def visits_of(day: date, zone: ZoneInfo, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Stays of one day as `POST /events/batch` takes them: busy at noon and before supper."""
    weight = {SATURDAY: 1.3, SUNDAY: 0.4}.get(day.weekday(), 1.0)
    for hour in range(8, 20):
        usual = 9 + 10 * math.exp(-((hour - 12) ** 2) / 5) + 12 * math.exp(-((hour - 17) ** 2) / 4)
        for number in range(max(0, int(weight * chance.gauss(usual, 2)))):
            regular = chance.random() < 0.25
            who = f"regular-{chance.randrange(REGULARS)}" if regular else f"{day}-{hour}-{number}"
            at = datetime.combine(day, clock(hour), zone) + timedelta(seconds=chance.randrange(3600))
            looks = {"gender": chance.choice(["M", "F", "F", None]), "age_bracket": chance.choice(AGES)}
            for place in chance.sample(ZONES, chance.choice([1, 2, 3])):
                dwell = chance.expovariate(1 / 90)
                yield looks | {
                    "pseudo_id": who,
                    "timestamp": at.isoformat(),
                    "zone": place,
                    "dwell_seconds": round(dwell, 1),
                    "is_repeat": regular,
                    "engagement_score": round(min(100.0, max(0.0, chance.gauss(58, 16))), 1),
                    "behavior_type": chance.choice(["browsing", "browsing", "engaged", "waiting", "passing"]),
                    "body_orientation": round(chance.uniform(-1, 1), 2),
                    "posture": chance.choice(["upright", "upright", "leaning", "arms_crossed"]),
                }
                at += timedelta(seconds=dwell)


@contextmanager
def served(demo: Path) -> Iterator[str]:
    """The address of `sightline serve` over what the demo left."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = int(bound.getsockname()[1])
    command = [sys.executable, "-m", "sightline", "serve", "--config", str(demo / "shop" / "site.yaml")]
    process = subprocess.Popen([*command, "--data-dir", str(demo / "data"), "--port", str(port)])
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            if answers("127.0.0.1", port):
                break
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


def tell(address: str, venue: str, last: date, zone: ZoneInfo) -> None:
    """The visits of the weeks up to the day of the footage."""
    chance = random.Random(7)
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        for before in range(7 * WEEKS, -1, -1):
            told = [
                one | {"venue_id": venue} for one in visits_of(last - timedelta(days=before), zone, chance)
            ]
            for first in range(0, len(told), 500):
                client.post("/events/batch", json=told[first : first + 500]).raise_for_status()


def take(browser: Browser, address: str, path: str, name: str, **look: Any) -> None:
    """One picture into this folder."""
    width, height = look.pop("size", (1280, 900))
    with browser.new_context(viewport={"width": width, "height": height}, **look) as context:
        page = context.new_page()
        page.goto(address + path)
        page.wait_for_load_state("networkidle")
        if path.startswith("/review/"):
            page.evaluate("document.querySelector('video').currentTime = 20")
            page.wait_for_timeout(2_000)
        page.screenshot(path=HERE / f"{name}.png")


def main() -> None:
    """Fill, serve, take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--demo", type=Path, default=Path("sightline-demo"))
    demo = parser.parse_args().demo
    venue = yaml.safe_load((demo / "shop" / "site.yaml").read_text())["venues"][0]
    with served(demo) as address, sync_playwright() as playwright:
        events = httpx.get(f"{address}/api/events", trust_env=False).json()
        waiting = next(one for one in events if one["kind"] == "unattended")
        zone = ZoneInfo(venue["timezone"])
        tell(
            address, venue["id"], datetime.fromisoformat(waiting["started_at"]).astimezone(zone).date(), zone
        )
        with playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET) as browser:
            take(browser, address, f"/dashboard/{venue['id']}", "venue", locale="en")
            take(browser, address, f"/analytics-dashboard/{venue['id']}", "analytics", locale="en")
            take(
                browser, address, f"/review/{waiting['event_id']}", "event", locale="en", color_scheme="dark"
            )
            phone = {"size": (390, 844), "locale": "fr", "color_scheme": "light"}
            take(browser, address, f"/dashboard/{venue['id']}", "phone", **phone)


if __name__ == "__main__":
    main()
