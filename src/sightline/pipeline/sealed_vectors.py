"""Vectors of people between the store, which cannot read them, and those who compare them."""

import numpy as np

from sightline.config.identity_key import IdentityKey
from sightline.domain.templates import Template

_AS_STORED = np.dtype("<f4")


def seal_mean(key: IdentityKey, template: Template, *, venue_id: str, holder: str) -> bytes:
    """The mean of a template, to be opened as the same holder's of the same venue and model only."""
    content = template.mean.astype(_AS_STORED).tobytes()
    return key.seal(content, venue_id=venue_id, visitor_id=holder, model=template.model)


def template_of(model: str, content: bytes, dims: int, count: int) -> Template | None:
    """What was sealed; None where it is not `dims` numbers.

    Args:
        content: opened.
        count: how many faces or crops the mean is of.
    """
    if len(content) != dims * _AS_STORED.itemsize:
        return None
    return Template(model, np.frombuffer(content, _AS_STORED).astype(np.float32), count)
