"""A recording analysed for a camera that `serve` watches at other times."""

from datetime import timedelta
from pathlib import Path

from footage_made import write_video
from small_shop import START, analysis, make_video, recording

from sightline.domain.scope import Scope
from sightline.store.cameras import put_camera
from sightline.store.recordings import segments_between
from sightline.store.venues import ensure_venue

LIVE_DAY = START + timedelta(days=30)
NAME = f"{LIVE_DAY:%Y%m%dT%H%M%S.%fZ}.mp4"


def test_what_a_killed_serve_left_is_entered_and_not_removed(tmp_path: Path) -> None:
    analyse = analysis(tmp_path)
    scope = Scope.of("shop")
    with analyse.means.database.transaction() as connection:
        ensure_venue(scope, connection, "shop")
        put_camera(
            scope, connection, venue_id="shop", camera_id="till",
            settings={"id": "till", "source": "rtsp://10.0.0.8/1"}, origin="typed", at=START,
        )  # fmt: skip
    folder = analyse.means.recordings_dir / "shop" / "till"
    folder.mkdir(parents=True)
    fragmented = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    made = write_video(tmp_path / "live.mp4", frames=20, fps=10, gop=10, mux_options=fragmented)
    made.rename(folder / f"{NAME}.part")

    analyse.run(recording(make_video(tmp_path / "shop.mp4")), on_frame=lambda _: None)

    assert (folder / NAME).is_file()
    with analyse.means.database.reading() as connection:
        found = segments_between(
            scope, connection, "shop", "till", LIVE_DAY, LIVE_DAY + timedelta(seconds=10)
        )
    assert [segment.path for segment in found] == [f"shop/till/{NAME}"]
