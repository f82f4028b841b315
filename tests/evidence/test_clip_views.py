"""Who watched a clip stands in the ledger: once an hour, viewer and copy, whichever process answers."""

from datetime import UTC, datetime, timedelta

import pytest
from evidence_site import SCOPE, SmallSite

from sightline.errors import StoreError
from sightline.evidence.clip_views import ClipViews
from sightline.store import evidence, ledger

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Watched:
    """A clip of a site, and what the ledger says of who watched it."""

    def __init__(self, site: SmallSite) -> None:
        self.site, self.now = site, NOON
        with site.database.reading() as connection:
            self.evidence = evidence.list_evidence(SCOPE, connection, state="sealed")[0]

    def views(self) -> ClipViews:
        """As a process of its own has it."""
        return ClipViews(self.site.database, clock=lambda: self.now)

    def entries(self) -> list[tuple[str, str, str]]:
        with self.site.database.reading() as connection:
            found = ledger.entries_of(SCOPE, connection, "evidence", self.evidence.id)
        return [
            (one.actor, str(one.facts["copy"]), str(one.facts["hour"])[11:13])
            for one in found
            if one.action == "watched"
        ]


def test_one_entry_an_hour_viewer_and_copy_by_however_many_processes(sealed_site: SmallSite) -> None:
    watched = Watched(sealed_site)
    one, other = watched.views(), watched.views()
    for minute in (0, 1, 59, 60, 61):
        watched.now = NOON + timedelta(minutes=minute)
        for process in (one, other):
            process.enter(watched.evidence, copy="original", by="person:7")
    one.enter(watched.evidence, copy="masked", by="person:7")
    one.enter(watched.evidence, copy="original", by="key:3")
    assert watched.entries() == [
        ("person:7", "original", "12"), ("person:7", "original", "13"), ("person:7", "masked", "13"),
        ("key:3", "original", "13"),
    ]  # fmt: skip
    sealed_site.seal()
    assert sealed_site.verify().clean


def test_a_view_that_could_not_be_entered_hurts_nobody_and_is_entered_with_the_next_piece(
    sealed_site: SmallSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    watched = Watched(sealed_site)
    views = watched.views()

    def fails(*_: object, **__: object) -> None:
        raise StoreError("the database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "add_entry", fails)
        views.enter(watched.evidence, copy="original", by="local")
    assert watched.entries() == []
    views.enter(watched.evidence, copy="original", by="local")
    assert watched.entries() == [("local", "original", "12")]
