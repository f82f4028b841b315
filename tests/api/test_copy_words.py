"""The page of a private link says what is covered in the copy that it shows: in French and in English."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from sightline.dashboard.event import SCRIPT_WORDS
from sightline.dashboard.sentences.event import EVENT
from sightline.dashboard.video_page import video_page
from sightline.evidence.shown_video import Copy, ShownVideo

SAID: dict[Copy, dict[str, list[str]]] = {
    Copy.ORIGINAL: {"en": [], "fr": []},
    Copy.VIEWING: {"en": ["H.264"], "fr": ["H.264"]},
    Copy.MASKED: {"en": ["areas are covered"], "fr": ["zones privées sont couvertes"]},
    Copy.BLURRED: {"en": ["aces are blurred"], "fr": ["visages sont floutés"]},
    Copy.MASKED_AND_BLURRED: {
        "en": ["areas are covered", "faces blurred"],
        "fr": ["zones privées sont couvertes", "visages floutés"],
    },
    Copy.HOSTED: {"en": [], "fr": []},
}
COVERING = ("covered", "blurred", "couvertes", "flouté")


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("copy", list(Copy), ids=lambda copy: copy.name.lower())
def test_the_page_says_what_is_so(copy: Copy, language: str) -> None:
    now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    shown = ShownVideo(
        path=Path("x.mp4"), file_name="x.mp4", sha256="ab" * 32, size_bytes=1, media_type="video/mp4",
        copy=copy, original_sha256=None, key_id="k", venue_name="shop", zone=ZoneInfo("Europe/Paris"),
        expires_at=now,
    )  # fmt: skip
    html = video_page(shown, clip_address="/clip", accept_language=language, now=now).html
    for words in SAID[copy][language]:
        assert html.count(words) >= 1
    if copy in (Copy.ORIGINAL, Copy.VIEWING, Copy.HOSTED):
        assert not any(word in html for word in COVERING)
    if copy is Copy.MASKED:
        assert not any(word in html for word in ("blurred", "flouté"))
    if copy is Copy.BLURRED:
        assert not any(word in html for word in ("covered", "couvertes"))


@pytest.mark.parametrize("copy", sorted(set(Copy) - {Copy.HOSTED}), ids=lambda copy: copy.name.lower())
def test_the_player_of_an_event_says_the_same(copy: Copy) -> None:
    """It looks for the words by what `X-Clip-Copy` says."""
    assert f"copy_{copy}" in SCRIPT_WORDS
    for said in EVENT[f"copy_{copy}"]:
        masks = any(word in said for word in ("covered", "couvertes"))
        blurs = any(word in said for word in ("blurred", "floutés"))
        assert (masks, blurs) == ("masked" in copy, "blurred" in copy), said
