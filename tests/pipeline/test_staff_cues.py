"""Staff by their looks in the loop: whose turn it is, what is told, the simulated shop, the real checkout."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sightline.config.camera import CameraSettings
from sightline.config.identity_key import IdentityKey
from sightline.domain.detection import FloatArray
from sightline.domain.event import Role
from sightline.domain.scene import CameraRules, ServiceWatch
from sightline.domain.scope import Scope
from sightline.domain.templates import Template
from sightline.domain.track import Box, TrackedBox, TrackedFrame
from sightline.errors import ConfigError
from sightline.look_wiring import staff_cues
from sightline.pipeline.enrolled_staff import EnrolledStaff
from sightline.pipeline.staff_cues import KnownStaff, Turns, WornCues, WornTally
from sightline.simulate.painting import paint
from sightline.simulate.staging import stage
from sightline.store.enrolled_staff import staff_of_venue
from sightline.vision.crop import Crop
from sightline.vision.picture import ArrayPicture
from sightline.vision.uniform import Uniform
from sightline.wiring import open_site

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TEAL, RED = (0x16, 0x68, 0x76), (0xB0, 0x30, 0x28)
UNIFORM = Uniform(("#166876",))
KEY = "ab" * 31 + "cd"


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def somebody(track_id: int, left: float, *, feet: float = 240, tall: float = 200) -> TrackedBox:
    return TrackedBox(track_id, (left, feet - tall, left + 0.4 * tall, feet), 0.9)


def picture(seconds: float, *clothes: tuple[TrackedBox, tuple[int, int, int]]) -> ArrayPicture:
    """A grey shop with people in one colour, the nearest painted last."""
    image = np.full((300, 640, 3), 128, np.uint8)
    for one, colour in sorted(clothes, key=lambda pair: pair[0].box[3]):
        x1, y1, x2, y2 = (max(0, int(side)) for side in one.box)
        image[y1:y2, x1:x2] = colour[::-1]
    return ArrayPicture(image, at(seconds))


def chosen(turns: Turns, seconds: float, *people: TrackedBox) -> list[int]:
    return [one.track_id for one in turns.choose(at(seconds), people)]


def test_everybody_gets_a_turn_new_ones_first_then_who_waited_longest() -> None:
    turns, crowd = Turns(2), [somebody(number, 90.0 * number) for number in range(5)]
    assert chosen(turns, 0, *crowd) == [0, 1]
    assert chosen(turns, 0.2, *crowd) == [2, 3]
    assert chosen(turns, 0.4, *crowd) == [4]
    assert chosen(turns, 0.6, *crowd) == [0, 1]
    assert chosen(turns, 0.7, *crowd) == [2, 3]


def test_whoever_comes_first_in_the_list_does_not_come_first_for_that() -> None:
    turns, (one, two, new) = Turns(1), (somebody(number, 90.0 * number) for number in (1, 2, 3))
    assert chosen(turns, 0, one) == [1]
    assert chosen(turns, 0.2, two, one) == [2]
    assert chosen(turns, 1, two, one) == [1]
    assert chosen(turns, 2, two, one, new) == [3]


def test_looks_are_frequent_first_and_rare_later() -> None:
    turns, one = Turns(2), somebody(1, 100)
    looked = [tick / 5 for tick in range(60) if chosen(turns, tick / 5, one)]
    assert looked == pytest.approx([0, 0.6, 1.2, 1.8, 2.4, 3.0, 5.0, 7.0, 9.0, 11.0])
    few = Turns(1, a_track=3)
    assert sum(len(chosen(few, tick / 5, one)) for tick in range(60)) == 3
    few.forget(1)
    assert chosen(few, 12, one) == [1]


def test_nobody_is_looked_at_who_is_small_or_behind_somebody() -> None:
    turns = Turns(9)
    assert chosen(turns, 0, somebody(1, 100, tall=59.9), somebody(2, 200, tall=60)) == [2]
    behind, before = somebody(3, 300), somebody(4, 320, feet=260)
    assert chosen(turns, 1, behind, before) == [4]
    assert chosen(turns, 2, behind, somebody(4, 500, feet=260)) == [3, 4]


def told(cues: WornCues, pictures: Sequence[tuple[ArrayPicture, Sequence[TrackedBox]]]) -> list[Any]:
    return [
        (number, track, cue.looks, round(cue.likelihood, 3))
        for number, (shown, people) in enumerate(pictures)
        for track, cue in cues.see(shown, people).items()
    ]


def test_only_what_is_new_is_told_and_a_first_sight_without_a_look_as_well() -> None:
    staff, small = somebody(1, 100), somebody(2, 300, tall=40)
    shown = [(picture(tick / 5, (staff, TEAL), (small, RED)), [staff, small]) for tick in range(5)]
    assert told(WornCues(UNIFORM), shown) == [(0, 1, 1, 1.0), (0, 2, 0, 0.5), (3, 1, 2, 1.0)]
    assert told(WornCues(None, notes=["off"]), shown) == []


def test_the_same_footage_tells_the_same_twice_and_forgetting_begins_anew() -> None:
    staff, customer = somebody(1, 100), somebody(2, 300)
    shown = [(picture(tick / 5, (staff, TEAL), (customer, RED)), [staff, customer]) for tick in range(30)]
    cues = WornCues(UNIFORM)
    first = told(cues, shown)
    assert first == told(WornCues(UNIFORM), shown)
    cues.forget(1)
    cues.forget(2)
    assert told(cues, shown) == first


def test_who_has_not_been_seen_for_a_minute_is_forgotten() -> None:
    """Of people in an ignored zone nobody says that they are gone."""
    cues, staff, other = WornCues(UNIFORM), somebody(1, 100), somebody(2, 300)
    shown = [(picture(seconds, (staff, TEAL)), [staff]) for seconds in (0, 1, 61, 62)]
    assert [entry[2] for entry in told(cues, shown)] == [1, 2, 3, 4]
    assert cues.see(picture(123, (other, RED)), [other]).keys() == {2}
    assert cues.see(picture(124, (staff, TEAL)), [staff])[1].looks == 1


def test_the_mean_over_the_looks_counts_and_the_reason_says_how_many() -> None:
    tally = WornTally()
    for likelihood in (1, 1, 0.2, 0.9, 1, 1):
        tally.add(likelihood)
    assert tally.cue().likelihood == pytest.approx(5.1 / 6)
    assert tally.cue().reason == "wears the staff's colours in 5 of 6 looks"
    for _ in range(8):
        tally.add(0)
    assert tally.cue().reason == "does not wear the staff's colours in 9 of 14 looks"


class ScriptedAppearance:
    """Gives the vector of the colour that it is shown."""

    name, dimension = "scripted", 3

    def vectors(self, people: Sequence[Crop]) -> FloatArray:
        means = np.array([one.bgr.reshape(-1, 3).mean(axis=0) for one in people], np.float32)
        vectors: FloatArray = means / np.linalg.norm(means, axis=1, keepdims=True)
        return vectors

    def facts(self) -> dict[str, str | int | float]:
        return {"model": self.name}


def known(**people: tuple[int, int, int]) -> KnownStaff:
    templates = {
        name: Template.begin("scripted", np.array(colour[::-1], np.float32))
        for name, colour in people.items()
    }
    return KnownStaff(templates=templates, threshold=0.9)


def test_who_is_enrolled_is_known_by_name_and_others_are_not() -> None:
    staff, customer = somebody(1, 100), somebody(2, 300)
    cues = WornCues(None, appearance=ScriptedAppearance(), known=known(Ana=TEAL, Bo=(9, 9, 200)))  # type: ignore[arg-type]
    last = {}
    for tick in range(60):
        people = [staff, customer]
        last |= cues.see(picture(tick / 5, (staff, TEAL), (customer, RED)), people)
    assert last[1].kind == "enrolled"
    assert last[1].likelihood == 1
    assert last[1].reason == "looks like Ana (enrolled), 1.00"
    assert last[1].looks == 8
    assert last[2].likelihood == 0
    assert last[2].reason.startswith("looks like nobody enrolled (0.")
    assert cues.facts() == {"enrolled": 2, "threshold": 0.9, "model": "scripted"}


def test_from_the_threshold_on_somebody_is_staff() -> None:
    ana = known(Ana=(0, 0, 255))
    for cosine, role in ((0.901, Role.STAFF), (0.899, Role.CUSTOMER)):
        vector = np.array([cosine, (1 - cosine**2) ** 0.5, 0], np.float32)
        seen = Template("scripted", vector, 3)
        watch = ServiceWatch(CameraRules())
        one = somebody(1, 100)
        for tick in range(20):
            frame = TrackedFrame(captured_at=at(tick / 5), width=640, height=300, people=(one,))
            watch.see(frame, {1: ana.cue(seen)})
        assert watch.roles()[1].role is role


@pytest.mark.slow
def test_simulated_shop_without_a_line_every_role_is_right_by_the_uniform_alone() -> None:
    """Painted people, true boxes: nothing but the colours of their clothes tells who is who."""
    production = stage(5, 1, 1)
    truth, cues, watch = production.truth, WornCues(UNIFORM), ServiceWatch(CameraRules())
    for number, image in enumerate(paint(production)):
        seen_at = truth.at(number / truth.fps)
        people = tuple(
            TrackedBox(track.person_id, _box(track.boxes[number - track.first_frame]), 1.0)
            for track in truth.tracks
            if number in track.frames and track.visible[number - track.first_frame] >= 0.3
        )
        frame = TrackedFrame(captured_at=seen_at, width=truth.width, height=truth.height, people=people)
        watch.see(frame, cues.see(ArrayPicture(image, seen_at), people))
    found = watch.roles()
    assert {track.person_id: track.role.value for track in truth.tracks if track.person_id in found} == {
        track: decision.role.value for track, decision in found.items()
    }
    assert len(found) == 5
    assert all(decision.confidence > 0.8 for decision in found.values())


def _box(row: FloatArray) -> Box:
    x1, y1, x2, y2 = map(float, row)
    return x1, y1, x2, y2


def site_with_staff(
    tmp_path: Path, *, identity: str = "{enabled: true, reid: false}", models: str = ""
) -> Any:
    """A site at which Ana is enrolled; where the models are is `models`."""
    (tmp_path / "site.yaml").write_text(f"identity: {identity}\nmodels: {{dir: {models or tmp_path}}}\n")
    site = open_site(tmp_path / "site.yaml", tmp_path / "data")
    looks = Template.begin("osnet_x0_25_msmt17", np.ones(512, np.float32))
    with site.database.transaction() as connection:
        key = IdentityKey.parse(KEY, named="test")
        EnrolledStaff(key).put_in(Scope.of("shop"), connection, "shop", "Ana", looks, at=NOON)
    return site


def cues_of(site: Any, *uniform: str, venue: str = "shop") -> Any:
    camera = CameraSettings.model_validate(
        {"id": "till", "source": "x.mp4", "staff": {"uniform": list(uniform)}}
    )
    return staff_cues(site, venue, camera)


def test_without_uniform_and_without_enrolled_staff_nothing_looks(tmp_path: Path) -> None:
    site = site_with_staff(tmp_path)
    assert cues_of(site, venue="other") is None
    assert cues_of(site, "#166876", venue="other").facts() == {"uniform": "#166876"}
    off = site_with_staff(tmp_path, identity="{enabled: false}")
    assert cues_of(off) is None
    assert cues_of(off, "#166876").notes == ()


def test_without_the_key_or_the_model_enrolled_staff_are_off_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_with_staff(tmp_path)
    cues = cues_of(site, "#166876")
    assert cues.facts() == {"uniform": "#166876"}
    (note,) = cues.notes
    assert "SIGHTLINE_IDENTITY_KEY is not set" in note
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", KEY)
    (note,) = cues_of(site).notes
    assert "sightline models pull" in note
    assert cues_of(site).see(picture(0), []) == {}


def test_with_key_and_model_they_are_looked_for_and_another_key_is_named(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = site_with_staff(tmp_path, models=str(shared / "models"))
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", KEY)
    cues = cues_of(site)
    assert cues.notes == ()
    facts = cues.facts()
    assert (facts["enrolled"], facts["threshold"]) == (1, 0.75)
    assert "Ana" not in json.dumps(facts)
    staff = somebody(1, 100)
    shown = [(picture(tick / 5, (staff, TEAL)), [staff]) for tick in range(8)]
    assert [entry[2] for entry in told(cues, shown)] == [1, 2, 3]
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", "12" * 31 + "34")
    (note,) = cues_of(site).notes
    assert "sealed with the key" in note


def test_sealed_staff_do_not_open_as_others_or_changed(tmp_path: Path) -> None:
    site = site_with_staff(tmp_path)
    with site.database.reading() as connection:
        (row,) = staff_of_venue(Scope.of("shop"), connection, "shop")
    staff = EnrolledStaff(IdentityKey.parse(KEY, named="test"))
    opened = staff.opened("shop", [row])["Ana"]
    assert np.array_equal(opened.mean, Template.begin("x", np.ones(512, np.float32)).mean)
    assert opened.mean.tobytes()[:8] not in row.sealed
    for venue, other in (
        ("shop", replace(row, name="Bo")),
        ("elsewhere", row),
        ("shop", replace(row, model="other")),
        ("shop", replace(row, sealed=row.sealed[:-1] + bytes([row.sealed[-1] ^ 1]))),
    ):
        with pytest.raises(ConfigError, match="does not open"):
            staff.opened(venue, [other])
