"""Colours of clothes: what counts as one of them under other light, and what is learnt from torsos."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vision_scenes import NOON

from sightline.vision.picture import ArrayPicture
from sightline.vision.uniform import Uniform, colours_in, lab_of, learnt_colours, torso_box, torso_of

TEAL, RED, BLACK, GREY, WHITE = "#166876", "#b03028", "#14181f", "#808080", "#e8e8e8"
BODY = (100.0, 40.0, 180.0, 240.0)


def rgb(colour: str) -> np.ndarray:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)


def cloth(*parts: tuple[str, float], light: float = 1.0, noise: float = 4, seed: int = 1) -> np.ndarray:
    """A torso (320, 3) in CIELAB, made of colours with their shares, under some light, with sensor noise."""
    pixels = np.concatenate([np.tile(rgb(one), (round(320 * share), 1)) for one, share in parts])
    grainy = pixels * light + np.random.default_rng(seed).normal(0, noise, pixels.shape)
    return lab_of(np.clip(grainy, 0, 255).astype(np.uint8)[None])


def person(shirt: str, trousers: str, floor: str = GREY) -> ArrayPicture:
    """Somebody at BODY in front of a plain wall, blue first as OpenCV has it."""
    image = np.tile(rgb(floor)[::-1], (300, 320, 1))
    image[60:150, 110:170] = rgb(shirt)[::-1]
    image[150:240, 110:170] = rgb(trousers)[::-1]
    return ArrayPicture(image, NOON)


@pytest.mark.parametrize("light", [0.6, 0.8, 1.0, 1.25])
def test_a_hue_is_known_in_the_shade_and_in_the_light(light: float) -> None:
    assert Uniform((TEAL,)).likelihood(cloth((TEAL, 1), light=light)) > 0.9
    assert Uniform((TEAL,)).likelihood(cloth((RED, 1), light=light)) == 0


@pytest.mark.parametrize("other", [TEAL, "#404040", GREY, WHITE, RED])
def test_black_is_told_from_others_by_how_light_it_is(other: str) -> None:
    assert Uniform((BLACK,)).likelihood(cloth((BLACK, 1))) == 1
    assert Uniform((BLACK,)).likelihood(cloth((other, 1))) == 0


def test_all_colours_of_a_uniform_add_up_and_the_share_is_what_it_is() -> None:
    mixed = cloth((TEAL, 0.3), (BLACK, 0.2), (RED, 0.5), noise=0)
    assert Uniform((TEAL,)).share(mixed) == pytest.approx(0.3)
    assert Uniform((TEAL, RED)).share(mixed) == pytest.approx(0.8)
    # A colour without hue counts seven tenths.
    assert Uniform((TEAL, BLACK)).share(mixed) == pytest.approx(0.3 + 0.7 * 0.2)
    assert Uniform((TEAL,)).likelihood(mixed) == pytest.approx((0.3 - 0.12) / (0.36 - 0.12))


@given(st.floats(0, 1), st.integers(0, 100))
def test_the_likelihood_rises_with_the_share(share: float, seed: int) -> None:
    wears = Uniform((TEAL,)).likelihood(cloth((TEAL, share), (RED, 1 - share), seed=seed))
    assert 0 <= wears <= 1
    if share < 0.1 or share > 0.45:
        assert wears == (share > 0.45)


def test_a_uniform_has_a_colour() -> None:
    with pytest.raises(ValueError, match="at least one colour"):
        Uniform(())


def test_the_torso_is_the_shirt_and_not_trousers_or_wall() -> None:
    seen = torso_of(person(TEAL, RED), BODY)
    assert seen is not None
    assert seen.shape == (320, 3)
    assert Uniform((TEAL,)).share(seen) == 1
    assert torso_box(BODY) == pytest.approx((120, 80, 160, 150))


@pytest.mark.parametrize(
    "box", [(-60, 40, -20, 240), (330, 0, 400, 200), (100, 290, 180, 700), (10, 10, 11, 60)]
)
def test_a_torso_outside_of_the_picture_is_none(box: tuple[float, float, float, float]) -> None:
    assert torso_of(person(TEAL, RED), box) is None


@pytest.mark.parametrize("size", [(321, 301), (320, 300)])
def test_a_torso_over_the_edge_is_cut_there(size: tuple[int, int]) -> None:
    image = np.tile(rgb(RED)[::-1], (size[1], size[0], 1))
    seen = torso_of(ArrayPicture(image, NOON), (size[0] - 40.0, -50.0, size[0] + 10.0, 120.0))
    assert seen is not None
    assert Uniform((RED,)).share(seen) == 1


def test_colours_of_a_patch_are_its_own_and_largest_first() -> None:
    stripes = cloth((TEAL, 0.55), (WHITE, 0.4), (RED, 0.05))
    first, second = learnt_colours([stripes])
    assert Uniform((first,)).share(cloth((TEAL, 1))) > 0.9
    assert Uniform((second,)).share(cloth((WHITE, 1))) == pytest.approx(0.7, abs=0.05)
    assert learnt_colours([stripes]) == (first, second)


def test_what_customers_and_shadows_have_as_well_is_not_learnt() -> None:
    staff = [cloth((TEAL, 0.4), (GREY, 0.6), seed=seed) for seed in range(4)]
    customers = [cloth((RED, 0.4), (GREY, 0.6), seed=seed) for seed in range(4)]
    (learnt,) = learnt_colours(staff, customers)
    assert all(Uniform((learnt,)).likelihood(one) > 0.9 for one in staff)
    assert all(Uniform((learnt,)).likelihood(one) == 0 for one in customers)
    grey = learnt_colours(staff)[0]
    assert Uniform((grey,)).likelihood(customers[0]) > 0.5


def test_nothing_to_learn_from_is_an_error() -> None:
    with pytest.raises(ValueError, match="no torso"):
        learnt_colours([])


def test_one_look_is_cheap() -> None:
    """Half a millisecond is the budget; thrice that leaves room for a busy machine."""
    picture, uniform = person(TEAL, RED), Uniform((TEAL, BLACK))
    spent = []
    for _ in range(30):
        began = time.thread_time()
        seen = colours_in(picture, torso_box(BODY))
        assert seen is not None
        uniform.likelihood(seen)
        spent.append(time.thread_time() - began)
    assert np.median(spent) < 1.5e-3
