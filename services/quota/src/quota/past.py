"""The log, as far as it tells of accounts: the port `Past` of `rebuilding`."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from griot_chassis import clock
from griot_chassis.log_scan import LogScan, partitions_of
from griot_chassis.records import Partition, Record
from griot_contracts.topics import ACCOUNT_COMMANDS, ACCOUNT_EVENTS, MESSAGE_EVENTS, SESSION_EVENTS
from quota.domain import Snapshot
from quota.domain.rebuilding import Question, Retelling, Written, question_of
from quota.rebuilding import Rebuilt, Stored

_COUNTS_FOR: Final = (ACCOUNT_COMMANDS.kept or timedelta(days=7)) + timedelta(days=1)
"""Messages accepted longer ago are of a day that is over, and were asked for by commands that are gone."""


class LogPast:
    """Reads what it needs to the end as it is now, from the side."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    async def until(self, decided: Mapping[int, int], stored: Stored) -> Rebuilt:
        """What was decided by the commands of these partitions that lie before these offsets.

        And by those after them that a stored snapshot holds: nobody decides them again.
        """
        undecided, questions = await self._asked(decided, stored)
        retelling = Retelling(undecided, questions)
        homes: dict[str, int] = {}
        async for record in self._records(Partition(ACCOUNT_EVENTS.name, number) for number in decided):
            homes[record.body.account_id] = record.partition
            retelling.take(_written(record))
        async for record in self._records(partitions_of(SESSION_EVENTS)):
            if record.body.account_id in homes:
                retelling.take(_written(record))
        async for record in self._records(partitions_of(MESSAGE_EVENTS), back=_COUNTS_FOR):
            if record.body.account_id in homes:
                retelling.take(_written(record))
        # Aside, for it may take longer than heartbeats can wait.
        remembered = await asyncio.to_thread(retelling.remembered)
        return Rebuilt(
            {id_: Snapshot(one, decided[homes[id_]] - 1) for id_, one in remembered.accounts.items()},
            remembered.answers,
        )

    async def _asked(
        self, decided: Mapping[int, int], stored: Stored
    ) -> tuple[set[str], dict[str, Question]]:
        """The commands that will be decided again, and what the others asked under Idempotency-Keys."""
        undecided: set[str] = set()
        questions: dict[str, Question] = {}
        async for batch in self._batches(Partition(ACCOUNT_COMMANDS.name, number) for number in decided):
            later = {one.body.account_id for one in batch if one.offset >= decided[one.partition]}
            snapshots = await stored(later) if later else {}
            for record in batch:
                snapshot = snapshots.get(record.body.account_id, Snapshot())
                if record.offset >= decided[record.partition] and not snapshot.holds(record.offset):
                    undecided.add(record.envelope.id)
                elif (question := question_of(record.body, record.offset)) is not None:
                    questions[record.envelope.id] = question
        return undecided, questions

    async def _records(
        self, partitions: Iterable[Partition], *, back: timedelta | None = None
    ) -> AsyncIterator[Record]:
        async for batch in self._batches(partitions, back=back):
            for record in batch:
                yield record

    async def _batches(
        self, partitions: Iterable[Partition], *, back: timedelta | None = None
    ) -> AsyncIterator[Sequence[Record]]:
        since = None if back is None else clock.now() - back
        async for batch in LogScan(self._bootstrap, list(partitions)).records(since=since):
            yield batch


def _written(record: Record) -> Written:
    one = record.envelope
    return Written(one.id, one.causation_id, record.at, record.written_at, one.body)
