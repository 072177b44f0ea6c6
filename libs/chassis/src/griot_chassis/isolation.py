"""aiokafka's consumer, with the trouble of a partition kept to that partition."""

import asyncio
import time
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CorruptRecordException, KafkaError, UnsupportedCodecError

from griot_chassis.log import get_logger

log = get_logger(__name__)

_AGAIN_AFTER_S: Final = 5.0
"""When a partition is asked again that could not be read: its disk, or another replica, may have it whole."""
_CALM_AFTER_S: Final = 60.0
_LOOK_EVERY_S: Final = 0.05
_UNREADABLE: Final = (CorruptRecordException, UnsupportedCodecError)

Found = dict[TopicPartition, list[ConsumerRecord]]


class IllegibleRecord(ConsumerRecord):  # type: ignore[misc]  # aiokafka has no types
    """Stands for a record of which the client can read nothing: the name of a header is not UTF-8.

    It has that one's place and nothing else; its time, which is not known, is the earliest there is.
    """

    def __init__(self, where: TopicPartition, offset: int) -> None:
        super().__init__(
            topic=where.topic, partition=where.partition, offset=offset, timestamp=0, timestamp_type=1,
            key=None, value=None, checksum=None, serialized_key_size=0, serialized_value_size=0, headers=(),
        )  # fmt: skip


class IsolatingConsumer(AIOKafkaConsumer):  # type: ignore[misc]  # aiokafka has no types
    """Gives every record of each partition that can be read, whatever lies in the others.

    aiokafka's `getmany` takes from one partition after the other. If one cannot be read (a checksum that does
    not hold, the name of a header), it throws away what it had of the others, goes on behind that, and comes
    to the same record for ever. So when it fails, all go back to where they were, and until none has failed
    for a minute each is asked by itself; those that failed, for one record at a time.

    Where a partition starts must have been sought, or it goes back no further than what was given of it.
    """

    def __init__(self, *topics: str, patient: bool = True, **options: Any) -> None:
        """As aiokafka's.

        Args:
            topics: as aiokafka's.
            patient: go on with the other partitions and ask an unreadable one again; else `getmany` raises.
            options: as aiokafka's.
        """
        super().__init__(*topics, **options)
        self._patient = patient
        self._places: dict[TopicPartition, int] = {}
        self._suspects: set[TopicPartition] = set()
        self._asked_again_at: dict[TopicPartition, float] = {}
        self._careful_until = 0.0
        self._rounds = 0

    @property
    def unreadable(self) -> set[TopicPartition]:
        """Those of its partitions that nothing can be had of just now."""
        return self._asked_again_at.keys() & set(self.assignment())

    def seek(self, partition: TopicPartition, offset: int) -> None:
        """As aiokafka's."""
        super().seek(partition, offset)
        self._places[partition] = offset

    async def getmany(
        self, *partitions: TopicPartition, timeout_ms: float = 0, max_records: int | None = None
    ) -> Found:
        """As aiokafka's, but that records of which nothing can be read are given as `IllegibleRecord`.

        Raises:
            KafkaError: a partition cannot be read, if this consumer is not patient.
        """
        found: Found | None = None
        if time.monotonic() >= self._careful_until:
            self._calm_down()
            try:
                found = await super().getmany(*partitions, timeout_ms=timeout_ms, max_records=max_records)
            except (*_UNREADABLE, UnicodeDecodeError) as error:
                log.warning("reading partition by partition", error=type(error).__name__)
                self._go_back()
        if found is None:
            found = await self._one_by_one(partitions, time.monotonic() + timeout_ms / 1000, max_records)
        self._places |= {where: records[-1].offset + 1 for where, records in found.items()}
        return found

    def _calm_down(self) -> None:
        self._asked_again_at.clear()
        self._suspects.clear()

    def _go_back(self) -> None:
        self._careful_until = time.monotonic() + _CALM_AFTER_S
        for where in self.assignment() & self._places.keys():
            self.seek(where, self._places[where])

    async def _one_by_one(
        self, partitions: tuple[TopicPartition, ...], until: float, max_records: int | None
    ) -> Found:
        while True:
            for where in self._in_turn(list(partitions or self.assignment())):
                # Given at once: what is held while another is asked would be lost with whatever that raises.
                if records := await self._ask(where, max_records):
                    return {where: records}
            if time.monotonic() >= until:
                return {}
            await asyncio.sleep(_LOOK_EVERY_S)

    def _in_turn(self, places: list[TopicPartition]) -> list[TopicPartition]:
        """Another one first each time: the first may always have some."""
        self._rounds += 1
        first = self._rounds % max(len(places), 1)
        return places[first:] + places[:first]

    async def _ask(self, where: TopicPartition, max_records: int | None) -> list[ConsumerRecord]:
        if time.monotonic() < self._asked_again_at.get(where, 0.0):
            return []
        suspect = where in self._suspects
        try:
            given: Found = await super().getmany(
                where, timeout_ms=0, max_records=1 if suspect else max_records
            )
        except (*_UNREADABLE, UnicodeDecodeError) as error:
            self._careful_until = time.monotonic() + _CALM_AFTER_S
            self._suspects.add(where)
            if isinstance(error, KafkaError):
                self._put_off(where, error)
            elif suspect:  # so it is the very next
                return [await self._illegible(where)]
            return []
        if given:
            self._asked_again_at.pop(where, None)
        return given.get(where, [])

    def _put_off(self, where: TopicPartition, error: KafkaError) -> None:
        if not self._patient:
            raise error
        if where not in self._asked_again_at:
            log.error(
                "partition cannot be read",
                topic=where.topic,
                partition=where.partition,
                error=type(error).__name__,
            )
        self._asked_again_at[where] = time.monotonic() + _AGAIN_AFTER_S

    async def _illegible(self, where: TopicPartition) -> IllegibleRecord:
        offset = await self.position(where)
        self.seek(where, offset + 1)
        return IllegibleRecord(where, offset)


def from_the_side(bootstrap: str, **options: Any) -> IsolatingConsumer:
    """One that belongs to no group and commits nothing; what cannot be read, it raises.

    Args:
        bootstrap: the brokers.
        options: as aiokafka's.
    """
    return IsolatingConsumer(
        bootstrap_servers=bootstrap.split(","),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        patient=False,
        **options,
    )
