"""What closer looks make of the people of a camera: real faces and poses; stand-ins for what goes wrong."""

import gc
import threading
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from corridor_people import MAN, WOMEN, corridor
from hypothesis import given
from hypothesis import strategies as st
from made_looks import RICH_MS, MadeModels, at, face_on, person, picture
from structlog.testing import capture_logs

from sightline.domain.body_pose import Posture
from sightline.domain.engagement import Behavior
from sightline.domain.face_votes import CHILD
from sightline.domain.track_looks import NOTHING_SEEN, TrackLooks
from sightline.errors import ModelError
from sightline.pipeline import track_looks
from sightline.pipeline.face_looks import KEPT, BestFaces, SeenFace
from sightline.pipeline.look_models import FACES, KNOWN_AGAIN, OFF, ON, POSES, SiteLooks, WantedLooks
from sightline.pipeline.look_sampling import LookSampler
from sightline.pipeline.look_worker import LookWorker
from sightline.pipeline.track_looks import MOST_BEARINGS, CloserLooks
from sightline.vision.catalogue import find_model, load_catalogue
from sightline.vision.crop import Crop, cut
from sightline.vision.looks import FACE_ATTRIBUTES, FACE_DETECTOR, FACE_EMBEDDING, POSE, LookModels
from sightline.vision.picture import ArrayPicture

ALL: dict[str, Any] = {"demographics": True, "reid": True, "poses": True}
YOLO11N_MS = 46.0


def watched(
    looks: CloserLooks, seconds: float, *people: Any, others: Any = (), fps: float = 5
) -> CloserLooks:
    """The same people in the same place, from the start to `seconds`."""
    for number in range(round(seconds * fps)):
        looks.see(picture(number / fps), people, (), others)
    looks.finish()
    return looks


@pytest.fixture(scope="module")
def opened(shared: Path) -> SiteLooks:
    models = LookModels(load_catalogue(), lambda name: find_model(name, models_dir=shared / "models"))
    return SiteLooks(models, WantedLooks(demographics=True, reid=True, poses=True))


def looked_at(shared: Path, opened: SiteLooks) -> dict[int, TrackLooks]:
    looks = CloserLooks(opened, LookWorker(), picture_ms=YOLO11N_MS, patient=True)
    for image, people in corridor(shared):
        looks.see(image, people, in_queue=[MAN])
    looks.finish()
    assert looks.counts.let_go == looks.counts.failed == 0
    return {track: looks.take(track) for track in (*WOMEN, MAN)}


@pytest.mark.slow
def test_three_people_of_a_real_corridor(shared: Path, opened: SiteLooks) -> None:
    seen = looked_at(shared, opened)
    assert {track: looks.gender for track, looks in seen.items()} == {1: "F", 3: "F", 4: "M"}
    assert CHILD not in {looks.age_bracket for looks in seen.values()}
    templates = {track: looks.template for track, looks in seen.items() if looks.template}
    assert set(templates) == {1, 3, 4}
    threshold = load_catalogue()["mobilefacenet"].confidence or 0
    for track, template in templates.items():
        assert template.model == "mobilefacenet"
        assert template.faces <= KEPT
        # The faces of one track are one person, and those of another are not.
        assert np.linalg.norm(template.mean) > threshold
        for other in templates.keys() - {track}:
            assert float(template.direction @ templates[other].direction) < threshold
    for looks in seen.values():
        assert len(looks.bearings) >= 2
        times = [bearing.at for bearing in looks.bearings]
        assert times == sorted(set(times))
        assert all(0 <= bearing.bearing.score <= 100 for bearing in looks.bearings)
    # All three look at the camera that they stand before.
    assert np.mean([one.bearing.orientation for looks in seen.values() for one in looks.bearings]) > 0.3
    again = looked_at(shared, opened)
    for track, looks in seen.items():
        assert replace(looks, template=None) == replace(again[track], template=None)
        assert np.array_equal(templates[track].mean, again[track].template.mean)  # type: ignore[union-attr]


