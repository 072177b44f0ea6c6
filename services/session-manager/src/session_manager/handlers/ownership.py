"""Partitions come and go: their sessions start and stop, and the journal is read before any command."""

import asyncio
from datetime import datetime
from typing import Final

from griot_chassis.log import get_logger
from griot_chassis.records import Partition
from griot_contracts import topics
from session_manager.domain.ownership import Known, evolve
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.ports import Log, Sessions

log = get_logger(__name__)

_READ_AT_ONCE: Final = 4


class Ownership:
    """Listens to the assignment of session.commands.v1's partitions."""

    def __init__(self, fleet: Fleet, sessions: Sessions, log_reader: Log) -> None:
        self._fleet = fleet
        self._sessions = sessions
        self._log = log_reader

    async def assigned(
        self, partitions: set[Partition], pending_since: dict[Partition, datetime | None]
    ) -> None:
        """Become the owner: know what was begun and what has ended, then have the sessions connect.

        Safe to repeat.

        Only the part of the journal is read that commands may come again for. The connecting goes on by
        itself.
        """
        numbers, turn = {where.number for where in partitions}, asyncio.Semaphore(_READ_AT_ONCE)
        unread = await self._sessions.unread(numbers)
        await asyncio.gather(*(self._restore(number, turn) for number in unread))
        pending = {where.number: since for where, since in pending_since.items() if since is not None}
        await asyncio.gather(*(self._read_journal(number, since, turn) for number, since in pending.items()))
        for owned in await self._sessions.take_over(numbers):
            await self._fleet.drop(owned.session_id)
            self._fleet.add(owned).start(quietly=True)

    async def revoked(self, partitions: set[Partition]) -> None:
        """Let go.

        When this returns, none of the sessions is connected from here, so that another worker may connect
        it.
        """
        await self._fleet.drop_all({where.number for where in partitions})

    async def _restore(self, partition: int, turn: asyncio.Semaphore) -> None:
        """Read from the log which sessions there are: what the database holds of them is only a copy."""
        known: Known = {}
        async with turn:
            async for record in self._log.read(Partition(topics.SESSION_EVENTS.name, partition)):
                known = evolve(known, record.body)
        await self._sessions.restore(partition, known.values())

    async def _read_journal(self, partition: int, since: datetime, turn: asyncio.Semaphore) -> None:
        # The same number: both topics have the same key, the same partitioner and as many partitions.
        count, journal = 0, self._fleet.journal(partition)
        async with turn:
            async for record in self._log.read(
                Partition(topics.DELIVERY_EVENTS.name, partition), since=since
            ):
                journal.write(record.body)
                count += 1
        journal.since = since
        log.info("journal read", partition=partition, records=count)
