"""What every list takes."""

from typing import Annotated

from fastapi import Query

Limit = Annotated[int, Query(ge=1, le=100, description="How many at most.")]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="`nextCursor` of the part before; without, from the newest."),
]

USUAL_LIMIT = 50
