"""What is known from the log alone, where a database was dropped or a record came from before.

A cancellation is a question, and its answer is told in message.events.v1: read again, it is not decided
again. And a message may wait longer than its command is kept, for its moment or for its session.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from dispatcher.handlers.ports import Past, Progress
from griot_chassis.records import Partition, Record
from griot_contracts.messages import CancelMessage, MessageCancelled
from griot_contracts.topics import DISPATCH_COMMANDS


class Recalling:
    """Asks the log's past, once where once is enough."""

    def __init__(self, past: Past, progress: Progress) -> None:
        self._past = past
        self._progress = progress
        self._began: dict[int, int] = {}
        self._cut_off: set[int] = set()
        self._cancelled: dict[int, tuple[datetime, Mapping[str, MessageCancelled]]] = {}

    async def assigned(self, partitions: Collection[Partition], began: Mapping[int, int]) -> None:
        """These are owned from now on; `began` has the offsets at which this owner's own commands begin."""
        commands = [partition for partition in partitions if partition.topic == DISPATCH_COMMANDS.name]
        self._began = dict(began)
        self._cut_off = await self._progress.cut_off(commands)

    def forget(self) -> None:
        """Nothing is owned any more."""
        self._began.clear()
        self._cut_off.clear()
        self._cancelled.clear()

    def is_cut_off(self, number: int) -> bool:
        """Whether there may be messages whose commands are gone, and which nobody has taken up."""
        return number in self._cut_off

    async def still_open(self, number: int) -> list[Record]:
        """The commands of those messages."""
        return await self._past.still_open(number)

    def is_taken_up(self, number: int) -> None:
        """They are stored."""
        self._cut_off.discard(number)

    async def cancelled(self, records: Iterable[Record]) -> dict[str, MessageCancelled]:
        """What a former owner told of those that the records ask to cancel."""
        since: dict[int, datetime] = {}
        for record in records:
            number = record.partition
            if isinstance(record.body, CancelMessage) and record.offset < self._began.get(number, 0):
                since[number] = min(since.get(number, record.written_at), record.written_at)
        found: dict[str, MessageCancelled] = {}
        for number, at in since.items():
            found |= await self._since(number, at)
        return found

    async def _since(self, number: int, at: datetime) -> Mapping[str, MessageCancelled]:
        known = self._cancelled.get(number)
        if known is None or at < known[0]:
            known = self._cancelled[number] = at, await self._past.cancelled(number, at)
        return known[1]
