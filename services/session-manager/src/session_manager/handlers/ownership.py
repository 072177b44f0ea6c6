"""Partitions come and go: their sessions start and stop, and the journal is read before any command."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from typing import Final

from griot_chassis.log import get_logger
from griot_chassis.records import Partition
from griot_contracts import topics
from griot_contracts.accounts import AccountSuspended
from session_manager.domain.ownership import Known, LastWords, evolve, hear
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.lease import RENEWED_EVERY_S, Lease
from session_manager.handlers.ports import Log, Sessions

log = get_logger(__name__)

_READ_AT_ONCE: Final = 4


class Ownership:
    """Listens to the assignment of session.commands.v1's partitions."""

    def __init__(self, fleet: Fleet, sessions: Sessions, lease: Lease, log_reader: Log) -> None:
        self._fleet = fleet
        self._sessions = sessions
        self._lease = lease
        self._log = log_reader
        self._dealing = False
        self._known: set[int] = set()
        """The partitions whose sessions and journal are here."""

    async def assigned(
        self, partitions: set[Partition], pending_since: dict[Partition, datetime | None]
    ) -> None:
        """Let go of what was not given back, and become the owner of what is new. Safe to repeat.

        A session whose partition comes back goes on as if nothing had been, unless somebody else owned it in
        between. The others connect, by themselves, or are left alone as their last owner left them. When this
        returns, it is known what was begun at their messages and what has ended.

        Only the part of the journal is read that commands may come again for.
        """
        numbers, turn = {where.number for where in partitions}, asyncio.Semaphore(_READ_AT_ONCE)
        await self._let_go(self._lease.mine - numbers)
        self._known -= await self._lease.take(numbers)
        self._dealing = False
        kept = self._known & numbers
        new = numbers - kept
        await self._fleet.drop_all(self._fleet.partitions - kept)
        await self._restore(await self._sessions.unread(new), turn)
        for owned in await self._sessions.take_over(new):
            await self._fleet.drop(owned.session_id)
            self._fleet.add(owned).take_up()
        pending = {where.number: since for where, since in pending_since.items() if where.number in new}
        await asyncio.gather(
            *(
                self._read_journal(number, since, turn)
                for number, since in pending.items()
                if since is not None
            )
        )
        self._known = numbers
        log.info("partitions owned", kept=len(kept), new=len(new))

    async def revoked(self, partitions: set[Partition]) -> None:
        """The group deals its partitions anew: hold what is here until it has, or the lease runs out."""
        self._dealing = True

    async def left(self) -> None:
        """Let go of everything.

        When this returns, no session is connected from here, so that another worker may connect it.
        """
        await self._let_go(self._lease.mine | self._fleet.partitions)

    async def keep(self) -> None:
        """Renew the lease, and stop the sessions of what is lost, for the service's life."""
        while True:
            await asyncio.sleep(RENEWED_EVERY_S)
            try:
                await self._lease.renew()
            except Exception as error:  # noqa: BLE001  # whatever it is: the lease runs out if it goes on
                log.warning("the lease was not renewed", error=type(error).__name__)
            await self.stop_what_is_lost()

    async def stop_what_is_lost(self) -> None:
        """Stop the sessions of partitions that somebody else has, or may get without our hearing of it.

        While the database is away but Kafka has not taken anything back, they stay connected, and only wait.
        """
        kept = set() if self._dealing and not self._lease.sure else self._lease.mine
        if lost := self._fleet.partitions - kept:
            log.warning("partitions were lost", count=len(lost))
            await self._let_go(lost)

    async def _let_go(self, partitions: Collection[int]) -> None:
        self._known -= set(partitions)
        await self._fleet.drop_all(partitions)
        if partitions:
            await self._lease.let_go(partitions)

    async def _restore(self, unread: Collection[int], turn: asyncio.Semaphore) -> None:
        """Read from the log which sessions there are: what the database holds of them is only a copy.

        Those of an account that is suspended stay disconnected, whatever it wants of them.
        """
        found = await asyncio.gather(*(self._sessions_of(number, turn) for number in unread))
        suspended = await self._suspended(turn) if any(found) else set()
        for number, known in zip(unread, found, strict=True):
            sessions = [one.kept_from(suspended) for one in known.values()]
            await self._sessions.restore(number, sessions)

    async def _sessions_of(self, partition: int, turn: asyncio.Semaphore) -> Known:
        known: Known = {}
        async with turn:
            async for record in self._log.read(Partition(topics.SESSION_EVENTS.name, partition)):
                known = evolve(known, record.body)
        return known

    async def _suspended(self, turn: asyncio.Semaphore) -> set[str]:
        last: LastWords = {}

        async def read(where: Partition) -> None:
            async with turn:
                async for record in self._log.read(where):
                    hear(last, record.body)

        accounts = topics.ACCOUNT_EVENTS
        await asyncio.gather(*(read(Partition(accounts.name, n)) for n in range(accounts.partitions)))
        return {id_ for id_, event in last.items() if isinstance(event, AccountSuspended)}

    async def _read_journal(self, partition: int, since: datetime, turn: asyncio.Semaphore) -> None:
        # The same number: both topics have the same key, the same partitioner and as many partitions.
        count, journal = 0, self._fleet.journal(partition)
        journal.since = since  # what it forgets as it is read moves that on
        async with turn:
            async for record in self._log.read(
                Partition(topics.DELIVERY_EVENTS.name, partition), since=since
            ):
                journal.write(record.body)
                count += 1
        log.info("journal read", partition=partition, records=count)
