"""Listening to the log as it is written, by every instance and in no group.

For caches, replies and live streams.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, TopicPartition

from griot_chassis.decoding import hand_over_raw, parse_untouched, to_record
from griot_chassis.handling import Handler
from griot_chassis.log import get_logger
from griot_chassis.records import Partition
from griot_contracts.cloudevents import UnreadableRecordError
from griot_contracts.topics import Topic

log = get_logger(__name__)


class LiveListener:
    """Gives every record that is written from its start on, or from the beginning of what is kept.

    What it cannot handle it logs and leaves: it keeps no position, and whoever must miss nothing belongs in a
    group.
    """

    def __init__(
        self,
        topics: Sequence[Topic],
        handle: Handler,
        *,
        partitions: Collection[int] | None,
        from_start: bool,
    ) -> None:
        self._topics = topics
        self._handle = handle
        self._partitions = partitions
        self._from_start = from_start
        # What stood in the log at the start and was not given yet.
        self._awaited: dict[Partition, int] | None = None
        self._given: dict[Partition, int] = {}
        self._more = asyncio.Event()

    def subscribe(self, broker: KafkaBroker) -> None:
        """Add it to the broker, which starts it."""
        numbers = {topic: self._partitions or range(topic.partitions) for topic in self._topics}
        self._subscriber = broker.subscriber(
            partitions=[TopicPartition(topic.name, n) for topic, found in numbers.items() for n in found],
            batch=True,
            auto_offset_reset="earliest" if self._from_start else "latest",
            ack_policy=AckPolicy.MANUAL,
            parser=parse_untouched,
            decoder=hand_over_raw,
        )
        self._subscriber(self._on_batch)

    @property
    def ready(self) -> bool:
        """Whether it has begun, and what stood in the log when it began has been given."""
        return self._awaited is not None and not self._awaited

    async def settle(self) -> None:
        """Fix where it begins.

        What is written after this returns will be given. Called once, after the broker started.
        """
        kafka: AIOKafkaConsumer = self._subscriber.consumer
        places = kafka.assignment()
        ends = await kafka.end_offsets(places)
        positions = await asyncio.gather(*(kafka.position(place) for place in places))
        for place, position in zip(places, positions, strict=True):
            self._given.setdefault(Partition.of(place), position)
        self._awaited = {
            Partition.of(place): ends[place]
            for place, position in zip(places, positions, strict=True)
            if self._from_start and position < ends[place]
        }

    async def caught_up(self, ends: Mapping[Partition, int]) -> None:
        """Return once all has been given that stands before these offsets, where it is listened to."""
        while any(self._given.get(place, end) < end for place, end in ends.items()):
            await self._more.wait()

    async def stop(self) -> None:
        """Hear no more."""
        await self._subscriber.stop()

    async def _on_batch(self, raw: Sequence[ConsumerRecord]) -> None:
        records = []
        for item in raw:
            try:
                records.append(to_record(item))
            except UnreadableRecordError as error:
                log.warning("record passed over", topic=item.topic, offset=item.offset, reason=error.reason)
        try:
            await self._handle(records)
        except Exception:
            log.exception("live records passed over", topics=[topic.name for topic in self._topics])
        self._given |= {Partition.of(item): item.offset + 1 for item in raw}
        self._more.set()
        self._more = asyncio.Event()
        if self._awaited:
            for item in raw:
                where = Partition.of(item)
                if self._awaited.get(where, item.offset + 2) <= item.offset + 1:
                    del self._awaited[where]
