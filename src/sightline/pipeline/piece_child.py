"""The process that detects one piece: `python -m sightline.pipeline.piece_child`.

Told its work on standard input, one line of JSON; tells on standard output how far it is, and how it ended:
`{"seconds": 12.5}`, `{"done": true}` or `{"failed": SENTENCE, "error": NAME}`. Ends at once when its input
does, so it never outlives who started it.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from sightline import errors
from sightline.pipeline.lifeline import leave_when_input_ends, own_output, work_told
from sightline.pipeline.piece_detecting import detect_piece, open_chosen
from sightline.pipeline.pieces import DetectorChoice
from sightline.vision.picture import Detector

TOLD_EVERY_S = 0.5

Tell = Callable[[dict[str, Any]], None]


def main(open_detector: Callable[[DetectorChoice, int], Detector] = open_chosen) -> int:
    """Do the work that standard input tells."""
    out = own_output()
    document = work_told(sys.stdin.fileno())
    leave_when_input_ends(sys.stdin.fileno())
    tell = _teller(out)
    try:
        detect_piece(document, on_progress=_now_and_then(tell), open_detector=open_detector)
    except errors.SightlineError as error:
        tell({"failed": str(error), "error": type(error).__name__})
        return 1
    except MemoryError:
        tell({"failed": "it needs more memory than a job may have", "error": "SourceRejected"})
        return 1
    tell({"done": True})
    return 0


def _teller(out: TextIO) -> Tell:
    def tell(document: dict[str, Any]) -> None:
        try:
            out.write(json.dumps(document) + "\n")
            out.flush()
        except OSError:  # nobody listens any more
            os._exit(1)

    return tell


def _now_and_then(tell: Tell) -> Callable[[float], None]:
    told = time.monotonic()

    def progress(seconds: float) -> None:
        nonlocal told
        if time.monotonic() - told >= TOLD_EVERY_S:
            told = time.monotonic()
            tell({"seconds": seconds})

    return progress


if __name__ == "__main__":
    code = main()
    sys.stderr.flush()
    os._exit(code)  # a thread that still waits for standard input would keep the interpreter from ending
