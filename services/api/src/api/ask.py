"""The one way in.

A command goes to the log, and its decision comes back on this instance's partition of replies.v1.
"""

import asyncio
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final, Protocol

from griot_chassis.records import Record
from griot_contracts import ids
from griot_contracts.accounts import CommandDecided
from griot_contracts.base import Command
from griot_contracts.cloudevents import Envelope
from griot_contracts.topics import REPLIES


class CommandLog(Protocol):
    """What is needed of the publisher."""

    def envelope(self, body: Any, *, id: str, reply_to: str | None = None) -> Envelope[Any]:  # noqa: A002
        """Wrap a command for the log."""
        ...

    async def publish(self, envelopes: Sequence[Envelope[Any]]) -> None:
        """Write to the log and return once all is acknowledged.

        Raises:
            BrokerUnavailableError: not all was acknowledged within four seconds.
        """
        ...


def reply_partition_for(instance_id: str) -> int:
    """The partition of replies.v1 that this instance hears; others may share it."""
    return zlib.crc32(instance_id.encode()) % REPLIES.partitions


class Ask:
    """Asks the quota service to decide a command."""

    def __init__(self, log: CommandLog, *, partition: int) -> None:
        self._log = log
        self._reply_to: Final = ids.reply_address(partition)
        self._awaited: dict[str, asyncio.Future[CommandDecided]] = {}

    async def __call__(self, command: Command, *, id: str, within: timedelta) -> CommandDecided | None:  # noqa: A002
        """Publish the command under this id and wait for its decision.

        None when there was none in time: the command is durable and will be decided later.

        Raises:
            BrokerUnavailableError: the log did not take it in time.
        """
        decision: asyncio.Future[CommandDecided] = asyncio.get_running_loop().create_future()
        self._awaited[id] = decision
        try:
            await self._log.publish([self._log.envelope(command, id=id, reply_to=self._reply_to)])
            async with asyncio.timeout(within.total_seconds()):
                return await decision
        except TimeoutError:
            return None
        finally:
            del self._awaited[id]

    async def tell(self, command: Command, *, id: str) -> None:  # noqa: A002
        """Publish a command that nobody decides on, to whom it is for.

        Raises:
            BrokerUnavailableError: the log did not take it in time.
        """
        await self._log.publish([self._log.envelope(command, id=id)])

    async def on_replies(self, records: Sequence[Record]) -> None:
        """Hand each decision to whoever waits for it; others' decisions are not ours."""
        for record in records:
            waiting = self._awaited.get(record.envelope.correlation_id or "")
            if waiting is not None and not waiting.done() and isinstance(record.body, CommandDecided):
                waiting.set_result(record.body)
