"""The few things that waiting code does in another way than code that blocks, in pairs of names."""

import inspect
from collections.abc import AsyncGenerator, Generator
from time import sleep

from anyio import sleep as async_sleep

from griot.events import SessionEvent

__all__ = ["AsyncEvents", "Events", "async_done", "async_sleep", "done", "sleep"]

AsyncEvents = AsyncGenerator[SessionEvent, None]
Events = Generator[SessionEvent, None, None]


async def async_done(returned: object) -> None:
    """Wait until what a callback has begun is done, if it can be awaited."""
    if inspect.isawaitable(returned):
        await returned


def done(returned: object) -> None:
    """What a callback has begun is done when it returns."""
