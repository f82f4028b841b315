"""A file read in pieces gives the pictures of one reading, to the last bit, each of them once."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from footage_made import payloads, write_video
from piece_footage import (
    BEGAN_AT,
    HARD,
    detected,
    in_one_go,
    in_pieces,
    make_hard,
)

from sightline.domain.detection import Detections
from sightline.errors import EvidenceError, ModelError
from sightline.pipeline.piece_cuts import cut_video
from sightline.pipeline.piece_detecting import open_chosen
from sightline.pipeline.piece_file import PieceFindings, PieceFrame, read_findings, write_findings
from sightline.pipeline.pieces import DetectorChoice, PieceWork
from sightline.video.frames import copy_packets, read_frames
from sightline.video.recorder import Recorder
from sightline.video.source import open_file
from sightline.video.stretch import WHOLE, Stretch


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("hard")

    def make(kind: str) -> Path:
        path = folder / kind
        return path if path.exists() else make_hard(path)

    return make


@pytest.mark.parametrize("kind", HARD)
def test_pieces_hold_every_picture_of_one_reading_once(
    hard: Callable[[str], Path], tmp_path: Path, kind: str
) -> None:
    rows, counts, stretches = in_pieces(hard(kind), 5, tmp_path)
    expected, counted = in_one_go(hard(kind), 5)
    assert len(stretches) >= 3
    if kind == "damaged":  # two readings of a damaged picture differ, too
        rows, expected = ([row[:4] for row in some] for some in (rows, expected))
    assert rows == expected
    assert counts == counted


@pytest.mark.parametrize("fps", [0.3, 0.7, 11, 100])
@pytest.mark.parametrize("kind", ["open_gop", "vfr", "refreshed"])
def test_the_slots_of_any_rate_are_those_of_the_whole_file(
    hard: Callable[[str], Path], tmp_path: Path, kind: str, fps: float
) -> None:
    rows, counts, _ = in_pieces(hard(kind), fps, tmp_path)
    assert (rows, counts) == in_one_go(hard(kind), fps)


def test_damage_is_counted_in_one_piece_only(hard: Callable[[str], Path], tmp_path: Path) -> None:
    _, counts, _ = in_pieces(hard("damaged"), 100, tmp_path)
    assert counts["damaged"] == in_one_go(hard("damaged"), 100)[1]["damaged"] > 0


@pytest.mark.parametrize("kind", ["open_gop", "vfr", "damaged"])
def test_the_recorder_gets_the_packets_and_the_user_the_warnings_of_one_reading(
    hard: Callable[[str], Path], tmp_path: Path, kind: str
) -> None:
    seen = []
    for way in ("whole", "copied"):
        with (
            open_file(hard(kind)) as video,
            Recorder(tmp_path / way, recorded_at=BEGAN_AT, segment_s=2) as recorder,
        ):
            if way == "whole":
                list(read_frames(video, recorded_at=BEGAN_AT, analysis_fps=5, recorder=recorder))
                counts = video.counts
            else:
                copy_packets(video, recorded_at=BEGAN_AT, recorder=recorder, decoded=counts)
            seen.append((video.warnings, video.counts))
        seen[-1] += (recorder.segments, [payloads(tmp_path / way / one.path) for one in recorder.segments])
    assert seen[0] == seen[1]
    assert seen[0][2] != []
    assert bool(seen[0][0]) == (kind == "damaged")


@pytest.mark.parametrize("kind", ["one_key", "raw"])
def test_what_cannot_be_cut_stays_whole(hard: Callable[[str], Path], kind: str) -> None:
    with open_file(hard(kind)) as video:
        assert cut_video(video, at_most=4, least_s=0.4, analysis_fps=5) == (WHOLE,)


@pytest.mark.parametrize(
    ("at_most", "least_s", "lengths"),
    [
        pytest.param(1, 0.4, [5.2], id="nobody asked"),
        pytest.param(2, 0.4, [3.0, 2.2], id="two"),
        pytest.param(9, 2.0, [3.0, 2.2], id="no piece too short"),
        pytest.param(9, 3.0, [5.2], id="too short for two"),
    ],
)
def test_pieces_are_about_equal_and_never_too_short(
    hard: Callable[[str], Path], at_most: int, least_s: float, lengths: list[float]
) -> None:
    with open_file(hard("b_pyramid")) as video:
        stretches = cut_video(video, at_most=at_most, least_s=least_s, analysis_fps=5)
        tick = float(video.info.time_base)
        bounds = [video.info.first_pts, *(one.begins for one in stretches[1:])]
        ends = [*(one.ends for one in stretches[:-1]), video.info.first_pts + round(5.2 / tick)]
    assert [one.begins for one in stretches[1:]] == [one.ends for one in stretches[:-1]]
    assert [round((end - begin) * tick, 3) for begin, end in zip(bounds, ends, strict=True)] == lengths


def test_a_stretch_without_a_picture_is_an_empty_file_that_reads(tmp_path: Path) -> None:
    gap = write_video(tmp_path / "gap.mp4", times_ms=[0, 40, 80, 9000, 9040], gop=1)
    with open_file(gap) as video:
        ticks = int(1 / video.info.time_base)
    found = detected(gap, 5, Stretch(begins=ticks, ends=2 * ticks), tmp_path / "found.npz")
    assert (found.frames, found.detections, found.counts["decoded"]) == ([], [], 0)


def test_findings_are_kept_bit_for_bit(tmp_path: Path) -> None:
    boxes = np.array([[0.1, 1 / 3, 1e-7, 2**24 + 1], [1, 2, 3, 4]], np.float32)
    seen = [
        Detections(boxes, np.array([1 / 3, np.nextafter(np.float32(1), 0)], np.float32)),
        Detections.none(),
    ]
    frames = [
        PieceFrame(index=0, pts=-5, width=2, height=3),
        PieceFrame(index=1, pts=2**40, width=2, height=3),
    ]
    facts = {"name": "x", "confidence": 0.1}
    write_findings(
        tmp_path / "found.npz",
        PieceFindings(frames=frames, detections=seen, facts=facts, counts={"decoded": 2}),
    )
    back = read_findings(tmp_path / "found.npz")
    assert (back.frames, back.facts, back.counts) == (frames, facts, {"decoded": 2})
    for one, other in zip(back.detections, seen, strict=True):
        assert (one.boxes.tobytes(), one.scores.tobytes()) == (other.boxes.tobytes(), other.scores.tobytes())
        assert (one.boxes.dtype, one.boxes.shape) == (other.boxes.dtype, other.boxes.shape)


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 half a file"], ids=["none", "empty", "half"])
def test_what_is_not_findings_is_said_so(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "found.npz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(EvidenceError, match=r"found\.npz: is not what was found in a piece"):
        read_findings(path)


def test_the_work_of_a_piece_travels_as_json(tmp_path: Path) -> None:
    work = PieceWork(
        number=3,
        file=tmp_path / "x.mp4",
        target=tmp_path / "y.npz",
        recorded_at=BEGAN_AT,
        analysis_fps=4.7,
        stretch=Stretch(decode_from=3, begins=5, ends=None),
        detector=DetectorChoice(name="yolo11n", model="/m.onnx", zoomed=((0.1, 0.2, 0.3, 0.4),)),
        threads=2,
    )
    assert PieceWork.of(json.loads(json.dumps(work.document()))) == work


def test_a_model_that_is_not_on_the_machine_of_the_piece_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"gone\.onnx: this model file is not on the machine"):
        open_chosen(DetectorChoice(name="yolo11n", model=str(tmp_path / "gone.onnx")), 1)
