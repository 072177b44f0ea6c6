"""What is known from the log alone, where a database was dropped or a record came from before.

What was decided is told in message.events.v1: read again, it is not decided again. What a session's owner
wants is told in session.events.v1, and is to be known before anything is decided. And a message may wait
longer than its command is kept, for its moment or for its session.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from dispatcher.domain.message import Message
from dispatcher.handlers.ports import Past, Progress
from griot_chassis.records import Partition, Record
from griot_contracts.deliveries import DeliveryFailed, DeliveryUnknown
from griot_contracts.messages import CancelMessage, DispatchMessage
from griot_contracts.topics import DISPATCH_COMMANDS, SESSION_EVENTS

_OLD_NEWS: Final = timedelta(minutes=1)
"""A command that waits for longer when it is taken over may be read anew: its message may have its end."""
_ALL: Final = 2**63
_CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""Two brokers'. What was told of a record was written after it, by the clock of another."""


class Recalling:
    """Asks the log's past, once where once is enough."""

    def __init__(self, past: Past, progress: Progress) -> None:
        self._past = past
        self._progress = progress
        self._read_before: dict[Partition, int] = {}
        self._assigned_at: datetime | None = None
        self._unhandled: set[Partition] = set()
        self._without_sessions: set[int] = set()
        self._cut_off: set[int] = set()
        self._read_since: dict[int, datetime] = {}
        self.told: dict[str, Message] = {}
        """How former owners left messages, by their ids, as far as it was asked for."""

    async def assigned(
        self,
        partitions: Collection[Partition],
        read_before: Mapping[Partition, int],
        unhandled: Collection[Partition],
        now: datetime,
    ) -> None:
        """These are owned from now on; for `read_before` and `unhandled` see `Gates`."""
        self._read_before, self._unhandled, self._assigned_at = dict(read_before), set(unhandled), now
        self._without_sessions = {where.number for where in unhandled if where.topic == SESSION_EVENTS.name}
        commands = [partition for partition in partitions if partition.topic == DISPATCH_COMMANDS.name]
        self._cut_off = await self._progress.cut_off(commands)

    def forget(self) -> None:
        """Nothing is owned any more."""
        self._read_before.clear()
        self._unhandled.clear()
        self._without_sessions.clear()
        self._cut_off.clear()
        self._read_since.clear()
        self.told.clear()

    async def sessions(self, number: int) -> list[Record]:
        """What was told of the partition's sessions, where nothing of it is known."""
        return await self._past.sessions(number) if number in self._without_sessions else []

    async def given(self, number: int, since: datetime) -> dict[str, list[str]]:
        """What the partition's sessions gave away since then: it counts against their day."""
        return await self._past.given(number, since)

    async def still_open(self, number: int) -> list[Record]:
        """The commands of messages whose commands are gone, and which nobody has taken up."""
        return await self._past.still_open(number) if number in self._cut_off else []

    def is_taken_up(self, number: int) -> None:
        """All of that is stored."""
        self._without_sessions.discard(number)
        self._cut_off.discard(number)

    def is_to_be_taken_up(self, number: int) -> bool:
        """Whether there may be any of that."""
        return number in self._cut_off or number in self._without_sessions

    async def recall(self, records: Iterable[Record]) -> None:
        """Have what former owners told of the messages of these records, where they may have told more."""
        wanted: dict[int, datetime] = {}
        for record in records:
            if self._may_be_decided(record):
                number, at = record.partition, record.written_at - _CLOCKS_DIFFER
                wanted[number] = min(wanted.get(number, at), at)
        for number, at in wanted.items():
            if number not in self._read_since or at < self._read_since[number]:
                self.told |= await self._past.told(number, at)
                self._read_since[number] = at

    def passed(self, records: Iterable[Record]) -> None:
        """These are handled. What was told is forgotten once all is that a former owner may have read."""
        for record in records:
            if record.offset + 1 >= self._read_before.get(record.at, _ALL):
                del self._read_before[record.at]
        if not self._read_before:
            self._read_since.clear()
            self.told.clear()

    def _may_be_decided(self, record: Record) -> bool:
        if record.offset >= self._read_before.get(record.at, 0):
            return False
        match record.body:
            case CancelMessage() | DeliveryFailed() | DeliveryUnknown():
                return True
            case DispatchMessage():
                return record.at in self._unhandled or self._is_old(record)
            case _:
                return False

    def _is_old(self, record: Record) -> bool:
        return self._assigned_at is not None and record.written_at < self._assigned_at - _OLD_NEWS
