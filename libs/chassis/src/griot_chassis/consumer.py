"""A consumer group's member: batches in, positions saved beside the effect, nothing skipped.

What it holds to, where aiokafka and FastStream leave it open:

- A batch is repeated until it is handled. FastStream goes on after an exception; this does not.
- Offsets are committed explicitly, up to what was handled. An acknowledgement of FastStream's would commit
  whatever was fetched.
- A revocation waits for the batch in hand. The listener runs beside the handler, and a batch that was fetched
  may be handed over after its partition was lost, so every record is checked against what is owned.
- On assignment the partitions' positions are looked up and sought before any record counts.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Final

import stamina
from aiokafka import ConsumerRecord
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from opentelemetry.trace import SpanKind

from griot_chassis import cancelling, membership, metrics
from griot_chassis.decoding import Decoder, hand_over_raw, parse_untouched
from griot_chassis.errors import PositionsForgottenError, TooManyDeadLettersError
from griot_chassis.handling import Handler, PartitionListener
from griot_chassis.isolation import IsolatingConsumer
from griot_chassis.log import get_logger
from griot_chassis.positions import Positions
from griot_chassis.records import Partition
from griot_chassis.tracing import links_to, tracer
from griot_contracts.topics import Topic

log = get_logger(__name__)

_MAX_RECORDS: Final = 500
_BATCH_WAIT_MS: Final = 200
_TURN_BYTES: Final = 256 * 1024
"""What is fetched of a partition at once: about a batch.

It is handled before the next partition's turn comes, so with the usual megabyte a few busy partitions hold up
all others for thousands of records.
"""
_RELEASE_WITHIN_S: Final = 5.0
"""How long a revocation waits for the batch in hand; less than the group's rebalance timeout."""
_SLOWEST_RETRY_S: Final = 2.0
_BATCH_WITHIN_MS: Final = 2**31 - 1
"""No batch takes too long: whoever makes a database again from a long log would be thrown out of the group
after aiokafka's five minutes, and begin anew for ever. One that is dead is found by its missing heartbeats.
"""


