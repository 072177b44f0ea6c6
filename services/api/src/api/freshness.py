"""Waiting, before something is denied or listed, until what others were told is known here.

What a client was told stands in the log. So it is enough to see where the log ends now, and to be as far.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, Generic, Protocol, TypeVar

from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.log import get_logger
from griot_chassis.records import Partition
from griot_contracts.topics import ACCOUNT_EVENTS, MESSAGE_EVENTS, SESSION_EVENTS, Topic

log = get_logger(__name__)

T = TypeVar("T")

_WITHIN_S: Final = 2.0
"""How long is waited; then the answer is what is known. The projector is seldom so far behind."""
_POLL_S: Final = 0.01


class Ends(Protocol):
    """What is needed to know where the log ends."""

    async def of(self, *topics: Topic) -> dict[Partition, int]:
        """The offset after the last record of each partition.

        Raises:
            BrokerUnavailableError: nobody says it.
        """

    async def of_kept(self, *topics: Topic) -> dict[Partition, int]:
        """The same, of those alone that hold a record."""


class Ears(Protocol):
    """What is needed of a live listener."""

    async def caught_up(self, ends: Mapping[Partition, int]) -> None:
        """Return once all has been given that stands before these offsets."""


class Marks(Protocol):
    """What is needed of the projector's positions."""

    async def load(self, partitions: set[Partition]) -> Mapping[Partition, int]:
        """The next offset to read of each partition that has one."""

    async def untold(self, partitions: set[Partition]) -> set[Partition]:
        """Those whose documents lack what was told before they were dropped."""


class Freshness:
    """Waits for what is heard live, and for what the projector stores."""

    def __init__(self, ends: Ends, ears: Ears, projector: Marks) -> None:
        self._ends = ends
        self._ears = ears
        self._projector = projector
        self._projected: dict[Partition, int] = {}
        self.heard = Shared(lambda: _bounded(self._until_heard))
        """Wait until this instance heard all session and account events that stand in the log.

        False if that takes too long, or nobody knows where the log ends.
        """
        self.projected = Shared(lambda: _bounded(self._until_projected))
        """As `heard`, until the projector stored all message events that stand in the log."""

    async def _until_heard(self) -> None:
        await self._ears.caught_up(await self._ends.of(SESSION_EVENTS, ACCOUNT_EVENTS))

    async def _until_projected(self) -> None:
        ends = await self._ends.of_kept(MESSAGE_EVENTS)
        while missing := {place for place, end in ends.items() if self._projected.get(place, 0) < end}:
            self._projected |= await self._projector.load(missing)
            if all(self._projected.get(place, 0) >= ends[place] for place in missing):
                return
            await asyncio.sleep(_POLL_S)


class Shared(Generic[T]):
    """A look that those who ask at the same time share; it begins after each of them asked."""

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._running: asyncio.Task[T] | None = None
        self._next: asyncio.Task[T] | None = None

    async def __call__(self) -> T:
        """What a look saw that began after this was called."""
        if self._next is None:
            self._next = asyncio.create_task(self._after(self._running))
        return await asyncio.shield(self._next)

    async def _after(self, running: "asyncio.Task[T] | None") -> T:
        if running is not None:
            await asyncio.wait({running})
        self._running, self._next = self._next, None
        return await self._look()


async def _bounded(look: Callable[[], Awaitable[None]]) -> bool:
    try:
        async with asyncio.timeout(_WITHIN_S):
            await look()
    except (TimeoutError, BrokerUnavailableError) as error:
        log.warning("answering with what is known", error=type(error).__name__)
        return False
    return True
