"""Who is near whom in the scene, for all pairs, whatever their roles: roles are known late."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import hypot

from sightline.domain.interaction import InteractionRule, Together
from sightline.domain.presence import Presence

Pair = tuple[int, int]


@dataclass(slots=True)
class Company:
    """The stretches of closeness that are not over, by pair of tracks, smaller number first."""

    rule: InteractionRule
    _pairs: dict[Pair, Together] = field(default_factory=dict)

    def see(
        self,
        at: datetime,
        people: Sequence[Presence],
        seen: set[int],
        may_meet: Callable[[Presence, Presence], bool],
    ) -> None:
        """Judge all pairs of one frame.

        Somebody out of sight is taken to be where they were last seen: that can end a closeness, by the other
        one walking away, but cannot prolong it.

        Args:
            at: capture time of the frame.
            people: all present, in the order of their numbers.
            seen: those who are in this very frame.
            may_meet: whether a near pair counts as close.
        """
        for index, one in enumerate(people):
            for other in people[index + 1 :]:
                pair = (one.track_id, other.track_id)
                reach = self._reach(one, other)
                if reach > 1 or not may_meet(one, other):
                    if pair in self._pairs and self._pairs[pair].see_apart(at):
                        del self._pairs[pair]
                elif one.track_id in seen and other.track_id in seen:
                    together = self._pairs.setdefault(pair, Together(self.rule, at, at, reach))
                    together.see_close(at, reach, (one.stillness + other.stillness) / 2)

    def of(self, track_id: int) -> dict[int, Together]:
        """Those really together with one track, by their numbers."""
        return {
            other: together
            for (low, high), together in self._pairs.items()
            for other in ((high,) if low == track_id else (low,) if high == track_id else ())
            if together.is_real
        }

    def part_with(self, track_id: int) -> None:
        """The track is gone, and its closenesses with it."""
        self._pairs = {pair: together for pair, together in self._pairs.items() if track_id not in pair}

    def _reach(self, one: Presence, other: Presence) -> float:
        (x0, y0), (x1, y1) = one.foot, other.foot
        return self.rule.distance.reach(hypot(x1 - x0, y1 - y0), (one.height + other.height) / 2)