def test_age_and_gender_are_told_only_where_they_are_asked_for() -> None:
    models, one = MadeModels(), person(1)
    models.faces = [face_on(one)]
    told = watched(models.looks(demographics=True), 3, one).take(1)
    assert (told.age_bracket, told.gender, told.template) == ("30-39", "M", None)
    assert FACE_EMBEDDING not in models.opened
    silent = watched(models.looks(reid=True), 3, one).take(1)
    assert (silent.age_bracket, silent.gender) == (None, None)
    assert silent.template is not None
    assert silent.template.model == f"made {FACE_EMBEDDING}"
    assert POSE not in models.opened


@pytest.mark.parametrize(("age", "known"), [(12.0, False), (40.0, True)], ids=["child", "adult"])
def test_a_child_is_never_known_again(age: float, known: bool) -> None:
    one = person(1)
    models = MadeModels(faces=[face_on(one)], age=age)
    looks = watched(models.looks(demographics=True, reid=True), 3, one).take(1)
    assert looks.age_bracket == ("40-49" if known else CHILD)
    assert (looks.template is not None) is known
    # Not either where the age is not to be told.
    assert (watched(models.looks(reid=True), 3, one).take(1).template is not None) is known


def test_whoever_shows_no_face_has_no_template_and_no_age() -> None:
    looks = watched(MadeModels().looks(**ALL), 3, person(1))
    assert looks.counts.faces >= 3
    seen = looks.take(1)
    assert (seen.age_bracket, seen.gender, seen.template) == (None, None, None)


def test_a_poor_face_has_a_vote_and_no_part_in_the_template() -> None:
    one = person(1)
    models = MadeModels(faces=[face_on(one)], in_profile=True)
    looks = watched(models.looks(demographics=True, reid=True), 3, one).take(1)
    assert (looks.gender, looks.template) == ("M", None)


@pytest.mark.parametrize("height", [49.0, 30.0])
def test_a_small_face_counts_for_nothing(height: float) -> None:
    one = person(1)
    looks = watched(MadeModels(faces=[face_on(one, height)]).looks(**ALL), 3, one).take(1)
    assert (looks.age_bracket, looks.template) == (None, None)


@pytest.mark.parametrize("is_staff", [False, True], ids=["another customer", "staff, who is not looked at"])
def test_a_neighbours_face_is_not_taken(is_staff: bool) -> None:
    """Somebody who turns away stands so close that the other's face lies in their crop, too."""
    turned, neighbour = person(1, left=100), person(2, left=130, top=70)
    models = MadeModels(faces=[face_on(neighbour)])
    looks = models.looks(demographics=True)
    people, others = ([turned], [neighbour]) if is_staff else ([turned, neighbour], [])
    watched(looks, 3, *people, others=others)
    assert looks.take(1).gender is None
    assert looks.take(2).gender == (None if is_staff else "M")
    # Alone in the picture it would have been theirs.
    assert watched(models.looks(demographics=True), 3, turned).take(1).gender == "M"


def test_bearings_have_the_speed_and_the_queue_of_their_picture() -> None:
    looks = MadeModels().looks(poses=True)
    for number in range(50):
        walks = number >= 25
        left = 100 + (number - 25) * 24 * walks  # 0.3 body heights a second
        looks.see(picture(number / 5), [person(1, left)], [] if number < 15 else [1])
    looks.finish()
    bearings = looks.take(1).bearings
    assert all(one.bearing.posture is Posture.UPRIGHT and one.bearing.orientation > 0.9 for one in bearings)
    by_time = {round((one.at - at(0)).total_seconds(), 1): one.bearing for one in bearings}
    assert by_time[1.0].speed == 0.0
    assert by_time[1.0].behavior is Behavior.ENGAGED
    assert max(bearing.speed for second, bearing in by_time.items() if second >= 8) > 0.2


def test_queueing_is_told_by_the_queue_of_the_picture() -> None:
    """Those who turn their back to the camera wait while they stand in a queue, and browse elsewhere."""
    looks = MadeModels(turned=True).looks(poses=True)
    for number in range(50):
        looks.see(picture(number / 5), [person(1), person(2, left=300)], [2] if number >= 25 else [])
    looks.finish()
    assert {one.bearing.behavior for one in looks.take(1).bearings} == {Behavior.BROWSING}
    told = {one.at >= at(5): one.bearing.behavior for one in looks.take(2).bearings}
    assert told == {False: Behavior.BROWSING, True: Behavior.WAITING}


