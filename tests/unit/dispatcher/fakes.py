"""Small real things in the place of Kafka and MongoDB."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from dispatcher.domain.media import Outcome
from dispatcher.domain.message import Message
from dispatcher.domain.receipt import EarlyReceipt
from dispatcher.domain.session import Session
from dispatcher.domain.shelf import Shelf
from dispatcher.domain.told import begin, evolve
from griot_chassis.errors import (
    BrokerUnavailableError,
    DatabaseUnavailableError,
    PositionsForgottenError,
)
from griot_chassis.records import Partition, Record
from griot_contracts import topics
from griot_contracts.accounts import CommandDecided
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope, subject_of
from griot_contracts.messages import (
    AudioContent,
    CancelMessage,
    DeliverMessage,
    MediaContent,
    MessageEvent,
    MessageSending,
)
from tests.unit.dispatcher.samples import NOON, PARTITION

T = TypeVar("T")


class MemoryStore:
    """A store in dictionaries; passes the suite of the real one.

    `away` makes the next save fail, `saves_left` the one after so many.
    """

    def __init__(self) -> None:
        self.stored: dict[str, Message] = {}
        self.sessions: dict[str, Session] = {}
        self.early: dict[tuple[str, str], EarlyReceipt] = {}
        self.reads = 0
        self.writes = 0
        self.away = False
        self.saves_left: int | None = None

    def drop(self) -> None:
        self.stored.clear()
        self.sessions.clear()
        self.early.clear()

    async def own(self, partitions: Collection[int]) -> None:
        pass

    async def load(self, partitions: Collection[int]) -> dict[int, Shelf]:
        return {number: self._shelf(number) for number in partitions}

    async def messages(self, message_ids: Collection[str]) -> list[Message]:
        self.reads += 1
        return [self.stored[id_] for id_ in message_ids if id_ in self.stored]

    async def sent_as(self, whatsapp_message_ids: Collection[str]) -> list[Message]:
        self.reads += 1
        return [m for m in self.stored.values() if m.whatsapp_message_id in whatsapp_message_ids]

    async def save(
        self,
        new: Collection[Message],
        messages: Collection[Message],
        sessions: Collection[Session],
        early: Collection[EarlyReceipt],
    ) -> None:
        if self.away or self.saves_left == 0:
            self.away, self.saves_left = False, None
            raise DatabaseUnavailableError("away")
        if self.saves_left is not None:
            self.saves_left -= 1
        self.writes += bool(new or messages) + bool(sessions) + bool(early)
        for message in [*new, *messages]:
            known = self.stored.get(message.message_id)
            if known is None or known.progress < message.progress:
                self.stored[message.message_id] = message
        self.sessions.update({session.session_id: session for session in sessions})
        self.early.update({(item.session_id, item.whatsapp_message_id): item for item in early})

    def _shelf(self, number: int) -> Shelf:
        shelf = Shelf()
        shelf.sessions.extend(s for s in self.sessions.values() if s.partition == number)
        shelf.early.extend(item for item in self.early.values() if item.partition == number)
        for message in self.stored.values():
            if message.partition == number:
                shelf.put(message)
        return shelf


class MemoryLog:
    """What was published. `away` makes the next call write half and fail."""

    def __init__(self) -> None:
        self.calls: list[list[Envelope[Contract]]] = []
        self.away = False

    @property
    def written(self) -> list[Envelope[Contract]]:
        return [envelope for call in self.calls for envelope in call]

    @property
    def asked(self) -> list[tuple[str, int]]:
        """The attempts that the session's owner was asked for."""
        bodies = [envelope.body for envelope in self.written]
        return [(body.message_id, body.attempt) for body in bodies if isinstance(body, DeliverMessage)]

    def told(self, message_id: str) -> list[str]:
        """What was told of a message, in order."""
        mine = [envelope for envelope in self.written if envelope.subject == message_id]
        return [type(envelope.body).__name__ for envelope in mine]

    @property
    def replies(self) -> list[tuple[str | None, str | None]]:
        """To which question, and how it was refused; None where it was granted."""
        return [
            (envelope.correlation_id, envelope.body.refusal)
            for envelope in self.written
            if isinstance(envelope.body, CommandDecided)
        ]

    def events(self, message_id: str, kind: type[T]) -> list[T]:
        """What was told of a message, of one kind."""
        mine = [envelope.body for envelope in self.written if envelope.subject == message_id]
        return [body for body in mine if isinstance(body, kind)]

    def envelope(
        self,
        body: Contract,
        *,
        id: str,  # noqa: A002  # CloudEvents' own name
        cause: Envelope[Contract] | None = None,
        reply_to: str | None = None,
    ) -> Envelope[Contract]:
        return Envelope(
            body=body,
            id=id,
            source="/dispatcher",
            subject=subject_of(body),
            correlation_id=id if cause is None else cause.correlation_id,
            reply_to=reply_to,
        )

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None:
        if self.away:
            self.away = False
            self.calls.append(list(envelopes[: len(envelopes) // 2]))
            raise BrokerUnavailableError("away")
        self.calls.append(list(envelopes))


@dataclass
class MemoryProgress:
    """How far the log is read: nothing is pending unless told."""

    last: dict[Partition, int] = field(default_factory=dict)
    next: dict[Partition, int] = field(default_factory=dict)
    beheaded: set[int] = field(default_factory=set)
    forgotten: bool = False

    async def check(self, numbers: Collection[int]) -> None:
        if self.forgotten and numbers:
            raise PositionsForgottenError("dropped")

    async def pending(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        return {partition: self.last[partition] for partition in partitions if partition in self.last}

    async def cut_off(self, partitions: Collection[Partition]) -> set[int]:
        return {partition.number for partition in partitions if partition.number in self.beheaded}

    async def handled(self, partitions: Collection[Partition]) -> dict[Partition, int]:
        return {partition: self.next[partition] for partition in partitions if partition in self.next}


@dataclass
class MemoryPast:
    """What the log remembers: `events` of messages and `of_sessions`, and `waiting` commands."""

    events: list[MessageEvent] = field(default_factory=list)
    of_sessions: list[Record] = field(default_factory=list)
    waiting: list[Record] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def told(self, number: int, since: datetime) -> dict[str, Message]:
        self.asked.append("told")
        left: dict[str, Message] = {}
        for event in self.events:
            left[event.message_id] = evolve(left.get(event.message_id) or begin(event, number), event)
        return left

    async def sessions(self, number: int) -> list[Record]:
        self.asked.append("sessions")
        return self.of_sessions

    async def given(self, number: int, since: datetime) -> dict[str, list[str]]:
        self.asked.append("given")
        given: dict[str, list[str]] = {}
        for event in self.events:
            if isinstance(event, MessageSending) and event.at >= since:
                ids = given.setdefault(event.session_id, [])
                ids += [event.message_id] if event.message_id not in ids else []
        return given

    async def still_open(self, number: int) -> list[Record]:
        self.asked.append("still_open")
        return self.waiting


class MemoryMedia:
    """A web that answers when it is told to: `answer` by a message's id; what was asked for is in `asked`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._answers: dict[str, asyncio.Future[Outcome]] = {}

    async def fetch(self, message_id: str, content: MediaContent | AudioContent) -> Outcome:
        self.asked.append(message_id)
        return await asyncio.shield(self._answer(message_id))

    def answer(self, message_id: str, outcome: Outcome) -> None:
        self._answer(message_id).set_result(outcome)

    def _answer(self, message_id: str) -> asyncio.Future[Outcome]:
        return self._answers.setdefault(message_id, asyncio.get_running_loop().create_future())


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def go_on(self, by: timedelta) -> None:
        self.time += by


class MemoryTopics:
    """Gives each record its place in the log."""

    def __init__(self) -> None:
        self._next: dict[str, int] = {}

    def skip_to(self, offset: int) -> None:
        """What comes next lies there, in every topic."""
        self._next = dict.fromkeys(self._next, offset)

    def records(self, bodies: Iterable[Contract]) -> list[Record]:
        return [self.record(body) for body in bodies]

    def record(self, body: Contract) -> Record:
        topic = topics.topic_of(body)
        offset = self._next.get(topic.name, 0)
        self._next[topic.name] = offset + 1
        envelope: Envelope[Contract] = Envelope(
            body=body,
            id=f"{type(body).__name__}-{offset}",
            source="/test",
            subject=subject_of(body),
            correlation_id=f"began-{subject_of(body)}",
            traceparent=f"trace-{subject_of(body)}",
            reply_to="replies.v1/3" if isinstance(body, CancelMessage) else None,
        )
        return Record(envelope, topic.name, PARTITION, offset, topic.key_of(body), NOON)
