"""Draw the README's pictures from the results of `sightline demo`; every number in them is read there.

    sightline demo && .venv/bin/python docs/pictures/make.py

Needs OpenCV 5: its fonts are outlines, those of OpenCV 4 are strokes.
"""

import argparse
import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from pens import PAPER, SCALE, WIDTH, Area, Pen, Pixels, Point, Svg, freest, text_width, tick

from sightline.domain.geometry import left_of_line

HERE = Path(__file__).parent
INK, MUTED, FAINT = "#1B1F24", "#57606A", "#D8DEE4"
STAFF, CUSTOMER, WAITING = "#0072B2", "#E69F00", "#D55E00"
KINDS = {"interaction": "#00785A", "unattended": WAITING, "queue": "#9B4F86"}
ZONES = {"service": "#009E73", "queue": "#CC79A7", "staff": STAFF, "entrance": "#56B4E9"}
LABEL, ROW, TOP = 112, 54, 92
"""Of the time line: width of the names, height of a row, height of what is above the rows."""


@dataclass(frozen=True)
class Demo:
    """What `sightline demo` left in its folder, with times as seconds from the start of the footage."""

    folder: Path
    summary: dict[str, Any]
    camera: dict[str, Any]
    tracks: dict[int, dict[int, Area]]
    """Picture number from 0, track number, box in pixels of the footage."""

    @classmethod
    def read(cls, folder: Path) -> "Demo":
        tracks: dict[int, dict[int, Area]] = {}
        with (folder / "results" / "tracks.csv").open() as file:
            for frame, track, x, y, w, h, *_ in csv.reader(file):
                tracks.setdefault(int(frame) - 1, {})[int(track)] = (float(x), float(y), float(w), float(h))
        site = yaml.safe_load((folder / "shop" / "site.yaml").read_text())
        summary = json.loads((folder / "results" / "summary.json").read_text())
        return cls(folder, summary, site["venues"][0]["cameras"][0], tracks)

    @property
    def fps(self) -> float:
        return float(self.summary["frames"] / self.summary["duration_s"])

    def span(self, event: dict[str, Any]) -> tuple[float, float]:
        zero = datetime.fromisoformat(self.summary["recorded_at"])
        start, end = ((datetime.fromisoformat(event[key]) - zero).total_seconds() for key in ("start", "end"))
        return start, end

    def clock(self, second: float) -> str:
        at = datetime.fromisoformat(self.summary["recorded_at"]) + timedelta(seconds=second)
        return at.astimezone(UTC).strftime("%H:%M:%S")

    def running(self, frame: int) -> list[dict[str, Any]]:
        """Events that hold at this picture and whose people are all seen in it."""
        second, seen = frame / self.fps, self.tracks[frame].keys()
        now = [e for e in self.summary["events"] if self.span(e)[0] <= second <= self.span(e)[1]]
        return [e for e in now if all(person["track_id"] in seen for person in e["people"])]

    def richest_frame(self) -> int:
        """The picture with most events running; of several, the one in the middle."""
        counts = {frame: len(self.running(frame)) for frame in sorted(self.tracks)}
        best = [frame for frame, count in counts.items() if count == max(counts.values())]
        return best[len(best) // 2]

    def picture(self, frame: int) -> np.ndarray:
        video = cv2.VideoCapture(str(self.folder / "shop" / "shop.mp4"))
        for _ in range(frame):
            video.grab()
        return np.asarray(video.read()[1])

    def captions(self, frame: int) -> dict[int, tuple[str, str, str]]:
        """Per track in an event at this moment: its name, what it is doing, its colour."""
        found: dict[int, tuple[str, str, str]] = {}
        for event in self.running(frame):
            since = f"{frame / self.fps - self.span(event)[0]:.0f} s"
            people = {person["role"]: person["track_id"] for person in event["people"]}
            name = f"customer {people['customer']}"
            if event["kind"] == "interaction":
                staff = people["staff"]
                found[staff] = (f"staff {staff}", f"{self.behind(staff, frame):.0%} behind the line", STAFF)
                found[people["customer"]] = (name, f"with staff {staff} for {since}", CUSTOMER)
            elif event["kind"] == "unattended":
                found[people["customer"]] = (name, f"alone for {since}", WAITING)
            else:
                place = event["details"]["place_in_line"]
                found[people["customer"]] = (name, f"in line, place {place}, for {since}", WAITING)
        return found

    def behind(self, track: int, until: int) -> float:
        """Share of the track's pictures so far with its feet on the staff side of the line."""
        boxes = np.array([boxes[track] for n, boxes in self.tracks.items() if n <= until and track in boxes])
        feet = np.stack([boxes[:, 0] + boxes[:, 2] / 2, boxes[:, 1] + boxes[:, 3]], axis=1)
        a, b = np.array(self.camera["staff"]["line"]) * self.picture(0).shape[1::-1]
        left = float(np.mean(left_of_line(feet, tuple(a), tuple(b)) > 0))
        return left if self.camera["staff"]["side"] == "left" else 1 - left


def timeline(pen: Pen, demo: Demo, top: float, moment: float | None) -> None:
    """One row per customer: each event a bar with a tick if its clip verified, beneath it the clip."""
    events, total = demo.summary["events"], demo.summary["duration_s"]
    rows = customers(demo)
    across = (WIDTH - LABEL - 28) / total
    floor = top + TOP + ROW * len(rows)
    proven = sum(event["verified"] for event in events)
    pen.text((24, top + 38), f"{len(events)} events in {total:.0f} seconds", 20, INK, 600)
    x = WIDTH - 24.0
    for words, colour in [*((kind, KINDS[kind]) for kind in reversed(KINDS))]:
        x -= text_width(words, 15)
        pen.text((x, top + 37), words, 15, INK)
        pen.rect((x - 22, top + 24, 15, 15), colour, radius=4)
        x -= 44
    words = f"{proven} of {len(events)} clips verified"
    x -= text_width(words, 15) + 14
    pen.text((x, top + 37), words, 15, INK)
    tick(pen, (x - 16, top + 31), INK)
    zero = datetime.fromisoformat(demo.summary["recorded_at"]).second
    for second in range(-zero % 15, int(total) + 1, 15):
        x = LABEL + second * across
        pen.line([(x, top + TOP - 8), (x, floor)], FAINT, 1)
        if moment is None or abs(second - moment) * across > 90:
            pen.text((x, top + TOP - 15), demo.clock(second), 13, MUTED, centred=True)
    if moment is not None:
        x = LABEL + moment * across
        pen.line([(x, top + TOP - 12), (x, floor)], INK, 1.6)
        words = f"above: {demo.clock(moment)}"
        wide = text_width(words, 14, 600) + 18
        pen.rect((x - wide / 2, top + TOP - 34, wide, 25), INK, radius=12)
        pen.text((x, top + TOP - 17), words, 14, PAPER, 600, centred=True)
    for row, (customer, mine) in enumerate(rows.items()):
        y = top + TOP + row * ROW
        pen.text((24, y + 19), f"customer {customer}", 15, INK, 600)
        ends = [*(demo.span(event)[0] for event in mine[1:]), total + 2]
        for event, limit in zip(mine, ends, strict=True):
            bar(pen, demo, event, (LABEL, y, across), limit)


def bar(pen: Pen, demo: Demo, event: dict[str, Any], place: tuple[float, float, float], limit: float) -> None:
    """One event; its clip's name is shortened where the next bar begins before it ends."""
    left, y, across = place
    start, end = demo.span(event)
    x, wide = left + start * across, (end - start) * across
    pen.rect((x, y, wide, 27), KINDS[event["kind"]], radius=6)
    staff = [person["track_id"] for person in event["people"] if person["role"] == "staff"]
    words = {"interaction": "with staff " + ", ".join(map(str, staff)), "queue": "in line"}.get(
        event["kind"], "alone"
    )
    pen.text((x + 9, y + 19), f"{words}, {event['duration_s']:.0f} s", 15, PAPER, 600)
    if event["verified"]:
        tick(pen, (x + wide - 16, y + 13.5), PAPER)
    clip = event["video_evidence"]["segment_filename"]
    number, _, _, kind = clip.removeprefix("segment_").split("_", 3)
    names = (clip, f"segment_{number}_…_{kind}", f"segment_{number}_…mp4")
    room = (limit - start) * across - 6
    name = next((name for name in names if text_width(name, 13) <= room), names[-1])
    pen.rect((x, y + 29, text_width(name, 13) + 3, 17), PAPER, opacity=0.9)
    pen.text((x + 1, y + 42), name, 13, MUTED)


def customers(demo: Demo) -> dict[int, list[dict[str, Any]]]:
    rows: dict[int, list[dict[str, Any]]] = {}
    for event in demo.summary["events"]:
        for person in event["people"]:
            if person["role"] == "customer":
                rows.setdefault(person["track_id"], []).append(event)
    return rows


def scene(pen: Pixels, demo: Demo, frame: int) -> None:
    """The picture itself, its zones, the staff line, and everybody who is in an event at this moment."""
    picture = demo.picture(frame)
    height = WIDTH * picture.shape[0] // picture.shape[1]
    size = (WIDTH * SCALE, height * SCALE)
    pen.pixels[: size[1]] = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    ratio = WIDTH / picture.shape[1]
    boxes = {t: tuple(v * ratio for v in box) for t, box in demo.tracks[frame].items()}
    captions = demo.captions(frame)
    for zone in demo.camera["zones"]:
        points = [(x * WIDTH, y * height) for x, y in zone["points"]]
        pen.polygon(points, ZONES[zone["kind"]], 0.15)
        pen.line([*points, points[0]], ZONES[zone["kind"]], 1.6, opacity=0.9)
    staff_line(pen, demo, height)
    for event in demo.running(frame):
        if event["kind"] == "interaction":
            ends = [middle(boxes[person["track_id"]]) for person in event["people"]]
            pen.line(ends, PAPER, 5, opacity=0.6)
            pen.line(ends, KINDS["interaction"], 3)
            for end in ends:
                pen.line([end, end], KINDS["interaction"], 10)
    for track, (_, _, colour) in captions.items():
        pen.frame(boxes[track], colour, 2.2)
    labels(pen, demo, boxes, captions, height)
    words = f"simulated shop, {demo.clock(frame / demo.fps)}"
    wide = text_width(words, 15)
    pen.rect((WIDTH - wide - 36, height - 42, wide + 20, 28), INK, radius=8, opacity=0.7)
    pen.text((WIDTH - wide - 26, height - 22), words, 15, PAPER)
    pen.pixels[size[1] :] = 255


def labels(
    pen: Pixels, demo: Demo, boxes: dict[int, Area], captions: dict[int, tuple[str, str, str]], height: int
) -> None:
    """Names of people and zones, each where it hides least."""
    taken = [boxes[track] for track in captions]
    for track, (name, doing, colour) in sorted(captions.items(), key=lambda item: boxes[item[0]][1]):
        wide = max(text_width(name, 15, 600), text_width(doing, 14)) + 18
        x, y, w, h = boxes[track]
        spots = [(x + dx, y + dy) for dy in (-48, h + 6) for dx in (0, (w - wide) / 2, w - wide)]
        spots += [(x + dx, y + dy) for dy in (0, h - 42) for dx in (w + 6, -wide - 6)]
        area = freest(spots, (wide, 42), taken, height)
        taken.append(area)
        pen.rect(area, colour, radius=8)
        ink = INK if colour == CUSTOMER else PAPER
        pen.text((area[0] + 9, area[1] + 18), name, 15, ink, 600)
        pen.text((area[0] + 9, area[1] + 35), doing, 14, ink)
    names = [(zone["name"], zone["points"]) for zone in demo.camera["zones"]]
    for name, corners in [("staff line", demo.camera["staff"]["line"]), *names]:
        points = np.array(corners) * (WIDTH, height)
        wide = text_width(name, 14, 600) + 14
        middles = (points + np.roll(points, 1, axis=0)) / 2
        spots = [(x - wide / 2, y - 11) for x, y in [points.mean(axis=0), *middles[::-1], *points]]
        area = freest(spots, (wide, 22), taken, height)
        taken.append(area)
        pen.rect(area, INK, radius=6, opacity=0.6)
        pen.text((area[0] + 7, area[1] + 16), name, 14, PAPER, 600)


def staff_line(pen: Pixels, demo: Demo, height: int) -> None:
    """The line, with strokes towards the side on which people are staff."""
    a, b = (np.array(point) * (WIDTH, height) for point in demo.camera["staff"]["line"])
    along = (b - a) / np.linalg.norm(b - a)
    inward = np.array([along[1], -along[0]]) * (1 if demo.camera["staff"]["side"] == "left" else -1)
    pen.polygon([tuple(p) for p in (a, b, b + inward * 24, a + inward * 24)], STAFF, 0.3)
    for step in np.arange(26, np.linalg.norm(b - a), 12):
        root = a + along * step
        pen.line([tuple(root), tuple(root + inward * 24 - along * 24)], PAPER, 1.8, opacity=0.8)
    pen.line([tuple(a), tuple(b)], PAPER, 5.5, opacity=0.7)
    pen.line([tuple(a), tuple(b)], STAFF, 3.5)


def middle(box: Area) -> Point:
    return box[0] + box[2] / 2, box[1] + box[3] * 0.42


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--demo", type=Path, default=Path("sightline-demo"), help="folder of `sightline demo`"
    )
    demo = Demo.read(parser.parse_args().demo)
    frame = demo.richest_frame()
    strip = TOP + ROW * len(customers(demo)) + 18
    picture_height = WIDTH * 9 // 16
    pixels = Pixels(picture_height + strip)
    scene(pixels, demo, frame)
    timeline(pixels, demo, picture_height, frame / demo.fps)
    pixels.save(HERE / "demo.png")
    svg = Svg(strip)
    svg.rect((0.5, 0.5, WIDTH - 1, strip - 1), FAINT, radius=10)
    svg.rect((1.5, 1.5, WIDTH - 3, strip - 3), PAPER, radius=9)
    timeline(svg, demo, 0, None)
    svg.save(
        HERE / "timeline.svg", f"{len(demo.summary['events'])} events of the simulated shop and their clips"
    )


if __name__ == "__main__":
    main()
