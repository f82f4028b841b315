"""`sightline staff`: colours of a patch, calibrating on marked tracks, enrolling people and removing them."""

import contextlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest

from sightline.cli.main import exit_code_of
from sightline.config.load import load_settings
from sightline.vision.uniform import Uniform, lab_of

TEAL, NAVY, RED, SAND = "#166876", "#1a2238", "#b03028", "#c8b080"
CLOTHES = {1: TEAL, 2: TEAL, 3: RED, 4: SAND, 5: RED}
KEY = "ab" * 31 + "cd"
SIZE, FRAMES, FPS = (480, 200), 20, 5
Typed = Callable[..., tuple[int, str, str]]

# Frame, left, top, width, height. Who is staff was told by eye: navy waistcoat or jacket, light blue sleeves.
CHECKOUT: dict[int, tuple[str, list[tuple[int, int, int, int, int]]]] = {
    1: ("staff", [(1, 460, 89, 67, 158), (7, 454, 90, 69, 154), (12, 396, 109, 88, 229),
                  (18, 337, 139, 88, 141), (23, 335, 124, 114, 266)]),
    5: ("staff", [(5, 1060, 232, 104, 149), (21, 1040, 228, 97, 151), (37, 1040, 229, 84, 144),
                  (53, 1038, 227, 83, 137), (68, 1036, 227, 100, 149), (84, 1040, 226, 84, 146)]),
    8: ("staff", [(32, 450, 99, 62, 152), (43, 380, 130, 101, 186), (54, 410, 116, 92, 140),
                  (65, 430, 110, 79, 225), (75, 423, 129, 96, 228), (86, 335, 159, 124, 272)]),
    3: ("customer", [(1, 767, 120, 69, 188), (18, 807, 125, 107, 236), (33, 766, 89, 69, 211),
                     (49, 756, 86, 78, 206), (65, 749, 91, 87, 204), (81, 804, 136, 69, 202)]),
    6: ("customer", [(8, 702, 39, 53, 179), (21, 504, 31, 37, 124), (26, 449, 24, 48, 131),
                     (32, 423, 20, 48, 125), (37, 413, 30, 38, 111), (49, 405, 27, 41, 111)]),
    7: ("customer", [(8, 893, 232, 129, 155), (19, 892, 233, 184, 161), (30, 893, 232, 159, 158),
                     (40, 890, 232, 178, 168), (51, 893, 234, 186, 166), (61, 892, 235, 131, 151)]),
}  # fmt: skip


def bgr(colour: str) -> list[int]:
    return list(bytes.fromhex(colour[1:]))[::-1]


def shop(number: int) -> np.ndarray:
    """Five people side by side; their left edges are 20, 110, 200 ..."""
    image = np.full((SIZE[1], SIZE[0], 3), 190, np.uint8)
    for place, colour in enumerate(CLOTHES.values()):
        left = 20 + 90 * place + number % 2
        image[20:180, left : left + 60] = bgr(colour)
    return image


