"""The fast ways through a mask give what the plain ways give."""

from collections.abc import Iterator
from itertools import count

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from sightline.vision.blobs import Blob, Labelled
from sightline.vision.grey import Feet
from sightline.vision.scene import Body, Scene
from sightline.vision.stature import Stature
from sightline.vision.tips import BODY_WIDTH, feet_of, heads_of

HEIGHT, WIDTH = 135, 240
Mask = npt.NDArray[np.uint8]


def clouds(number: int, seed: int) -> Iterator[Mask]:
    """Masks of ragged shapes of all sizes, from nearly empty to nearly full."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        coarse = rng.random((int(rng.integers(4, 40)), int(rng.integers(4, 60)))).astype(np.float32)
        smooth = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
        yield np.where(smooth > rng.uniform(0.2, 0.95), np.uint8(255), np.uint8(0))


def learnt_stature() -> Stature:
    """People are 20 pixels tall at the top edge and half a pixel more for every row below."""
    stature = Stature(HEIGHT)
    for _, row in zip(range(400), (30 + 7 * step % 100 for step in count()), strict=False):
        stature.see(row, 20 + 0.5 * row)
    assert stature.known
    return stature


def shapes(blobs: list[Blob]) -> list[tuple[int, ...]]:
    return [(blob.left, blob.top, blob.width, blob.height, blob.area) for blob in blobs]


def opencv_shapes(mask: Mask) -> list[tuple[int, ...]]:
    stats = cv2.connectedComponentsWithStats(mask, connectivity=8)[2]
    return [tuple(row) for row in stats.tolist()[1:]]


def test_parts_come_as_opencv_finds_them_in_the_whole_mask() -> None:
    empty = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, mask in enumerate([*clouds(60, seed=1), empty]):
        mask[: number % 4], mask[:, : number % 9] = 0, 0  # so that not all of them begin in a corner
        labelled = Labelled(mask)
        assert shapes(labelled.blobs) == opencv_shapes(mask)
        assert shapes(sorted(labelled.blobs, key=Blob.order)) == opencv_shapes(mask)
        for blob in labelled.blobs:
            assert int(blob.filled().sum()) == blob.area


def test_cutting_a_box_out_of_the_parts_is_cutting_it_out_of_the_mask() -> None:
    rng = np.random.default_rng(2)
    for mask in clouds(40, seed=2):
        x, y = int(rng.integers(0, WIDTH - 5)), int(rng.integers(0, HEIGHT - 5))
        box = (x, y, x + int(rng.integers(1, 90)), y + int(rng.integers(1, 90)))
        left = [
            piece
            for blob in Labelled(mask).blobs
            for piece in (blob.without(*box) if blob.meets(*box) else [blob])
        ]
        mask[box[1] : box[3], box[0] : box[2]] = 0
        assert shapes(sorted(left, key=Blob.order)) == opencv_shapes(mask)


def plain_peaks(blob: Blob, stature: Stature, *, feet: bool) -> list[tuple[int, int]]:
    """What the tips of a blob are, column by column."""
    part = blob.filled()[::-1] if feet else blob.filled()
    depths = part.argmax(axis=0)
    peaks: list[tuple[int, int]] = []
    for column in np.argsort(depths, kind="stable").tolist():
        row = blob.bottom - int(depths[column]) if feet else blob.top + int(depths[column])
        apart = BODY_WIDTH / 2 * (stature.at_feet(row) if feet else stature.at_head(row))
        around = [x for x in range(blob.width) if abs(x - column) <= apart]
        nearer = any(abs(column - (x - blob.left)) < apart for x, _ in peaks)
        if nearer or depths[column] > depths[around].min():
            continue
        crown = [x for x in around if abs(depths[x] - depths[column]) <= max(1.0, 0.03 * apart)]
        peaks.append((blob.left + int(np.mean(crown)), row))
    return peaks


@pytest.mark.parametrize("feet", [True, False])
def test_tips_are_the_peaks_of_the_outline(feet: bool) -> None:
    stature = learnt_stature()
    looked_at = 0
    for mask in clouds(20, seed=3):
        for blob in Labelled(mask).blobs[:15]:
            tips = feet_of(blob, stature) if feet else heads_of(blob, stature)
            expected = plain_peaks(blob, stature, feet=feet)
            assert [(tip.x, tip.row) for tip in tips] == expected
            looked_at += len(expected)
    assert looked_at > 200


def test_what_is_remembered_of_a_body_is_what_the_mask_says_after_every_claim() -> None:
    stature = learnt_stature()
    rng = np.random.default_rng(4)
    compared = 0
    for mask in clouds(12, seed=4):
        scene = Scene(Labelled(mask), stature, Feet(mask, None))
        for _ in range(8):
            for part in scene.parts:
                for candidate in (*part.feet(), *part.heads()):
                    fit = candidate.fit(scene)
                    assert fit == scene.fit(candidate.tip)
                    if fit:
                        assert candidate.body(scene, fit) == scene.body(candidate.tip, fit)
                        compared += 1
            bottom, x = float(rng.integers(40, HEIGHT)), float(rng.integers(10, WIDTH - 10))
            tall = stature.at_feet(bottom)
            scene.claim(Body(x - 0.2 * tall, bottom - tall, x + 0.2 * tall, bottom, 1.0, True))
    assert compared > 300
