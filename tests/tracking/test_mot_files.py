"""Reading MOTChallenge folders and writing result files."""

from datetime import timedelta
from pathlib import Path

import pytest

from sightline.errors import ConfigError
from sightline.tracking import open_tracker
from sightline.tracking.mot_files import START, read_sequences, track_sequence

INFO = "[Sequence]\nname=SHOP\nframeRate=30\nseqLength=13\n"


@pytest.fixture
def mot(tmp_path: Path) -> Path:
    (tmp_path / "SHOP" / "det").mkdir(parents=True)
    (tmp_path / "SHOP" / "seqinfo.ini").write_text(INFO)
    rows = [f"{number},-1,{100 + number},50,40,100,0.9" for number in range(13, 0, -1)]
    (tmp_path / "SHOP" / "det" / "det.txt").write_text("\n".join(rows))
    return tmp_path


def test_frames_keep_their_numbers_and_times_when_only_some_are_analysed(mot: Path) -> None:
    (sequence,) = read_sequences(mot, fps=5)
    frames = list(sequence.frames())
    assert [number for number, _, _ in frames] == [1, 7, 13]
    assert [at - START for _, at, _ in frames] == [timedelta(seconds=number / 5) for number in range(3)]
    assert frames[1][2].boxes.tolist() == [[107, 50, 147, 150]]


def test_results_are_lines_in_motchallenge_format(mot: Path) -> None:
    (sequence,) = read_sequences(mot, fps=5)
    lines, milliseconds = track_sequence(open_tracker(), sequence)
    assert lines[0] == "1,1,101.00,50.00,40.00,100.00,0.9000,-1,-1,-1\n"
    assert (len(lines), len(milliseconds)) == (3, 3)


def test_a_sequence_without_the_wanted_detections_falls_back_on_those_it_has(mot: Path) -> None:
    (sequence,) = read_sequences(mot, detections="det-frcnn.txt")
    assert len(sequence.rows) == 13


def test_no_detections_at_all_is_a_sequence_of_empty_frames(mot: Path) -> None:
    (mot / "SHOP" / "det" / "det.txt").write_text("")
    (sequence,) = read_sequences(mot)
    assert track_sequence(open_tracker(), sequence)[0] == []


@pytest.mark.parametrize(
    ("broken", "content", "says"),
    [
        pytest.param("seqinfo.ini", "no section", "not a MOTChallenge sequence", id="no seqinfo"),
        pytest.param(
            "seqinfo.ini", "[Sequence]\nframeRate=0\nseqLength=3", "not a MOTChallenge", id="no rate"
        ),
        pytest.param("det/det.txt", "a,b,c", "not a MOTChallenge sequence", id="no numbers"),
        pytest.param("det/det.txt", "1,-1,5", "not a MOTChallenge sequence", id="columns missing"),
        pytest.param("seqinfo.ini", None, "no sequence below", id="empty folder"),
        pytest.param("det/det.txt", None, "has no detections", id="nothing to track"),
    ],
)
def test_what_is_no_sequence_is_refused_by_name(
    mot: Path, broken: str, content: str | None, says: str
) -> None:
    path = mot / "SHOP" / broken
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(ConfigError, match=says):
        read_sequences(mot)
