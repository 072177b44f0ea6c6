"""What is held in memory of the partitions owned: the sessions, their queues, and what was sent a moment ago.

All of it can be read back from the store. When a batch could not be stored, its partitions are forgotten, and
read back before they are used again.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from dispatcher.domain.message import Message
from dispatcher.domain.queue import Queue
from dispatcher.domain.receipt import EarlyReceipt
from dispatcher.domain.session import Session
from dispatcher.domain.shelf import Shelf
from dispatcher.handlers.ports import Progress, Store
from griot_chassis.log import get_logger

log = get_logger(__name__)

K = TypeVar("K")
V = TypeVar("V")

_RECENT: Final = 1_000
"""Sent messages of a partition that are remembered, as their receipts come within moments."""
_EARLY: Final = 1_000
"""Early receipts of a partition that are remembered; the oldest go first."""


@dataclass(slots=True)
class Held:
    """A session, its queue, and those of its messages that are in doubt."""

    session: Session
    queue: Queue = field(default_factory=Queue)
    in_doubt: dict[str, Message] = field(default_factory=dict)
    put_off: set[str] = field(default_factory=set)
    """The records that told which messages wait for the next day: told once is enough."""

    def doubtful_to(self, chat: str) -> Message | None:
        """The message in doubt that a receipt from this chat is for; None where it could be another's."""
        under_way = self.queue.under_way
        if under_way is not None and under_way.to == chat:
            return None
        candidates = [message for message in self.in_doubt.values() if message.to == chat]
        return candidates[0] if len(candidates) == 1 else None

    def attempt_to(self, chat: str) -> str | None:
        """The attempt under way that a receipt from this chat is for; None where it could be another's."""
        under_way = self.queue.under_way
        given = None if under_way is None else under_way.message_id
        doubtful = any(one.to == chat for id_, one in self.in_doubt.items() if id_ != given)
        return None if doubtful else self.queue.attempt_to(chat)


class Desk:
    """The sessions of one partition, and what is remembered beside them."""

    def __init__(self, number: int, shelf: Shelf, is_counted: Callable[[Session], bool]) -> None:
        self.number = number
        self.sessions: dict[str, Held] = {}
        self._recent: OrderedDict[str, Message] = OrderedDict()
        self._early: OrderedDict[tuple[str, str], EarlyReceipt] = OrderedDict()
        for session in shelf.sessions:
            self.sessions[session.session_id] = Held(session)
        for session_id, places in shelf.waiting.items():
            self.held(session_id).queue = Queue(places)
        for held in self.sessions.values():
            held.queue.take_over(held.session, counted=is_counted(held.session))
        for message in shelf.in_doubt:
            self.held(message.session_id).in_doubt[message.message_id] = message
        for receipt in shelf.early:
            self.keep(receipt)

    def held(self, session_id: str) -> Held:
        """The session, made up as far as is known where nothing was heard of it yet."""
        return self.sessions.setdefault(session_id, Held(Session(session_id, self.number)))

    def busy(self) -> list[Held]:
        """The sessions that have something to do, and can: to send it, or to give it up."""
        return [
            held
            for held in self.sessions.values()
            if len(held.queue) and (held.session.connected or held.session.deleted)
        ]

    def reflect(self, message: Message) -> None:
        """Take in how a message stands now."""
        held = self.held(message.session_id)
        held.queue.reflect(message)
        if message.in_doubt:
            held.in_doubt[message.message_id] = message
        else:
            held.in_doubt.pop(message.message_id, None)
        if message.whatsapp_message_id is not None:
            _remember(self._recent, message.whatsapp_message_id, message, _RECENT)

    def sent_as(self, session_id: str, whatsapp_message_id: str) -> Message | None:
        """The message that WhatsApp took under this id, if that was a moment ago."""
        message = self._recent.get(whatsapp_message_id)
        return message if message is not None and message.session_id == session_id else None

    def keep(self, receipt: EarlyReceipt) -> EarlyReceipt:
        """Remember a receipt for a message that nobody knows yet, joined with what was told before."""
        key = receipt.session_id, receipt.whatsapp_message_id
        joined = receipt.joined(self._early.get(key))
        _remember(self._early, key, joined, _EARLY)
        return joined

    def take_early(self, session_id: str, whatsapp_message_id: str) -> EarlyReceipt | None:
        """The receipt that came before the message it is for; it need not be remembered any longer."""
        return self._early.pop((session_id, whatsapp_message_id), None)

    def take_during(self, attempt: str) -> EarlyReceipt | None:
        """The one receipt that came while this attempt was under way; None where there are others."""
        found = [key for key, receipt in self._early.items() if receipt.during == attempt]
        return self._early.pop(found[0]) if len(found) == 1 else None


class Desks:
    """The desks of the partitions owned, read from the store when they are first needed."""

    def __init__(self, store: Store, progress: Progress, is_counted: Callable[[Session], bool]) -> None:
        """`is_counted` says of a stored session whether each message was counted before it was given."""
        self._store = store
        self._progress = progress
        self._is_counted = is_counted
        self._desks: dict[int, Desk] = {}

    def __getitem__(self, number: int) -> Desk:
        return self._desks[number]

    def __iter__(self) -> Iterator[Desk]:
        return iter(list(self._desks.values()))

    async def open(self, numbers: Collection[int]) -> None:
        """Have these at hand.

        Raises:
            PositionsForgottenError: the database was dropped, so what it has of them is not all.
        """
        missing = {number for number in numbers if number not in self._desks}
        if missing:
            shelves = await self._store.load(missing)
            await self._progress.check(missing)
            for number in missing:
                self._desks[number] = Desk(number, shelves.get(number, Shelf()), self._is_counted)

    def forget(self, numbers: Iterable[int] | None = None) -> None:
        """Drop these, or all; they are read back when they are needed."""
        for number in list(self._desks) if numbers is None else numbers:
            self._desks.pop(number, None)

    async def fill(self, sessions: Collection[Held], now: datetime) -> None:
        """Have the messages that are next by now at hand, of all these sessions, in one query."""
        for held in sessions:
            held.queue.advance(now)
        wanted = [id_ for held in sessions for id_ in held.queue.wanted()]
        if wanted:
            queues = {held.session.session_id: held.queue for held in sessions}
            found = await self._store.messages(wanted)
            for message in found:
                queues[message.session_id].hold(message)
            if len(found) < len(wanted):
                log.error("queued messages are missing in the store", count=len(wanted) - len(found))


def _remember(memory: OrderedDict[K, V], key: K, value: V, at_most: int) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > at_most:
        memory.popitem(last=False)
