"""A service with nothing in it, to try the chassis with."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest

from griot_chassis import clock, ids
from griot_chassis.log_scan import LogScan, partitions_of
from griot_chassis.records import Record
from griot_chassis.service import Service
from griot_chassis.settings import ServiceSettings
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.cloudevents import encode
from griot_contracts.dead_letters import DeadLetter
from griot_contracts.messages import DeliverMessage, TextContent
from griot_contracts.sessions import SessionDeleted, StartSession
from griot_contracts.topics import Topic
from griot_local.kafka import KafkaServer
from tests.support import eventually

Running = Callable[[Service], AbstractAsyncContextManager[Service]]


class Seen:
    """A handler that remembers the sessions it was told to start."""

    def __init__(self, *, fail_first: int = 0) -> None:
        self.sessions: list[str] = []
        self.places: dict[str, int] = {}
        self._failures_left = fail_first

    async def __call__(self, records: Sequence[Record]) -> None:
        if self._failures_left:
            self._failures_left -= 1
            raise ConnectionError("the database is away")
        self.sessions += [record.key or "" for record in records]
        self.places |= {record.key or "": record.partition for record in records}


@pytest.fixture
def settings(kafka: str, mongo: str) -> ServiceSettings:
    return ServiceSettings(
        kafka_bootstrap=kafka, mongo_url=mongo, instance_id=ids.new_id(), max_dead_letters_in_a_row=3
    )


@pytest.fixture
async def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaServer]:
    """A broker that may be killed, and its disk written to."""
    async with KafkaServer(tmp_path_factory.mktemp("own-kafka")) as server:
        yield server


@pytest.fixture
def running() -> Running:
    @asynccontextmanager
    async def run(service: Service) -> AsyncIterator[Service]:
        async with service:
            task = asyncio.create_task(service.run())
            await eventually(lambda: is_ready(service), what=f"{service.name} is ready")
            yield service
            service.stop()
            await task

    return run


async def is_ready(service: Service) -> bool:
    return not await service.readiness.failing()


def start(session_id: str) -> StartSession:
    return StartSession(account_id="a", session_id=session_id, at=clock.now())


def deleted(session_id: str) -> SessionDeleted:
    return SessionDeleted(account_id="a", session_id=session_id, at=clock.now())


def deliver(session_id: str, text: str) -> DeliverMessage:
    return DeliverMessage(
        account_id="a",
        session_id=session_id,
        message_id=ids.new_id(),
        to="1@s.whatsapp.net",
        content=TextContent(text=text),
        attempt=1,
        at=clock.now(),
    )


async def publish(service: Service, *bodies: Any) -> None:
    await service.publisher.publish([service.publisher.envelope(body, id=ids.new_id()) for body in bodies])


async def publish_as(
    service: Service, body: Contract, topic: Topic, *, key: str, partition: int | None = None
) -> None:
    """Write a record as no publisher of ours would: on this topic, under this key."""
    headers, value = encode(service.publisher.envelope(body, id=ids.new_id()))
    named = {name: raw.decode() for name, raw in headers}
    await service._broker.publish(value, topic.name, key=key.encode(), partition=partition, headers=named)


async def dead_letters(
    service: Service, group: str, key: str | None = None
) -> list[tuple[DeadLetter, bytes]]:
    """What the group put aside, of this key or of none."""
    scan = LogScan(service._settings.kafka_bootstrap, partitions_of(topics.DEAD_LETTERS))
    found = []
    async for batch in scan.raw():
        for raw in batch:
            letter = DeadLetter.from_headers(raw.headers)
            if letter.group == group and raw.key == (None if key is None else key.encode()):
                found.append((letter, raw.value or b""))
    return found
