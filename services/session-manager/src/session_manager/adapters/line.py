"""The line of those who are to write in the library: one dial or stop at a time."""

import asyncio

from session_manager.adapters.gate import Gate


class Line:
    """First come, first served, without a thread for each who waits. The gate knows who comes."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._free = asyncio.Lock()

    async def join(self) -> int:
        """Wait for the turn; returns what the gate calls it. `leave` ends it."""
        announced = self._gate.announce()
        try:
            await self._free.acquire()
        except BaseException:
            self._gate.withdraw(announced)
            raise
        return announced

    def leave(self, announced: int) -> None:
        """Let the next one have its turn."""
        self._gate.withdraw(announced)  # where it came to no writing
        self._free.release()
