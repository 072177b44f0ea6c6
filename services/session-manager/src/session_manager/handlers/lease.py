"""The lease: whether this worker may still use the connections that it has.

Kafka says who owns a partition, but a worker that stood still, or was cut off, has not heard what it said
since. So whoever is given a partition writes that down in the database, and whoever uses a connection, or
makes one, must have looked there lately.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import Final

from griot_chassis.log import get_logger
from griot_chassis.standstill import LONGEST_S
from session_manager.handlers.ports import Leases

log = get_logger(__name__)

RENEWED_EVERY_S: Final = 2.0
VALID_FOR_S: Final = LONGEST_S
"""By this worker's own clock, from when it asked.

Less than Kafka takes to miss a member, so that one that stood still looks before it does anything that a new
owner may be doing too.
"""
_LOOK_EVERY_S: Final = 0.1
_LOOKS: Final = int((RENEWED_EVERY_S + 1) / _LOOK_EVERY_S)
"""Until a former owner that lives has renewed its lease, and so seen that it has lost it."""


class NotTheOwnerError(Exception):
    """Somebody else owns the partition by now. Nothing was done; Kafka will tell this worker soon."""


class Lease:
    """On every partition of this worker's, renewed together."""

    def __init__(self, leases: Leases, elapsed: Callable[[], float]) -> None:
        """Own nothing.

        Args:
            leases: where it is written down.
            elapsed: seconds that only go forward, and go on while this process or machine stands still.
        """
        self._leases = leases
        self._elapsed = elapsed
        self._mine: frozenset[int] = frozenset()
        self._asked_at = float("-inf")
        self._turn = asyncio.Lock()

    @property
    def mine(self) -> frozenset[int]:
        """The partitions that were this worker's when it looked last."""
        return self._mine

    @property
    def sure(self) -> bool:
        """Whether it has looked lately enough to need no other look."""
        return self._elapsed() < self._asked_at + VALID_FOR_S

    async def take(self, partitions: Collection[int]) -> set[int]:
        """Own these partitions and no other.

        Returns:
            Those that are new: somebody else may have owned them since this worker did. Their last owner, if
            it lives, has stopped their sessions, or had all the time it needs to notice that it must.
        """
        async with self._turn:
            asked_at = self._elapsed()
            kept = await self._leases.renew(self._mine & set(partitions))
            new = set(partitions) - kept
            self._mine = frozenset(kept)
            await self._leases.seize(new, recently_s=VALID_FOR_S)
            await self._until_let_go(new)
            self._mine, self._asked_at = frozenset(partitions), asked_at
            return new

    async def _until_let_go(self, partitions: Collection[int]) -> None:
        for _ in range(_LOOKS):
            if not await self._leases.held_on_to(partitions):
                return
            await asyncio.sleep(_LOOK_EVERY_S)
        log.warning("the former owner did not let go in time")

    async def let_go(self, partitions: Collection[int]) -> None:
        """Tell whoever is next that nothing of these partitions runs here any more.

        Without that it waits a little, so it is no matter if the database is away.
        """
        async with self._turn:
            self._mine -= set(partitions)
            try:
                await self._leases.let_go(partitions)
            except Exception as error:  # noqa: BLE001  # whatever it is, there is nothing else to do
                log.warning("the next owner was not told", error=type(error).__name__)

    async def holds(self, partition: int) -> bool:
        """Whether the partition is this worker's; asks, and waits for the answer, when it is not sure."""
        return partition in self._mine and (self.sure or await self.looks_again(partition))

    async def looks_again(self, partition: int) -> bool:
        """Whether the partition is this worker's as things stand now. Waits while the database is away."""
        called_at = self._elapsed()
        while self._asked_at < called_at:
            try:
                await self.renew(unless_since=called_at)
            except Exception as error:  # noqa: BLE001  # whatever it is, there is no answer
                log.warning("the lease cannot be looked at", error=type(error).__name__)
                await asyncio.sleep(_LOOK_EVERY_S)
        return partition in self._mine

    async def renew(self, *, unless_since: float = float("inf")) -> None:
        """Look which partitions are still this worker's, and say that it lives.

        No effect if that was asked for at or after `unless_since` already.
        """
        async with self._turn:
            if self._asked_at < unless_since:
                asked_at = self._elapsed()
                self._mine = frozenset(await self._leases.renew(self._mine))
                self._asked_at = asked_at
