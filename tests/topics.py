"""Reading the log as a subscriber would: everything in a topic, in order within each partition."""

import asyncio

from griot_chassis.log_reader import LogReader
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
