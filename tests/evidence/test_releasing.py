"""What may leave of a sealed clip, and what becomes of the copies that were made for it."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from evidence_site import CAMERA, EVENTS, SCOPE, VENUE, SmallSite, at, write_video

from sightline.config.settings import MaskSettings, PrivacySettings
from sightline.domain.scope import Scope
from sightline.domain.track import Point
from sightline.errors import EvidenceError, StoreError, TamperedError
from sightline.evidence import releasing
from sightline.evidence.files import sha256_of
from sightline.evidence.leftovers import remove_leftovers
from sightline.evidence.releasing import ReleasedFile, masks_of, released_file
from sightline.store import evidence as evidence_store
from sightline.store.evidence import StoredEvidence
from sightline.store.released_copies import get_released_copy, put_released_copy

LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
RIGHT = ((0.6, 0.1), (0.9, 0.1), (0.9, 0.9))


def sealed_of(site: SmallSite) -> list[StoredEvidence]:
    with site.database.reading() as connection:
        return evidence_store.list_evidence(SCOPE, connection, state="sealed")


def release(site: SmallSite, *masks: tuple[Point, ...], number: int = 0, **given: Any) -> ReleasedFile:
    evidence = sealed_of(site)[number]
    return released_file(
        site.database,
        SCOPE,
        evidence,
        evidence.parts[0],
        segments_dir=site.segments_dir,
        masks=masks,
        blur=given.pop("blur", None),
        clock=lambda: at(100),
        **given,
    )


def clean(site: SmallSite) -> list[str]:
    return remove_leftovers(site.database, SCOPE, VENUE, CAMERA, site.segments_dir)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The released copies that were really encoded."""
    made: list[Path] = []
    make = releasing.make_released_copy

    def count(*arguments: Any) -> Any:
        made.append(arguments[2])
        return make(*arguments)

    monkeypatch.setattr(releasing, "make_released_copy", count)
    return made


def test_without_masks_the_sealed_clip_itself_leaves(sealed_site: SmallSite) -> None:
    (part,) = sealed_of(sealed_site)[0].parts
    found = release(sealed_site)
    assert found == ReleasedFile(
        path=sealed_site.clips / part.file_name,
        file_name=part.file_name,
        sha256=str(part.sha256),
        size_bytes=found.path.stat().st_size,
        is_original=True,
    )
    assert release(sealed_site, for_viewing=True) == found


def test_with_masks_a_copy_leaves_and_the_clip_stays(sealed_site: SmallSite, counted: list[Path]) -> None:
    (part,) = sealed_of(sealed_site)[0].parts
    found = release(sealed_site, LEFT)

    assert found.file_name == "segment_1_20251025_113004_interaction_start_released.mp4"
    assert found.path == sealed_site.clips / found.file_name
    assert (found.sha256, found.size_bytes) == (sha256_of(found.path), found.path.stat().st_size)
    assert not found.is_original
    assert sha256_of(sealed_site.clips / part.file_name) == part.sha256
    with av.open(str(found.path)) as copy, av.open(str(sealed_site.clips / part.file_name)) as clip:
        pairs = list(zip(copy.decode(video=0), clip.decode(video=0), strict=True))
    for shown, original in pairs:
        luma = shown.to_ndarray(format="yuv420p")[:96].astype(int)
        assert np.abs(luma[:, :80] - 96).max() <= 6
        assert np.abs(luma[:, 96:] - original.to_ndarray(format="yuv420p")[:96, 96:]).mean() < 3
    assert release(sealed_site, LEFT) == found
    assert release(sealed_site, list(LEFT), for_viewing=True) == found  # type: ignore[arg-type]
    assert len(counted) == 1


def test_copy_is_made_anew_when_the_masks_changed_or_it_is_gone(
    sealed_site: SmallSite, counted: list[Path]
) -> None:
    first = release(sealed_site, LEFT)
    both = release(sealed_site, LEFT, RIGHT)
    assert first.path == both.path
    assert both.sha256 == sha256_of(both.path) != first.sha256
    both.path.unlink()
    again = release(sealed_site, LEFT, RIGHT)
    assert again.sha256 == sha256_of(again.path)
    assert len(counted) == 3
    with sealed_site.database.reading() as connection:
        row = get_released_copy(SCOPE, connection, sealed_of(sealed_site)[0].id, 0)
    assert row is not None
    assert (row.masks, row.created_at, row.sha256) == ((LEFT, RIGHT), at(100), again.sha256)


def test_nothing_leaves_of_what_is_not_sealed(sealed_site: SmallSite) -> None:
    evidence = sealed_of(sealed_site)[0]
    for one, part in (
        (replace(evidence, state="deleted"), evidence.parts[0]),
        (evidence, replace(evidence.parts[0], sha256=None, size_bytes=None)),
    ):
        with pytest.raises(EvidenceError, match="is not sealed"):
            released_file(
                sealed_site.database,
                SCOPE,
                one,
                part,
                segments_dir=sealed_site.segments_dir,
                masks=(),
                blur=None,
            )


