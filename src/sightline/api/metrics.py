"""GET /metrics in the text format of Prometheus.

Made anew for each request from what the camera processes told the database: this process counts nothing, so
nothing is lost when it restarts. Counters of a camera begin at 0 when its process starts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from sightline import __version__
from sightline.api.caller import Administering
from sightline.domain.outbox import ItemState
from sightline.pipeline.site_state import CameraState, ReadState, SiteState

CAMERA = ("venue", "camera")

GAUGES = {
    "fps_in": ("sightline_camera_fps", "Pictures received each second, over the last seconds."),
    "lag_s": ("sightline_camera_lag_seconds", "Arrival minus capture of the last packet."),
}
COUNTERS = {
    "packets": ("sightline_camera_packets", "Packets received."),
    "bytes": ("sightline_camera_received_bytes", "Bytes received."),
    "recorded_packets": ("sightline_camera_recorded_packets", "Packets written to disk."),
    "recorded_bytes": ("sightline_camera_recorded_bytes", "Bytes written to disk."),
    "inference_s": ("sightline_camera_inference_seconds", "Time the detector spent on its pictures."),
    "gaps": ("sightline_camera_gaps", "Interruptions."),
    "gap_s": ("sightline_camera_gap_seconds", "Length of all interruptions."),
    "events": ("sightline_camera_events", "Events stored; a later verdict of a person changes nothing."),
}
PICTURES = ("decoded", "analysed", "inferred", "repeated", "dropped", "late", "failed")
LOOKS = {"faces_looked_at": "faces", "poses_looked_at": "poses", "let_go": "let_go", "failed": "failed"}
LATENCIES = {"latency_p50_s": "0.5", "latency_p95_s": "0.95", "latency_max_s": "1"}


def metrics_routes(read_state: ReadState) -> APIRouter:
    """The route, over `read_state`."""
    routes = APIRouter()

    @routes.get("/metrics", response_class=PlainTextResponse, summary="Figures for Prometheus", tags=["site"])
    def metrics(_caller: Administering) -> PlainTextResponse:
        """Of all cameras and of the outbox, in the text format 0.0.4."""
        return PlainTextResponse(metrics_text(read_state()), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes


def metrics_text(state: SiteState) -> bytes:
    """All figures of `state` in the text format 0.0.4."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(state))
    return generate_latest(registry)


