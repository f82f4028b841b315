"""DeepSORT: by the gate of the motion filter, who was seen last first; by overlap what is left."""

from datetime import timedelta

from sightline.tracking.association import Nearness, Overlap
from sightline.tracking.cascade import DOUBTED, SURE, CascadeTracker, Life, Stage
from sightline.tracking.motion import Gait

STAGES = (
    # DeepSORT goes through the ages frame by frame; at a few frames a second these steps are the same.
    *(
        Stage(scores=SURE, likeness=Nearness(), unseen=timedelta(seconds=age))
        for age in (0.0, 0.25, 0.5, 1.0, 2.0, 5.0)
    ),
    Stage(scores=SURE, likeness=Overlap(at_least=0.3), unseen=timedelta(0)),
    Stage(scores=DOUBTED, likeness=Overlap(at_least=0.5), unseen=timedelta(0)),
    Stage(scores=SURE, likeness=Overlap(at_least=0.3), unconfirmed=True),
)


class DeepSort(CascadeTracker):
    """The matching cascade; with looks given, the appearance decides between those within the gate."""

    def __init__(self) -> None:
        super().__init__("deepsort", gait=Gait(), stages=STAGES, life=Life())
