"""People of a venue, known again by their faces. docs/design/identity.md, "Known again", has the rules."""

import secrets
import threading
from base64 import b32encode
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection

from sightline.domain.event import Role
from sightline.domain.face_votes import CHILD
from sightline.domain.scope import Scope
from sightline.domain.templates import KnownTrack, Match, Template, seen_meanwhile
from sightline.domain.visit import StaySpan, is_return
from sightline.domain.visitors import TrackSpan
from sightline.errors import ConfigError
from sightline.pipeline.face_templates import FaceTemplates
from sightline.pipeline.known_faces import KnownFaces
from sightline.pipeline.visitor_book import NOBODY, Recognised
from sightline.pipeline.visitor_stays import PSEUDONYM_BYTES, SeenTrack, VisitorName, stay_id
from sightline.store.face_templates import newest_kind
from sightline.store.known_people import is_seen_meanwhile, told_names, visits_until

log = structlog.get_logger()


class FaceRecognition:
    """Knows people again for all cameras of a process. Its transactions are one after the other anyway.

    Args:
        thresholds: by model, the cosine from which two faces are one person.
        clock: stamps what is stored; no rule reads it.
    """

    def __init__(
        self,
        templates: FaceTemplates,
        thresholds: Mapping[str, float],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._templates = templates
        self._thresholds = thresholds
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str, int], KnownFaces] = {}
        self._told = ""

    def prepare(self, scope: Scope, connection: Connection, *, venue_id: str) -> None:
        """Read the templates of the model that was used last, if that has not been done.

        Raises:
            StoreError: the database cannot be read.
        """
        kind = newest_kind(scope, connection, venue_id)
        if kind is None:
            return
        try:
            with self._lock:
                self._faces(scope, venue_id, *kind).load(connection)
        except ConfigError as error:
            self._tell(error)

    def names(
        self,
        scope: Scope,
        connection: Connection,
        tracks: Sequence[SeenTrack],
        *,
        venue_id: str,
        run_id: str,
        merged: Collection[str] = (),
    ) -> Recognised:
        """Lasting names of those tracks whose faces are good enough; see `Recognition`.

        What cannot be compared (another key than that of the templates there are, a model without a
        threshold) is logged, and nobody has a lasting name then: their stays are stored all the same.

        Raises:
            StoreError: the transaction must not commit.
        """
        people = {stay_id(run_id, one.span.track_id): one for one in tracks if _may_be_known(one)}
        if not people:
            return NOBODY
        naming = _Naming(scope, connection, venue_id, run_id, merged)
        told = told_names(scope, connection, venue_id, people)
        for event_id, (pseudo_id, lasting) in told.items():
            if lasting:
                naming.names[people[event_id].span.track_id] = VisitorName(pseudo_id)
        new = [one for event_id, one in people.items() if event_id not in told]
        try:
            with self._lock:
                for (model, dims), group in _by_kind(new).items():
                    faces = self._faces(scope, venue_id, model, dims)
                    naming.name_all(group, faces, threshold=self._threshold(model))
        except ConfigError as error:
            self._tell(error)
            return NOBODY
        return Recognised(naming.names, naming.templates)

    def keep(self, scope: Scope, connection: Connection, recognised: Recognised, *, venue_id: str) -> None:
        """Store the templates of those who were named: their stays are stored now.

        Raises:
            StoreError: as `FaceTemplates.put_in`; the transaction must not commit.
        """
        if recognised.templates:
            self._templates.put_in(scope, connection, venue_id, recognised.templates, at=self._clock())

    def _threshold(self, model: str) -> float:
        if model not in self._thresholds:
            raise ConfigError(
                f"nobody can be known again by the model {model!r}: the catalogue of models has no confidence"
                " for it, the cosine from which two faces are one person; add it to the entry in the file of"
                " models.catalogue"
            )
        return self._thresholds[model]

    def _faces(self, scope: Scope, venue_id: str, model: str, dims: int) -> KnownFaces:
        key = (venue_id, model, dims)
        if key not in self._known:
            self._known[key] = KnownFaces(self._templates, scope, venue_id, model=model, dims=dims)
        return self._known[key]

    def _tell(self, error: ConfigError) -> None:
        """Once, not every half second."""
        if str(error) != self._told:
            self._told = str(error)
            log.error("nobody is known again", reason=str(error))