def test_several_people_share_a_call_and_none_waits_past_the_end() -> None:
    models = MadeModels(group=4)
    looks = watched(models.looks(poses=True), 1.2, *[person(number, left=40 * number) for number in range(6)])
    assert models.calls == [4, 2]
    assert looks.counts.poses == 6
    assert all(len(looks.take(number).bearings) == 1 for number in range(6))


def test_nobody_waits_longer_than_a_second_for_others() -> None:
    models = MadeModels(group=4)
    looks = models.looks(poses=True)
    for number in range(10):  # due at 1.0 s, and again at 2.0 s
        looks.see(picture(number / 5), [person(1)], ())
    looks._worker.finish()
    assert models.calls == [1]
    assert len(looks.take(1).bearings) == 1


def test_bearings_of_somebody_who_stays_for_hours_are_thinned_out() -> None:
    looks = watched(MadeModels(group=1).looks(poses=True), 8_000, person(1, height=60), fps=2)
    bearings = looks.take(1).bearings
    assert MOST_BEARINGS / 2 < len(bearings) <= MOST_BEARINGS
    assert bearings[0].at < at(60)
    assert bearings[-1].at > at(7_900)
    assert list(bearings) == sorted(bearings, key=lambda one: one.at)


def test_a_model_that_fails_at_some_looks_costs_only_these_and_says_so_once() -> None:
    one = person(1)
    models, asked = MadeModels(faces=[face_on(one)]), []

    def fail_at_first(kind: str) -> None:
        asked.append(kind)
        if asked.count(kind) <= 2:
            raise ModelError(f"{kind} gave up") if kind == POSE else ValueError("a bug")

    models.before = fail_at_first
    looks = models.looks(**ALL)
    with capture_logs() as logs:
        watched(looks, 20, one)
    told = [log for log in logs if "closer" in log["event"]]
    assert len(told) == 1
    assert told[0]["camera"] == "shop/till"
    assert looks.counts.failed >= 3
    seen = looks.take(1)
    assert seen.gender == "M"
    assert seen.template is not None
    assert len(seen.bearings) >= 5


def test_what_comes_late_for_a_track_that_is_over_is_thrown_away() -> None:
    busy, go = threading.Event(), threading.Event()
    one = person(1)
    models = MadeModels(faces=[face_on(one)])

    def wait(_kind: str) -> None:
        busy.set()
        assert go.wait(10)

    models.before = wait
    looks = models.looks(**ALL)
    for number in range(8):
        looks.see(picture(number / 5), [one], ())
    assert busy.wait(10)
    taken = looks.take(1)
    assert taken == TrackLooks()
    go.set()
    looks.finish()
    assert looks.take(1) is NOTHING_SEEN
    assert taken == TrackLooks()
    assert not looks._known


def test_a_live_camera_never_waits_and_counts_what_it_lets_go() -> None:
    busy, go = threading.Event(), threading.Event()
    models = MadeModels()

    def wait(_kind: str) -> None:
        busy.set()
        assert go.wait(10)

    models.before = wait
    looks = models.looks(LookWorker(share=0.3, room=2), patient=False, **ALL)
    people = [person(number, left=50 * number) for number in range(8)]
    looks.see(picture(0), people, ())
    assert busy.wait(10)
    for number in range(1, 10):
        looks.see(picture(number / 5), people, ())
    counts = looks.counts
    sampler = LookSampler(models.site(**ALL).open().costs(RICH_MS))
    chosen = [sampler.choose(at(number / 5), people) for number in range(10)]
    faces = sum(len(one.faces) for one in chosen)
    assert counts.faces == 0
    assert counts.let_go >= faces - 1 - 2
    go.set()
    looks.finish()
    status = looks.status()
    assert status["faces_looked_at"] <= 1 + 2
    poses = sum(len(one.poses) for one in chosen)
    assert status["faces_looked_at"] + status["poses_looked_at"] + status["let_go"] == faces + poses
    assert (status[FACES], status[KNOWN_AGAIN], status[POSES]) == (ON, ON, ON)
    assert status["busy_s"] > 0
    assert 0 < status["share"] <= 1


