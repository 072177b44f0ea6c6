"""The dispatcher's handler: batches in; what they lead to is published, then stored.

The next message of a session goes out in the very batch that makes room for it. Only what waits for a moment,
or for a gate, goes out from `keep_time`. One lock keeps the two apart.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from dispatcher.domain.message import Message
from dispatcher.domain.pacing import is_counted, is_to_be_recounted, midnight_before
from dispatcher.handlers.alarms import Alarms
from dispatcher.handlers.desk import Desk, Desks, Held
from dispatcher.handlers.fetching import Fetching
from dispatcher.handlers.gates import Gates
from dispatcher.handlers.policy import Policy
from dispatcher.handlers.ports import Log, Media, Past, Progress, Store
from dispatcher.handlers.recalling import Recalling
from dispatcher.handlers.work import Work
from griot_chassis.log import get_logger
from griot_chassis.records import Partition, Record
from griot_contracts.deliveries import DeliveryFailed, DeliverySent, DeliveryUnknown, ReceiptReceived
from griot_contracts.messages import CancelMessage, DispatchMessage

log = get_logger(__name__)

_AT_ONCE: Final = 2_000
"""Records that are published before their acknowledgements are awaited.

What the log takes well within its time.
"""
_GIVEN_UP_AT_ONCE: Final = 500
"""Messages of deleted sessions that are ended in one turn, while the other sessions wait."""
_NEXT_LOOK: Final = timedelta(seconds=1)


class Dispatch:
    """Sees every message through to its end, one at a time for each session, in order."""

    def __init__(
        self,
        store: Store,
        log_: Log,
        progress: Progress,
        media: Media,
        *,
        past: Past,
        policy: Policy,
        now: Callable[[], datetime],
        awake: Callable[[], None],
    ) -> None:
        """Make the handler; `awake` returns only in a process that did not stand still."""
        self._store = store
        self._log = log_
        self._policy = policy
        self._now = now
        self._awake = awake
        self._desks = Desks(store, progress, lambda session: is_counted(session, now(), policy.usual))
        self._gates = Gates(progress)
        self._recalling = Recalling(past, progress)
        self._alarms = Alarms()
        self._fetching = Fetching(media, lambda number: self._alarms.ring(number, now()))
        self._owned: set[int] = set()
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self, records: Sequence[Record]) -> None:
        """Handle a batch.

        Safe to repeat: every published id follows from the message, and what is known already changes
        nothing. Published comes before stored, so a crash between the two repeats and loses nothing.

        Raises:
            PositionsForgottenError: the database was dropped; nothing was decided on what is left in it.
            Exception: the log or the store is away; what this batch is about is read back before the next
            try.
        """
        async with self._one_at_a_time:
            numbers = {record.partition for record in records}
            try:
                await self._desks.open(numbers)
                await self._take_up(numbers)
                await self._handle(records)
            except BaseException:
                self._put_down(numbers)
                raise

    async def assigned(self, partitions: set[Partition]) -> None:
        """Read back what these partitions' sessions have waiting, and pump what needs no news first."""
        async with self._one_at_a_time:
            self._desks.forget()
            self._owned = {partition.number for partition in partitions}
            await self._store.own(self._owned)
            await self._gates.close(partitions)
            await self._recalling.assigned(
                partitions, self._gates.read_before, self._gates.unhandled, self._now()
            )
            await self._desks.open(self._owned)
            self._wake_all(self._owned)

    async def revoked(self, partitions: set[Partition]) -> None:
        """Forget everything: somebody else may have it now."""
        async with self._one_at_a_time:
            self._owned = set()
            self._desks.forget()
            self._gates.forget()
            self._recalling.forget()
            self._alarms.clear()
            self._fetching.forget()

    async def keep_time(self) -> None:
        """Pump what was waiting for its moment, for ever. What fails is tried again a moment later."""
        while True:
            due = await self._alarms.next(self._now)
            try:
                await self.wake(due)
            except Exception:
                log.exception("pump put off", partitions=len(due))
                for number in due:
                    self._alarms.ring(number, self._now() + _NEXT_LOOK)

    async def wake(self, numbers: Collection[int]) -> None:
        """Pump the sessions of these partitions as far as they can be."""
        async with self._one_at_a_time:
            opened = await self._gates.look() if self._gates.any_closed else set()
            ready = {number for number in opened.union(numbers) & self._owned if self._gates.is_open(number)}
            try:
                await self._desks.open(ready)
                await self._take_up(ready)
                await self._pump_all(desk for desk in self._desks if desk.number in ready)
            except BaseException:
                self._put_down(ready)  # what was given to nobody must not count as under way
                raise
            if self._gates.any_closed:
                for number in set(numbers) - ready:
                    self._alarms.ring(number, self._now() + _NEXT_LOOK)

    async def _pump_all(self, desks: Iterable[Desk]) -> None:
        sessions = [(desk, held) for desk in desks for held in desk.busy()]
        await self._desks.fill([held for _, held in sessions if held.session.connected], self._now())
        work = self._work(())
        await self._give_up(work, [held for _, held in sessions if held.session.deleted])
        await self._pump(work, sessions)
        await self._finish(work)

    async def _give_up(self, work: Work, deleted: Iterable[Held]) -> None:
        """End some of what deleted sessions leave; the rest in the next turns, so that nobody waits long."""
        ids = list(islice((id_ for held in deleted for id_ in held.queue.ids), _GIVEN_UP_AT_ONCE))
        for message in await self._store.messages(ids) if ids else ():
            work.give_up(message, self._now())
            self._alarms.ring(message.partition, self._now())

    async def _take_up(self, numbers: Collection[int]) -> None:
        """Know of a dropped database's sessions, and of what waits for longer than its command is kept."""
        for number in filter(self._recalling.is_to_be_taken_up, numbers):
            records = await self._recalling.sessions(number) + await self._recalling.still_open(number)
            for start in range(0, len(records), _AT_ONCE):
                await self._handle(records[start : start + _AT_ONCE])
            self._recalling.is_taken_up(number)

    async def _handle(self, records: Sequence[Record]) -> None:
        touched = {(record.partition, _session_of(record)) for record in records}
        sessions = [(self._desks[number], self._desks[number].held(id_)) for number, id_ in touched]
        await self._desks.fill([held for _, held in sessions], self._now())
        await self._recalling.recall(records)
        work = self._work(await self._known(records))
        for record in records:
            work.take(record)
        await self._pump(work, [item for item in sessions if self._gates.is_open(item[0].number)])
        await self._finish(work)
        self._recalling.passed(records)
        self._wake_all(self._gates.pass_(records))

    async def _pump(self, work: Work, sessions: Sequence[tuple[Desk, Held]]) -> None:
        now = self._now()
        for desk, held in sessions:
            if held.session.connected and len(held.queue) and self._is_to_be_recounted(held, now):
                await self._recount(work, desk, now)
        for desk, held in sessions:
            later = work.pump(held, now)
            if later is not None:
                self._alarms.ring(desk.number, later)

    def _is_to_be_recounted(self, held: Held, now: datetime) -> bool:
        return is_to_be_recounted(held.session, now, self._policy.usual)

    async def _recount(self, work: Work, desk: Desk, now: datetime) -> None:
        """Count what the desk's sessions gave away today, where a pace is new or the database was dropped.

        All of it is in the log by now: what a batch gives away is published before the next one begins.
        """
        uncounted = [held for held in desk.sessions.values() if self._is_to_be_recounted(held, now)]
        midnight = midnight_before(now)
        since = min(max(held.session.made_at or midnight, midnight) for held in uncounted)
        given = await self._recalling.given(desk.number, since)
        for held in uncounted:
            work.recount(held, given.get(held.session.session_id, ()), now)

    async def _finish(self, work: Work) -> None:
        """Tell what the work led to, then keep it.

        What is cancelled is kept first: once it is told, nobody may send it, whatever fails here. So is what
        is counted: once it is given, no other may take its place in the day. The replies come last: who is
        answered finds it told.
        """
        self._awake()  # else what is asked here may be what another owner has told cancelled
        if work.cancelled or work.counted:
            await self._store.save((), work.cancelled, work.counted.values(), ())
        told = work.outbox.told
        for start in range(0, len(told), _AT_ONCE):
            await self._log.publish(told[start : start + _AT_ONCE])
        await self._store.save(work.new, work.changed, work.sessions.values(), work.early.values())
        if work.outbox.replies:
            await self._log.publish(work.outbox.replies)

    def _work(self, known: Iterable[Message]) -> Work:
        return Work(
            self._desks,
            self._log,
            self._policy,
            fetching=self._fetching,
            gates=self._gates,
            known=known,
            told=self._recalling.told,
            now=self._now(),
        )

    def _put_down(self, numbers: Collection[int]) -> None:
        self._desks.forget(numbers)
        self._gates.fail(numbers)

    async def _known(self, records: Iterable[Record]) -> list[Message]:
        """What the store knows of the messages that the batch is about and that are not at hand."""
        ids: set[str] = set()
        sent_as: set[str] = set()
        for record in records:
            desk, body = self._desks[record.partition], record.body
            match body:
                case (
                    DispatchMessage()
                    | CancelMessage()
                    | DeliverySent()
                    | DeliveryFailed()
                    | DeliveryUnknown()
                ):
                    if desk.held(body.session_id).queue.get(body.message_id) is None:
                        ids.add(body.message_id)
                case ReceiptReceived():
                    for id_ in body.whatsapp_message_ids:
                        if desk.sent_as(body.session_id, id_) is None:
                            sent_as.add(id_)
                case _:
                    pass
        found = await self._store.messages(ids) if ids else []
        return [*found, *(await self._store.sent_as(sent_as) if sent_as else [])]

    def _wake_all(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            self._alarms.ring(number, self._now())


def _session_of(record: Record) -> str:
    return str(getattr(record.body, "session_id"))  # noqa: B009  # all that is read here is keyed by it
