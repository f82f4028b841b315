"""Percentiles out of a sorted list of which only the needed places were read."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class SortedPlaces:
    """Some places of a sorted list.

    Attributes:
        n: how long the list is.
        values: by place, counted from 0; at least those beside each percentile asked for.
    """

    n: int
    values: Mapping[int, int]

    def percentile(self, percent: int) -> Fraction | None:
        """Between the two nearest places by linear interpolation; None of an empty list.

        Source: Hyndman and Fan (1996), definition 7, the one NumPy takes when not told otherwise.
        """
        if self.n == 0:
            return None
        place = Fraction(percent * (self.n - 1), 100)
        low = place.numerator // place.denominator
        below = self.values[low]
        return below + (place - low) * (self.values[min(low + 1, self.n - 1)] - below)
