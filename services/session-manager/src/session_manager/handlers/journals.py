"""The journals of the partitions owned, read from the log as far back as a command needs."""

import asyncio
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final

from griot_chassis.log import get_logger
from griot_chassis.records import Partition
from griot_contracts import topics
from session_manager.domain.journal import Attempt, Journal, Known
from session_manager.handlers.fleet import Fleet
from session_manager.handlers.ports import Log

log = get_logger(__name__)

_CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""A command is told its time by one machine, its attempt by another."""


class Journals:
    """Knows what became of an attempt, whoever made it and when.

    What is read at an assignment is what commands may come again for. A command may also come late: from a
    dispatcher that was stopped before it wrote it, while another one asked for the same and it was done. Or
    the same is asked for anew, long after, by one that knows no end of it. So before an attempt is made that
    may have been asked for earlier than the journal begins, it is read from there on.
    """

    def __init__(self, fleet: Fleet, log_reader: Log) -> None:
        self._fleet = fleet
        self._log = log_reader
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def known(self, partition: int, attempt: Attempt, asked_at: datetime) -> Known:
        """What is known of an attempt that nobody asked for before then.

        Raises:
            Exception: it has to be read for that, and the log is away. Nothing is taken for known then.
        """
        async with self._turns[partition]:
            journal = self._fleet.journal(partition)
            found = journal.known(attempt)
            if found is None and asked_at < journal.since:
                found = await self._read(journal, partition, attempt, asked_at)
        return found

    async def _read(self, journal: Journal, partition: int, attempt: Attempt, asked_at: datetime) -> Known:
        # The same number: both topics have the same key, the same partitioner and as many partitions.
        where, found = Partition(topics.DELIVERY_EVENTS.name, partition), journal.known(attempt)
        before, journal.since = journal.since, asked_at - _CLOCKS_DIFFER  # forgetting moves it on again
        try:
            async for record in self._log.read(where, since=journal.since):
                journal.write(record.body)
                found = journal.known(attempt) or found
        except BaseException:
            journal.since = max(before, journal.since)  # what was not read is not known
            raise
        log.info("journal read further back", partition=partition)
        return found
