"""What leaves where faces are to be blurred: a copy, or nothing at all."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from evidence_site import SCOPE, SmallSite, at
from typer.testing import CliRunner

from person_network import PERSON, write_person_model
from sightline.cli.main import app
from sightline.config.settings import Settings
from sightline.errors import EvidenceError, ModelError, PictureWithheld
from sightline.evidence.face_blur import FaceBlur, face_blur
from sightline.evidence.leftovers import remove_leftovers
from sightline.evidence.releasing import ReleasedFile, released_file
from sightline.evidence.shown_video import which_copy
from sightline.store import evidence as evidence_store
from sightline.store.ledger import LedgerEntry, unsealed_entries
from sightline.store.released_copies import StoredReleasedCopy, get_released_copy
from sightline.video.blurring import FloatArray, Look
from sightline.video.picture import Frame

NOTHING: FloatArray = np.empty((0, 4), np.float32)
LEFT = ((0.0, 0.0), (0.2, 0.0), (0.2, 1.0), (0.0, 1.0))


class ScriptedBlur:
    """Finds one face in the middle; `fails_at` names a picture at which the model fails."""

    def __init__(self, name: str = "scripted", *, fails_at: int | None = None) -> None:
        self.name = name
        self.fails_at = fails_at
        self.opened = 0

    def means(self) -> Mapping[str, str]:
        return {"people": self.name}

    def open(self) -> Look:
        self.opened += 1

        def look(picture: Frame) -> tuple[FloatArray, FloatArray]:
            if picture.index == self.fails_at:
                raise ModelError("the runtime failed")
            return np.array([[80, 10, 120, 50]], np.float32), NOTHING

        return look


def release(site: SmallSite, blur: Any, *masks: Any, **given: Any) -> ReleasedFile:
    with site.database.reading() as connection:
        evidence = evidence_store.list_evidence(SCOPE, connection, state="sealed")[0]
    return released_file(
        site.database,
        SCOPE,
        evidence,
        evidence.parts[0],
        segments_dir=site.segments_dir,
        masks=masks,
        blur=blur,
        actor="test",
        clock=lambda: at(100),
        **given,
    )


def row_of(site: SmallSite) -> StoredReleasedCopy | None:
    with site.database.reading() as connection:
        evidence = evidence_store.list_evidence(SCOPE, connection, state="sealed")[0]
        return get_released_copy(SCOPE, connection, evidence.id, 0)


def told(site: SmallSite) -> list[LedgerEntry]:
    with site.database.reading() as connection:
        entries = unsealed_entries(SCOPE, connection, "corner_shop")
    return [one for one in entries if one.action == "faces_blurred"]


def sealed_hash(site: SmallSite) -> str:
    with site.database.reading() as connection:
        evidence = evidence_store.list_evidence(SCOPE, connection, state="sealed")[0]
    return str(evidence.parts[0].sha256)


def settings(models: Path, **more: Any) -> Settings:
    given = {"privacy": {"blur_faces": True}, "models": {"dir": str(models)}, **more}
    return Settings.model_validate(given)


def brightest(path: Path, top: int, bottom: int) -> int:
    """The bar of the footage as it passes where the person is seen, in some rows."""
    with av.open(str(path)) as video:
        pictures = [frame.to_ndarray(format="gray") for frame in video.decode(video=0)]
    return max(int(picture[top:bottom, 82:118].max()) for picture in pictures)


@pytest.fixture
def nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What this machine has fetched does not count."""
    monkeypatch.setattr(
        "sightline.vision.catalogue.user_cache_dir", lambda *_, **__: str(tmp_path / "no cache")
    )


@pytest.mark.parametrize("given", [{}, {"for_viewing": True}], ids=["to send", "to look at"])
def test_a_copy_leaves_and_the_clip_stays(sealed_site: SmallSite, given: dict[str, bool]) -> None:
    sealed = sealed_hash(sealed_site)
    blur = ScriptedBlur()
    found = release(sealed_site, blur, **given)

    assert not found.is_original
    assert found.sha256 != sealed
    assert hashlib.sha256(found.path.read_bytes()).hexdigest() == found.sha256
    assert brightest(found.path, 12, 48) < brightest(found.path, 60, 90) - 10, "the bar is averaged away"
    row = row_of(sealed_site)
    assert row is not None
    assert (row.derived_from, row.blurred_by, row.masks) == (sealed, {"people": "scripted"}, ())
    (entry,) = told(sealed_site)
    assert (entry.actor, entry.subject_kind, entry.subject_id) == ("test", "evidence", row.evidence_id)
    assert entry.facts == {
        "part": 0,
        "file": found.file_name,
        "sha256": found.sha256,
        "derived_from": sealed,
        "faces": "blurred",
        "blurred_by": {"people": "scripted"},
    }
    (clip,) = [path for path in sealed_site.clips.iterdir() if path.name == f"{_stem(found)}.mp4"]
    assert hashlib.sha256(clip.read_bytes()).hexdigest() == sealed
    assert sealed_site.verify().clean


def _stem(found: ReleasedFile) -> str:
    return found.path.stem.removesuffix("_released")


def test_a_copy_is_made_once_and_anew_for_another_model_or_mask(sealed_site: SmallSite) -> None:
    first, blur = release(sealed_site, ScriptedBlur()), ScriptedBlur()
    assert release(sealed_site, blur) == first
    assert blur.opened == 0
    other = ScriptedBlur("another")
    release(sealed_site, other)
    assert release(sealed_site, other, LEFT).sha256 != first.sha256
    assert other.opened == 2
    row = row_of(sealed_site)
    assert row is not None
    assert (row.blurred_by, row.masks) == ({"people": "another"}, (LEFT,))
    assert len(told(sealed_site)) == 3


