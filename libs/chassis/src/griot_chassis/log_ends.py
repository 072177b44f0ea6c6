"""Asking where the log ends now."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.log_scan import partitions_of
from griot_chassis.records import Partition
from griot_contracts.topics import Topic

_Question = Callable[[AIOKafkaConsumer, list[TopicPartition]], Awaitable[dict[TopicPartition, int]]]


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
        return await self._asked(AIOKafkaConsumer.end_offsets, topics)

    async def begins(self, *topics: Topic) -> dict[Partition, int]:
        """The offset of the first record of each partition that is kept, or where one would be.

        Raises:
            BrokerUnavailableError: nobody says it.
        """
        return await self._asked(AIOKafkaConsumer.beginning_offsets, topics)

    async def of_kept(self, *topics: Topic) -> dict[Partition, int]:
        """The same, of those alone that hold a record.

        One whose records are all too old to be kept has an end, too, which nobody will ever read to.

        Raises:
            BrokerUnavailableError: nobody says it.
        """
        ends, begins = await asyncio.gather(self.of(*topics), self.begins(*topics))
        return {where: end for where, end in ends.items() if begins[where] < end}

    async def stop(self) -> None:
        """Ask no more."""
        if self._client is not None:
            await self._client.stop()

    async def _asked(self, question: _Question, topics: Sequence[Topic]) -> dict[Partition, int]:
        places = [where.kafka for where in partitions_of(*topics)]
        try:
            offsets = await question(await self._started(), places)
        except (KafkaError, OSError) as error:
            raise BrokerUnavailableError("where the log ends is not known") from error
        return {Partition.of(place): offset for place, offset in offsets.items()}

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
