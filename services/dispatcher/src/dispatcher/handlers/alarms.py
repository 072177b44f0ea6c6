"""When to look at a partition's sessions again."""

import asyncio
from collections.abc import Callable
from datetime import datetime


class Alarms:
    """One alarm a partition number: the soonest that was asked for."""

    def __init__(self) -> None:
        self._due: dict[int, datetime] = {}
        self._sooner = asyncio.Event()

    def ring(self, number: int, at: datetime) -> None:
        """Look at this partition at `at`, or before."""
        known = self._due.get(number)
        if known is None or at < known:
            self._due[number] = at
            self._sooner.set()

    def clear(self) -> None:
        """Look at nothing."""
        self._due.clear()

    async def next(self, now: Callable[[], datetime]) -> set[int]:
        """Wait until any is due, and give all that are; they ring once."""
        while True:
            self._sooner.clear()
            moment = now()
            due = {number for number, at in self._due.items() if at <= moment}
            if due:
                for number in due:
                    del self._due[number]
                return due
            wait_s = min(((at - moment).total_seconds() for at in self._due.values()), default=None)
            try:
                async with asyncio.timeout(wait_s):
                    await self._sooner.wait()
            except TimeoutError:
                continue