class _Figures:
    """The site as the library wants to be told of it."""

    def __init__(self, state: SiteState) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        yield from self._site()
        cameras = self._state.cameras
        up = GaugeMetricFamily("sightline_camera_up", "1 while pictures come in.", labels=CAMERA)
        told = GaugeMetricFamily(
            "sightline_camera_told_seconds", "Since the camera last told how it is.", labels=CAMERA
        )
        open_gap = GaugeMetricFamily(
            "sightline_camera_gap_open_seconds", "Length of the interruption now; 0 without.", labels=CAMERA
        )
        recorded = GaugeMetricFamily(
            "sightline_camera_recording", "1 while it is recorded, 0 while the disk is full.", labels=CAMERA
        )
        size = GaugeMetricFamily("sightline_recording_bytes", "Size of its recorded files.", labels=CAMERA)
        for camera in cameras:
            where = _where(camera)
            up.add_metric(where, float(camera.is_up(self._state.at)))
            if camera.told_at is not None:
                told.add_metric(where, (self._state.at - camera.told_at).total_seconds())
            if "recording" in camera.status:
                recorded.add_metric(where, float(camera.status["recording"] == "on"))
            gap = camera.open_gap
            open_gap.add_metric(where, gap.length(self._state.at).total_seconds() if gap else 0.0)
            size.add_metric(where, camera.recording_bytes)
        yield from (up, told, recorded, open_gap, size)
        yield from _counted(cameras)
        yield _pictures(cameras)
        yield from _looks(cameras)
        yield _crossings(cameras)
        yield _latencies(cameras)

    def _site(self) -> Iterator[Metric]:
        state = self._state
        build = GaugeMetricFamily("sightline_build_info", "1; which version this is.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        works = float(state.database_works)
        yield GaugeMetricFamily("sightline_database_up", "1 while it can be read.", value=works)
        if state.disk_free_bytes is not None:
            yield GaugeMetricFamily(
                "sightline_disk_free_bytes", "Of the disk of the data folder.", value=state.disk_free_bytes
            )
        alerts = GaugeMetricFamily(
            "sightline_alerts_open", "Alerts that have not cleared.", labels=["venue", "alert_type"]
        )
        for (venue, alert_type), count in sorted(state.alerts_open.items()):
            alerts.add_metric([venue, alert_type], count)
        yield alerts
        wanted = GaugeMetricFamily("sightline_evidence_wanted", "Clips still to be sealed.", labels=["venue"])
        for venue, count in sorted(state.evidence_wanted.items()):
            wanted.add_metric([venue], count)
        yield wanted
        yield from _outbox(state)
        yield from _centre(state)


def _outbox(state: SiteState) -> Iterator[Metric]:
    """What waits, was sent, given up or cancelled; the age of the oldest that waits."""
    where = ["venue", "channel"]
    items = GaugeMetricFamily(
        "sightline_outbox_items", "What leaves the site, by how far it got.", labels=[*where, "state"]
    )
    oldest = GaugeMetricFamily(
        "sightline_outbox_oldest_waiting_seconds",
        "How long the oldest that still waits has waited.",
        labels=where,
    )
    for one in state.outbox:
        items.add_metric([one.venue_id, one.channel.value, one.state.value], one.count)
        if one.state is ItemState.WAITING:
            age_s = max(0.0, (state.at - one.oldest_at).total_seconds())
            oldest.add_metric([one.venue_id, one.channel.value], age_s)
    yield from (items, oldest)


def _centre(state: SiteState) -> Iterator[Metric]:
    """What the centre has still to be told; nothing of a site without one."""
    if not state.centre:
        return
    waiting = GaugeMetricFamily(
        "sightline_centre_hours_waiting", "Hours that the centre has still to be told.", labels=["venue"]
    )
    oldest = GaugeMetricFamily(
        "sightline_centre_oldest_waiting_seconds", "Since the oldest of them began.", labels=["venue"]
    )
    refused = GaugeMetricFamily(
        "sightline_centre_hours_refused", "Hours that the centre would not have.", labels=["venue"]
    )
    skew = GaugeMetricFamily(
        "sightline_centre_clock_skew_seconds", "The centre's clock minus ours.", labels=["venue"]
    )
    for one in state.centre:
        waiting.add_metric([one.venue_id], one.waiting)
        refused.add_metric([one.venue_id], one.refused)
        if one.oldest_at is not None:
            oldest.add_metric([one.venue_id], max(0.0, (state.at - one.oldest_at).total_seconds()))
        if one.skew is not None:
            skew.add_metric([one.venue_id], one.skew.total_seconds())
    yield from (waiting, oldest, refused, skew)


def _counted(cameras: tuple[CameraState, ...]) -> Iterator[Metric]:
    """One family for each figure of a status; a figure that was not told is left out, not 0."""
    for key, (name, meaning) in GAUGES.items():
        gauge = GaugeMetricFamily(name, meaning, labels=CAMERA)
        for camera, value in _told(cameras, key):
            gauge.add_metric(_where(camera), value)
        yield gauge
    for key, (name, meaning) in COUNTERS.items():
        counter = CounterMetricFamily(name, meaning, labels=CAMERA)
        for camera, value in _told(cameras, key):
            counter.add_metric(_where(camera), value)
        yield counter


def _pictures(cameras: tuple[CameraState, ...]) -> Metric:
    meaning = (
        "Pictures by what became of them: decoded; analysed, which are those inferred by the detector and"
        " those repeated, which kept the last detections; dropped for want of time; late; failed."
    )
    pictures = CounterMetricFamily("sightline_camera_pictures", meaning, labels=[*CAMERA, "what"])
    for what in PICTURES:
        for camera, value in _told(cameras, what):
            pictures.add_metric([*_where(camera), what], value)
    return pictures


def _looks(cameras: tuple[CameraState, ...]) -> Iterator[Metric]:
    """Of cameras whose people somebody looks closer at."""
    meaning = (
        "People looked at closer, by what was looked at: faces or poses; let_go for want of time; failed."
    )
    looks = CounterMetricFamily("sightline_camera_looks", meaning, labels=[*CAMERA, "what"])
    spent = CounterMetricFamily("sightline_camera_looks_seconds", "Time that they took.", labels=CAMERA)
    for camera in cameras:
        told = camera.status.get("looks") or {}
        for key, what in LOOKS.items():
            if (value := _number(told, key)) is not None:
                looks.add_metric([*_where(camera), what], value)
        if (seconds := _number(told, "busy_s")) is not None:
            spent.add_metric(_where(camera), seconds)
    yield from (looks, spent)


def _crossings(cameras: tuple[CameraState, ...]) -> Metric:
    """Everybody together: who turns out to be staff would make a counter fall."""
    meaning = "People over a line drawn to count over, in or out, staff included."
    crossings = CounterMetricFamily("sightline_camera_line_people", meaning, labels=[*CAMERA, "line", "way"])
    for camera in cameras:
        for line in camera.status.get("lines") or ():
            for way in ("in", "out"):
                crossings.add_metric([*_where(camera), line["name"], way], line[way] + line[f"staff_{way}"])
    return crossings


def _latencies(cameras: tuple[CameraState, ...]) -> Metric:
    latency = GaugeMetricFamily(
        "sightline_camera_event_latency_seconds",
        "From the capture of the picture that concluded an event to its commit; quantile 1 is the longest.",
        labels=[*CAMERA, "quantile"],
    )
    for key, quantile in LATENCIES.items():
        for camera, value in _told(cameras, key):
            latency.add_metric([*_where(camera), quantile], value)
    return latency


def _told(cameras: tuple[CameraState, ...], key: str) -> Iterator[tuple[CameraState, float]]:
    for camera in cameras:
        value = _number(camera.status, key)
        if value is not None:
            yield camera, value


def _number(status: Mapping[str, Any], key: str) -> float | None:
    value = status.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _where(camera: CameraState) -> list[str]:
    return [camera.venue_id, camera.camera_id]
