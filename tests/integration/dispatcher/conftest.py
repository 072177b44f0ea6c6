"""The dispatcher as it is run, between those who give it messages and those who carry them."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.partitioner import murmur2

from dispatcher.settings import DispatcherSettings
from griot_chassis import clock, ids
from griot_chassis.mongo import connect
from griot_chassis.records import Record
from griot_chassis.service import Service
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.deliveries import DeliverySent, ReceiptReceived
from griot_contracts.messages import CancelMessage, DeliverMessage, DispatchMessage, TextContent
from griot_contracts.sessions import SessionStatus, SessionStatusChanged
from griot_local.ports import LOOPBACK, free_port
from griot_local.processes import Process
from tests.support import eventually

ABA = "237612345678@s.whatsapp.net"


class World:
    """All others: writes what quota and the session manager write, and hears what the dispatcher tells.

    While `answers`, every attempt that is asked for is sent, under an id that names the message.
    """

    def __init__(self, service: Service) -> None:
        self.answers = True
        self.heard: dict[str, list[Record]] = defaultdict(list)
        self._publisher = service.publisher
        service.listen([topics.MESSAGE_EVENTS, topics.SESSION_COMMANDS], self._hear)

    async def tell(self, *bodies: Contract) -> None:
        await self._publisher.publish([self._publisher.envelope(body, id=ids.new_id()) for body in bodies])

    def told(self, message_id: str) -> list[str]:
        """What the dispatcher told of a message, in order."""
        return [type(record.body).__name__ for record in self.heard[message_id]]

    def asked(self, session_id: str) -> list[DeliverMessage]:
        """The attempts that a session's owner was asked for, in order."""
        bodies = [record.body for record in self._all() if isinstance(record.body, DeliverMessage)]
        return [body for body in bodies if body.session_id == session_id]

    def ids_of(self, message_id: str, kind: type[Contract]) -> list[str]:
        """The ids of the records of one kind about a message."""
        return [record.envelope.id for record in self.heard[message_id] if isinstance(record.body, kind)]

    def _all(self) -> list[Record]:
        records = [record for records in self.heard.values() for record in records]
        return sorted(records, key=lambda record: (record.topic, record.partition, record.offset))

    async def _hear(self, records: Sequence[Record]) -> None:
        for record in records:
            self.heard[record.envelope.subject].append(record)
        asked = [record.body for record in records if isinstance(record.body, DeliverMessage)]
        if asked and self.answers:
            await self.tell(*map(sent, asked))


def dispatch(session_id: str, message_id: str) -> DispatchMessage:
    return DispatchMessage(
        account_id="a",
        at=clock.now(),
        session_id=session_id,
        message_id=message_id,
        to=ABA,
        content=TextContent(text="hello"),
    )


def cancel(command: DispatchMessage) -> CancelMessage:
    return CancelMessage(
        account_id="a", at=clock.now(), message_id=command.message_id, session_id=command.session_id
    )


def many(session_id: str, count: int) -> list[DispatchMessage]:
    return [dispatch(session_id, ids.new_id()) for _ in range(count)]


def sent(command: DeliverMessage) -> DeliverySent:
    return DeliverySent(
        account_id="a",
        at=clock.now(),
        session_id=command.session_id,
        message_id=command.message_id,
        attempt=command.attempt,
        whatsapp_message_id=f"3EB0{command.message_id}",
    )


def partition_of(session_id: str) -> int:
    """The number of the partition, in every topic keyed by session, that it lies in."""
    return int((murmur2(session_id.encode()) & 0x7FFFFFFF) % topics.DISPATCH_COMMANDS.partitions)


def receipt(session_id: str, message_id: str, *, read: bool) -> ReceiptReceived:
    return ReceiptReceived(
        account_id="a",
        at=clock.now(),
        session_id=session_id,
        whatsapp_message_ids=(f"3EB0{message_id}",),
        chat=ABA,
        read=read,
        received_at=clock.now(),
    )


def status(session_id: str, value: SessionStatus) -> SessionStatusChanged:
    return SessionStatusChanged(account_id="a", at=clock.now(), session_id=session_id, status=value)


def connected(session_id: str) -> SessionStatusChanged:
    return status(session_id, SessionStatus.CONNECTED)


@pytest.fixture
def session() -> str:
    return ids.new_id()


@pytest.fixture
def settings(kafka: str, mongo: str) -> DispatcherSettings:
    """A database of its own: whoever reads with it reads the log from its beginning.

    One name for all tests: the group has a static member of it, which is back at once and not waited for.
    """
    return DispatcherSettings(
        kafka_bootstrap=kafka,
        mongo_url=mongo,
        instance_id="under-test",
        dispatcher_database=f"dispatcher_{ids.new_id()}",
    )


@pytest.fixture
def database(settings: DispatcherSettings) -> Iterator[Any]:
    client = connect(settings.mongo_url, "test")
    yield client[settings.dispatcher_database]
    client.close()


@pytest.fixture
async def world(settings: DispatcherSettings) -> AsyncIterator[World]:
    service = Service("world", settings)
    world = World(service)
    async with service:
        task = asyncio.create_task(service.run())
        await eventually(lambda: is_ready(service), what="the world hears")
        yield world
        service.stop()
        await task


async def is_ready(service: Service) -> bool:
    return not await service.readiness.failing()


@pytest.fixture
async def process(settings: DispatcherSettings, tmp_path: Path) -> AsyncIterator[Process]:
    """The dispatcher, running."""
    async with make_process(settings, settings.instance_id, tmp_path) as process:
        yield process


def make_process(settings: DispatcherSettings, instance_id: str, folder: Path) -> Process:
    """One of the dispatchers that share these settings, not started."""
    port = free_port()
    environment = {
        "GRIOT_KAFKA_BOOTSTRAP": settings.kafka_bootstrap,
        "GRIOT_MONGO_URL": settings.mongo_url,
        "GRIOT_INSTANCE_ID": instance_id,
        "GRIOT_DISPATCHER_DATABASE": settings.dispatcher_database,
        "GRIOT_OPS_PORT": str(port),
    }

    async def is_up() -> bool:
        async with httpx.AsyncClient(trust_env=False) as http:
            try:
                return (await http.get(f"http://{LOOPBACK}:{port}/readyz")).is_success
            except httpx.TransportError:
                return False

    run = [sys.executable, "-m", "dispatcher"]
    log = folder / f"{instance_id}.log"
    return Process(instance_id, run, log=log, is_ready=is_up, environment=environment)
