"""What the time stamp in a case is worth."""

from pathlib import Path

from sightline.delivery.time_stamp import StampRejected, check_stamp, read_stamp
from sightline.errors import ConfigError
from sightline.evidence.bundle import Finding
from sightline.evidence.folder_reading import CaseSource
from sightline.evidence.layout import CONTENTS, STAMP


def stamp_verdict(case: CaseSource, authority: Path | None) -> tuple[list[Finding], list[str]]:
    """Findings and notes about the time stamp of a case; most cases have none.

    Args:
        authority: PEM file of the authority to trust; None compares the stamp with the document only.

    Raises:
        ConfigError: `authority` is given and cannot be used, or the library is missing then.
        OSError: the case cannot be read.
    """
    if not case.has(STAMP):
        asked_for = [Finding(STAMP, "the file is missing; --tsa-ca asks for a time stamp")]
        return (asked_for if authority is not None else []), []
    if not case.has(CONTENTS):  # told already, and what is left proves nothing
        return [], []
    stamp, document = case.read(STAMP), case.read(CONTENTS)
    try:
        if authority is not None:
            at = check_stamp(stamp, document, authority).at
            return [], [
                f"{CONTENTS} was time-stamped at {at:%Y-%m-%d %H:%M:%S} UTC, checked against {authority}"
            ]
        at = read_stamp(stamp, document).at
    except StampRejected as error:
        return [Finding(STAMP, f"the time stamp {error}")], []
    except ConfigError as error:
        if authority is not None:
            raise
        return [], [f"there is a time stamp, which was not checked: {error}"]
    return [], [
        f"{CONTENTS} bears a time stamp of {at:%Y-%m-%d %H:%M:%S} UTC; its authority was not checked: give"
        " its certificates with --tsa-ca"
    ]
