"""Ending tasks that have no time left."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

_AGAIN_AFTER_S: Final = 2.0


async def end(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancel tasks, again and again, until all are done. What they raise is theirs.

    Once is not enough: what a task waits for may keep a cancellation to itself, as aiokafka's clients do
    while they stop, and then it goes on as if nothing had been. The pause leaves a task time to tidy up.
    """
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_AFTER_S)
