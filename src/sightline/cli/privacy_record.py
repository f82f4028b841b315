"""`sightline doctor --privacy`: the record of what this site keeps of people, for reading and printing."""

from collections.abc import Iterator, Mapping
from typing import Any


def record_lines(record: Mapping[str, Any]) -> Iterator[str]:
    """The record for reading and printing."""
    yield f"What this site keeps of people  (Sightline {record['version']}, {record['made_at']})"
    for one in record["categories"]:
        yield ""
        yield f"{one['name']}: {'on' if one['on'] else 'OFF'}" + (
            f"  ({one['switch']})" if one["switch"] else ""
        )
        yield f"  for    {one['purpose']}"
        kept = f"{one['days']} days from {one['since']}" if one["days"] is not None else one["since"]
        yield f"  kept   {kept}"
        if one["rows"]:
            yield "  now    " + ", ".join(f"{count} {table}" for table, count in one["rows"].items())
    yield ""
    to = [f"{one['what']} to {one['host']}" for one in record["recipients"]]
    yield f"leaves this site: {', '.join(to) or 'nothing is set up to leave'}"
    leaving = record["what_leaves"]
    blurred = "yes" if leaving["blur_faces"] else "no"
    yield f"before it leaves: faces blurred: {blurred}; masks: {len(leaving['masks'])}"
    yield f"held clips: {record['held_clips']}; visitors erased: {record['erased_visitors']}"
    yield f"erasing somebody: {record['erasing']}"
    yield f"never: {', '.join(record['never'])}"
