"""How tall a standing person is in the picture, by where his feet are: learnt from the people seen."""

import numpy as np

CELLS = 24
"""The picture's height in this many bands, each with its own memory: a crowd in one place counts once."""
MEMORY = 40
LEAST_SAMPLES = 12
LEAST_IN_BAND = 4
LEAST_BANDS = 4
ENOUGH_IN_ONE_PLACE = MEMORY
QUANTILE = 0.55
"""Hidden legs and crouching only make people shorter, overlapping people only taller."""
PRIOR_SLOPE = 0.4
ROUNDS = 12


class Stature:
    """A straight line from the row of the feet to body height, both in pixels of one picture size.

    On a flat floor under a level camera a person's height depends on the row of the feet alone, and nearly
    in a straight line over the part of the floor that one camera sees.
    """

    def __init__(self, picture_height: int) -> None:
        """`picture_height` in pixels."""
        self._picture_height = picture_height
        self._bands: list[list[tuple[float, float]]] = [[] for _ in range(CELLS)]
        self._offset = 0.0
        self._slope = 0.0
        self._since_fit = 0

    @property
    def known(self) -> bool:
        """Whether enough people were seen to rely on it."""
        return self._offset != 0.0 or self._slope != 0.0

    def see(self, feet: float, height: float) -> None:
        """Learn from one person seen whole: row of the feet, height in pixels."""
        band = self._bands[min(CELLS - 1, max(0, int(feet / self._picture_height * CELLS)))]
        band.append((feet, height))
        del band[:-MEMORY]
        self._since_fit += 1
        if self._since_fit >= LEAST_SAMPLES:
            self._since_fit = 0
            self._fit()

    def at_feet(self, feet: float) -> float:
        """Expected height in pixels of somebody whose feet are at this row."""
        return max(8.0, self._offset + self._slope * feet)

    def at_head(self, head: float) -> float:
        """Expected height in pixels of somebody whose head begins at this row."""
        return max(8.0, (self._offset + self._slope * head) / (1 - self._slope))

    def _fit(self) -> None:
        """Quantile regression by reweighted least squares; a band weighs the same however full it is."""
        filled = [band for band in self._bands if len(band) >= LEAST_IN_BAND]
        if len(filled) < LEAST_BANDS and sum(map(len, filled)) < ENOUGH_IN_ONE_PLACE:
            return
        feet, height = np.array([sample for band in filled for sample in band]).T.copy()
        sizes = list(map(len, filled))
        share = np.repeat([min(1.0, size / LEAST_SAMPLES) / size for size in sizes], sizes)
        middle = float(np.average(feet, weights=share))
        offset, slope = float(np.average(height, weights=share)), PRIOR_SLOPE
        # The prior is worth half a band as far from the middle as a tenth of the picture.
        prior = 0.5 * (self._picture_height / 10) ** 2
        away = feet - middle
        away_squared = away**2
        for _ in range(ROUNDS):
            rest = height - offset - slope * away
            pull = np.where(rest > 0, QUANTILE, 1 - QUANTILE) / np.maximum(np.abs(rest), 1.0)
            weight = share * pull
            tilt = weight * away
            crossed = tilt.sum()
            normal = np.array([[weight.sum(), crossed], [crossed, (weight * away_squared).sum()]])
            right = np.array([(weight * height).sum(), (tilt * height).sum()])
            strength = prior * float(pull.mean())
            normal[1, 1] += strength
            right[1] += strength * PRIOR_SLOPE
            offset, slope = (float(value) for value in np.linalg.solve(normal, right))
        self._slope = min(max(slope, 0.0), 0.75)
        self._offset = offset - self._slope * middle
