"""Housekeeping lets go of faces whose time is over, and of the bytes that an erasure has left."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from sightline.config.identity_key import IdentityKey
from sightline.config.settings import Settings
from sightline.domain.scope import Scope
from sightline.domain.stay import Stay
from sightline.domain.templates import Template
from sightline.live_wiring import housekeeping_of
from sightline.pipeline.face_templates import FaceTemplates
from sightline.store.face_templates import templates_of_venue
from sightline.store.stays import add_stays
from sightline.store.venues import ensure_venue
from sightline.wiring import Site

SITE = Scope.site()


def test_one_round_does_both_while_identity_is_off(tmp_path: Path) -> None:
    site = Site(Settings.model_validate({"retention_days": {"identity": 7}}), tmp_path / "data")
    now = datetime.now(UTC)
    face = Template.begin("net", np.ones(8, np.float32))
    with site.database.transaction() as connection:
        ensure_venue(SITE, connection, "shop")
        came = {"v-old": now - timedelta(days=8), "v-new": now - timedelta(days=6)}
        add_stays(
            SITE, connection, "shop", [Stay(pseudo_id=who, at=at, zone="x") for who, at in came.items()]
        )
        key = IdentityKey.parse("ab" * 31 + "cd", named="test")
        FaceTemplates(key).put_in(SITE, connection, "shop", dict.fromkeys(came, face), at=now)
    notes = site.data_dir / "erasures"
    notes.mkdir()
    (notes / "a-receipt").touch()
    log = site.data_dir / "sightline.db-wal"
    assert log.stat().st_size > 0

    housekeeping_of(site, lambda: None).round()

    with site.database.reading() as connection:
        assert [one.pseudo_id for one in templates_of_venue(SITE, connection, "shop")] == ["v-new"]
    assert list(notes.iterdir()) == []
    site.database.close()
