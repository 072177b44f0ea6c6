"""Reading a stretch of the log from the side, to rebuild a state from it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition

from griot_chassis.decoding import to_record
from griot_chassis.isolation import from_the_side
from griot_chassis.log import get_logger
from griot_chassis.records import Partition, Record, written_at
from griot_contracts.cloudevents import UnreadableRecordError

log = get_logger(__name__)

_AT_ONCE: Final = 500
_WAIT_AT_MOST_MS: Final = 50
"""All that is asked for is there. A fetch begun before its place was sought holds up the next for so long."""


class LogReader:
    """Reads partitions outside any consumer group: it moves no position and commits nothing."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def read(self, partition: Partition, *, since: datetime | None = None) -> AsyncIterator[Record]:
        """The records of one partition, from `since` (None: the beginning) to the end as it was when called.

        A record that cannot be read is passed over: its consumer group puts it aside.
        """
        where = partition.kafka
        async with self._consumer(where) as consumer:
            end = (await consumer.end_offsets([where]))[where]
            start = await _start(consumer, where, since)
            if start is None or start >= end:
                return
            consumer.seek(where, start)
            # The position, not the last record's offset: transactions and compaction leave gaps.
            while await consumer.position(where) < end:
                await asyncio.sleep(0)  # what is fetched already comes without a pause: see `log_scan`
                for raw in (await consumer.getmany(timeout_ms=1000, max_records=_AT_ONCE)).get(where, ()):
                    if raw.offset >= end:
                        return
                    try:
                        yield to_record(raw)
                    except UnreadableRecordError as error:
                        log.warning("record passed over", offset=raw.offset, reason=error.reason)

    async def times_of(self, offsets: Mapping[Partition, int]) -> dict[Partition, datetime | None]:
        """When the first record at or after each offset was written; None where there is none."""
        wanted = {where.kafka: offset for where, offset in offsets.items()}
        times: dict[Partition, datetime | None] = dict.fromkeys(offsets)
        async with self._consumer(*wanted) as consumer:
            ends = await consumer.end_offsets(list(wanted))
            beginnings = await consumer.beginning_offsets(list(wanted))  # what lies before is not kept
            pending = {
                where for where, offset in wanted.items() if max(offset, beginnings[where]) < ends[where]
            }
            consumer.pause(*(set(wanted) - pending))
            for where in pending:
                consumer.seek(where, max(wanted[where], beginnings[where]))
            while pending:
                for where, (first, *_) in (await consumer.getmany(*pending, timeout_ms=1000)).items():
                    times[Partition.of(where)] = written_at(first)
                    pending.discard(where)
                    consumer.pause(where)
        return times

    @asynccontextmanager
    async def _consumer(self, *where: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = from_the_side(self._bootstrap, fetch_max_wait_ms=_WAIT_AT_MOST_MS)
        await consumer.start()
        try:
            consumer.assign(where)
            yield consumer
        finally:
            await consumer.stop()


async def _start(consumer: AIOKafkaConsumer, where: TopicPartition, since: datetime | None) -> int | None:
    if since is None:
        return int((await consumer.beginning_offsets([where]))[where])
    found = (await consumer.offsets_for_times({where: int(since.timestamp() * 1000)}))[where]
    return None if found is None else int(found.offset)
