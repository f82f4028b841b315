"""What is kept of a face, and whose face a vector is."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from sightline.domain.detection import FloatArray

BLOCK = 4096
"""Rows by which an index grows."""
FEW = 16
"""Up to one in so many templates is compared on its own."""
SLACK = 1e-4
"""More than sums in single precision are off by: nothing is left out for a rounding error."""


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """The running mean of somebody's good faces.

    Attributes:
        model: which model made the vectors; those of another one mean nothing here.
        mean: float32 (D,), of vectors of length 1; its own length is below 1 the more they differ.
        faces: how many went into it.
    """

    model: str
    mean: FloatArray
    faces: int

    def __post_init__(self) -> None:
        if self.mean.ndim != 1 or self.faces < 1:
            raise ValueError(f"a template is a mean (D,) of faces, got {self.mean.shape} of {self.faces}")

    @classmethod
    def begin(cls, model: str, vector: FloatArray) -> "Template":
        """Of one face; `vector` (D,) of any length but 0."""
        return cls(model, unit(vector), 1)

    def with_face(self, model: str, vector: FloatArray) -> "Template":
        """With one more face in the mean.

        Raises:
            ValueError: the vector is of another model, or has no length.
        """
        return self.with_template(Template.begin(model, vector))

    def with_template(self, other: "Template") -> "Template":
        """Both together: each face of either weighs the same.

        Raises:
            ValueError: it is of another model.
        """
        if other.model != self.model or other.mean.shape != self.mean.shape:
            raise ValueError(
                f"a vector of {other.model} {other.mean.shape} cannot join a template of"
                f" {self.model} {self.mean.shape}"
            )
        faces = self.faces + other.faces
        mean = (np.float64(self.faces) * self.mean + np.float64(other.faces) * other.mean) / faces
        return Template(self.model, mean.astype(np.float32), faces)

    @property
    def direction(self) -> FloatArray:
        """float32 (D,), of length 1: what is compared."""
        return unit(self.mean)


@dataclass(frozen=True, slots=True)
class Match:
    """Whose a vector is.

    Attributes:
        owner: id of the visitor.
        cosine: how alike, -1..1.
    """

    owner: str
    cosine: float


class TemplateIndex:
    """The templates of one venue and one model, searched by exact cosine.

    All directions lie row by row in two arrays, the first halves and the second halves of their numbers, so
    that a comparison is a product of matrices. Most templates need only the first: what the second half of
    two vectors can add to their cosine is at most the product of its lengths, and where even that would not
    reach the threshold it is not asked. The answer is that of comparing everything, for half of the memory
    read. The arrays grow by blocks; a row that is removed is filled with the last one.

    Attributes:
        model: of all vectors in it, and of all that are asked about.
        dimension: D, numbers in a vector.
    """

    def __init__(self, model: str, dimension: int) -> None:
        if dimension < 1:
            raise ValueError(f"a vector has at least one number, got {dimension}")
        self.model, self.dimension = model, dimension
        self._half = (dimension + 1) // 2
        self._heads: FloatArray = np.empty((0, self._half), np.float32)
        self._tails: FloatArray = np.empty((0, dimension - self._half), np.float32)
        self._longest_tail = 0.0
        self._owners: list[str] = []
        self._places: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def __contains__(self, owner: str) -> bool:
        return owner in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._owners)

    def put(self, owner: str, template: Template) -> None:
        """Add somebody's template, or replace it.

        Raises:
            ValueError: it is of another model, or its faces cancel each other out.
        """
        self._check(template.model, template.mean.shape)
        direction = template.direction
        place = self._places.get(owner)
        if place is None:
            place = len(self._owners)
            if place == len(self._heads):
                self._make_room(place + 1)
            self._owners.append(owner)
            self._places[owner] = place
        self._heads[place], self._tails[place] = direction[: self._half], direction[self._half :]
        self._longest_tail = max(self._longest_tail, float(np.linalg.norm(self._tails[place])))

    def put_all(self, templates: Sequence[tuple[str, Template]]) -> None:
        """`put` for many; room is made once."""
        self._make_room(len(self) + len(templates))
        for owner, template in templates:
            self.put(owner, template)

    def remove(self, owner: str) -> None:
        """Forget somebody; nothing of the vector stays in the array. Unknown owners are forgotten already."""
        place = self._places.pop(owner, None)
        if place is None:
            return
        last = len(self._owners) - 1
        if place != last:
            self._heads[place], self._tails[place] = self._heads[last], self._tails[last]
            self._owners[place] = self._owners[last]
            self._places[self._owners[place]] = place
        self._heads[last] = self._tails[last] = 0
        self._owners.pop()

    def search(self, model: str, vectors: FloatArray) -> FloatArray:
        """The cosine of each of some vectors with each template.

        Args:
            model: which model made the vectors.
            vectors: float32 (Q, D), each of length 1.

        Returns:
            float32 (Q, N), N in the order of iteration.

        Raises:
            ValueError: of another model or dimension.
        """
        self._check(model, vectors.shape[1:])
        cosines: FloatArray = self._head_products(vectors)
        cosines += vectors[:, self._half :] @ self._tails[: len(self)].T
        return cosines

    def best(
        self,
        model: str,
        vectors: FloatArray,
        *,
        threshold: float,
        never: Sequence[AbstractSet[str]] = (),
    ) -> list[Match | None]:
        """Whose each vector is: the most alike at or above the threshold.

        Args:
            model: which model made the vectors.
            vectors: float32 (Q, D), each of length 1.
            threshold: cosine from which two faces are one person; it belongs to the model.
            never: for each vector the owners it cannot be of, see `seen_meanwhile`; empty for none.

        Raises:
            ValueError: of another model or dimension, or `never` of another length.
        """
        if never and len(never) != len(vectors):
            raise ValueError(f"{len(vectors)} vectors, but owners to leave out for {len(never)}")
        self._check(model, vectors.shape[1:])
        products = self._head_products(vectors)
        reaches = np.linalg.norm(vectors[:, self._half :], axis=1) * self._longest_tail
        possible = products >= (threshold - reaches - SLACK)[:, None]
        crowded = np.count_nonzero(possible, axis=1) * FEW > len(self)
        if crowded.any():  # picking rows one by one would cost more than reading all of them
            products[crowded] += vectors[crowded, self._half :] @ self._tails[: len(self)].T
        found = []
        for place, product in enumerate(products):
            rows = np.arange(len(self)) if crowded[place] else np.flatnonzero(possible[place])
            cosines = product
            if not crowded[place]:
                cosines = product[rows] + self._tails[rows] @ vectors[place, self._half :]
            for owner in never[place] if never else ():
                cosines[rows == self._places.get(owner, -1)] = -np.inf
            best = int(cosines.argmax()) if len(rows) else -1
            is_match = best >= 0 and cosines[best] >= threshold
            found.append(Match(self._owners[rows[best]], float(cosines[best])) if is_match else None)
        return found

    def _head_products(self, vectors: FloatArray) -> FloatArray:
        """What the first halves add to the cosines, (Q, N)."""
        products: FloatArray = vectors[:, : self._half] @ self._heads[: len(self)].T
        return products

    def _check(self, model: str, shape: tuple[int, ...]) -> None:
        if model != self.model or shape != (self.dimension,):
            raise ValueError(
                f"vectors of {model} {shape} cannot be compared with those of"
                f" {self.model} ({self.dimension},)"
            )

    def _make_room(self, rows: int) -> None:
        """Room for so many rows, in whole blocks, and for an eighth more than there were."""
        if rows <= len(self._heads):
            return
        wanted = max(rows, len(self._heads) + len(self._heads) // 8)
        room = -(-wanted // BLOCK) * BLOCK
        self._heads, self._tails = (_enlarged(half, room) for half in (self._heads, self._tails))


def _enlarged(rows: FloatArray, room: int) -> FloatArray:
    larger = np.zeros((room, rows.shape[1]), np.float32)
    larger[: len(rows)] = rows
    return larger


@dataclass(frozen=True, slots=True)
class KnownTrack:
    """A track of this recording whose person is known.

    Attributes:
        owner: id of the visitor.
        first_seen_at, last_seen_at: capture times.
    """

    owner: str
    first_seen_at: datetime
    last_seen_at: datetime


def seen_meanwhile(tracks: Iterable[KnownTrack], first_seen_at: datetime, last_seen_at: datetime) -> set[str]:
    """Whom a track cannot be: nobody is in one recording twice at once.

    Args:
        tracks: of the same camera and recording.
        first_seen_at, last_seen_at: of the track in question; a moment in common is enough.
    """
    return {
        track.owner
        for track in tracks
        if track.first_seen_at <= last_seen_at and track.last_seen_at >= first_seen_at
    }


def unit(vector: FloatArray) -> FloatArray:
    """A vector (D,) scaled to length 1, float32.

    Raises:
        ValueError: it has no length, or one that is no number.
    """
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if not 0 < length < float("inf"):
        raise ValueError("a vector without length points nowhere")
    scaled: FloatArray = (vector / length).astype(np.float32)
    return scaled
