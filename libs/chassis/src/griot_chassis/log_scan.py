"""Reading whole topics from the side, many partitions at once, as far as they go now or for ever.

For rebuilds and for operators. It belongs to no group, moves no position and commits nothing.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import KafkaError

from griot_chassis.decoding import to_record
from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.isolation import from_the_side
from griot_chassis.records import Partition, Record, written_at
from griot_contracts.cloudevents import Headers, UnreadableRecordError
from griot_contracts.topics import Topic

_AT_ONCE: Final = 500
_WAIT_MS: Final = 500
_TURN_BYTES: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RawRecord:
    """A record as it lies in the log, whether it can be read or not."""

    at: Partition
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    written_at: datetime


def partitions_of(*topics: Topic) -> list[Partition]:
    """Every partition of these topics."""
    return [Partition(topic.name, number) for topic in topics for number in range(topic.partitions)]


class LogScan:
    """Reads partitions from where it is told, in order within each.

    Attributes:
        total: the offsets that lie before it when a pass begins; 0 before.
        done: how many of them are passed.
        reached: the offset that each partition goes on at, once its records were handled by whoever takes
            them: it moves when the next batch is asked for.
    """

    def __init__(self, bootstrap: str, partitions: Collection[Partition]) -> None:
        self._bootstrap = bootstrap
        self._partitions = list(partitions)
        self.reached: dict[Partition, int] = {}
        self.total = 0
        self.done = 0

    async def raw(
        self,
        *,
        starts: Mapping[Partition, int] | None = None,
        since: datetime | None = None,
        follow: bool = False,
    ) -> AsyncGenerator[list[RawRecord], None]:
        """Batches, from `starts` or `since` or the beginning, to the end as it was when this was called.

        With `follow` it goes on, and never ends.
        """
        places = [partition.kafka for partition in self._partitions]
        consumer = from_the_side(self._bootstrap, max_partition_fetch_bytes=_TURN_BYTES)
        try:
            await consumer.start()
            consumer.assign(places)
            ends = {Partition.of(place): end for place, end in (await consumer.end_offsets(places)).items()}
            await self._seek(consumer, ends, starts or {}, since)
            self.total, self.done = sum(ends[p] - self.reached[p] for p in ends), 0
            pending = {partition for partition, end in ends.items() if self.reached[partition] < end}
            if not follow:
                consumer.pause(*(place for place in places if Partition.of(place) not in pending))
            while pending or follow:
                found = await consumer.getmany(timeout_ms=_WAIT_MS, max_records=_AT_ONCE)
                yield [
                    _raw(item)
                    for place, items in found.items()
                    for item in items
                    if follow or item.offset < ends[Partition.of(place)]
                ]
                # The position, not the last record's offset: transactions and compaction leave gaps.
                for partition in [Partition.of(place) for place in found] if follow else list(pending):
                    at = await consumer.position(partition.kafka)
                    at = at if follow else min(at, ends[partition])
                    self.done += at - self.reached[partition]
                    self.reached[partition] = at
                    if not follow and at >= ends[partition]:
                        pending.discard(partition)
                        consumer.pause(partition.kafka)
                # What is fetched already is given without a pause, and heartbeats would wait for all of it.
                await asyncio.sleep(0)
        except (KafkaError, OSError) as error:
            raise BrokerUnavailableError(f"the log is not readable: {type(error).__name__}") from error
        finally:
            await consumer.stop()

    async def records(
        self,
        *,
        starts: Mapping[Partition, int] | None = None,
        since: datetime | None = None,
        follow: bool = False,
    ) -> AsyncGenerator[list[Record], None]:
        """As `raw`, decoded. What cannot be read is left out: its consumer group puts it aside."""
        async for batch in self.raw(starts=starts, since=since, follow=follow):
            yield [record for raw in batch if (record := decoded(raw)) is not None]

    async def _seek(
        self,
        consumer: AIOKafkaConsumer,
        ends: Mapping[Partition, int],
        starts: Mapping[Partition, int],
        since: datetime | None,
    ) -> None:
        places = [partition.kafka for partition in self._partitions]
        beginnings = await consumer.beginning_offsets(places)
        if since is not None:
            moment = int(since.timestamp() * 1000)
            found = await consumer.offsets_for_times(dict.fromkeys(places, moment))
            starts = {
                Partition.of(place): ends[Partition.of(place)] if where is None else where.offset
                for place, where in found.items()
            }
        for place in places:
            partition = Partition.of(place)
            self.reached[partition] = max(starts.get(partition, 0), beginnings[place])
            consumer.seek(place, self.reached[partition])


def decoded(raw: RawRecord) -> Record | None:
    """The record, or None where it cannot be read."""
    item = ConsumerRecord(
        topic=raw.at.topic, partition=raw.at.number, offset=raw.offset, timestamp_type=1,
        timestamp=int(raw.written_at.timestamp() * 1000), key=raw.key, value=raw.value, checksum=None,
        serialized_key_size=0, serialized_value_size=0, headers=raw.headers,
    )  # fmt: skip
    try:
        return to_record(item)
    except UnreadableRecordError:
        return None


def _raw(item: ConsumerRecord) -> RawRecord:
    return RawRecord(
        Partition.of(item), item.offset, item.key, item.value, list(item.headers), written_at(item)
    )
