"""ByteTrack: overlap alone, first with the sure detections, then with those the detector doubts."""

from datetime import timedelta

from sightline.tracking.association import Overlap
from sightline.tracking.cascade import DOUBTED, SURE, CascadeTracker, Life, Stage
from sightline.tracking.motion import Gait

STAGES = (
    Stage(scores=SURE, likeness=Overlap(at_least=0.2)),
    Stage(scores=DOUBTED, likeness=Overlap(at_least=0.5), unseen=timedelta(0)),
    Stage(scores=SURE, likeness=Overlap(at_least=0.3), unconfirmed=True),
)


class ByteTrack(CascadeTracker):
    """The plain two-stage cascade."""

    def __init__(self) -> None:
        super().__init__("bytetrack", gait=Gait(), stages=STAGES, life=Life())
