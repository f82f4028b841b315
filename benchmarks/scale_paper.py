"""Ten thousand shops on paper: what a chain asks of its centre, from what one document was measured to cost.

Nothing here measures; `scale_ingestion.py` does, and `docs/design/scale_figures.md` says what is assumed.
"""

from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

DAY_S, HOUR_S, YEAR_DAYS = 86_400, 3_600, 365
GIB, TIB = 2**30, 2**40


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """What is assumed of the shops.

    Attributes:
        people: in one shop on one day. `stays`: of one of them, over all zones and cameras.
        events: service events of a shop and day.
        peak_share: of the day's people in the busiest hour.
        every_s: how often an hour that goes on changing is told again.
        busy_share: of a machine's cores that may be used, so that a peak is no outage.
        kept_days: of stays and events; `minutes_kept_days` of minutes looked at.
        copies: of the database: itself and its stand-by.
    """

    shops: int = 10_000
    cameras: int = 10
    open_hours: float = 12
    people: float = 500
    stays: float = 6
    events: float = 150
    peak_share: float = 0.15
    every_s: float = 60
    busy_share: float = 0.5
    kept_days: int = 400
    minutes_kept_days: int = 400
    copies: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one document costs, of its first telling and of one more.

    Attributes:
        taken_s: documents that one centre takes a second, being told hours that go on.
        first_cpu_s, again_cpu_s: processor time of the web process.
        first_database_cpu_s, again_database_cpu_s: of the database's processes; 0 where it has none.
        document_bytes: as sent.
        stay_bytes, event_bytes, minute_bytes: on disk, with indexes and all that is made of them.
    """

    taken_s: float
    first_cpu_s: float
    again_cpu_s: float
    first_database_cpu_s: float
    again_database_cpu_s: float
    document_bytes: float
    stay_bytes: float
    event_bytes: float
    minute_bytes: float


def demands(chain: Chain, measured: Measured) -> dict[str, Any]:
    """Rates, machines, bytes of a year."""
    cameras = chain.shops * chain.cameras
    stays_a_day = chain.shops * chain.people * chain.stays
    minutes_a_day = cameras * chain.open_hours * 60
    hours_a_day = cameras * chain.open_hours
    tellings = HOUR_S / chain.every_s
    documents_s = cameras / chain.every_s
    first_s = cameras / HOUR_S
    again_s = documents_s - first_s
    web = first_s * measured.first_cpu_s + again_s * measured.again_cpu_s
    database = first_s * measured.first_database_cpu_s + again_s * measured.again_database_cpu_s
    disk = {
        "stays": stays_a_day * measured.stay_bytes * chain.kept_days,
        "events": chain.shops * chain.events * measured.event_bytes * chain.kept_days,
        "minutes": minutes_a_day * measured.minute_bytes * chain.minutes_kept_days,
    }
    return {
        "assumed": asdict(chain),
        "cameras": cameras,
        "stays_a_day": stays_a_day,
        "stays_a_year": stays_a_day * YEAR_DAYS,
        "stays_s_average": stays_a_day / DAY_S,
        "stays_s_peak": stays_a_day * chain.peak_share / HOUR_S,
        "tellings_of_an_hour": tellings,
        "documents_s_open": documents_s,
        "documents_a_day": hours_a_day * tellings,
        "megabit_s_open": documents_s * measured.document_bytes * 8 / 1e6,
        "centres_as_they_are": ceil(documents_s / (measured.taken_s * chain.busy_share)),
        "shops_of_a_centre": int(measured.taken_s * chain.busy_share * chain.every_s / chain.cameras),
        "web_cores": web,
        "web_processes": ceil(web / chain.busy_share),
        "database_cores": database,
        "database_machines_of_16_cores": ceil(database / chain.busy_share / 16),
        "core_hours_a_day": (web + database) * chain.open_hours,
        "disk_tib": {name: size / TIB for name, size in disk.items()},
        "disk_tib_in_all": sum(disk.values()) * chain.copies / TIB,
    }


def a_year_of(chain: Chain, found: dict[str, Any], *, core_hour: float, tib_month: float) -> float:
    """What it costs a year at a price of a core-hour (kept running all day) and of a TiB and month."""
    cores = ceil(found["web_cores"] / chain.busy_share) + ceil(found["database_cores"] / chain.busy_share)
    return cores * 24 * YEAR_DAYS * core_hour + found["disk_tib_in_all"] * 12 * tib_month