def test_no_picture_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    crops: list[weakref.ref[ArrayPicture]] = []

    def noted(*args: Any) -> list[Crop]:
        made = cut(*args)
        crops.extend(weakref.ref(crop.picture) for crop in made)
        return made

    monkeypatch.setattr(track_looks, "cut", noted)
    one = person(1)
    looks = watched(MadeModels(faces=[face_on(one)]).looks(**ALL), 10, one)
    assert len(crops) == looks.counts.faces + looks.counts.poses > 10
    gc.collect()
    assert not [crop for crop in crops if crop() is not None]
    assert "array" not in repr(looks._known)
    assert "array" not in repr(looks.take(1))


def test_models_are_opened_once_and_only_those_that_are_asked_for() -> None:
    models = MadeModels()
    site = models.site(demographics=True)
    for _ in range(2):
        CloserLooks(site, LookWorker(), picture_ms=1, patient=True).see(picture(0), [person(1)], ())
    assert models.opened == [FACE_DETECTOR, FACE_ATTRIBUTES]
    assert MadeModels().looks(poses=True).facts() == {POSE: f"made {POSE}", f"{POSE} sha256": "00"}
    facts = MadeModels().looks(**ALL).facts()
    assert {kind for kind in facts if "sha256" not in kind} == {
        FACE_DETECTOR, FACE_ATTRIBUTES, FACE_EMBEDDING, POSE,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("missing", "off", "sentences"),
    [
        pytest.param((POSE,), {POSES}, 1, id="no poses"),
        pytest.param((FACE_DETECTOR,), {FACES, KNOWN_AGAIN}, 1, id="nothing finds faces"),
        pytest.param((FACE_ATTRIBUTES,), {FACES, KNOWN_AGAIN}, 1, id="no age, so nobody may be known again"),
        pytest.param((FACE_EMBEDDING,), {KNOWN_AGAIN}, 1, id="age without a vector"),
        pytest.param((FACE_DETECTOR, POSE), {FACES, KNOWN_AGAIN, POSES}, 2, id="nothing at all"),
    ],
)
def test_what_is_missing_is_off_with_a_sentence_and_the_rest_goes_on(
    missing: tuple[str, ...], off: set[str], sentences: int
) -> None:
    one = person(1)
    models = MadeModels(faces=[face_on(one)], missing=missing)
    looks = watched(models.looks(**ALL), 3, one)
    status = looks.status()
    assert {what for what in (FACES, KNOWN_AGAIN, POSES) if status[what] not in (ON, OFF)} == off
    assert len(looks.notes) == sentences
    assert all(f"{missing[0]!r} is here" in looks.notes[0] for _ in looks.notes)
    seen = looks.take(1)
    assert (seen.gender == "M") is (FACES not in off)
    assert (seen.template is not None) is (KNOWN_AGAIN not in off)
    assert bool(seen.bearings) is (POSES not in off)


def test_without_a_vector_nobody_looks_for_faces_that_nobody_asked_for() -> None:
    looks = MadeModels(missing=(FACE_EMBEDDING,)).looks(reid=True)
    assert looks.status()[FACES] == OFF
    assert len(looks.notes) == 1
    assert looks.facts() == {}


@given(qualities=st.lists(st.sampled_from([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0]), max_size=20))
def test_the_best_faces_are_kept_of_equal_ones_the_first(qualities: list[float]) -> None:
    best = BestFaces()
    for number, quality in enumerate(qualities):
        before = best.is_among(quality)
        best.add(SeenFace(quality, age=20.0 + number, male=0.5))
        assert before is any(face.age == 20.0 + number for face in best._faces)
    wanted = sorted(((-quality, number) for number, quality in enumerate(qualities) if quality > 0))[:KEPT]
    assert [(-face.quality, face.age - 20) for face in best._faces] == wanted
    assert best.votes().faces == len(wanted)


def test_only_faces_with_a_vector_make_the_template() -> None:
    best, x = BestFaces(), np.array([1, 0, 0], np.float32)
    best.add(SeenFace(0.4, 30, 0.5))
    assert best.template("model") is None
    best.add(SeenFace(0.9, 30, 0.5, x))
    best.add(SeenFace(0.8, 30, 0.5, np.array([0, 1, 0], np.float32)))
    template = best.template("model")
    assert template is not None
    assert template.faces == 2
    assert template.mean == pytest.approx([0.5, 0.5, 0.0])
