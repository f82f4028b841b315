"""Shortest ways around furniture, so that nobody walks through a shelf."""

import heapq
import itertools
import math

from sightline.simulate.layout import COUNTER, GONDOLA, STAFF_SHELF, STAND, WALL_SHELF, Spot

Area = tuple[tuple[float, float], tuple[float, float]]
"""A rectangle on the floor: x (from, to), y (from, to)."""

BODY_RADIUS = 0.3
FURNITURE: tuple[Area, ...] = tuple((solid.x, solid.y) for solid in (COUNTER, GONDOLA, STAFF_SHELF, STAND))
FAR_WALL: tuple[Area, ...] = ((WALL_SHELF.x, WALL_SHELF.y),)


def route(start: Spot, goal: Spot, *, avoid: tuple[Area, ...] = ()) -> list[Spot]:
    """Corner points of the shortest way from `start` to `goal`, without `start`, with `goal`.

    Args:
        start, goal: floor metres. An area that holds either of them is not avoided.
        avoid: areas nobody crosses, besides the furniture.

    Source:
        Dijkstra on the visibility graph of the areas grown by the radius of a body.
    """
    grown = [_grow(area, BODY_RADIUS) for area in FURNITURE + FAR_WALL] + list(avoid)
    blocks = [area for area in grown if not (_inside(start, area) or _inside(goal, area))]
    corners = [spot for area in blocks for spot in _corners(area)]
    nodes = [start, goal, *(spot for spot in corners if _standable(spot, blocks))]
    return _shortest(nodes, blocks)[1:]


def _shortest(nodes: list[Spot], blocks: list[Area]) -> list[Spot]:
    """Way from node 0 to node 1; straight when no way exists."""
    best = {0: 0.0}
    came: dict[int, int] = {}
    heap = [(0.0, 0)]
    while heap:
        cost, here = heapq.heappop(heap)
        if here == 1:
            break
        if cost > best[here]:
            continue
        for other in range(len(nodes)):
            if other == here or any(_crosses(nodes[here], nodes[other], block) for block in blocks):
                continue
            reached = cost + math.dist(nodes[here], nodes[other])
            if reached < best.get(other, math.inf):
                best[other], came[other] = reached, here
                heapq.heappush(heap, (reached, other))
    way = [1]
    while way[-1] in came:
        way.append(came[way[-1]])
    return [nodes[index] for index in reversed(way)] if way[-1] == 0 else [nodes[0], nodes[1]]


def _grow(area: Area, by: float) -> Area:
    (x1, x2), (y1, y2) = area
    return ((x1 - by, x2 + by), (y1 - by, y2 + by))


def _corners(area: Area) -> list[Spot]:
    (x1, x2), (y1, y2) = _grow(area, 0.02)
    return list(itertools.product((x1, x2), (y1, y2)))


def _inside(spot: Spot, area: Area) -> bool:
    (x1, x2), (y1, y2) = area
    return x1 < spot[0] < x2 and y1 < spot[1] < y2


def _standable(spot: Spot, blocks: list[Area]) -> bool:
    in_room = 0.2 < spot[0] < 9.7 and 0.6 < spot[1] < 7.9
    return in_room and not any(_inside(spot, block) for block in blocks)


def _crosses(a: Spot, b: Spot, area: Area) -> bool:
    """Whether the segment a-b runs through the open rectangle (slab test)."""
    enter, leave = 0.0, 1.0
    for axis in (0, 1):
        low, high = area[axis]
        step = b[axis] - a[axis]
        if abs(step) < 1e-12:
            if not low < a[axis] < high:
                return False
            continue
        near, far = sorted(((low - a[axis]) / step, (high - a[axis]) / step))
        enter, leave = max(enter, near), min(leave, far)
    return leave - enter > 1e-9
