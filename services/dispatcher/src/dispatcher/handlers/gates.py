"""Which partitions may be pumped: those whose news is read; and what a former owner may have pumped.

After a restart the log may hold what became of messages that the queue still has. What is asked for again is
never sent twice, but asking is work, so a partition is pumped once delivery.events.v1 and session.events.v1
are read to where they ended when it was assigned; and so are its commands where it has handled none, for what
is stored then are the last of them alone.
"""

from collections.abc import Collection, Iterable
from typing import Final

from dispatcher.handlers.ports import Progress
from griot_chassis.records import Partition, Record
from griot_contracts.topics import DELIVERY_EVENTS, DISPATCH_COMMANDS, SESSION_EVENTS

_ALL: Final = 2**63
_DECIDED_ON = frozenset({DISPATCH_COMMANDS.name, DELIVERY_EVENTS.name})
_NEWS = frozenset({DELIVERY_EVENTS.name, SESSION_EVENTS.name})


class Gates:
    """One gate a partition number; open unless told."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._closed: dict[Partition, int] = {}
        self.unhandled: set[Partition] = set()
        """Those of which nothing is handled, though there is something to read."""
        self.read_before: dict[Partition, int] = {}
        """Where there are commands or deliveries that a former owner may have read: the offset after them."""
        self._inherited: dict[int, int] = {}

    @property
    def any_closed(self) -> bool:
        """Whether anything is still to be read."""
        return bool(self._closed)

    def is_open(self, number: int) -> bool:
        """Whether the sessions of this partition number may be pumped."""
        return all(partition.number != number for partition in self._closed)

    async def close(self, partitions: Collection[Partition]) -> None:
        """Close the gates of partitions just assigned, where there is something to be read first."""
        handled = await self._progress.handled(partitions)
        pending = await self._progress.pending(partitions)
        self.unhandled = pending.keys() - handled.keys()
        # Where nothing is handled, the queue may lack what was asked first.
        unread = {where for where in self.unhandled if where.topic == DISPATCH_COMMANDS.name}
        self._closed = {
            where: last for where, last in pending.items() if where.topic in _NEWS or where in unread
        }
        ends = {where: last + 1 for where, last in pending.items()}
        self.read_before = {where: end for where, end in ends.items() if where.topic in _DECIDED_ON}
        for where in partitions:
            if where.topic == DISPATCH_COMMANDS.name:
                self._inherited[where.number] = max(handled.get(where, 0), ends.get(where, 0))

    def is_inherited(self, number: int, sequence: int) -> bool:
        """Whether this message was there before its partition was taken over, so another may have had it."""
        return sequence < self._inherited.get(number, 0)

    def fail(self, numbers: Collection[int]) -> None:
        """What was published of these partitions is not stored: whatever is there may be under way."""
        self._inherited.update(dict.fromkeys(numbers, _ALL))

    def forget(self) -> None:
        """Nothing is owned any more."""
        self._closed.clear()
        self.unhandled = set()
        self.read_before.clear()
        self._inherited.clear()

    def pass_(self, records: Iterable[Record]) -> set[int]:
        """These records are handled; the numbers whose gates are open because of it."""
        if not self._closed:
            return set()
        reached = [
            record.at for record in records if record.offset >= self._closed.get(record.at, record.offset + 1)
        ]
        return self._open(reached)

    async def look(self) -> set[int]:
        """Ask how far the log is read.

        The last record may have been one that nobody can read, which is never handed over.
        """
        handled = await self._progress.handled(self._closed)
        return self._open([where for where, next_ in handled.items() if next_ > self._closed[where]])

    def _open(self, reached: Iterable[Partition]) -> set[int]:
        numbers = {where.number for where in reached if self._closed.pop(where, None) is not None}
        return {number for number in numbers if self.is_open(number)}
