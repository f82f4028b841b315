"""The people of a corridor, met twice: who they are taken for, how old, and whether they are known again.

    SIGHTLINE_MODELS=/work/shared/models python benchmarks/known_again.py --shared /work/shared

`sightline analyze` runs over `videos/corridor-faces-a.avi` (two women and a man), and over a copy of it that
is said to have been recorded 40 minutes after the first ended. Printed: visitors, visits, gender and age as
stored, and the ages that the model read in the faces that voted, by track. Exit code 1 when there are not
three visitors, two F and one M, each with two visits, all three called returning the second time.
"""

import argparse
import os
import secrets
import shutil
import sys
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from unittest.mock import patch

from sightline.analytics.visitors import Visitors
from sightline.domain.scope import Scope
from sightline.pipeline.face_looks import BestFaces
from sightline.pipeline.recording import find_recording
from sightline.wiring import Site, analysis_of, choose_camera, detector_for, open_site

FIRST = datetime.fromisoformat("2026-11-20T10:00:00+01:00")
GAP = timedelta(minutes=40)
VENUE = "corridor"
SETTINGS = """
data_dir: {folder}/data
identity: {{enabled: true}}
behavior: {{enabled: true}}
venues: [{{id: corridor, timezone: Europe/Paris}}]
"""


def analysed(site: Site, video: Path, recorded_at: datetime, out: Path) -> tuple[dict[str, int], datetime]:
    """What one pass says of who came, and when it ended."""
    choice = choose_camera(site.settings, video, venue_id=VENUE, camera_id="cam")
    recording = find_recording(
        video,
        venue_id=VENUE,
        camera_id="cam",
        zone=choice.zone,
        given=recorded_at,
        now=datetime.now(recorded_at.tzinfo),
    )
    analysis = analysis_of(site, choice, detector_for(site.settings), None, out)
    result = analysis.run(recording, on_frame=lambda _: None)
    return result.document()["reid"], result.analysed.until


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, required=True)
    asked = parser.parse_args()
    os.environ.setdefault("SIGHTLINE_IDENTITY_KEY", secrets.token_hex(32))
    ages: list[list[float]] = []
    votes = BestFaces.votes

    def told(faces: BestFaces) -> object:
        ages.append([face.age for face in faces._faces])
        return votes(faces)

    with tempfile.TemporaryDirectory() as name, patch.object(BestFaces, "votes", told):
        folder = Path(name)
        (folder / "site.yaml").write_text(SETTINGS.format(folder=folder))
        site = open_site(folder / "site.yaml")
        video = asked.shared / "videos" / "corridor-faces-a.avi"
        again = shutil.copy(video, folder / "again.avi")
        once, ended = analysed(site, video, FIRST, folder / "once")
        twice, _ = analysed(site, Path(again), ended + GAP, folder / "twice")
        visitors = Visitors(site.database, lambda: ended + 2 * GAP)
        found, _ = visitors.listed(Scope.site(), VENUE, sort_by="first_seen", limit=10, offset=0)
        returning = visitors.returning(Scope.site(), VENUE, days=1, to=FIRST.date())["summary"]
        site.database.close()
    print(f"first pass {once}, second pass {twice}")
    for one in found:
        print(f"{one['gender']} {one['age_bracket']}: {one['visit_count']} visits, {one['loyalty_tier']}")
    for faces in ages[: len(ages) // 2]:
        if faces:
            print(
                "ages read in the faces of a track:",
                [round(age) for age in faces],
                "median",
                round(median(faces)),
            )
    print("returning:", returning)
    genders = Counter(one["gender"] for one in found)
    right = (
        genders == {"F": 2, "M": 1}
        and [one["visit_count"] for one in found] == [2, 2, 2]
        and (once["known"], once["new"], twice["known"], twice["new"]) == (0, 3, 3, 0)
    )
    print("as it should be" if right else "NOT as it should be")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
