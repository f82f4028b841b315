"""Where cameras and jobs belong, as a calculation: machines and work in, places out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sightline.errors import ConfigError
from sightline.pipeline.grouping import CameraKey, group_cameras

ANYWHERE = ""
"""The tag of groups that any machine may take which is not kept for a venue."""

VENUE = "venue:"
CAMERAS, JOBS, GPU = "cameras", "jobs", "gpu"
ROOM = 1_000_000
"""Of a resource that only says where something may run."""

GroupKey = tuple[str, int]
"""A venue id or ANYWHERE, and a number from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A node of the cluster. `resources` are what it offered when it joined, whatever is in use."""

    id: str
    address: str
    host: str
    alive: bool
    resources: Mapping[str, float] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """As people call it."""
        return place_of(self.host, self.id)

    def takes(self, tag: str) -> bool:
        """Whether groups with this tag may run here now."""
        return self.alive and needed(tag) in self.resources


def place_of(host: str, node_id: str) -> str:
    """A machine as people call it: several may have one name."""
    return f"{host}/{node_id[:8]}"


def offered(tags: Iterable[str], *, jobs: int) -> dict[str, float]:
    """The resources of a machine that joins with these tags.

    Args:
        tags: `venue=ID` keeps it for the cameras of that venue, and more of them for several; `gpu` brings
            all jobs here and to others tagged so.
        jobs: how many it takes at once.

    Raises:
        ConfigError: a tag of another kind.
    """
    resources: dict[str, float] = {JOBS: jobs}
    venues = []
    for tag in tags:
        kind, _, value = tag.partition("=")
        if kind == "venue" and value:
            venues.append(value)
        elif tag == "gpu":
            resources[GPU] = ROOM
        else:
            raise ConfigError(f"no such tag: {tag!r}; use --tag venue=ID or --tag gpu")
    resources |= {f"{VENUE}{venue}": ROOM for venue in venues} if venues else {CAMERAS: ROOM}
    return resources


def kept_venues(machines: Iterable[Machine]) -> set[str]:
    """Venues that a machine was kept for, also one that is away now: its cameras may be out of reach for all
    others."""
    return {
        name.removeprefix(VENUE)
        for machine in machines
        for name in machine.resources
        if name.startswith(VENUE)
    }


def needed(tag: str) -> str:
    """The resource that a group with this tag asks for."""
    return f"{VENUE}{tag}" if tag != ANYWHERE else CAMERAS


def place_cameras(
    current: Mapping[GroupKey, Sequence[CameraKey]],
    wanted: Iterable[CameraKey],
    kept: Collection[str],
    most: int,
) -> dict[GroupKey, list[CameraKey]]:
    """Give each wanted camera a group; a camera whose group may stay is left in it.

    Args:
        current: cameras by group, as they run now.
        kept: venues with machines of their own.
        most: cameras that one group takes.
    """
    asked: dict[str, list[CameraKey]] = {}
    for camera in wanted:
        asked.setdefault(camera[0] if camera[0] in kept else ANYWHERE, []).append(camera)
    placed: dict[GroupKey, list[CameraKey]] = {}
    for tag in sorted(asked):
        now = {number: cameras for (of, number), cameras in current.items() if of == tag}
        groups = group_cameras(now, asked[tag], most)
        placed |= {(tag, number): cameras for number, cameras in groups.items()}
    return placed


def sharers(machines: Iterable[Machine], groups: Collection[GroupKey], tag: str) -> int:
    """How many groups with this tag share a machine when they are spread evenly."""
    fitting = sum(machine.takes(tag) for machine in machines)
    return -(-sum(of == tag for of, _ in groups) // max(1, fitting))


def emptiest(machines: Iterable[Machine], where: Mapping[GroupKey, str], tag: str) -> Machine | None:
    """The machine for one more group with this tag; None when there is none for it now.

    Args:
        where: the place of each group.
    """
    load = Counter(where.values())
    fitting = [machine for machine in machines if machine.takes(tag)]
    return min(fitting, key=lambda machine: (load[machine.place], machine.place), default=None)


def to_move(machines: Sequence[Machine], where: Mapping[GroupKey, str]) -> GroupKey | None:
    """A group that had better run elsewhere: its machine has at least two more than another one would."""
    load = Counter(where.values())
    for group in sorted(where):
        better = emptiest(machines, where, group[0])
        if better is not None and load[where[group]] - load[better.place] >= 2:
            return group
    return None


def place_for_jobs(machines: Iterable[Machine]) -> str:
    """The resource that machines for jobs must have: a GPU as soon as one that is there is tagged so."""
    return GPU if any(machine.alive and GPU in machine.resources for machine in machines) else JOBS


def job_slots(machines: Iterable[Machine], place: str) -> int:
    """How many jobs may be under way at once on the machines that offer `place`."""
    fitting = [one.resources for one in machines if one.alive and place in one.resources]
    return sum(int(resources.get(JOBS, 0)) for resources in fitting)