def mot_line(frame: int, track: int, left: int, top: int, width: int, height: int) -> str:
    return f"{frame},{track},{left},{top},{width},{height},0.9,-1,-1,-1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A video of four seconds with its tracks where `analyze` would have put them, and marks."""
    with av.open(str(tmp_path / "till.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=FPS, options={"crf": "18"})
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(FRAMES):
            out.mux(stream.encode(av.VideoFrame.from_ndarray(shop(number), "bgr24")))
        out.mux(stream.encode(None))
    tracks = tmp_path / "data" / "analysis" / "default" / "till" / "tracks.csv"
    tracks.parent.mkdir(parents=True)
    tracks.write_text(
        "".join(
            mot_line(number + 1, track, 20 + 90 * place, 20, 60, 160)
            for number in range(FRAMES)
            for place, track in enumerate(CLOTHES)
        )
    )
    (tmp_path / "marks.csv").write_text(
        "track,role\n1,staff\n2,staff\n# the one in red\n3,customer\n4,customer\n"
    )
    (tmp_path / "on.yaml").write_text("identity: {enabled: true}\n")
    return tmp_path


@pytest.fixture
def typed(folder: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    """`sightline staff ...` for that site: exit code, standard output, standard error."""

    def command(*words: str, on: bool = False) -> tuple[int, str, str]:
        capsys.readouterr()
        config = ["--config", str(folder / "on.yaml")] if on else []
        options = [*config, "--data-dir", str(folder / "data")] if words[0] != "colours" else []
        code = exit_code_of(["staff", *words, *options])
        return code, *capsys.readouterr()

    return command


def alike(one: str, other: str) -> bool:
    pixels = np.frombuffer(bytes.fromhex(one[1:] + other[1:]), np.uint8).reshape(1, 2, 3)
    first, second = lab_of(pixels)
    return float(np.linalg.norm(first - second)) < 8


def test_colours_of_a_patch_of_a_video_are_a_line_for_the_site_file(typed: Typed, folder: Path) -> None:
    video = str(folder / "till.mp4")
    # Half of the patch is teal, half the wall.
    code, out, _ = typed("colours", video, "--patch", "0.10,0.2,0.22,0.8", "--at", "2.5", "--json")
    found = json.loads(out)
    assert code == 0
    assert len(found["colours"]) == 2
    assert any(alike(one, TEAL) for one in found["colours"])
    code, out, _ = typed("colours", video, "--patch", "0.06,0.2,0.14,0.8")
    line = out.strip()
    (folder / "site.yaml").write_text(
        "venues: [{id: s, cameras: [{id: c, source: x.mp4, staff: {" + line + "}}]}]"
    )
    (colour,) = load_settings(folder / "site.yaml", environ={}).venues[0].cameras[0].staff.uniform
    assert alike(colour, TEAL)


def test_colours_of_an_image(typed: Typed, folder: Path) -> None:
    cv2.imwrite(str(folder / "shop.png"), shop(0))
    code, out, _ = typed("colours", str(folder / "shop.png"), "--patch", "0.44,0.2,0.52,0.8", "--json")
    assert code == 0
    assert json.loads(out)["colours"] == [RED]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--patch", "0.1,0.2,0.3"], "is not x1,y1,x2,y2"),
        (["--patch", "10,20,30,40"], "each 0 to 1"),
        (["--patch", "0.3,0.2,0.1,0.4"], "x1 < x2"),
        (["--patch", "0.1,0.2,0.1001,0.4"], "draw a larger one"),
        (["--patch", "0,0,1,1", "--at", "99"], "ends before second 99"),
    ],
)
def test_a_patch_that_is_none_is_explained(
    typed: Typed, folder: Path, words: list[str], complaint: str
) -> None:
    code, _, err = typed("colours", str(folder / "till.mp4"), *words)
    assert code == 2
    assert complaint in err


def calibrated(typed: Typed, folder: Path) -> dict[str, Any]:
    words = (str(folder / "till.mp4"), "--marks", str(folder / "marks.csv"))
    code, out, err = typed("calibrate", *words, "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def test_calibrating_judges_each_track_by_what_the_others_taught(typed: Typed, folder: Path) -> None:
    found = calibrated(typed, folder)
    assert found["tracks"] == 4
    assert found["means"].keys() == {"uniform"}
    assert found["means"]["uniform"]["right"] == 4
    assert found["means"]["uniform"]["confusion"]["staff"] == {"staff": 2, "customer": 0, "unknown": 0}
    (colour,) = found["colours"]
    assert alike(colour, TEAL)
    assert found["line"] == f'uniform: ["{colour}"]'
    assert any("models pull" in note for note in found["notes"])


def test_with_a_line_it_is_judged_alone_and_with_the_uniform(typed: Typed, folder: Path) -> None:
    """The line has one of two staff in front of it; their clothes put that right."""
    (folder / "on.yaml").write_text(
        "venues: [{id: default, cameras: [{id: till, source: till.mp4,"
        " staff: {line: [[0.2, 0], [0.2, 1]], side: right}}]}]"
    )
    words = (str(folder / "till.mp4"), "--marks", str(folder / "marks.csv"), "--json")
    code, out, err = typed("calibrate", *words, on=True)
    assert code == 0, err
    means = json.loads(out)["means"]
    assert means.keys() == {"line and zones", "uniform", "all together"}
    (wrong,) = means["line and zones"]["wrong"]
    assert (wrong["track"], wrong["found"]) == (2, "customer")
    assert wrong["reason"].startswith("in front of the staff line")
    assert means["uniform"]["right"] == means["all together"]["right"] == 4


def test_who_dresses_alone_is_not_judged_by_their_own_clothes(typed: Typed, folder: Path) -> None:
    """Sand is marked as staff: nobody else wears it, so that one is wrong, and said to be."""
    (folder / "marks.csv").write_text("1,staff\n2,staff\n4,staff\n3,customer\n5,customer\n")
    uniform = calibrated(typed, folder)["means"]["uniform"]
    assert (uniform["right"], uniform["of"], uniform["accuracy"]) == (4, 5, 0.8)
    (wrong,) = uniform["wrong"]
    assert (wrong["track"], wrong["marked"], wrong["found"]) == (4, "staff", "customer")
    assert wrong["reason"].startswith("does not wear the staff's colours")
    code, out, _ = typed("calibrate", str(folder / "till.mp4"), "--marks", str(folder / "marks.csv"))
    assert code == 0
    assert "4 of 5" in out
    assert "2 / 1 / 0" in out
    assert "uniform: [" in out


@pytest.mark.parametrize(
    ("marks", "complaint"),
    [
        ("1,staff\n2,boss\n", "line 2: '2,boss' is not track,role"),
        ("1,staff\n9,staff\n", "there is no track 9"),
        ("1,staff\n1,customer\n", "marked twice"),
        ("1,staff\n3,customer\n", "mark two of staff and one customer"),
        (None, "cannot be read"),
    ],
)
def test_marks_that_are_none_are_explained(
    typed: Typed, folder: Path, marks: str | None, complaint: str
) -> None:
    path = folder / "m.csv"
    if marks is not None:
        path.write_text(marks)
    code, _, err = typed("calibrate", str(folder / "till.mp4"), "--marks", str(path))
    assert code == 2
    assert complaint in " ".join(err.split())


@pytest.mark.parametrize(
    ("tracks", "complaint"),
    [
        (None, "sightline analyze VIDEO writes it"),
        ("frame,track\n", "line 1: not frame,track,left"),
        ("", "there is no track in it"),
        (mot_line(1, 1, 0, 0, 60, 160) + mot_line(500, 2, 0, 0, 60, 160), "of another video"),
    ],
)
def test_tracks_that_are_none_are_explained(
    typed: Typed, folder: Path, tracks: str | None, complaint: str
) -> None:
    path = folder / "t.csv"
    if tracks is not None:
        path.write_text(tracks)
    (folder / "marks.csv").write_text("1,staff\n2,staff\n3,customer\n")
    if tracks is not None and "500" in tracks:
        path.write_text(tracks + mot_line(1, 3, 0, 0, 60, 160))
    words = ("--marks", str(folder / "marks.csv"), "--tracks", str(path))
    code, _, err = typed("calibrate", str(folder / "till.mp4"), *words)
    assert code == 2
    assert complaint in " ".join(err.split())


def test_enrolled_listed_and_removed(
    typed: Typed, folder: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(shared / "models"))
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", KEY)
    video = str(folder / "till.mp4")
    code, out, err = typed("enrol", "Ana", video, "--track", "1", "--track", "2", "--json", on=True)
    assert code == 0, err
    told = json.loads(out)
    assert (told["venue_id"], told["name"], told["model"]) == ("default", "Ana", "osnet_x0_25_msmt17")
    assert told["crops"] == 12
    assert typed("enrol", " Ana ", video, "--track", "1", on=True)[0] == 0
    assert typed("enrol", "Bo", video, "--track", "3", on=True)[0] == 0
    listed = json.loads(typed("list", "--json", on=True)[1])
    assert [(one["name"], one["crops"]) for one in listed] == [("Ana", 6), ("Bo", 6)]
    assert "sealed" not in listed[0]
    assert "Bo" in typed("list", on=True)[1]
    checks = exit_and_checks(typed, folder)
    assert checks["enrolled staff"]["found"] == "2 at default, known by osnet_x0_25_msmt17"
    monkeypatch.delenv("SIGHTLINE_IDENTITY_KEY")
    assert exit_and_checks(typed, folder)["enrolled staff"]["state"] == "note"
    assert typed("remove", "Ana", on=False)[0] == 0
    assert [one["name"] for one in json.loads(typed("list", "--json")[1])] == ["Bo"]
    code, _, err = typed("remove", "Ana")
    assert code == 2
    assert "enrolled are: Bo" in err


def exit_and_checks(typed: Typed, folder: Path) -> dict[str, Any]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exit_code_of(
            ["doctor", "--json", "--config", str(folder / "on.yaml"), "--data-dir", str(folder / "data")]
        )
    return {one["name"]: one for one in json.loads(said.getvalue())["checks"]}


def test_nobody_is_enrolled_where_that_is_not_asked_for_or_cannot_be_sealed(
    typed: Typed, folder: Path
) -> None:
    video = str(folder / "till.mp4")
    code, _, err = typed("enrol", "Ana", video, "--track", "1")
    assert (code, "identity: {enabled: true}" in err) == (2, True)
    code, _, err = typed("enrol", "Ana", video, "--track", "1", on=True)
    assert (code, "SIGHTLINE_IDENTITY_KEY is not set" in err) == (2, True)
    code, _, err = typed("enrol", "x" * 51, video, "--track", "1", on=True)
    assert (code, "1 to 50 printable characters" in err) == (2, True)
    assert json.loads(typed("list", "--json", on=True)[1]) == []


def test_a_track_that_is_not_there_or_never_seen_well_is_not_enrolled(
    typed: Typed, folder: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTLINE_MODELS", str(shared / "models"))
    monkeypatch.setenv("SIGHTLINE_IDENTITY_KEY", KEY)
    (folder / "t.csv").write_text(mot_line(1, 1, 20, 20, 20, 50))
    words = (str(folder / "till.mp4"), "--tracks", str(folder / "t.csv"))
    code, _, err = typed("enrol", "Ana", *words, "--track", "1", on=True)
    assert (code, "nowhere seen well" in err) == (2, True)
    code, _, err = typed("enrol", "Ana", *words, "--track", "7", on=True)
    assert (code, "there is no track 7" in err) == (2, True)


@pytest.mark.slow
def test_real_checkout_nearly_all_roles_are_right_by_their_clothes(
    typed: Typed, folder: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three of staff and three customers, marked by eye, each judged by what the other five taught."""
    monkeypatch.setenv("SIGHTLINE_MODELS", str(shared / "models"))
    lines = sorted((frame, track, *box) for track, (_, seen) in CHECKOUT.items() for frame, *box in seen)
    (folder / "t.csv").write_text("".join(mot_line(*line) for line in lines))
    (folder / "marks.csv").write_text("".join(f"{track},{role}\n" for track, (role, _) in CHECKOUT.items()))
    video = shared / "videos" / "supermarket-checkout-cctv.mp4"
    words = ("--marks", str(folder / "marks.csv"), "--tracks", str(folder / "t.csv"), "--json")
    code, out, err = typed("calibrate", str(video), *words)
    assert code == 0, err
    found = json.loads(out)
    right = {name: one["right"] for name, one in found["means"].items()}
    assert right["uniform"] == 6
    assert right["enrolled"] >= 5  # the cashier in a jacket looks like neither of the two in waistcoats
    assert right["all together"] == 6
    assert Uniform(tuple(found["colours"])).likelihood(lab_of(np.array([[[24, 30, 40]]], np.uint8))) == 1
