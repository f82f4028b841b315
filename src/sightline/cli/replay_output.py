"""What `sightline replay` found, for people and for programs."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sightline.cli.tables import print_table
from sightline.cli.terminal import clock, length, messages

if TYPE_CHECKING:  # these take a second to import; `--help` should not wait for them
    from sightline.pipeline.replaying import Difference, Replayed
    from sightline.wiring import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which stretch of which camera, and by whose rules.

    Attributes:
        site: where footage and events are.
        rules_site: the file of the changed rules.
    """

    site: "Site"
    rules_site: "Site"
    rules_file: Path
    venue_id: str
    camera_id: str
    zone: ZoneInfo
    start: datetime
    end: datetime


def document(
    asked: Asked,
    replayed: "Replayed",
    footage: timedelta,
    found: Sequence["Difference"],
    warnings: list[str],
) -> dict[str, Any]:
    """The document of `replay --json`."""
    from sightline.pipeline.replaying import difference_facts

    return {
        "venue_id": asked.venue_id,
        "camera_id": asked.camera_id,
        "from": asked.start.isoformat(),
        "to": asked.end.isoformat(),
        "config": str(asked.rules_file),
        "footage_s": round(footage.total_seconds(), 3),
        "analysed_frames": replayed.pictures,
        "summary": _summary(found),
        "events": [difference_facts(one) for one in found],
        "warnings": warnings,
    }


def _summary(found: Sequence["Difference"]) -> dict[str, int]:
    from sightline.pipeline.replaying import Verdict

    counts = Counter(one.verdict for one in found)
    return {verdict.value: counts[verdict] for verdict in Verdict} | {"cut": sum(one.is_cut for one in found)}


def print_differences(
    asked: Asked,
    replayed: "Replayed",
    footage: timedelta,
    found: Sequence["Difference"],
    warnings: list[str],
) -> None:
    """A line for each event, then what it comes to."""
    say = messages()
    for warning in warnings:
        say.print(f"note: {warning}", style="yellow", markup=False, soft_wrap=True)
    if found:
        title = f"{asked.venue_id} / {asked.camera_id}, {asked.start.astimezone(asked.zone):%F}"
        headings = ("start", "event", "change", ">now stored", ">would be", ">start", ">end", "border")
        print_table(headings, [_cells(one, asked.zone) for one in found], title=title)
    counts = _summary(found)
    lines = [
        f"{length(footage)} of footage watched again, {replayed.pictures} pictures, rules of"
        f" {asked.rules_file}",
        f"events: {counts['new']} new, {counts['gone']} gone, {counts['changed']} changed,"
        f" {counts['unchanged']} unchanged",
    ]
    if counts["unjudged"]:
        lines.append(
            f"{counts['unjudged']} stored events were not found again, but less than half of each is still"
            " recorded (unjudged)"
        )
    if counts["cut"]:
        lines.append(f"{counts['cut']} of them go on beyond the border of what was watched (marked cut)")
    lines.append("nothing was stored; to keep these rules, put them into the site file")
    for line in lines:
        say.print(line, markup=False, soft_wrap=True)


def _cells(one: "Difference", zone: ZoneInfo) -> tuple[str, ...]:
    cuts = [name for name, cut in (("start", one.cut_start), ("end", one.cut_end)) if cut]
    return (
        clock(one.started_at, zone),
        one.kind.value,
        one.verdict.value.replace("_", " "),
        length(one.before.duration) if one.before else "-",
        length(one.after.duration) if one.after else "-",
        _signed(one.start_shift),
        _signed(one.end_shift),
        f"{' and '.join(cuts)} cut" if cuts else "",
    )


def _signed(shift: timedelta | None) -> str:
    if shift is None:
        return "-"
    return "=" if not shift else f"{shift.total_seconds():+.1f} s"
