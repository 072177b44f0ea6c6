"""The outside, small: a WhatsApp that does as it is told, a log and a database in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from griot_chassis.errors import BrokerUnavailableError, RecordTooLargeError
from griot_chassis.records import Partition, Record
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.messages import AudioContent, MediaContent, MediaReference
from griot_contracts.sessions import DesiredState, DestroySession, StartSession, StopSession
from session_manager.domain.attachment import GONE, Attachment, NoAttachmentError, Shape, UploadError
from session_manager.domain.inbound import Fact
from session_manager.domain.outcomes import ConnectError
from session_manager.domain.ownership import Logged, Owned
from session_manager.domain.resting import Rest
from session_manager.domain.standing import Observation
from tests.unit.session_manager.samples import record

EVENTS = Partition(topics.SESSION_EVENTS.name, 3)
JOURNAL = Partition(topics.DELIVERY_EVENTS.name, 3)
ACCOUNTS = Partition(topics.ACCOUNT_EVENTS.name, 5)

Observe = Callable[[Observation | Fact], None]


class FakeLog:
    """What stands in the log of a partition; what was read, and since when."""

    def __init__(self, **partitions: list[Contract]) -> None:
        self.events = partitions.get("events", [])
        self.journal = partitions.get("journal", [])
        self.accounts = partitions.get("accounts", [])
        self.reads: list[tuple[Partition, datetime | None]] = []
        self.away = False

    async def read(self, partition: Partition, *, since: datetime | None = None) -> AsyncIterator[Record]:
        if self.away:
            raise ConnectionError
        self.reads.append((partition, since))
        for body in {EVENTS: self.events, JOURNAL: self.journal, ACCOUNTS: self.accounts}.get(partition, []):
            yield record(body)


class FakePublisher:
    def __init__(self) -> None:
        self.published: list[Envelope[Contract]] = []
        self.away = False
        self.too_large = ""
        self.meanwhile: Callable[[], None] = lambda: None

    def envelope(
        self,
        body: Contract,
        *,
        id: str,  # noqa: A002
        cause: Envelope[Contract] | None = None,
    ) -> Envelope[Contract]:
        return Envelope(
            body=body, id=id, source="/test", subject="", causation_id=cause.id if cause else None
        )

    async def publish(self, envelopes: Sequence[Envelope[Contract]]) -> None:
        if self.away:
            raise BrokerUnavailableError
        if self.too_large in [envelope.id for envelope in envelopes]:
            raise RecordTooLargeError(self.too_large)
        self.meanwhile()
        self.published += envelopes

    @property
    def bodies(self) -> list[Any]:
        return [envelope.body for envelope in self.published]


class FakeConnection:
    def __init__(self, observe: Observe) -> None:
        self.observe = observe
        self.sent: list[tuple[str, str | bytes]] = []
        self.answer: str | Exception | None = "3EB0"
        self.unknown: set[str] = set()
        self.lookup_fails: Exception | None = None
        self.logged_out = False
        self.stopped = False
        self.uploads = True
        self.may_end = asyncio.Event()
        self.may_end.set()

    async def upload(self, attachment: Attachment) -> bytes:
        if not self.uploads:
            raise UploadError
        return attachment.data

    async def send(self, to: str, message: str | bytes) -> str:
        self.sent.append((to, message))
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
        return str(self.answer)

    async def is_on_whatsapp(self, to: str) -> bool:
        if self.lookup_fails is not None:
            raise self.lookup_fails
        return to not in self.unknown

    async def pairing_code(self, phone: str) -> str:
        return f"code for {phone}"

    async def log_out(self) -> None:
        self.logged_out = True

    async def stop(self) -> None:
        self.stopped = True
        await self.may_end.wait()


class FakeAttachments:
    """`kept`: the bytes by their id, each to be sent as it is."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def made(self, content: MediaContent | AudioContent, media: MediaReference) -> Attachment:
        if media.id not in self.kept:
            raise NoAttachmentError(GONE)
        return Attachment(Shape(content.type), self.kept[media.id], media.mime_type)


class FakeWhatsApp:
    def __init__(self) -> None:
        self.connections: list[FakeConnection] = []
        self.forgotten: list[str] = []
        self.unreachable = False

    async def connect(self, session_id: str, jid: str | None, observe: Observe) -> FakeConnection:
        if self.unreachable:
            raise ConnectError("no route")
        self.connections.append(FakeConnection(observe))
        return self.connections[-1]

    def forget(self, session_id: str) -> None:
        self.forgotten.append(session_id)


class FakeSessions:
    def __init__(self, *known: Owned) -> None:
        self.known = {owned.session_id: owned for owned in known}
        self.jids: dict[str, str | None] = {}
        self.read: set[int] = set()
        self.sequences: dict[str, int] = {}
        self.destroyed: set[str] = set()
        self.unwanted: set[str] = set()
        self.rests: dict[str, Rest] = {}
        self.away = False

    async def unread(self, partitions: Collection[int]) -> set[int]:
        return set(partitions) - self.read

    async def restore(self, partition: int, sessions: Collection[Logged]) -> None:
        self.read.add(partition)
        for one in sessions:
            self.known[one.session_id] = Owned(one.session_id, one.account_id, partition, one.epoch, one.jid)
            if one.rest is not None:
                self.rests[one.session_id] = one.rest
            if one.desired is DesiredState.DISCONNECTED:
                self.unwanted.add(one.session_id)

    async def take_over(self, partitions: Collection[int]) -> list[Owned]:
        wanted = [owned for id_, owned in self.known.items() if id_ not in self.unwanted]
        return [self._as_kept(owned) for owned in wanted if owned.partition in partitions]

    async def is_overtaken(self, command: StartSession | StopSession) -> bool:
        if command.session_id in self.destroyed:
            return True
        return command.is_overtaken(self.sequences.get(command.session_id))

    async def add(self, command: StartSession | StopSession | DestroySession, partition: int) -> Owned:
        id_ = command.session_id
        if not isinstance(command, DestroySession) and command.sequence is not None:
            self.sequences[id_] = command.sequence
        return self._as_kept(self.known.setdefault(id_, Owned(id_, command.account_id, partition, 1, None)))

    async def stop(self, command: StopSession, partition: int) -> Owned:
        return await self.add(command, partition)

    async def remember(self, session_id: str, jid: str | None) -> None:
        if self.away:
            raise ConnectionError
        self.jids[session_id] = jid

    async def rest(self, session_id: str, rest: Rest | None) -> None:
        if self.away:
            raise ConnectionError
        self.rests.pop(session_id, None)
        if rest is not None:
            self.rests[session_id] = rest

    async def remove(self, session_id: str) -> None:
        self.known.pop(session_id, None)
        self.destroyed.add(session_id)

    def _as_kept(self, owned: Owned) -> Owned:
        jid = self.jids.get(owned.session_id, owned.jid)
        return replace(owned, jid=jid, rest=self.rests.get(owned.session_id))


class FakeLeases:
    """`others`: the partitions that another worker has seized."""

    def __init__(self) -> None:
        self.others: set[int] = set()
        self.seized: list[set[int]] = []
        self.looks = 0
        self.away = False

    async def seize(self, partitions: Collection[int], *, recently_s: float) -> None:
        self.seized.append(set(partitions))
        self.others -= set(partitions)

    async def renew(self, partitions: Collection[int]) -> set[int]:
        self.looks += 1
        if self.away:
            raise ConnectionError
        return set(partitions) - self.others

    async def held_on_to(self, partitions: Collection[int]) -> bool:
        return False

    async def let_go(self, partitions: Collection[int]) -> None:
        if self.away:
            raise ConnectionError
