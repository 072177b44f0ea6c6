"""Reading the log as a subscriber would: everything in a topic, in order within each partition."""

import asyncio
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from griot_chassis.log_reader import LogReader
from griot_chassis.log_scan import partitions_of
from griot_chassis.records import Partition, Record
from griot_contracts.topics import Topic

_AT_ONCE = 8


async def records_in(bootstrap: str, topic: Topic) -> list[Record]:
    """All that stands in `topic` now."""
    reader, room = LogReader(bootstrap), asyncio.Semaphore(_AT_ONCE)

    async def read(number: int) -> list[Record]:
        async with room:
            return [record async for record in reader.read(Partition(topic.name, number))]

    found = await asyncio.gather(*(read(number) for number in range(topic.partitions)))
    return [record for partition in found for record in partition]


async def forget(bootstrap: str, partition: Partition) -> None:
    """Drop all that stands in a partition, as the log does with what is too old to be kept."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({partition.kafka: RecordsToDelete(before_offset=-1)})
    finally:
        await admin.close()


async def is_read_to_the_end(bootstrap: str, positions: Any, topics: Sequence[Topic]) -> bool:
    """Whether a consumer that keeps its `positions` there has handled all that stands in `topics` now."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await consumer.start()
    try:
        ends = await consumer.end_offsets([where.kafka for where in partitions_of(*topics)])
    finally:
        await consumer.stop()
    reached = {document["_id"]: document["next"] async for document in positions.find()}
    handled = {tuple(name.split(":")[1:]): offset for name, offset in reached.items()}
    return all(handled.get((place.topic, str(place.partition)), 0) >= end for place, end in ends.items())
