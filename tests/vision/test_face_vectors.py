"""Vectors of faces and clothes, age and gender: networks with known answers."""

from pathlib import Path

import numpy as np
import pytest
from tiny_networks import crop, entry, write_network
from vision_scenes import NOON

from sightline.errors import ModelError
from sightline.vision.appearance import AppearanceModel
from sightline.vision.crop import Crop
from sightline.vision.face_attributes import FaceAttributeModel
from sightline.vision.face_embedding import FaceEmbedder
from sightline.vision.picture import ArrayPicture

SIDE = (112, 112)


def face(grey: int) -> np.ndarray:
    return np.full((112, 112, 3), grey, np.uint8)


def write_embedder(path: Path, *, dimension: int = 512, batch: int | str = 1) -> Path:
    """(1, 0, 0, ...) for a face of mean 0; the second number is the mean of what the network is given."""
    base, shift = np.zeros((2, dimension), np.float32)
    base[0], shift[1] = 1, 1
    return write_network(path, [base], SIDE, batch=batch, shifts=[shift])


@pytest.mark.parametrize("dimension", [128, 512])
def test_the_dimension_is_that_of_the_file_and_every_vector_has_length_1(tmp_path: Path, dimension) -> None:
    model = FaceEmbedder(entry(), write_embedder(tmp_path / "tiny.onnx", dimension=dimension))
    vectors = model.vectors([face(0), face(255)])
    assert model.dimension == dimension
    assert vectors.shape == (2, dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1])
    # Black is -1 and white is 1 after (v - 127.5) / 127.5.
    half = 2**-0.5
    assert vectors[:, :2] == pytest.approx(np.array([[half, -half], [half, half]]), abs=1e-5)


def test_pixels_are_normalised_as_the_catalogue_says(tmp_path: Path) -> None:
    path = write_embedder(tmp_path / "tiny.onnx")
    as_it_is = FaceEmbedder(entry(normalise=(0, 1)), path).vectors([face(3)])[0]
    assert as_it_is[1] / as_it_is[0] == pytest.approx(3)
    other = FaceEmbedder(entry(normalise=(100, 50)), path).vectors([face(200)])[0]
    assert other[1] / other[0] == pytest.approx(2)


def test_the_threshold_belongs_to_the_model(tmp_path: Path) -> None:
    path = write_embedder(tmp_path / "tiny.onnx")
    assert FaceEmbedder(entry(confidence=0.5), path).threshold == 0.5
    assert FaceEmbedder(entry(), path).threshold == 0.68


@pytest.mark.parametrize("batch", [1, "n"])
def test_many_faces_get_the_vectors_that_each_gets_alone(tmp_path: Path, batch) -> None:
    model = FaceEmbedder(entry(), write_embedder(tmp_path / "tiny.onnx", batch=batch))
    assert model.batch == (1 if batch == 1 else 8)
    faces = [face(10 * number) for number in range(19)]
    together = model.vectors(faces)
    assert together == pytest.approx(np.concatenate([model.vectors([one]) for one in faces]), abs=1e-6)
    assert len({round(float(row[1]), 4) for row in together}) == 19
    assert model.vectors([]).shape == (0, 512)


def test_a_model_of_another_kind_is_refused(tmp_path: Path) -> None:
    wide = write_network(tmp_path / "wide.onnx", [np.zeros(512)], (96, 96))
    with pytest.raises(ModelError, match=r"wide\.onnx: takes 96x96 pixels.*112x112"):
        FaceEmbedder(entry(), wide)
    maps = write_network(tmp_path / "maps.onnx", [np.zeros((7, 512))], SIDE)
    with pytest.raises(ModelError, match=r"maps\.onnx: answers \(1, 7, 512\); a model that gives one vector"):
        FaceEmbedder(entry(), maps)
    two = write_network(tmp_path / "two.onnx", [np.zeros(512), np.zeros(512)], SIDE)
    with pytest.raises(ModelError, match="one vector"):
        FaceEmbedder(entry(), two)
    sound = tmp_path / "sound.onnx"
    sound.write_bytes(b"no model")
    with pytest.raises(ModelError, match=r"sound\.onnx"):
        FaceEmbedder(entry(), sound)


