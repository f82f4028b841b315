"""A child as the supervisor knows them, without cameras: lives, listens, and misbehaves when asked to.

    python small_child.py NOTES [habit ...]

Writes to NOTES what happens to it, a JSON line each. Habits: `silent` says one sign of life and no more;
`mute` says none; `short` dies after 0.1 s; `deaf` goes on after the end of its input; `stubborn` ignores
SIGTERM too; `unreading` never reads its input.
"""

import json
import os
import select
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

BEAT_S = 0.05


def main() -> int:
    notes, habits = sys.argv[1], set(sys.argv[2:])

    def note(**facts: object) -> None:
        with Path(notes).open("a") as file:
            file.write(json.dumps({"pid": os.getpid(), "at": time.monotonic(), **facts}) + "\n")

    def terminated(*_: object) -> None:
        note(what="SIGTERM")
        if "stubborn" not in habits:
            sys.exit(0)

    signal.signal(signal.SIGTERM, terminated)
    note(what="start", group=os.getpgrp())
    began, said, heard, closed = time.monotonic(), 0, b"", False
    while True:
        if "short" in habits and time.monotonic() - began > 0.1:
            return 3
        if not ("mute" in habits or ("silent" in habits and said)):
            with suppress(BrokenPipeError):  # killed meanwhile: the end of input comes next
                os.write(1, b'{"alive": true, "cameras": {}}\n')
            said += 1
        if "unreading" in habits or closed:
            time.sleep(BEAT_S)
            continue
        if select.select([0], [], [], BEAT_S)[0]:
            text = os.read(0, 1 << 16)
            if not text:
                note(what="end of input")
                if "deaf" not in habits:
                    return 0
                closed = True
            *lines, heard = (heard + text).split(b"\n")
            for line in lines:
                note(what="told", line=json.loads(line))


if __name__ == "__main__":
    sys.exit(main())
