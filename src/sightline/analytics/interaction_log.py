"""`InteractionLogger`: every event as a line that a person can read, beside its row in the database."""

import errno
import fcntl
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sightline.analytics.collector import MetricsCollector, Moment
from sightline.analytics.durations import local_text, seconds
from sightline.video.disk import writing


class InteractionLogger:
    """Tells a collector of each event and appends a line to a text file, flushed to disk before it returns.

    The database is written first: a line always speaks of a stored event. A line looks like
    `2025-10-25 12:55:36  interaction  staff 1, customer 2  30.00 s  event 1f0c...  video segment_8....mp4`.
    """

    def __init__(self, log_file: str | Path, *, collector: MetricsCollector | None = None) -> None:
        """
        Args:
            log_file: appended to; made when missing.
            collector: what is told of the events; None opens one with `analytics_metrics.json` and database
                beside `log_file`.

        Raises: as `MetricsCollector`.
        """
        self.log_file = Path(log_file)
        self.collector = collector or MetricsCollector(self.log_file.parent / "analytics_metrics.json")
        self._owns_collector = collector is None

    def log_interaction(
        self,
        staff_id: int,
        customer_id: int,
        interaction_start: Moment,
        interaction_end: Moment,
        video_evidence: Mapping[str, Any] | None = None,
    ) -> str:
        """Store and write down an interaction; its event id.

        Raises:
            ValueError: see `MetricsCollector.add_interaction_time`.
            StoreError: nothing was stored or written.
            DiskFull: the event may be stored and its line missing; telling it again is safe.
            ConfigError: the log file cannot be written.
        """
        event_id = self.collector.add_interaction_time(
            staff_id, customer_id, interaction_start, interaction_end, video_evidence
        )
        who = f"staff {staff_id}, customer {customer_id}"
        self._write_event("interaction", who, interaction_start, interaction_end, event_id, video_evidence)
        return event_id

    def log_unattended(
        self,
        customer_id: int,
        unattended_start: Moment,
        unattended_end: Moment,
        video_evidence: Mapping[str, Any] | None = None,
    ) -> str:
        """Store and write down an unattended wait; its event id. Raises as `log_interaction`."""
        event_id = self.collector.add_unattended_time(
            customer_id, unattended_start, unattended_end, video_evidence
        )
        who = f"customer {customer_id}"
        self._write_event("unattended", who, unattended_start, unattended_end, event_id, video_evidence)
        return event_id

    def log_queue(
        self,
        customer_id: int,
        queue_start: Moment,
        queue_end: Moment,
        video_evidence: Mapping[str, Any] | None = None,
    ) -> str:
        """Store and write down a time in a queue; its event id. Raises as `log_interaction`."""
        event_id = self.collector.add_queue_time(customer_id, queue_start, queue_end, video_evidence)
        self._write_event(
            "queue", f"customer {customer_id}", queue_start, queue_end, event_id, video_evidence
        )
        return event_id

    def link_video_evidence_to_interaction(
        self,
        staff_id: int | None,
        customer_id: int | None,
        video_evidence: Mapping[str, Any],
        *,
        event_id: str | None = None,
    ) -> bool:
        """Link video to an interaction by the collector's rules, and write down that it was linked.

        Returns:
            False when nothing was linked; then nothing is written either.
        """
        linked = self.collector.link_video_evidence_to_interaction(
            staff_id, customer_id, video_evidence, event_id=event_id
        )
        if linked:
            who = f"staff {staff_id}, customer {customer_id}" if event_id is None else f"event {event_id}"
            self._append(f"linked to the interaction of {who}  {_video(video_evidence)}")
        return linked

    def link_video_evidence_to_unattended(
        self, customer_id: int | None, video_evidence: Mapping[str, Any], *, event_id: str | None = None
    ) -> bool:
        """Link video to an unattended wait. As `link_video_evidence_to_interaction`."""
        linked = self.collector.link_video_evidence_to_unattended(
            customer_id, video_evidence, event_id=event_id
        )
        if linked:
            who = f"customer {customer_id}" if event_id is None else f"event {event_id}"
            self._append(f"linked to the unattended wait of {who}  {_video(video_evidence)}")
        return linked

    def close(self) -> None:
        """Close the collector if this logger opened it."""
        if self._owns_collector:
            self.collector.close()

    def _write_event(
        self,
        kind: str,
        who: str,
        start: Moment,
        end: Moment,
        event_id: str,
        video_evidence: Mapping[str, Any] | None,
    ) -> None:
        started_at, ended_at = self.collector.moment(start), self.collector.moment(end)
        self._append(
            f"{local_text(started_at, self.collector.zone)}  {kind}  {who}  "
            f"{seconds(ended_at - started_at):.2f} s  event {event_id}  {_video(video_evidence or {})}"
        )

    def _append(self, line: str) -> None:
        """One write of one whole line: a kill or a full disk leaves whole lines only."""
        content = (_on_one_line(line) + "\n").encode()
        with writing(self.log_file):
            self.log_file.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.log_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                length = os.fstat(file).st_size
                if os.write(file, content) != len(content):
                    os.ftruncate(file, length)
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                os.fsync(file)
            finally:
                os.close(file)


def _video(video_evidence: Mapping[str, Any]) -> str:
    name = video_evidence.get("segment_filename")
    return f"video {name}" if name else "no video yet"


def _on_one_line(text: str) -> str:
    """`text` without control characters: a name chosen elsewhere must not write lines of its own."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    ).rstrip()
