"""What the S3 library says when it fails, in our words. Its own text may hold a key and goes no further."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sightline.errors import DeliveryDeferred, DeliveryError, DeliveryRefused

_WORTH_TRYING_AGAIN = {408, 409, 425, 429}
_PASSING_TROUBLE = {"RequestTimeout", "SlowDown", "Throttling", "ThrottlingException"}

_LOOKED_FOR_KEYS = re.compile(r"//169\.254\.|/latest/(api|meta-data)/|Missing \w*AccessKey")
"""Without keys the library asks the machine it runs on, which has an answer at Amazon's only."""


class NotThere(DeliveryRefused):
    """No such bucket, or no such object in it."""


class NotAllowed(DeliveryRefused):
    """Wrong keys, or keys that may not do this: also said of absent objects, to keys that may not list."""


@contextmanager
def translated(where: str) -> Iterator[None]:
    """Turn an error of the library into one of ours.

    Args:
        where: bucket and endpoint, as a person knows them.

    Raises:
        NotThere, NotAllowed: both can be what was to be found out.
        DeliveryDeferred: no answer, throttled, or a fault of the server.
        DeliveryRefused: anything else that a person has to put right.
    """
    from obstore.exceptions import BaseError

    try:
        yield
    except (BaseError, OSError, ValueError) as error:
        raise _told(where, str(error)) from None
    except BaseException as error:
        # The library ends in a panic, which is no Exception, over a value that cannot be part of a request.
        if type(error).__name__ != "PanicException":
            raise
        raise DeliveryRefused(f"{where} cannot be used: a setting or AWS_* variable is impossible") from None


def _told(where: str, text: str) -> DeliveryError:
    found = re.search(r"status code: (\d+)", text)
    if found is None or _LOOKED_FOR_KEYS.search(text):
        return _told_without_answer(where, text)
    status = int(found[1])
    named = re.search(r"<Code>(\w+)</Code>", text)
    code = named[1] if named else ""
    words = f"{where} answered {status} {code}".rstrip()
    if code == "RequestTimeTooSkewed":
        return DeliveryDeferred(f"{words}: the clock here or there is wrong")
    if status >= 500 or status in _WORTH_TRYING_AGAIN or code in _PASSING_TROUBLE:
        return DeliveryDeferred(words)
    if status == 404:
        return NotThere(f"{words}: create the bucket, or correct its name")
    if status in (401, 403):
        return NotAllowed(f"{words}: these keys are wrong, or may not write there")
    return DeliveryRefused(f"{words}: check bucket, endpoint and region")


def _told_without_answer(where: str, text: str) -> DeliveryError:
    if _LOOKED_FOR_KEYS.search(text):
        return DeliveryRefused(f"{where} cannot be used: no keys in the settings nor in AWS_* variables")
    if "Config error" in text or "InvalidEncryption" in text:
        return DeliveryRefused(
            f"{where} cannot be used: an AWS_* variable holds a value that S3 does not know"
        )
    if "redirect without LOCATION" in text:
        return DeliveryRefused(f"{where} is in another region; correct 'region'")
    if "Could not parse path" in text:
        return DeliveryRefused(f"{where} takes no object of this name; check 'prefix'")
    if "builder error" in text:
        return DeliveryRefused(
            f"{where} would be used unencrypted; only an endpoint in the settings may say http://"
        )
    if "InvalidCertificate" in text:
        return DeliveryDeferred(f"{where} shows a certificate that is not trusted")
    if "TimedOut" in text:
        return DeliveryDeferred(f"{where} did not answer in time")
    if "HTTP error" in text:
        return DeliveryDeferred(f"{where} cannot be reached, or the connection broke")
    return DeliveryDeferred(f"{where} gave an answer that is not that of S3")
