"""Writing records as they are: for operators, who put back what could not be read."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from griot_chassis.errors import BrokerUnavailableError
from griot_chassis.records import Partition
from griot_contracts.cloudevents import Headers


class RawLog:
    """Appends bytes, with the headers and to the partition that it is given."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    @classmethod
    @asynccontextmanager
    async def open(cls, bootstrap: str) -> AsyncIterator[Self]:
        """Connected, until the end of the block.

        Raises:
            BrokerUnavailableError: nobody answers.
        """
        producer = AIOKafkaProducer(
            bootstrap_servers=bootstrap.split(","), acks="all", enable_idempotence=True
        )
        try:
            await producer.start()
            yield cls(producer)
        except KafkaError as error:
            raise BrokerUnavailableError(str(error)) from error
        finally:
            await producer.stop()

    async def append(
        self, where: Partition | str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> int:
        """Write one record and return its offset, once it is acknowledged.

        A topic's name in place of a partition leaves the choice to the key.
        """
        topic, number = (where, None) if isinstance(where, str) else (where.topic, where.number)
        written = await self._producer.send_and_wait(
            topic, value=value, key=key, partition=number, headers=headers
        )
        return int(written.offset)
