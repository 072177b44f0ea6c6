"""What the WhatsApp library leaves open in this process, and never closes."""

import asyncio
from typing import Final

from griot_chassis.log import get_logger
from session_manager.adapters import metrics

log = get_logger(__name__)

CONNECTION: Final = "connection"
"""A connection that was stopped: its device store stays open."""
LISTING: Final = "listing"
"""A look at which devices a store holds: so does that."""
THREAD: Final = "thread"
"""A pairing that no phone finished: its thread never returns."""


class Leftovers:
    """Counts them, and tells when there are too many."""

    def __init__(self, at_most: int) -> None:
        self._at_most = at_most
        self._count = 0
        self._too_many = asyncio.Event()

    def add(self, what: str, files: int = 1) -> None:
        """One more, which holds so many files, or connections to a database."""
        metrics.LEFT_OPEN.labels(what).inc()
        self._count += files
        if self._count >= self._at_most:
            self._too_many.set()

    async def too_many(self) -> None:
        """Return once there are: only the end of the process closes them."""
        await self._too_many.wait()
        log.warning("the library has left too much open: this process is to begin anew", count=self._count)