@dataclass(slots=True)
class _Naming:
    """What some tracks of a run have come to so far, within its transaction.

    Attributes:
        merged: whose templates hold the faces of this footage already, from an earlier analysis.
        templates: of those who were named, by pseudonym, as they will be stored.
        tracks: where those who were named were seen, by pseudonym.
    """

    scope: Scope
    connection: Connection
    venue_id: str
    run_id: str
    merged: Collection[str] = ()
    names: dict[int, VisitorName] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    tracks: dict[str, list[KnownTrack]] = field(default_factory=lambda: defaultdict(list))

    def name_all(
        self, people: Sequence[tuple[TrackSpan, Template]], faces: KnownFaces, *, threshold: float
    ) -> None:
        """Name tracks in the order given.

        Raises:
            ConfigError: as `FaceTemplates.read_in`.
        """
        faces.follow(self.connection)
        guesses = faces.guesses([template for _, template in people], threshold=threshold)
        for (span, template), guess in zip(people, guesses, strict=True):
            self._name(span, template, guess, faces, threshold)

    def _name(
        self, span: TrackSpan, template: Template, guess: Match | None, faces: KnownFaces, threshold: float
    ) -> None:
        never: set[str] = set()
        kept: Template | None = None
        visits: list[StaySpan] = []
        while kept is None and (owner := faces.best(template, guess, threshold=threshold, never=never)):
            visits = visits_until(self.scope, self.connection, self.venue_id, owner, span.ended_at)
            if self._is_here_twice(owner, visits, span):
                never.add(owner)
            else:
                kept = self.templates.get(owner) or faces.stored(self.connection, owner)
        if owner is None or kept is None:
            owner, whole, visits = _new_pseudonym(), template, []
        else:
            whole = kept if owner in self.merged else kept.with_template(template)
        visits += [
            StaySpan(at=one.first_seen_at, dwell=one.last_seen_at - one.first_seen_at)
            for one in self.tracks[owner]
        ]
        faces.put(owner, whole)
        self.names[span.track_id] = VisitorName(owner, is_repeat=is_return(visits, span.started_at))
        self.templates[owner] = whole
        self.tracks[owner].append(KnownTrack(owner, span.started_at, span.ended_at))

    def _is_here_twice(self, owner: str, visits: Sequence[StaySpan], span: TrackSpan) -> bool:
        """Whether another track of this recording is this person, with a moment in common."""
        first, last = span.started_at, span.ended_at
        return bool(seen_meanwhile(self.tracks[owner], first, last)) or is_seen_meanwhile(
            self.scope,
            self.connection,
            self.venue_id,
            owner,
            run_id=self.run_id,
            visits=visits,
            first=first,
            last=last,
        )


def _may_be_known(track: SeenTrack) -> bool:
    """Visitors with a stay, as `stays_of_tracks` has them, of full age, whose face was good enough."""
    is_visitor = track.role.role is not Role.STAFF and track.span.is_visit and bool(track.zones.stays)
    return is_visitor and track.looks.template is not None and track.looks.age_bracket != CHILD


def _by_kind(tracks: Iterable[SeenTrack]) -> dict[tuple[str, int], list[tuple[TrackSpan, Template]]]:
    """Tracks in the order of their start, by model and length of the vector: only these can be compared."""
    found: dict[tuple[str, int], list[tuple[TrackSpan, Template]]] = defaultdict(list)
    for one in sorted(tracks, key=lambda track: (track.span.started_at, track.span.track_id)):
        template = one.looks.template
        if template is not None:
            found[template.model, len(template.mean)].append((one.span, template))
    return found


def _new_pseudonym() -> str:
    return b32encode(secrets.token_bytes(PSEUDONYM_BYTES)).decode().lower()
