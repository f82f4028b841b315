"""What stands in the paths of addresses."""

from typing import Annotated

from fastapi import Path

VenueId = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,50}$", description="Id of a venue.", examples=["my_store"])
]