def test_an_altered_clip_does_not_leave_as_a_copy(sealed_site: SmallSite) -> None:
    clip = sealed_site.clips / sealed_of(sealed_site)[0].parts[0].file_name
    clip.chmod(0o644)
    clip.write_bytes(clip.read_bytes()[:-1] + b"x")
    with pytest.raises(TamperedError, match="not as it was sealed"):
        release(sealed_site, LEFT)
    clip.unlink()
    with pytest.raises(EvidenceError, match="cannot be read"):
        release(sealed_site, LEFT)
    assert not list(sealed_site.clips.glob("*_released*"))


def test_a_mask_that_cannot_be_drawn_stops_it(sealed_site: SmallSite) -> None:
    with pytest.raises(EvidenceError, match="at least 3 points"):
        release(sealed_site, ((0.1, 0.1), (0.2, 0.2)))
    assert not list(sealed_site.clips.glob("*_released*"))


def test_the_viewing_copy_leaves_for_viewing_only(tmp_path: Path) -> None:
    write_video(tmp_path / "old.mp4", codec="mpeg4")
    site = SmallSite.open(tmp_path / "data")
    site.record(tmp_path / "old.mp4")
    site.conclude(EVENTS[0])
    site.seal()
    (part,) = sealed_of(site)[0].parts

    viewing = release(site, for_viewing=True)
    assert viewing.file_name == part.viewing_copy
    assert (viewing.sha256, viewing.size_bytes) == (sha256_of(viewing.path), viewing.path.stat().st_size)
    assert not viewing.is_original
    assert release(site).is_original
    assert release(site, LEFT, for_viewing=True).file_name.endswith("_released.mp4")
    site.database.close()


def test_cleaning_up_leaves_copies_with_a_row_and_removes_those_without(sealed_site: SmallSite) -> None:
    kept = release(sealed_site, LEFT)
    stray = sealed_site.clips / "segment_3_20251025_113023_queue_released.mp4"
    half = stray.with_name(stray.name + ".part")
    for path in (stray, half):
        path.write_bytes(b"left by a kill")
    assert sealed_site.verify().clean, "what waits to be removed is not tampering"
    assert clean(sealed_site) == [stray.name, half.name]
    assert kept.path.is_file()
    assert sealed_site.verify().clean
    assert release(sealed_site, LEFT) == kept


def test_copy_of_deleted_evidence_goes_with_its_clip(sealed_site: SmallSite) -> None:
    copy = release(sealed_site, LEFT)
    with sealed_site.database.transaction() as connection:
        evidence_store.mark_deleted(SCOPE, connection, sealed_of(sealed_site)[0].id)
    assert copy.file_name in clean(sealed_site)
    assert not copy.path.exists()


def test_cleaning_up_leaves_a_copy_alone_that_is_being_made(
    sealed_site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, seen = releasing.make_released_copy, []

    def clean_meanwhile(*arguments: Any) -> Any:
        part = arguments[2].with_name(arguments[2].name + ".part")
        part.write_bytes(b"half")
        seen.append(clean(sealed_site))
        assert part.exists()
        made = make(*arguments)
        seen.append(clean(sealed_site))
        return made

    monkeypatch.setattr(releasing, "make_released_copy", clean_meanwhile)
    copy = release(sealed_site, LEFT)
    assert seen == [[], []]
    assert sha256_of(copy.path) == copy.sha256


def test_two_that_ask_at_once_make_one_copy(
    sealed_site: SmallSite, counted: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = threading.Barrier(2, timeout=10)
    look = releasing._known_copy

    def look_together(*arguments: Any) -> Any:
        found = look(*arguments)
        if threading.current_thread().name not in passed:
            passed.add(threading.current_thread().name)
            both.wait()
        return found

    passed: set[str] = set()
    monkeypatch.setattr(releasing, "_known_copy", look_together)
    found: list[ReleasedFile] = []
    threads = [threading.Thread(target=lambda: found.append(release(sealed_site, LEFT))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(counted) == 1
    assert found[0] == found[1]
    assert sha256_of(found[0].path) == found[0].sha256


def test_masks_of_a_camera_are_its_own_and_those_for_every_venue() -> None:
    def mask(camera: str, venue: str | None, x: float) -> MaskSettings:
        return MaskSettings(camera=camera, venue=venue, points=((x, 0), (1, 1), (0, 1)))  # type: ignore[arg-type]

    privacy = PrivacySettings(
        masks=(
            mask("till", "a", 0.1),
            mask("till", None, 0.2),
            mask("till", "b", 0.3),
            mask("door", "a", 0.4),
        )
    )
    pick: Callable[[str, str], list[float]] = lambda venue, camera: [  # noqa: E731
        mask[0][0] for mask in masks_of(privacy, venue, camera)
    ]
    assert pick("a", "till") == [0.1, 0.2]
    assert pick("c", "till") == [0.2]
    assert pick("a", "door") == [0.4]
    assert pick("b", "door") == []


def test_rows_stay_within_their_venue(sealed_site: SmallSite) -> None:
    release(sealed_site, LEFT)
    evidence_id = sealed_of(sealed_site)[0].id
    with sealed_site.database.transaction() as connection:
        row = get_released_copy(SCOPE, connection, evidence_id, 0)
        assert row is not None
        assert row.masks == (LEFT,)
        assert get_released_copy(Scope.of("elsewhere"), connection, evidence_id, 0) is None
        assert get_released_copy(SCOPE, connection, evidence_id, 1) is None
        with pytest.raises(StoreError):
            put_released_copy(Scope.of("elsewhere"), connection, row)
