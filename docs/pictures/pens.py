"""Two pens that draw the same strokes, one on pixels and one as SVG. Needs OpenCV 5 for its outline fonts."""

from html import escape
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np

WIDTH = 1200
SCALE = 3
"""Everything is drawn this much larger and then averaged down, which gives even edges."""

PAPER = "#FFFFFF"
FONT = cv2.FontFace("sans")

Point = tuple[float, float]
Area = tuple[float, float, float, float]
"""x, y, width, height."""


def text_width(text: str, size: float, weight: int = 400) -> float:
    """Width in the unit of `size`, measured large because OpenCV rounds to whole pixels."""
    return cv2.getTextSize((9000, 900), text, (0, 500), FONT, 100, weight)[2] * size / 100


class Pen(Protocol):
    """What the time line is drawn with: one pen writes pixels, the other SVG."""

    def rect(self, area: Area, fill: str, *, radius: float = 0, opacity: float = 1) -> None: ...
    def line(self, points: list[Point], colour: str, width: float, *, opacity: float = 1) -> None: ...
    def text(
        self, at: Point, text: str, size: int, colour: str, weight: int = 400, *, centred: bool = False
    ) -> None: ...


class Pixels:
    """Draws on BGR pixels (height * SCALE, WIDTH * SCALE, 3), in coordinates of the finished picture."""

    def __init__(self, height: int) -> None:
        self.pixels = np.full((height * SCALE, WIDTH * SCALE, 3), 255, np.uint8)

    def blend(self, mask: np.ndarray, colour: str, opacity: float) -> None:
        bgr = np.array([int(colour[i : i + 2], 16) for i in (5, 3, 1)], np.float32)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if not len(rows):
            return
        part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        share = (mask[part].astype(np.float32) / 255 * opacity)[..., None]
        self.pixels[part] = (self.pixels[part] * (1 - share) + bgr * share + 0.5).astype(np.uint8)

    def polygon(self, points: list[Point], colour: str, opacity: float) -> None:
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.fillPoly(mask, [self._at(points)], 255)
        self.blend(mask, colour, opacity)

    def rect(self, area: Area, fill: str, *, radius: float = 0, opacity: float = 1) -> None:
        self.polygon(rounded(area, radius), fill, opacity)

    def frame(self, area: Area, colour: str, width: float) -> None:
        outline = rounded(area, 9)
        for ink, wide, opacity in ((PAPER, width + 2, 0.55), (colour, width, 1.0)):
            self.line([*outline, outline[0]], ink, wide, opacity=opacity)

    def line(self, points: list[Point], colour: str, width: float, *, opacity: float = 1) -> None:
        mask = np.zeros(self.pixels.shape[:2], np.uint8)
        cv2.polylines(mask, [self._at(points)], False, 255, round(width * SCALE), cv2.LINE_AA)
        self.blend(mask, colour, opacity)

    def text(
        self, at: Point, text: str, size: int, colour: str, weight: int = 400, *, centred: bool = False
    ) -> None:
        mask = np.zeros((*self.pixels.shape[:2], 3), np.uint8)
        left = at[0] - text_width(text, size, weight) / 2 * centred
        origin = (round(left * SCALE), round(at[1] * SCALE))
        cv2.putText(mask, text, origin, (255, 255, 255), FONT, size * SCALE, weight)
        self.blend(mask[..., 0], colour, 1)

    def _at(self, points: list[Point]) -> np.ndarray:
        return np.round(np.array(points) * SCALE).astype(np.int32)

    def save(self, path: Path) -> None:
        """Write a PNG of 256 colours chosen for this picture, a third of the size of one in full colour."""
        small = cv2.resize(self.pixels, None, fx=1 / SCALE, fy=1 / SCALE, interpolation=cv2.INTER_AREA)
        graph = av.filter.Graph()
        source = graph.add_buffer(width=small.shape[1], height=small.shape[0], format="bgr24", time_base=1)
        split, palette = graph.add("split"), graph.add("palettegen", "reserve_transparent=0")
        use, sink = graph.add("paletteuse", "dither=bayer:bayer_scale=4"), graph.add("buffersink")
        source.link_to(split)
        split.link_to(use)
        split.link_to(palette, 1)
        palette.link_to(use, 0, 1)
        use.link_to(sink)
        graph.configure()
        source.push(av.VideoFrame.from_ndarray(small, format="bgr24"))
        source.push(None)
        picture = sink.pull()
        encoder = av.CodecContext.create("png", "w")
        encoder.width, encoder.height, encoder.pix_fmt, encoder.time_base = (
            picture.width,
            picture.height,
            "pal8",
            1,
        )
        path.write_bytes(
            b"".join(bytes(packet) for packet in [*encoder.encode(picture), *encoder.encode(None)])
        )


