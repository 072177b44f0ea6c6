"""A consumer group's member that handles one record at a time for each key, and different keys at once.

For work that waits on the outside, such as a WhatsApp connection: a slow key holds up only itself. The
position that is committed is the lowest unfinished one, so a crash repeats what was not finished, and some of
what was.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final, Protocol

import stamina
from opentelemetry.trace import SpanKind

from griot_chassis import cancelling, metrics
from griot_chassis.consumer import Consumer
from griot_chassis.log import get_logger
from griot_chassis.log_reader import LogReader
from griot_chassis.records import Partition, Record
from griot_chassis.tracing import context_of, tracer

log = get_logger(__name__)

_MAX_UNFINISHED: Final = 5_000
_FINISH_WITHIN_S: Final = 5.0
_COMMIT_EVERY_S: Final = 0.2


class KeyedHandler(Protocol):
    """Handles one record.

    If it raises, the same record comes again after a wait; the key's next ones wait for it.
    """

    async def __call__(self, record: Record) -> None: ...


class KeyedListener(Protocol):
    """Told of ownership, as `handling.PartitionListener`, and of what will come again."""

    async def assigned(
        self, partitions: set[Partition], pending_since: dict[Partition, datetime | None]
    ) -> None:
        """Awaited before any record is given, with all that is owned from here on, which may be nothing.

        `pending_since` is when the first that will come (again) was written.
        """

    async def revoked(self, partitions: set[Partition]) -> None:
        """Awaited after what was running is finished or cancelled, when the group deals its partitions anew.

        Most of them come back with the next `assigned`, a moment later; until then no record is given.
        """

    async def left(self) -> None:
        """Awaited when nothing comes back: the service stops. Then others get the partitions."""


class Lanes:
    """Runs records key by key, and knows up to where each partition is finished."""

    def __init__(self, handle: KeyedHandler, group: str) -> None:
        self._handle = handle
        self._group = group
        self._waiting: dict[str, deque[Record]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._unfinished: defaultdict[Partition, set[int]] = defaultdict(set)
        self._seen: dict[Partition, int] = {}
        self._room = asyncio.Event()

    async def add(self, record: Record) -> None:
        """Put a record behind the others of its key; waits while too much is unfinished."""
        while sum(map(len, self._unfinished.values())) >= _MAX_UNFINISHED:
            self._room.clear()
            await self._room.wait()
        self._unfinished[record.at].add(record.offset)
        self._seen[record.at] = record.offset + 1
        key = record.key or ""
        self._waiting.setdefault(key, deque()).append(record)
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._run(key), name=f"lane {self._group}")

    def finished(self) -> dict[Partition, int]:
        """For each partition the lowest offset that is not finished: where a restart would begin."""
        return {where: min(self._unfinished[where], default=seen) for where, seen in self._seen.items()}

    async def drain(self) -> None:
        """Take up nothing more, let what is running finish within its time, then cancel it. Forgets all."""
        for waiting in self._waiting.values():
            waiting.clear()
        if tasks := set(self._tasks.values()):
            _, late = await asyncio.wait(tasks, timeout=_FINISH_WITHIN_S)
            await cancelling.end(late)

    def forget(self) -> None:
        """Know nothing of any partition any more; only after `drain`."""
        self._waiting.clear()
        self._unfinished.clear()
        self._seen.clear()

    async def _run(self, key: str) -> None:
        waiting = self._waiting[key]
        try:
            while waiting:
                record = waiting.popleft()
                await self._until_handled(record)
                self._unfinished[record.at].discard(record.offset)
                self._room.set()
                metrics.RECORDS_CONSUMED.labels(record.topic, self._group).inc()
        finally:
            self._tasks.pop(key, None)
            if not waiting:
                self._waiting.pop(key, None)

    async def _until_handled(self, record: Record) -> None:
        async for attempt in stamina.retry_context(
            on=Exception, attempts=None, timeout=None, wait_initial=0.1, wait_max=2.0
        ):
            with attempt:
                try:
                    await self._once(record)
                except Exception:
                    metrics.HANDLER_FAILURES.labels(self._group).inc()
                    log.exception("record put off", group=self._group, record=record.envelope.id)
                    raise

    async def _once(self, record: Record) -> None:
        with tracer.start_as_current_span(
            f"process {record.topic}", context=context_of(record.envelope.traceparent), kind=SpanKind.CONSUMER
        ):
            await self._handle(record)


class KeyedConsumption:
    """Joins the lanes to a `Consumer`: its handler, and its listener on both sides of the lanes' own work."""

    def __init__(self, lanes: Lanes, listener: KeyedListener | None, reader: LogReader) -> None:
        self._lanes = lanes
        self._listener = listener
        self._reader = reader
        self._committed: dict[Partition, int] = {}
        self.consumer: Consumer  # set by whoever makes both; each needs the other

    async def __call__(self, records: Sequence[Record]) -> None:
        for record in records:
            await self._lanes.add(record)

    async def assigned(self, partitions: set[Partition]) -> None:
        if self._listener is not None:
            await self._listener.assigned(partitions, await self._pending_since(partitions))

    async def revoked(self, partitions: set[Partition]) -> None:
        await self._lanes.drain()
        await self.commit_finished()
        self._lanes.forget()
        self._committed.clear()
        if self._listener is not None:
            await self._listener.revoked(partitions)

    async def left(self) -> None:
        if self._listener is not None:
            await self._listener.left()

    async def commit_finished(self) -> None:
        """Commit what has been finished since the last time."""
        finished = self._lanes.finished()
        if fresh := {
            where: offset for where, offset in finished.items() if self._committed.get(where) != offset
        }:
            await self.consumer.commit(fresh)
            self._committed.update(fresh)

    async def keep_committing(self) -> None:
        """Commit now and then, for as long as the service runs."""
        while True:
            await asyncio.sleep(_COMMIT_EVERY_S)
            await self.commit_finished()

    async def _pending_since(self, partitions: Collection[Partition]) -> dict[Partition, datetime | None]:
        starts = await self.consumer.start_positions(partitions)
        return await self._reader.times_of({partition: start or 0 for partition, start in starts.items()})
