"""Whose face a vector is: exact search, and what may never be compared."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sightline.domain.templates import (
    BLOCK,
    KnownTrack,
    Match,
    Template,
    TemplateIndex,
    seen_meanwhile,
    unit,
)

MODEL = "arcface"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def vectors(count: int, dimension: int = 16, seed: int = 1) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def index_of(rows: np.ndarray) -> TemplateIndex:
    index = TemplateIndex(MODEL, rows.shape[1])
    index.put_all([(f"v{place}", Template.begin(MODEL, row)) for place, row in enumerate(rows)])
    return index


def test_a_template_is_the_mean_of_its_faces() -> None:
    faces = vectors(7)
    template = Template.begin(MODEL, faces[0] * 3)
    for face in faces[1:]:
        template = template.with_face(MODEL, face)
    assert template.faces == 7
    assert template.mean == pytest.approx(faces.mean(axis=0), abs=1e-6)
    assert np.linalg.norm(template.direction) == pytest.approx(1)


def test_two_templates_join_as_all_their_faces_would() -> None:
    faces = vectors(5)
    one, other = Template.begin(MODEL, faces[0]), Template.begin(MODEL, faces[2])
    for face in faces[1:2]:
        one = one.with_face(MODEL, face)
    for face in faces[3:]:
        other = other.with_face(MODEL, face)
    assert one.with_template(other).mean == pytest.approx(faces.mean(axis=0), abs=1e-6)


def test_vectors_of_another_model_are_never_compared() -> None:
    index = index_of(vectors(3))
    foreign = Template.begin("mobilefacenet", vectors(1)[0])
    with pytest.raises(ValueError, match="mobilefacenet"):
        index.put("x", foreign)
    with pytest.raises(ValueError, match="mobilefacenet"):
        index.best("mobilefacenet", vectors(1), threshold=0.5)
    with pytest.raises(ValueError, match="mobilefacenet"):
        Template.begin(MODEL, vectors(1)[0]).with_template(foreign)
    with pytest.raises(ValueError, match=r"\(8,\)"):
        index.search(MODEL, vectors(1, dimension=8))


@pytest.mark.parametrize("cosine", [0.6799, 0.68, 0.6801])
def test_the_threshold_itself_is_a_match(cosine: float) -> None:
    index = TemplateIndex(MODEL, 2)
    index.put("somebody", Template.begin(MODEL, np.array([1, 0], np.float32)))
    turned = np.array([[cosine, np.sqrt(1 - cosine**2)]], np.float32)
    threshold = float(np.float32(0.68))
    (match,) = index.best(MODEL, turned, threshold=threshold)
    assert (match is not None) is (cosine >= 0.68)


def test_the_best_of_several_above_the_threshold_is_taken() -> None:
    index = TemplateIndex(MODEL, 2)
    for name, degrees in (("near", 10), ("nearer", 4), ("far", 80)):
        angle = np.deg2rad(degrees)
        index.put(name, Template.begin(MODEL, np.array([np.cos(angle), np.sin(angle)], np.float32)))
    query = np.array([[1, 0]], np.float32)
    (match,) = index.best(MODEL, query, threshold=0.5)
    assert match == Match("nearer", pytest.approx(np.cos(np.deg2rad(4))))
    assert index.best(MODEL, query, threshold=0.5, never=[{"nearer"}])[0].owner == "near"  # type: ignore[union-attr]
    assert index.best(MODEL, query, threshold=0.5, never=[{"nearer", "near"}]) == [None]
    assert index.best(MODEL, query, threshold=0.5, never=[{"nearer", "near", "far", "gone"}]) == [None]


def test_what_one_query_leaves_out_another_may_find() -> None:
    rows = vectors(4)
    found = index_of(rows).best(MODEL, rows[[2, 2]], threshold=0.9, never=[{"v2"}, set()])
    assert [match and match.owner for match in found] == [None, "v2"]
    with pytest.raises(ValueError, match="2 vectors"):
        index_of(rows).best(MODEL, rows[:2], threshold=0.9, never=[set()])


def test_an_empty_index_knows_nobody() -> None:
    index = TemplateIndex(MODEL, 16)
    assert index.best(MODEL, vectors(3), threshold=-1) == [None] * 3
    assert index.search(MODEL, vectors(3)).shape == (3, 0)
    index.remove("nobody")


def test_more_than_a_block_is_searched_as_one_by_one() -> None:
    rows = vectors(BLOCK + 300)
    index = TemplateIndex(MODEL, rows.shape[1])
    for place, row in enumerate(rows):
        index.put(f"v{place}", Template.begin(MODEL, row))
    queries = vectors(5, seed=2)
    assert index.search(MODEL, queries) == pytest.approx(queries @ rows.T, abs=1e-5)
    wanted = [f"v{(rows @ query).argmax()}" for query in queries]
    found = index.best(MODEL, queries, threshold=-1)
    assert [match.owner for match in found if match] == wanted
    known = index.best(MODEL, rows[::500], threshold=0.95)
    assert [match and match.owner for match in known] == [f"v{place}" for place in range(0, len(rows), 500)]


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from([1, 5, 40, 200]),
    st.integers(1, 9),
    st.sampled_from([-1.0, 0.0, 0.3, 0.5, 0.68, 0.9]),
    st.floats(0, 1),
    st.integers(0, 999),
)
def test_leaving_out_what_cannot_match_changes_no_answer(count, dimension, threshold, lopsided, seed) -> None:
    """Also where the second halves of the vectors are much longer than the first, or much shorter."""
    weights = np.where(np.arange(dimension) < (dimension + 1) // 2, lopsided, 1 - lopsided) + 1e-3
    rows = vectors(count, dimension, seed) * weights.astype(np.float32)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    queries = np.concatenate([rows[:3], vectors(4, dimension, seed + 1)])
    never = [{f"v{place}"} if place % 2 else set() for place in range(len(queries))]
    found = index_of(rows).best(MODEL, queries, threshold=threshold, never=never)
    for place, (query, match) in enumerate(zip(queries, found, strict=True)):
        cosines = rows.astype(np.float64) @ query.astype(np.float64)
        if place % 2 and place < count:
            cosines[place] = -2
        highest = cosines.max()
        if abs(highest - threshold) < 1e-5:
            continue
        assert (match is not None) == (highest >= threshold)
        if match is not None:
            assert match.cosine == pytest.approx(highest, abs=1e-5)
            assert cosines[int(match.owner[1:])] == pytest.approx(highest, abs=1e-5)


def test_a_removed_person_is_found_no_more_and_leaves_no_vector_behind() -> None:
    rows = vectors(6)
    index = index_of(rows)
    index.remove("v2")
    index.remove("v5")
    assert sorted(index) == ["v0", "v1", "v3", "v4"]
    assert "v2" not in index
    found = index.best(MODEL, rows, threshold=0.999)
    assert [match and match.owner for match in found] == ["v0", "v1", None, "v3", "v4", None]
    stored = np.concatenate([index._heads, index._tails], axis=1)
    kept = {tuple(row) for row in stored if row.any()}
    assert kept == {tuple(unit(row)) for row in rows[[0, 1, 3, 4]]}


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["put", "replace", "remove"]), st.integers(0, 9)), max_size=40))
def test_any_order_of_changes_is_as_a_dictionary_would_have_it(changes) -> None:
    pool = vectors(200, dimension=8)
    index, known = TemplateIndex(MODEL, 8), {}
    for step, (change, number) in enumerate(changes):
        owner = f"v{number}"
        if change == "remove":
            index.remove(owner)
            known.pop(owner, None)
        elif change == "replace" or owner not in known:
            index.put(owner, Template.begin(MODEL, pool[step]))
            known[owner] = pool[step]
    assert set(index) == set(known)
    assert len(index) == len(known)
    cosines = index.search(MODEL, pool[:3])
    for place, owner in enumerate(index):
        assert cosines[:, place] == pytest.approx(pool[:3] @ known[owner], abs=1e-5)


def test_a_vector_without_length_is_refused() -> None:
    for bad in (np.zeros(4, np.float32), np.full(4, np.nan, np.float32), np.full(4, np.inf, np.float32)):
        with pytest.raises(ValueError, match="points nowhere"):
            unit(bad)
    index = TemplateIndex(MODEL, 4)
    with pytest.raises(ValueError, match="points nowhere"):
        index.put("v1", Template(MODEL, np.zeros(4, np.float32), 2))
    assert list(index) == []


@pytest.mark.parametrize(
    ("first_s", "last_s", "together"),
    [
        pytest.param(0, 9, False, id="before"),
        pytest.param(0, 10, True, id="one moment in common"),
        pytest.param(12, 15, True, id="within"),
        pytest.param(0, 60, True, id="around"),
        pytest.param(20, 30, True, id="begins as the other ends"),
        pytest.param(21, 30, False, id="after"),
    ],
)
def test_nobody_is_in_one_recording_twice_at_once(first_s: int, last_s: int, together: bool) -> None:
    known = [KnownTrack("v1", NOON + timedelta(seconds=10), NOON + timedelta(seconds=20))]
    span = (NOON + timedelta(seconds=first_s), NOON + timedelta(seconds=last_s))
    assert seen_meanwhile(known, *span) == ({"v1"} if together else set())
