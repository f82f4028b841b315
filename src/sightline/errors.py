"""Every error this product raises on purpose.

SightlineError
├── ConfigError            the site file, an option or an environment variable is wrong; fix it and run again
├── SourceError            a camera or file cannot be read
│   ├── SourceUnavailable  try again: refused, timed out, stream ended early
│   └── SourceRejected     do not try again: missing, not a video, unsupported codec, no picture in it
├── ModelError             a model file cannot be had, loaded, or answers in an unknown layout
├── EvidenceError          footage for the asked span is missing
│   ├── TamperedError      a clip, manifest or ledger is not what was sealed
│   └── PictureWithheld    faces are to be blurred and cannot be, so nothing leaves
├── DeliveryError          what is to leave the site did not arrive
│   ├── DeliveryDeferred   try again later: no answer, 429, 5xx
│   │   └── CopyDiffers    what lies at the far end is not what was sent
│   └── DeliveryRefused    do not try again: another 4xx, a setting is wrong; a person has to look
│       └── AlteredFile    the file is not as it was sealed, and stays here
├── StoreError             the database cannot be opened or is of another version
│   └── OutOfScope         it belongs to a venue that the caller may not reach
├── NotFound               nothing has this id
├── Conflict               not as things stand; the message says what has to be done first
└── DiskFull               nothing half written was left behind; free some space and run again
"""


class SightlineError(Exception):
    """Base class: catch this to mean "anything we foresaw"."""


class ConfigError(SightlineError):
    """The site file, an option or an environment variable is wrong. Exit code 2."""


class SourceError(SightlineError):
    """A camera or file cannot be read."""


class SourceUnavailable(SourceError):
    """Worth trying again later."""


class SourceRejected(SourceError):
    """Trying again will not help."""


class ModelError(SightlineError):
    """A model file cannot be had, loaded, or answers in an unknown layout."""


class EvidenceError(SightlineError):
    """Footage for the asked span is missing or cannot be cut."""


class TamperedError(EvidenceError):
    """A clip, manifest or ledger is not what was sealed."""


class PictureWithheld(EvidenceError):
    """Faces are to be blurred and cannot be in these pictures: they do not leave."""


class DeliveryError(SightlineError):
    """What is to leave the site did not arrive. The message never holds a key, a password or a token."""


class DeliveryDeferred(DeliveryError):
    """Worth trying again; after `retry_after_s` where the receiver said so."""

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class DeliveryRefused(DeliveryError):
    """Trying again by itself will not help: a person has to look."""


class CopyDiffers(DeliveryDeferred):
    """The receiver has other bytes than were sent. They are sent again; the original stays."""


class AlteredFile(DeliveryRefused):
    """The file is not as it was sealed, or gone: it must not leave."""


class StoreError(SightlineError):
    """The database cannot be opened or is of another version."""


class OutOfScope(StoreError):
    """It belongs to a venue that the caller may not reach."""


class NotFound(SightlineError):
    """Nothing has this id."""


class Conflict(SightlineError):
    """Not as things stand; the message says what has to be done first."""


class DiskFull(SightlineError):
    """The disk is full; nothing half written was left behind."""
