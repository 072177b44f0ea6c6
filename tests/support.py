"""What tests of every kind share."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar, overload

T = TypeVar("T")

SOON = timedelta(seconds=60)
"""How long is waited for what takes a moment: enough for a slow machine."""
_POLL = 0.05
_ANYTHING_TRUE = object()


@overload
async def eventually(
    check: Callable[[], Awaitable[T]], *, what: str, within: timedelta = ..., equals: object = ...
) -> T: ...
@overload
async def eventually(
    check: Callable[[], T], *, what: str, within: timedelta = ..., equals: object = ...
) -> T: ...
async def eventually(
    check: Callable[[], Any],
    *,
    what: str,
    within: timedelta = SOON,
    equals: object = _ANYTHING_TRUE,
) -> Any:
    """Wait until `check` gives something true, or the value asked for in `equals`, and return it.

    An AssertionError or LookupError inside `check` means "not yet"; any other error is passed on.

    Raises:
        AssertionError: it did not happen in time; the message says what was awaited and what was seen last.
    """
    seen: object = None
    try:
        async with asyncio.timeout(within.total_seconds()):
            while True:
                try:
                    answer = check()
                    seen = await answer if inspect.isawaitable(answer) else answer
                except (AssertionError, LookupError) as not_yet:
                    seen = not_yet
                else:
                    if bool(seen) if equals is _ANYTHING_TRUE else seen == equals:
                        return seen
                await asyncio.sleep(_POLL)
    except TimeoutError:
        seconds = within.total_seconds()
        raise AssertionError(f"{what}: not within {seconds:g} s; last seen: {seen!r}") from None
