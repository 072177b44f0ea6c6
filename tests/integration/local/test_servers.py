"""The local servers: up when they say so, and the same again after they were killed."""

import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient, WriteConcern

from griot_local.kafka import KafkaServer
from griot_local.mongo import MongoServer
from griot_local.ports import LOOPBACK, is_free
from griot_local.processes import ProcessFailedError

TOPIC = "letters"
JOURNALED = WriteConcern(w=1, j=True)


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[KafkaServer]:
    async with KafkaServer(tmp_path) as server:
        yield server


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[MongoServer]:
    async with MongoServer(tmp_path) as server:
        yield server


async def test_the_broker_has_its_records_after_kill_9(broker: KafkaServer) -> None:
    await make_topic(broker)
    await publish(broker, b"before")

    await broker.kill()
    assert is_free(broker.port)
    await broker.start()

    await publish(broker, b"after")
    assert await read(broker, count=2) == [b"before", b"after"]


async def test_a_broker_that_cannot_start_says_why(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as other:
        broker = KafkaServer(tmp_path, port=other.getsockname()[1])
        with pytest.raises(ProcessFailedError, match="Address already in use"):
            await broker.start()


async def test_the_broker_is_back_soon_after_kill_9(broker: KafkaServer) -> None:
    await broker.kill()
    started = time.monotonic()
    await broker.start()

    assert time.monotonic() - started < 9, (
        "the old session's time was waited for: see broker.session.timeout.ms"
    )


async def test_the_broker_has_its_records_on_another_port(tmp_path: Path) -> None:
    async with KafkaServer(tmp_path) as first:
        await make_topic(first)
        await publish(first, b"before")

    async with KafkaServer(tmp_path) as second:
        assert second.port != first.port
        assert await read(second, count=1) == [b"before"]


async def test_the_database_has_its_journaled_writes_after_kill_9(database: MongoServer) -> None:
    for number in range(50):
        await insert(database, {"_id": number})

    await database.kill()
    assert is_free(database.port)
    await database.start()

    assert await count(database) == 50


async def test_the_database_does_transactions(database: MongoServer) -> None:
    async with (
        AsyncMongoClient[dict[str, Any]](database.url) as client,
        client.start_session() as session,
        await session.start_transaction(),
    ):
        await client["test"]["letters"].insert_one({"_id": 1}, session=session)

    assert await count(database) == 1


async def make_topic(broker: KafkaServer) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, num_partitions=1, replication_factor=1)])
    await admin.close()


async def publish(broker: KafkaServer, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all") as producer:
        await producer.send_and_wait(TOPIC, value)


async def read(broker: KafkaServer, *, count: int) -> list[bytes | None]:
    settings = {"bootstrap_servers": broker.bootstrap, "auto_offset_reset": "earliest"}
    async with AIOKafkaConsumer(TOPIC, **settings) as consumer:
        return [(await consumer.getone()).value for _ in range(count)]


async def insert(database: MongoServer, document: dict[str, Any]) -> None:
    async with AsyncMongoClient[dict[str, Any]](database.url) as client:
        await client.get_database("test", write_concern=JOURNALED)["letters"].insert_one(document)


async def count(database: MongoServer) -> int:
    async with AsyncMongoClient[dict[str, Any]](database.url) as client:
        return await client["test"]["letters"].count_documents({})