class Svg:
    """Collects the same strokes as SVG elements. Places leave room for our font, which is wider than most."""

    def __init__(self, height: int) -> None:
        self.height, self.parts = height, list[str]()

    def rect(self, area: Area, fill: str, *, radius: float = 0, opacity: float = 1) -> None:
        x, y, w, h = (f"{value:.1f}" for value in area)
        box = f'x="{x}" y="{y}" width="{w}" height="{h}" rx="{radius:g}"'
        self.parts.append(f'<rect {box} fill="{fill}" fill-opacity="{opacity:g}"/>')

    def line(self, points: list[Point], colour: str, width: float, *, opacity: float = 1) -> None:
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        look = (
            f'stroke="{colour}" stroke-width="{width:g}" stroke-opacity="{opacity:g}" stroke-linecap="round"'
        )
        self.parts.append(f'<polyline points="{path}" fill="none" {look}/>')

    def text(
        self, at: Point, text: str, size: int, colour: str, weight: int = 400, *, centred: bool = False
    ) -> None:
        look = f'font-size="{size}" font-weight="{weight}" fill="{colour}"'
        look += ' text-anchor="middle"' * centred
        self.parts.append(f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" {look}>{escape(text)}</text>')

    def save(self, path: Path, title: str) -> None:
        size = f'width="{WIDTH}" height="{self.height}" viewBox="0 0 {WIDTH} {self.height}"'
        font = 'font-family="Rubik, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"'
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font} role="img"><title>{escape(title)}</title>'
        )
        path.write_text("\n".join([head, *self.parts, "</svg>", ""]))


def rounded(area: Area, radius: float) -> list[Point]:
    x, y, w, h = area
    r = min(radius, w / 2, h / 2)
    corners = (
        (x + w - r, y + h - r, 0),
        (x + r, y + h - r, 90),
        (x + r, y + r, 180),
        (x + w - r, y + r, 270),
    )
    turn = np.linspace(0, np.pi / 2, 12)
    return [
        (cx + r * np.cos(a + np.radians(d)), cy + r * np.sin(a + np.radians(d)))
        for cx, cy, d in corners
        for a in turn
    ]


def tick(pen: Pen, at: Point, colour: str) -> None:
    x, y = at
    pen.line([(x - 5.5, y), (x - 1.5, y + 4.5), (x + 6, y - 5)], colour, 2.4)


def freest(spots: list[Point], size: Point, taken: list[Area], height: float) -> Area:
    """The first of the spots, kept inside the picture, that covers least of what is already there."""
    (w, h), best, least = size, (0.0, 0.0, 0.0, 0.0), np.inf
    for x, y in spots:
        area = (min(max(x, 8), WIDTH - w - 8), min(max(y, 8), height - h - 8), w, h)
        covered = sum(overlap(area, other) for other in taken)
        if covered < least:
            best, least = area, covered
    return best


def overlap(a: Area, b: Area) -> float:
    sides = [min(a[i] + a[i + 2], b[i] + b[i + 2]) - max(a[i], b[i]) for i in (0, 1)]
    return max(sides[0], 0) * max(sides[1], 0)
