"""The log, as the operator reaches it: commands in, decisions out, topics read from the side."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import Final

from griot_chassis.broker import make_broker
from griot_chassis.ids import new_id
from griot_chassis.log_ends import LogEnds
from griot_chassis.log_scan import LogScan, partitions_of
from griot_chassis.publisher import Publisher
from griot_chassis.records import Partition, Record
from griot_contracts import ids
from griot_contracts.accounts import CommandDecided
from griot_contracts.base import Command
from griot_contracts.topics import REPLIES, Topic
from griot_operator.settings import OperatorSettings

_DECIDED_WITHIN_S: Final = 30.0
_REPLIES_ON: Final = 0
"""The partition of replies.v1 that the operator hears; others' decisions there are not its own."""


class NotDecidedError(Exception):
    """The command stands in the log and nobody has decided it in time; it will be decided later."""


class Connection:
    """Kafka, for as long as one command of the operator runs."""

    def __init__(self, settings: OperatorSettings, publisher: Publisher, ends: LogEnds) -> None:
        self.settings = settings
        self._publisher = publisher
        self._ends = ends

    async def read(self, *topics: Topic, since: datetime | None = None) -> list[Record]:
        """All that stands in these topics now, in order within each partition."""
        scan = LogScan(self.settings.kafka_bootstrap, partitions_of(*topics))
        return [record async for batch in scan.records(since=since) for record in batch]

    async def ask(self, command: Command) -> CommandDecided:
        """Publish a command and give its decision.

        Raises:
            NotDecidedError: there was none within half a minute.
            BrokerUnavailableError: the log did not take it.
        """
        where, id_ = Partition(REPLIES.name, _REPLIES_ON), new_id()
        start = (await self._ends.of(REPLIES))[where]
        reply_to = ids.reply_address(_REPLIES_ON)
        await self._publisher.publish([self._publisher.envelope(command, id=id_, reply_to=reply_to)])
        try:
            async with asyncio.timeout(_DECIDED_WITHIN_S):
                return await self._decision(id_, {where: start})
        except TimeoutError:
            raise NotDecidedError(id_) from None

    async def _decision(self, id_: str, starts: Mapping[Partition, int]) -> CommandDecided:
        scan = LogScan(self.settings.kafka_bootstrap, starts)
        async with aclosing(scan.records(starts=starts, follow=True)) as batches:
            async for batch in batches:
                for record in batch:
                    if record.envelope.correlation_id == id_ and isinstance(record.body, CommandDecided):
                        return record.body
        raise AssertionError("what is followed does not end")


@asynccontextmanager
async def connected(settings: OperatorSettings) -> AsyncIterator[Connection]:
    """A connection, until the end of the block.

    Raises:
        BrokerUnavailableError: nobody answers.
    """
    broker, ends = make_broker("operator", settings), LogEnds(settings.kafka_bootstrap)
    try:
        await ends.of(REPLIES)  # first: what the broker raises is for the chassis alone to know
        await broker.start()
        yield Connection(settings, Publisher(broker, "operator"), ends)
    finally:
        await ends.stop()
        await broker.stop()
