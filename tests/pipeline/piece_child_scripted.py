"""The child of a piece with the small shop's scripted detector; told by words how to misbehave.

`python piece_child_scripted.py [die FOLDER COUNT | hang | refuse | "second refuses" FOLDER]`: `die` ends by a
signal at the first picture while FOLDER holds fewer than COUNT marks of earlier deaths; of the last the first
hangs and the second refuses.
"""

import os
import signal
import sys
import time
from pathlib import Path
from uuid import uuid4

from small_shop_people import START, who_is_there

from sightline.domain.track import Box
from sightline.errors import SourceRejected
from sightline.pipeline.piece_child import main
from sightline.pipeline.pieces import DetectorChoice
from sightline.testing.detectors import ScriptedDetector
from sightline.vision.picture import Detector


def opened(_choice: DetectorChoice, _threads: int) -> Detector:
    words = sys.argv[1:]
    if words == ["hang"]:
        time.sleep(3600)
    if words[:1] == ["second refuses"]:
        folder = Path(words[1])
        (folder / str(os.getpid())).touch()
        while len(list(folder.iterdir())) < 2 or os.getpid() == min(
            int(one.name) for one in folder.iterdir()
        ):
            time.sleep(0.05)
    if words[:1] in (["refuse"], ["second refuses"]):
        raise SourceRejected("shop.mp4: cannot be read")
    return ScriptedDetector(_who_is_there, START)


def _who_is_there(at_s: float) -> list[Box]:
    if sys.argv[1:2] == ["die"]:
        folder, count = Path(sys.argv[2]), int(sys.argv[3])
        if len(list(folder.iterdir())) < count:
            (folder / uuid4().hex).touch()
            os.kill(os.getpid(), signal.SIGSEGV)
            time.sleep(60)  # another thread may be the one that takes it
    return who_is_there(at_s)


if __name__ == "__main__":
    code = main(opened)
    os._exit(code)