class Consumer:
    """One member of one consumer group, over topics that share their keys.

    A partition number is owned in all of them.
    """

    def __init__(
        self,
        topics: Sequence[Topic],
        handle: Handler,
        *,
        group: str,
        decoder: Decoder,
        positions: Positions | None = None,
        listener: PartitionListener | None = None,
        commits: bool = True,
        leaving: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Make a member; it does nothing before `subscribe`.

        Args:
            topics: what it reads.
            handle: given every batch.
            group: the consumer group.
            decoder: for what it reads.
            positions: where its positions are kept beside the effect; None leaves them to Kafka alone.
            listener: told what it owns.
            commits: False where returning from `handle` is not the end of the work, and `handle` commits by
            itself.
            leaving: where moving a partition is dear: awaited before the member, when it stops, leaves the
            group. Such a member keeps what it has if it can, and its listener hears of empty assignments.
        """
        self.group = group
        self._topics = topics
        self._handle = handle
        self._decoder = decoder
        self._positions = positions
        self._listener = listener
        self._commits = commits
        self._leaving = leaving
        self._next: dict[Partition, int] = {}  # the partitions owned, and the offset that each goes on at
        self._joined = False
        self._stopping = False
        self._changing = asyncio.Lock()  # a rebalance and a rewind must not mix
        self._in_hand: asyncio.Task[None] | None = None
        self.failure: str | None = None

    def subscribe(self, broker: KafkaBroker, instance_id: str) -> None:
        """Add this member to the broker, which starts it; `instance_id` keeps its place over a restart."""
        self._subscriber = broker.subscriber(
            *(topic.name for topic in self._topics),
            batch=True,
            group_id=self.group,
            group_instance_id=f"{self.group}-{instance_id}",
            auto_offset_reset="earliest",
            partition_assignment_strategy=[
                RangePartitionAssignor if self._leaving is None else membership.sticky_assignor()
            ],
            session_timeout_ms=int(membership.MISSED_AFTER_S * 1000),
            heartbeat_interval_ms=int(membership.HEARTBEAT_EVERY_S * 1000),
            max_poll_interval_ms=_BATCH_WITHIN_MS,
            listener=membership.Rebalance(self.take, self.release),
            ack_policy=AckPolicy.MANUAL,
            parser=parse_untouched,
            decoder=hand_over_raw,
            max_records=_MAX_RECORDS,
            batch_timeout_ms=_BATCH_WAIT_MS,
            max_partition_fetch_bytes=_TURN_BYTES,
        )
        self._subscriber(self.on_batch)

    @property
    def kafka(self) -> IsolatingConsumer:
        """The client's own consumer, while the broker runs."""
        consumer = self._subscriber.consumer
        assert isinstance(consumer, IsolatingConsumer)
        return consumer

    @property
    def ready(self) -> bool:
        """Whether it is in its group (even if it was given nothing), can read, and has not given up."""
        return self._joined and self.failure is None and not self._unreadable()

    def _unreadable(self) -> bool:
        return self._subscriber.consumer is not None and bool(self.kafka.unreadable)

    def owns(self, partition: Partition) -> bool:
        """Whether records of this partition are this member's to handle."""
        return partition in self._next

    async def handled(self, partition: Partition) -> int:
        """The offset before which all of it is handled, by this member or by those who had it before."""
        return max(self._next.get(partition, 0), await self.kafka.committed(partition.kafka) or 0)

    async def on_batch(self, raw: Sequence[ConsumerRecord]) -> None:
        """Handle a batch to its end; returns without it when the partitions are lost meanwhile."""
        if self.failure is not None:
            return
        fresh = [item for item in raw if self._is_next(item)]
        if not fresh:
            return
        task = self._in_hand = asyncio.create_task(self._until_handled(fresh), name=f"batch {self.group}")
        await asyncio.wait({task})  # a cancelled batch is no cancellation of the consumer
        self._in_hand = None
        error = None if task.cancelled() else task.exception()
        if isinstance(error, PositionsForgottenError):
            log.warning("the database lost its last moments: reading them again", group=self.group)
            await self._rewind()
        elif isinstance(error, TooManyDeadLettersError):
            self.failure = str(error)
            log.critical("consumer stopped: code or topic is wrong", group=self.group, reason=self.failure)

    def _is_next(self, item: ConsumerRecord) -> bool:
        wanted = self._next.get(Partition.of(item))
        return wanted is not None and item.offset >= wanted

    async def _until_handled(self, raw: Sequence[ConsumerRecord]) -> None:
        started = time.perf_counter()
        async for attempt in stamina.retry_context(
            on=_worth_another_try, attempts=None, timeout=None, wait_initial=0.1, wait_max=_SLOWEST_RETRY_S
        ):
            with attempt:
                await self._once(raw)
        metrics.BATCH_SECONDS.labels(self.group).observe(time.perf_counter() - started)

    async def _once(self, raw: Sequence[ConsumerRecord]) -> None:
        try:
            records = await self._decoder.decode(raw)
            links = links_to(record.envelope.traceparent for record in records)
            with tracer.start_as_current_span(f"process {self.group}", kind=SpanKind.CONSUMER, links=links):
                if records:
                    await self._handle(records)
            await self._keep({Partition.of(item): item.offset + 1 for item in raw})
        except Exception:
            metrics.HANDLER_FAILURES.labels(self.group).inc()
            log.exception("batch put off", group=self.group, records=len(raw))
            raise
        for topic, count in Counter(item.topic for item in raw).items():
            metrics.RECORDS_CONSUMED.labels(topic, self.group).inc(count)

    async def _keep(self, reached: dict[Partition, int]) -> None:
        # Beside the effect first, then in Kafka, for whoever watches the lag.
        if self._positions is not None:
            await self._positions.save(reached)
        if self._commits:
            await self.commit(reached)
        self._next.update(
            {partition: offset for partition, offset in reached.items() if partition in self._next}
        )

    async def commit(self, reached: dict[Partition, int]) -> None:
        """Tell Kafka.

        A refusal means that the partition is somebody else's by now, who reads the records again.
        """
        try:
            await self.kafka.commit({partition.kafka: offset for partition, offset in reached.items()})
        except KafkaError as error:
            log.warning("commit refused", group=self.group, error=type(error).__name__)

    async def start_positions(self, partitions: Collection[Partition]) -> dict[Partition, int | None]:
        """Where to begin.

        Beside the effect where that is kept, else what Kafka has; None is the log's beginning.
        """
        if self._positions is not None:
            found = await self._positions.load(partitions)
            return {partition: found.get(partition) for partition in partitions}
        committed = await asyncio.gather(*(self.kafka.committed(one.kafka) for one in partitions))
        return dict(zip(partitions, committed, strict=True))

    async def take(self, partitions: set[Partition]) -> None:
        """Become the owner: look up where to begin, tell the listener, and only then let records count."""
        async with self._changing:
            if not self._stopping:  # a member that leaves is still dealt partitions while others come and go
                await self._take(partitions)

    async def release(self) -> None:
        """Be the owner of nothing: finish the batch in hand, or cancel it when it takes too long."""
        async with self._changing:
            await self._release()

    async def _rewind(self) -> None:
        # What is handled again is safe to repeat, and what the database lost is not lost.
        async with self._changing:
            if owned := set(self._next):  # else a rebalance came first
                await self._release()
                await self._take(owned)

    async def _take(self, partitions: set[Partition]) -> None:
        async for attempt in stamina.retry_context(
            on=self._still_wanted, attempts=None, timeout=None, wait_initial=0.1, wait_max=_SLOWEST_RETRY_S
        ):
            with attempt:
                await self._prepare(partitions)
        self._joined = True
        metrics.PARTITIONS_OWNED.labels(self.group).set(len(self._next))
        log.info("partitions assigned", group=self.group, count=len(partitions))

    def _still_wanted(self, error: BaseException) -> bool:
        return isinstance(error, Exception) and not self._stopping

    async def _prepare(self, partitions: set[Partition]) -> None:
        starts = await self.start_positions(partitions)
        beginnings = await self.kafka.beginning_offsets([partition.kafka for partition in partitions])
        if (partitions or self._leaving is not None) and self._listener is not None:
            await self._listener.assigned(partitions)
        for partition, start in starts.items():
            where = partition.kafka
            self._next[partition] = max(start or 0, beginnings[where])
            self.kafka.seek(where, self._next[partition])

    async def _release(self) -> None:
        lost = set(self._next)
        if self._in_hand is not None:
            _, running = await asyncio.wait({self._in_hand}, timeout=_RELEASE_WITHIN_S)
            await cancelling.end(running)
        self._next.clear()
        if lost and self._listener is not None:
            await self._listener.revoked(lost)
        metrics.PARTITIONS_OWNED.labels(self.group).set(0)
        log.info("partitions released", group=self.group, count=len(lost))

    async def stop(self) -> None:
        """Finish what was taken, release, and leave the group; nothing is taken any more."""
        self._stopping = True
        await self.release()
        if self._leaving is not None:
            await self._leaving()
            membership.leave_when_stopped(self._subscriber.consumer)
        await self._subscriber.stop()


def _worth_another_try(error: BaseException) -> bool:
    # stamina asks of a cancellation as well: to try again after that would be to never let go.
    final = TooManyDeadLettersError | PositionsForgottenError
    return isinstance(error, Exception) and not isinstance(error, final)
