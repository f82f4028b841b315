"""BoT-SORT, the default: without appearance, and with a camera motion that needs no pictures."""

from datetime import timedelta

from sightline.tracking.association import Likelihood, Overlap
from sightline.tracking.cascade import DOUBTED, SURE, CascadeTracker, Life, Stage
from sightline.tracking.motion import Gait

STAGES = (
    Stage(scores=SURE, likeness=Overlap(at_least=0.15, height=True, trust=0.05)),
    # At a few frames a second people leave their own outline between two frames.
    Stage(scores=SURE, likeness=Likelihood(newcomers=0.0)),
    Stage(scores=DOUBTED, likeness=Overlap(at_least=0.5, height=True), unseen=timedelta(seconds=0.5)),
    Stage(scores=SURE, likeness=Likelihood(newcomers=0.0), unconfirmed=True),
)


class BotSort(CascadeTracker):
    """Boxes filtered in centre and size; overlap tempered by motion and height, then motion alone."""

    def __init__(self) -> None:
        super().__init__("botsort", gait=Gait(), stages=STAGES, life=Life(), follows_camera=True)
