"""The rules of knowing people again, written down once more, and compared with what two processes do."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from known_faces_made import THRESHOLD, book, cosine, enter, face, lasting, templates, track

from sightline.domain.scope import Scope
from sightline.domain.templates import Template
from sightline.store.database import Database, open_database, sqlite_url
from sightline.store.face_templates import forget_templates
from sightline.store.stays import erase_visitor


class _Rules:
    """The rules written down once more, slowly: every face compared with everybody's, all stays looked at."""

    def __init__(self) -> None:
        self.people: dict[str, tuple[np.ndarray, int]] = {}
        self.stays: list[tuple[str, str, float, float]] = []
        self._names = count()

    def enter(
        self, run: str, tracks: list[tuple[int, Template, float, float]]
    ) -> dict[int, tuple[str, bool]]:
        named = {}
        for number, template, begin, end in sorted(tracks, key=lambda one: (one[2], one[0])):
            alike = {who: cosine(template.mean, mean) for who, (mean, _) in self.people.items()}
            free = [
                who
                for who, value in alike.items()
                if value >= THRESHOLD
                and not any(
                    (who, run) == (one, where) and since <= end and until >= begin
                    for one, where, since, until in self.stays
                )
            ]
            who = max(free, key=alike.__getitem__) if free else f"person {next(self._names)}"
            mean, faces = self.people.get(who, (np.zeros(512), 0))
            whole = (faces * mean + template.mean.astype(np.float64)) / (faces + 1)
            self.people[who] = (whole, faces + 1)
            named[number] = (who, self._was_here(who, begin))
            self.stays.append((who, run, begin, end))
        return named

    def _was_here(self, who: str, begin: float) -> bool:
        """Whether half an hour without them lies between a stay of theirs and `begin`."""
        spans = sorted((since, until) for one, _, since, until in self.stays if one == who and since <= begin)
        reached = None
        for since, until in spans:
            if reached is not None and since - reached > 1800:
                return True
            reached = until if reached is None else max(reached, until)
        return reached is not None and begin - reached > 1800

    def erase(self, who: str) -> None:
        del self.people[who]
        self.stays = [one for one in self.stays if one[0] != who]


SEEN = st.tuples(st.sampled_from([1, 1.4, 2, 3]), st.integers(0, 80), st.integers(1, 20))
"""Who, and from which minute on for how many; no two faces are quite the same."""
CALLS = st.tuples(
    st.sampled_from(["told", "told", "told", "rolled back", "erased"]),
    st.integers(0, 1),
    st.sampled_from(["one run", "another run"]),
    st.lists(SEEN, min_size=1, max_size=4),
)
_venues = count()


@pytest.fixture(scope="module")
def shared_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with open_database(sqlite_url(tmp_path_factory.mktemp("rules") / "s.db")) as database:
        yield database


@settings(max_examples=15, deadline=None)
@given(calls=st.lists(CALLS, min_size=1, max_size=6))
def test_two_processes_do_what_the_rules_say_whatever_is_rolled_back_or_erased(
    shared_database: Database, calls: list[tuple[str, int, str, list[tuple[float, int, int]]]]
) -> None:
    database, rules, processes = shared_database, _Rules(), [book(), book()]
    venue = f"venue{next(_venues)}"
    ours: dict[str, str] = {}
    numbers = count(1)
    for what, process, run, seen in calls:
        if what == "erased" and ours:
            who, pseudo_id = sorted(ours.items())[seen[0][1] % len(ours)]
            with database.transaction() as connection:
                forget_templates(Scope.of(venue), connection, venue, pseudo_id)
                erase_visitor(Scope.of(venue), connection, venue, pseudo_id)
            rules.erase(who)
            del ours[who]
            continue
        rows = [
            (number, face(person, number), 60.0 * begin, 60.0 * (begin + length))
            for number, (person, begin, length) in zip(numbers, seen, strict=False)
        ]
        tracks = [track(number, template, begin, end) for number, template, begin, end in rows]
        names = enter(database, processes[process], tracks, run=run, venue=venue, fails=what == "rolled back")
        if what == "rolled back":
            continue
        expected = rules.enter(run, rows)
        assert names.keys() == expected.keys()
        for number, (who, is_repeat) in expected.items():
            assert ours.setdefault(who, names[number].pseudo_id) == names[number].pseudo_id
            assert names[number].is_repeat == is_repeat
    assert len(set(ours.values())) == len(ours)
    kept = templates(database, venue)
    assert kept.keys() == set(ours.values()) == lasting(database, venue)
    for who, pseudo_id in ours.items():
        mean, faces = rules.people[who]
        assert kept[pseudo_id].faces == faces
        np.testing.assert_allclose(kept[pseudo_id].mean, mean, atol=1e-5)
