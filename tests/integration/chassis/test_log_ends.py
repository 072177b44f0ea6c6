"""Where the log ends, and where what is still kept of it does."""

from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from griot_chassis import ids
from griot_chassis.log_ends import LogEnds
from griot_chassis.records import Partition
from griot_contracts.topics import Topic
from tests.topics import forget

KEPT, EXPIRED, EMPTY = range(3)


@pytest.fixture
async def topic(kafka: str) -> Topic:
    """One partition holds two records, one held three, and one never held any."""
    topic = Topic(name=ids.new_id(), partitions=3, kept=None, key=None, carries=())
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic.name, topic.partitions, 1)])
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for number in (KEPT, KEPT, EXPIRED, EXPIRED, EXPIRED):
            await producer.send_and_wait(topic.name, b"record", partition=number)
    await forget(kafka, Partition(topic.name, EXPIRED))
    return topic


@pytest.fixture
async def ends(kafka: str) -> AsyncIterator[LogEnds]:
    ends = LogEnds(kafka)
    yield ends
    await ends.stop()


async def test_every_partition_has_an_end(topic: Topic, ends: LogEnds) -> None:
    found = await ends.of(topic)

    assert found == {Partition(topic.name, number): end for number, end in enumerate((2, 3, 0))}


async def test_what_is_kept_ends_only_where_something_is_kept(topic: Topic, ends: LogEnds) -> None:
    assert await ends.of_kept(topic) == {Partition(topic.name, KEPT): 2}
