"""From a mask of changed pixels to standing people."""

from dataclasses import replace

from sightline.vision.background import Mask
from sightline.vision.blobs import Blob, Labelled
from sightline.vision.grey import Feet
from sightline.vision.scene import TYPICAL_FILL, Body, Candidate, Fit, Scene
from sightline.vision.stature import Stature

__all__ = ["Body", "find_bodies", "whole_bodies"]

MOST_PEOPLE = 25
SIZE_TOLERANCE = 0.25
"""A blob whose height is this near, as a share, to what is expected at its feet is one whole person."""
LEAST_FULL_COVER = 0.65
"""Feet only count as somebody's when the body above them is filled this well."""
LOWEST_SHARE, TALLEST_SHARE = 0.12, 0.97
"""Limits of a person's height as a share of the picture's while nothing is known about their size."""


def find_bodies(parts: Labelled, stature: Stature, shaded: Mask | None = None) -> list[Body]:
    """The people in a mask, best first.

    A blob of human shape, and of the expected size once that is known, is one person. In what remains heads
    are looked for along the upper edges and bodies of the expected size are laid below them, the best filled
    first: that parts people who overlap, joins the pieces of one, and finds the feet behind a counter.

    Args:
        parts: the mask.
        stature: how tall people are.
        shaded: what may be somebody's, or shadow, see `Feet`.
    """
    singles = _blobs_as_bodies(parts)
    if not stature.known:
        return sorted(singles, key=lambda body: -body.cover)
    feet = Feet(parts.mask, shaded)
    found = [
        replace(body, bottom=feet.of(body.left, body.right, body.top, stature.at_head(body.top), body.bottom))
        for body in singles
        if body.whole and _of_expected_size(body, stature)
    ]
    scene = Scene(parts, stature, feet)
    for body in found:
        scene.claim(body)
    for look in (_best_by_feet, _best_by_head):
        while len(found) < MOST_PEOPLE and (nearest := look(scene)):
            found.append(nearest)
            scene.claim(nearest)
    return sorted(found, key=lambda body: -body.cover)


def whole_bodies(parts: Labelled) -> list[Body]:
    """People who stand alone, seen from head to feet, by shape only: to learn sizes from."""
    return [body for body in _blobs_as_bodies(parts) if body.whole]


def _of_expected_size(body: Body, stature: Stature) -> bool:
    expected = stature.at_feet(body.bottom)
    return abs(body.bottom - body.top - expected) <= SIZE_TOLERANCE * expected


def _blobs_as_bodies(parts: Labelled) -> list[Body]:
    bodies = (_blob_as_body(blob, parts.mask.shape) for blob in parts.blobs)
    return [body for body in bodies if body]


def _blob_as_body(blob: Blob, shape: tuple[int, ...]) -> Body | None:
    height, width = shape[:2]
    if not LOWEST_SHARE * height <= blob.height <= TALLEST_SHARE * height:
        return None
    aspect = blob.height / blob.width
    fill = blob.area / (blob.width * blob.height)
    if not 1.2 <= aspect <= 5 or fill < 0.3:
        return None
    inside = blob.left > 0 and blob.top > 0
    inside = inside and blob.left + blob.width < width and blob.top + blob.height < height
    whole = inside and 1.9 <= aspect <= 4.2 and fill > 0.4
    cover = min(1.0, fill / TYPICAL_FILL)
    return Body(blob.left, blob.top, blob.left + blob.width, blob.top + blob.height, cover, whole)


def _best_by_feet(scene: Scene) -> Body | None:
    """The nearest person of whom feet and trunk are seen: the lowest feet that carry a full body."""
    best: Body | None = None
    for part in scene.parts:
        if best and part.blob.bottom <= best.bottom:
            continue
        for candidate in part.feet():
            if best and candidate.tip.row <= best.bottom:
                break  # the other feet of this blob are higher up
            fit = candidate.fit(scene)
            if fit and fit.whole and fit.cover > LEAST_FULL_COVER:
                best = candidate.body(scene, fit)
    return best


def _best_by_head(scene: Scene) -> Body | None:
    """The best filled body below some head; None when nobody is left."""
    best: tuple[Candidate, Fit] | None = None
    for part in scene.parts:
        for candidate in part.heads():
            fit = candidate.fit(scene)
            if fit and (best is None or fit.cover > best[1].cover):
                best = candidate, fit
    return best[0].body(scene, best[1]) if best else None
