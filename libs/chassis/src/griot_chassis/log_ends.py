"""Asking where the log ends now."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.records import Partition
from griot_contracts.topics import Topic


class LogEnds:
    """Asks the broker, on a connection of its own.

    On a connection that also fetches, the question would wait behind a fetch that waits for records.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._client: AIOKafkaConsumer | None = None
        self._starting = asyncio.Lock()

    async def of(self, *topics: Topic) -> dict[Partition, int]:
        """The offset after the last record of each partition.

        Raises:
            BrokerUnavailableError: nobody says it.
        """
        places = _places(topics)
        try:
            ends = await (await self._started()).end_offsets(places)
        except (KafkaError, OSError) as error:
            raise BrokerUnavailableError("where the log ends is not known") from error
        return {_ours(place): end for place, end in ends.items()}

    async def of_kept(self, *topics: Topic) -> dict[Partition, int]:
        """The same, of those alone that hold a record.

        One whose records are all too old to be kept has an end, too, which nobody will ever read to.

        Raises:
            BrokerUnavailableError: nobody says it.
        """
        ends = await self.of(*topics)
        try:
            begins = await (await self._started()).beginning_offsets(_places(topics))
        except (KafkaError, OSError) as error:
            raise BrokerUnavailableError("where the log begins is not known") from error
        return {_ours(place): ends[_ours(place)] for place, at in begins.items() if at < ends[_ours(place)]}

    async def stop(self) -> None:
        """Ask no more."""
        if self._client is not None:
            await self._client.stop()

    async def _started(self) -> AIOKafkaConsumer:
        async with self._starting:
            if self._client is None:
                client = AIOKafkaConsumer(bootstrap_servers=self._bootstrap.split(","))
                try:
                    await client.start()
                except BaseException:
                    await client.stop()
                    raise
                self._client = client
            return self._client


def _places(topics: Sequence[Topic]) -> list[TopicPartition]:
    return [TopicPartition(topic.name, n) for topic in topics for n in range(topic.partitions)]


def _ours(place: TopicPartition) -> Partition:
    return Partition(place.topic, place.partition)
