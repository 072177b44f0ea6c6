"""Whose turn it is to log in: many sessions at once hold each other up, and look like an attack."""

import asyncio

from session_manager.adapters import metrics


class Turns:
    """So many logins are under way at once; the others wait, first come, first served."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def next(self) -> "Turn":
        """Wait for a turn. It lasts until it is over, which must be said."""
        with metrics.HANDSHAKES.labels("waiting").track_inprogress():
            await self._free.acquire()
        return Turn(self._free)


class Turn:
    """One login's turn."""

    def __init__(self, free: asyncio.Semaphore) -> None:
        self._free = free
        self._over = False
        metrics.HANDSHAKES.labels("under_way").inc()

    def over(self) -> None:
        """The session is logged in, waits for a phone, or was refused. A repeat does nothing."""
        if not self._over:
            self._over = True
            metrics.HANDSHAKES.labels("under_way").dec()
            self._free.release()
