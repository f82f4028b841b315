"""What `sightline doctor` says of delivery: what leaves, where to, and whether each secret is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sightline.errors import SightlineError

if TYPE_CHECKING:
    from sightline.receivers import SetUpReceiver
    from sightline.wiring import Site


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `advice` says what to do about it, empty when nothing is to be done."""

    name: str
    state: Literal["ok", "note", "broken"]
    found: str
    advice: str = ""


def delivery_checks(site: Site) -> list[Check]:
    """One check for each receiver, and for private links. Nothing is connected; no secret is shown."""
    from sightline.receivers import receivers_set_up

    checks = [_checked(one) for one in receivers_set_up(site)]
    if site.settings.delivery.centre is not None:
        checks += _told_centre(site)
    if not checks:
        checks = [Check("delivery", "ok", "nothing is set up to leave this site")]
    return [*checks, _links(site)]


def _checked(receiver: SetUpReceiver) -> Check:
    name = f"delivery: {receiver.name}"
    named = [one for one in receiver.secrets if one is not None]
    try:
        for secret in named:
            secret.reveal()
        receiver.make()
    except SightlineError as error:
        return Check(name, "broken", f"to {receiver.host}", str(error))
    known = ", ".join(f"{one.shown()} is there" for one in named) or "without a key"
    return Check(name, "ok", f"to {receiver.host}; {known}")


def _told_centre(site: Site) -> list[Check]:
    """How each venue stands with the centre; nothing before the first start of `serve`."""
    from sightline.domain.scope import Scope
    from sightline.store.edge_hours import told_centre

    if site.settings.database_url is None and not (site.data_dir / "sightline.db").exists():
        return []
    try:
        with site.database.reading() as connection:
            told = told_centre(Scope.site(), connection)
    except SightlineError:
        return []  # of the database another check tells
    checks = []
    for one in told:
        skew_s = one.skew.total_seconds() if one.skew is not None else None
        found = f"{one.waiting} hours wait" + (
            f"; its clock is {skew_s:+.1f} s" if skew_s is not None else ""
        )
        advice = one.error or one.refusal or ""
        if not advice and one.clocks_differ:
            advice = "set the clocks of both machines by NTP; times of events are this machine's"
        if not advice and one.zones_differ:
            advice = f"the venue's days are counted in {one.timezone} here, in {one.centre_timezone} there"
        checks.append(Check(f"centre: {one.venue_id}", "note" if advice else "ok", found, advice))
    return checks


def _links(site: Site) -> Check:
    from sightline.receivers import host_of

    address = site.settings.server.public_url
    if address is not None:
        return Check("delivery: our own links", "ok", f"at {host_of(address)}")
    return Check(
        "delivery: our own links",
        "note",
        "server.public_url is not set: private links work on this machine only",
        "set it once `sightline serve --only links` can be reached from outside",
    )