def test_a_copy_is_called_by_what_is_covered_in_it(sealed_site: SmallSite) -> None:
    called = [
        which_copy(release(sealed_site, blur, *masks), {}).value
        for blur in (None, ScriptedBlur())
        for masks in ((), (LEFT,))
    ]
    assert called == ["original", "masked", "blurred", "masked+blurred"]


def test_a_masked_copy_of_before_does_not_leave_once_faces_are_to_be_blurred(sealed_site: SmallSite) -> None:
    masked = release(sealed_site, None, LEFT)
    assert told(sealed_site) == []
    assert release(sealed_site, ScriptedBlur(), LEFT).sha256 != masked.sha256
    row = row_of(sealed_site)
    assert row is not None
    assert row.blurred_by is not None
    again = release(sealed_site, None, LEFT)
    assert again.sha256 != row.sha256, "and the other way round"


@pytest.mark.parametrize("masks", [(), (LEFT,)], ids=["alone", "with masks"])
def test_a_model_that_fails_in_the_middle_lets_nothing_leave(sealed_site: SmallSite, masks: Any) -> None:
    before = set(sealed_site.clips.iterdir())
    with pytest.raises(PictureWithheld, match="picture 31 could not be looked at"):
        release(sealed_site, ScriptedBlur(fails_at=30), *masks)
    assert set(sealed_site.clips.iterdir()) == before
    assert (row_of(sealed_site), told(sealed_site)) == (None, [])


def _no_models(folder: Path) -> Settings:
    return settings(folder)


def _built_in(folder: Path) -> Settings:
    write_person_model(folder)
    return settings(folder, detector={"name": "builtin"})


def _faces_only(folder: Path) -> Settings:
    folder.mkdir()
    (folder / "scrfd_2.5g_bnkps.onnx").write_bytes(b"never opened")
    return settings(folder)


def _wanted_and_not_here(folder: Path) -> Settings:
    write_person_model(folder)
    return settings(folder, detector={"name": "yolo11n"})


CLOSED: dict[str, Callable[[Path], Settings]] = {
    "no model at all": _no_models,
    "the built-in detector": _built_in,
    "faces only": _faces_only,
    "a detector that is not here": _wanted_and_not_here,
}


@pytest.mark.usefixtures("nowhere_else")
@pytest.mark.parametrize("case", CLOSED)
def test_without_a_person_detector_nothing_leaves(sealed_site: SmallSite, tmp_path: Path, case: str) -> None:
    blur = face_blur(CLOSED[case](tmp_path / "models"))
    before = set(sealed_site.clips.iterdir())
    for masks in ((), (LEFT,)):
        with pytest.raises(EvidenceError, match="blur_faces is on and faces cannot be blurred"):
            release(sealed_site, blur, *masks)
    assert set(sealed_site.clips.iterdir()) == before


@pytest.mark.usefixtures("nowhere_else")
@pytest.mark.parametrize("broken", ["yolox_nano", "scrfd_2.5g_bnkps"])
def test_a_damaged_model_is_not_done_without(sealed_site: SmallSite, tmp_path: Path, broken: str) -> None:
    write_person_model(tmp_path / "models")
    (tmp_path / "models" / f"{broken}.onnx").write_bytes(b"half of it")
    with pytest.raises(PictureWithheld, match=broken):
        release(sealed_site, face_blur(settings(tmp_path / "models")))
    assert not list(sealed_site.clips.glob("*_released*"))


@pytest.mark.usefixtures("nowhere_else")
def test_with_a_person_detector_alone_heads_are_blurred(sealed_site: SmallSite, tmp_path: Path) -> None:
    write_person_model(tmp_path / "models")
    blur = FaceBlur(settings(tmp_path / "models"))
    assert blur.means() == {"people": "yolox_nano", "rule": "1"}
    found = release(sealed_site, blur)
    _, top, _, bottom = PERSON
    middle = (top + bottom) // 2
    assert brightest(found.path, top, middle - 4) < brightest(found.path, middle + 10, bottom) - 10


@pytest.mark.usefixtures("nowhere_else")
def test_a_model_that_is_fetched_later_counts_at_once(sealed_site: SmallSite, tmp_path: Path) -> None:
    blur = face_blur(settings(tmp_path / "models"))
    with pytest.raises(PictureWithheld):
        release(sealed_site, blur)
    write_person_model(tmp_path / "models")
    assert not release(sealed_site, blur).is_original


def test_who_does_not_ask_for_it_gets_none() -> None:
    assert face_blur(Settings()) is None


def test_cleaning_up_keeps_the_copy(sealed_site: SmallSite) -> None:
    copy = release(sealed_site, ScriptedBlur())
    assert (
        remove_leftovers(sealed_site.database, SCOPE, "corner_shop", "till", sealed_site.segments_dir) == []
    )
    assert copy.path.is_file()


@pytest.mark.usefixtures("nowhere_else")
@pytest.mark.parametrize(
    ("detector", "code", "says"),
    [
        ("builtin", 1, "does not see people who stand still"),
        ("auto", 0, "the upper half of people found by yolox_nano"),
    ],
)
def test_doctor_says_whether_faces_can_be_blurred(
    tmp_path: Path, detector: str, code: int, says: str
) -> None:
    write_person_model(tmp_path / "models")
    file = tmp_path / "site.yaml"
    file.write_text(
        f"privacy: {{blur_faces: true}}\nmodels: {{dir: {tmp_path / 'models'}}}\n"
        f"detector: {{name: {detector}}}\n"
    )
    words = ["doctor", "--config", str(file), "--data-dir", str(tmp_path / "data"), "--json"]
    shown = CliRunner().invoke(app, words)
    assert shown.exit_code == code, shown.output
    assert says in shown.output
