"""Decoding in a thread of its own, a few frames ahead of who uses them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator

from sightline.video.picture import Frame


def frames_ahead(
    read: Callable[[], Iterator[Frame]],
    ahead: int,
    *,
    name: str,
    when_closed: Callable[[Callable[[], None]], None],
) -> Generator[Frame]:
    """Run a reading in a thread; whoever stops early stops the thread too.

    Args:
        read: begins the reading; called in the thread.
        ahead: frames that wait for the caller at most.
        name: of what is read, for the thread's name.
        when_closed: takes what is to be called when the source is closed: it stops the thread, too.
    """
    ready: queue.Queue[Frame | Exception | None] = queue.Queue(max(1, ahead))
    stopped = threading.Event()

    def put(item: Frame | Exception | None) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def fill() -> None:
        try:
            for frame in read():
                if not put(frame):
                    return
        except Exception as error:  # noqa: BLE001  (top of the thread: the caller raises it)
            put(error)
        else:
            put(None)

    def stop() -> None:
        stopped.set()
        thread.join()

    thread = threading.Thread(target=fill, name=f"read {name}", daemon=True)
    thread.start()
    when_closed(stop)
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        stop()
