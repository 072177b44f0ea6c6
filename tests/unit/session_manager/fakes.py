"""The outside, small: a WhatsApp that does as it is told, a log and a database in memory."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Any

from griot_chassis.errors import BrokerUnavailableError
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.messages import AudioContent, MediaContent, MediaReference
from session_manager.domain.attachment import GONE, Attachment, NoAttachmentError, Shape, UploadError
from session_manager.domain.inbound import Fact
from session_manager.domain.outcomes import ConnectError
from session_manager.domain.ownership import Logged, Owned
from session_manager.domain.standing import Observation

Observe = Callable[[Observation | Fact], None]


class FakePublisher:
    def __init__(self) -> None:
        self.published: list[Envelope[Contract]] = []
        self.away = False

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

    async def connect(self, session_id: str, observe: Observe) -> FakeConnection:
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
        self.lease_lost = False
        self.read: set[int] = set()

    async def unread(self, partitions: Collection[int]) -> set[int]:
        return set(partitions) - self.read

    async def restore(self, partition: int, sessions: Collection[Logged]) -> None:
        self.read.add(partition)
        for one in sessions:
            self.known[one.session_id] = Owned(one.session_id, one.account_id, partition, one.epoch, None)

    async def take_over(self, partitions: Collection[int]) -> list[Owned]:
        return [owned for owned in self.known.values() if owned.partition in partitions]

    async def add(self, session_id: str, account_id: str, partition: int) -> Owned:
        return self.known.setdefault(session_id, Owned(session_id, account_id, partition, 1, None))

    async def stop(self, session_id: str, account_id: str, partition: int) -> Owned:
        return await self.add(session_id, account_id, partition)

    async def remember(self, session_id: str, jid: str | None) -> None:
        self.jids[session_id] = jid

    async def remove(self, session_id: str) -> None:
        self.known.pop(session_id, None)

    async def holds(self, session_id: str, epoch: int) -> bool:
        return not self.lease_lost