def attributes(tmp_path: Path, answer: list[float], shift: list[float], batch: int | str = "n"):
    path = write_network(
        tmp_path / "age.onnx", [np.array(answer)], (96, 96), batch=batch, shifts=[np.array(shift)]
    )
    return FaceAttributeModel(entry(), path)


def test_gender_is_the_softmax_of_two_numbers_and_age_a_hundredth(tmp_path: Path) -> None:
    model = attributes(tmp_path, [1.0, 3.0, 0.284], [0, 0, 0])
    found = model.look([np.zeros((96, 96, 3), np.uint8)])
    assert found.male == pytest.approx([np.exp(3) / (np.exp(1) + np.exp(3))])
    assert found.ages == pytest.approx([28.4], abs=1e-3)


def test_numbers_far_apart_overflow_nothing_and_no_age_is_negative(tmp_path: Path) -> None:
    found = attributes(tmp_path, [900.0, -900.0, -0.2], [0, 0, 0]).look([np.zeros((96, 96, 3), np.uint8)])
    assert found.male == pytest.approx([0], abs=1e-20)
    assert found.ages == pytest.approx([0])


@pytest.mark.parametrize("batch", [1, "n"])
def test_faces_keep_their_order_and_pixels_their_values(tmp_path: Path, batch) -> None:
    """The network normalises inside: what it gets is 0..255."""
    model = attributes(tmp_path, [0, 0, 0], [0, 0.01, 0.001], batch)
    faces = [np.full((96, 96, 3), 20 * number, np.uint8) for number in range(11)]
    found = model.look(faces)
    assert found.ages == pytest.approx([2.0 * number for number in range(11)], abs=1e-3)
    assert found.male == pytest.approx([1 / (1 + np.exp(-0.2 * number)) for number in range(11)], abs=1e-5)
    assert len(model.look([]).ages) == 0


def test_the_square_around_a_face_is_half_as_large_again(tmp_path: Path) -> None:
    """A face of 40 x 64 around (500, 300) is shown in the 96 pixels around it, one for one."""
    image = np.zeros((200, 200, 3), np.uint8)
    image[300 - 220 - 32 : 300 - 220 + 32, 500 - 410 - 20 : 500 - 410 + 20] = (10, 20, 200)
    shown = attributes(tmp_path, [0, 0, 0], [0, 0, 0]).shown(
        Crop(ArrayPicture(image, NOON), 410, 220), (480, 268, 520, 332)
    )
    assert shown.shape == (96, 96, 3)
    rows, columns = np.nonzero(shown[:, :, 2] > 100)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == pytest.approx((16, 79, 28, 67), abs=1)


def test_a_model_without_three_numbers_is_refused(tmp_path: Path) -> None:
    path = write_network(tmp_path / "age.onnx", [np.zeros(2)], (96, 96))
    with pytest.raises(ModelError, match=r"age\.onnx: answers \(1, 2\); .* answers \(1, 3\)"):
        FaceAttributeModel(entry(), path)


def test_people_are_stretched_and_normalised_channel_by_channel(tmp_path: Path) -> None:
    shift = np.zeros(512, np.float32)
    base = np.eye(1, 512, dtype=np.float32)[0]
    shift[1] = 1
    path = write_network(tmp_path / "tiny.onnx", [base], (128, 256), batch="n", shifts=[shift])
    model = AppearanceModel(entry(), path)
    image = np.empty((60, 20, 3), np.uint8)
    image[:] = (25, 114, 200)  # blue, green, red
    vector = model.vectors([Crop(ArrayPicture(image, NOON))])[0]
    red, green, blue = 200 / 255, 114 / 255, 25 / 255
    wanted = ((red - 0.485) / 0.229 + (green - 0.456) / 0.224 + (blue - 0.406) / 0.225) / 3
    assert vector[1] / vector[0] == pytest.approx(wanted, abs=1e-3)
    assert model.dimension == 512
    many = model.vectors([crop(20 + number, 60, grey=9 * number) for number in range(17)])
    assert np.linalg.norm(many, axis=1) == pytest.approx(np.ones(17))
    assert many[16] == pytest.approx(model.vectors([crop(36, 60, grey=144)])[0], abs=1e-6)


def test_a_model_for_faces_is_none_for_people(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="takes 112x112 pixels; a model for whole people takes"):
        AppearanceModel(entry(), write_embedder(tmp_path / "tiny.onnx"))
