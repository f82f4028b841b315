"""A grid to be laid over the picture of a camera, the stronger the more often people stood there."""

from collections.abc import Sequence

from markupsafe import Markup

from sightline.dashboard.charts.marks import Mark, linked

FAINTEST, STRONGEST = 0.1, 0.75


def floor_grid(shares: Sequence[Sequence[float]], mark: Mark, *, title: str) -> Markup:
    """Cells of a picture of any shape.

    Args:
        shares: by row, the top one first, 0..1; nothing is drawn where nobody stood.
        mark: what the whole says and leads to: hundreds of links would be in everybody's way.
    """
    columns = max((len(row) for row in shares), default=1)
    cells = Markup("").join(
        Markup('<rect class="heat" x="{}" y="{}" width="1" height="1" fill-opacity="{}"/>').format(
            x, y, f"{FAINTEST + (STRONGEST - FAINTEST) * share:.2f}"
        )
        for y, row in enumerate(shares)
        for x, share in enumerate(row)
        if share > 0
    )
    grid = Markup(
        '<svg viewBox="0 0 {} {}" width="100%" height="100%" preserveAspectRatio="none">'
        '<rect class="sheet" width="100%" height="100%" fill-opacity="0"/>{}</svg>'
    ).format(columns, max(1, len(shares)), cells)
    return Markup('<svg class="chart over-picture floor" role="group" aria-label="{}">{}</svg>').format(
        title, linked(mark, grid)
    )
