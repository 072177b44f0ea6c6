"""A batch in hand: what it is about, what it changes, and what is to be told of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from dispatcher.domain import message as steps
from dispatcher.domain.media import Refused
from dispatcher.domain.message import DeliveryEnd, Message
from dispatcher.domain.pacing import Wait, count, recount, wait_for, with_count_of
from dispatcher.domain.queue import AT_HAND, Place, attempt_name
from dispatcher.domain.receipt import EarlyReceipt
from dispatcher.domain.session import Session, SessionEvent, follow
from dispatcher.domain.told import catch_up
from dispatcher.handlers.desk import Desks, Held
from dispatcher.handlers.fetching import Fetching, needs_media
from dispatcher.handlers.gates import Gates
from dispatcher.handlers.outbox import Outbox
from dispatcher.handlers.policy import Policy
from dispatcher.handlers.ports import Log
from griot_chassis.records import Record
from griot_contracts.accounts import CommandDecided, Refusal
from griot_contracts.deliveries import DeliveryFailed, DeliverySent, DeliveryUnknown, ReceiptReceived
from griot_contracts.messages import (
    CancelMessage,
    DispatchMessage,
    MessageEvent,
    MessageStatus,
)
from griot_contracts.sessions import SessionCreated, SessionDeleted, SessionStatusChanged, SessionUpdated

_UNTIL_AT_HAND: Final = timedelta(seconds=1)
_ASKED_WITHIN: Final = timedelta(minutes=5)
"""How long a question is worth an answer. Who asked waits for seconds; the clocks of two machines differ."""
_FETCHED_AHEAD: Final = 4
"""The first messages of a session whose media are fetched, so that they are there when their turn comes."""


class Work:
    """Takes in the records of a batch one by one. Nothing is published or stored here."""

    def __init__(
        self,
        desks: Desks,
        log: Log,
        policy: Policy,
        *,
        fetching: Fetching,
        gates: Gates,
        known: Iterable[Message],
        told: Mapping[str, Message],
        now: datetime,
    ) -> None:
        """Begin a batch.

        `known` are the messages it is about that were read from the store, `told` how former owners left
        messages that may be decided on again.
        """
        self._desks = desks
        self._policy = policy
        self._fetching = fetching
        self._gates = gates
        self._started_at = now
        self._told = told
        self._known = {message.message_id: message for message in known}
        self._sent_as = {m.whatsapp_message_id: m for m in self._known.values() if m.whatsapp_message_id}
        self.outbox = Outbox(log)
        self._changed: dict[str, Message] = {}
        self._unheard_of: set[str] = set()
        self._to_store: set[str] = set()
        self._sessions_before: dict[str, Session] = {}
        self.sessions: dict[str, Session] = {}
        """The sessions of which there is news, or a new count."""
        self.counted: dict[str, Session] = {}
        """The sessions that give a message away, as they were but for that: to be stored before it goes.

        Their news is not: read again after a crash in between, it has to be news still.
        """
        self.early: dict[tuple[str, str], EarlyReceipt] = {}

    def take(self, record: Record) -> None:
        """Take in one record."""
        match record.body:
            case DispatchMessage() as command:
                self._dispatch(command, record)
            case CancelMessage() as command:
                self._cancel(command, record)
            case DeliverySent() | DeliveryFailed() | DeliveryUnknown() as end:
                self._delivery(end, record)
            case ReceiptReceived() as receipt:
                self._receipt(receipt, record)
            case SessionCreated() | SessionUpdated() | SessionStatusChanged() | SessionDeleted() as event:
                self._session(event, record)
            case _:
                pass  # that an attempt has begun is the session's owner's own affair

    @property
    def new(self) -> list[Message]:
        """The messages to be stored that nobody had heard of before."""
        return [self._changed[id_] for id_ in self._to_store & self._unheard_of]

    @property
    def changed(self) -> list[Message]:
        """The other messages to be stored."""
        return [self._changed[id_] for id_ in self._to_store - self._unheard_of]

    @property
    def cancelled(self) -> list[Message]:
        """The messages that are not to be sent any more."""
        stored = (self._changed[id_] for id_ in self._to_store)
        return [message for message in stored if message.status is MessageStatus.CANCELLED]

    def pump(self, held: Held, now: datetime) -> datetime | None:
        """Give the session's next message to its owner, if it can be; or say when to ask again.

        A message waits until its media are there, and those behind it wait with it.
        """
        if held.session.deleted:
            return now + _UNTIL_AT_HAND if len(held.queue) else None  # it is given up bit by bit
        for ahead in held.queue.first(_FETCHED_AHEAD):
            self._fetching.begin(ahead)
        if not held.session.connected:
            return None
        place = held.queue.next(now)
        if not isinstance(place, Place):
            return place
        message = held.queue.get(place.message_id)
        return now + _UNTIL_AT_HAND if message is None else self._give(held, place, message, now)

    def recount(self, held: Held, given: Sequence[str], now: datetime) -> None:
        """Have it known that these are the messages which the session gave away today."""
        held.session = self.sessions[held.session.session_id] = recount(held.session, given, now)

    def give_up(self, message: Message, now: datetime) -> None:
        """End a message whose session is deleted."""
        self._change(*steps.give_up(message, steps.SESSION_DELETED, now), message.command_id)

    def _give(self, held: Held, place: Place, message: Message, now: datetime) -> datetime | None:
        media = self._fetching.outcome(message) if needs_media(message) else None
        if isinstance(media, Refused):
            ended, events = steps.give_up(message, media.reason, now, media.detail)
            self._change(ended, events, message.command_id)
            return self.pump(held, now)
        wait = wait_for(held.session, message.message_id, now, self._policy.usual)
        if wait is not None:
            self._put_off(held, wait, now)
            return wait.until
        if media is None and needs_media(message):
            return None  # this partition is looked at again when it is there
        self._fetching.forget(message.message_id)
        inherited = self._gates.is_inherited(message.partition, place.sequence)
        again = held.queue.may_be_given(message.message_id, inherited=inherited)
        held.queue.give(place)
        held.put_off.clear()
        self._count(held, message.message_id, now)
        self.outbox.tell(message, steps.begin(message, now, media, again=again), message.command_id)
        return None

    def _count(self, held: Held, message_id: str, now: datetime) -> None:
        before, id_ = held.session, held.session.session_id
        held.session = count(before, message_id, now, self._policy.usual, self._policy.spread())
        if held.session != before:
            self.counted[id_] = with_count_of(held.session, self._sessions_before.get(id_, before))
        if id_ in self.sessions:
            self.sessions[id_] = held.session

    def _put_off(self, held: Held, wait: Wait, now: datetime) -> None:
        """Tell those that are next why they wait, where that is worth telling, and once."""
        if wait.reason is None:
            return
        for message in held.queue.first(AT_HAND):
            event = steps.put_off(message, wait.reason, wait.until, now)
            if not message.attempt and (told := steps.record_id(event)) not in held.put_off:
                held.put_off.add(told)
                self.outbox.tell(message, [event], message.command_id)

    def _dispatch(self, command: DispatchMessage, record: Record) -> None:
        held = self._desks[record.partition].held(command.session_id)
        before = self._message(held, command.message_id) or self._make(command, record)
        known = replace(
            catch_up(before, self._told.get(command.message_id)),
            command_id=record.envelope.id,
            correlation_id=record.envelope.correlation_id,
            traceparent=record.envelope.traceparent,
        )
        message, events = steps.take_in(known, command, record.offset, record.written_at)
        if held.session.deleted:
            message, events = steps.give_up(message, steps.SESSION_DELETED, record.written_at)
        if message.progress > before.progress:
            self._change(message, events, record.envelope.id)

    def _cancel(self, command: CancelMessage, record: Record) -> None:
        """Decide, unless nobody waits for it any more, or the news is not read that it depends on.

        Who asked is told to ask again then. What a former owner has told stays so.
        """
        told = self._told.get(command.message_id)
        if told is not None and told.status is not MessageStatus.CANCELLED:
            told = None
        forgotten = command.at < self._started_at - _ASKED_WITHIN
        if told is None and (forgotten or not self._gates.is_open(record.partition)):
            return
        held = self._desks[record.partition].held(command.session_id)
        known = self._message(held, command.message_id) or self._make(command, record)
        inherited = self._gates.is_inherited(record.partition, known.sequence or 0)
        given = held.session.deleted or held.queue.may_be_given(command.message_id, inherited=inherited)
        at = command.at if told is None or told.ended_at is None else told.ended_at
        step = steps.withdraw(known, at, may_be_given=given and told is None)
        decision = CommandDecided(account_id=command.account_id, at=command.at)
        if step is None:
            decision = decision.model_copy(update={"refusal": Refusal.MESSAGE_NOT_CANCELLABLE})
        else:
            self._change(*step, record.envelope.id)
            decision = decision.model_copy(update={"at": step[0].ended_at})
        self.outbox.reply(record.envelope, decision)

    def _delivery(self, end: DeliveryEnd, record: Record) -> None:
        desk = self._desks[record.partition]
        held = desk.held(end.session_id)
        known = self._message(held, end.message_id) or self._make(end, record)
        left = catch_up(known, self._told.get(end.message_id))
        message, events = steps.end_attempt(left, end, held.session.when_unknown, self._policy.retry)
        if message is known:
            return
        if held.session.deleted:
            message, more = steps.give_up(message, steps.SESSION_DELETED, end.at)
            events = [*events, *more]
        self._change(message, events, record.envelope.id)
        if isinstance(end, DeliverySent):
            early = desk.take_early(end.session_id, end.whatsapp_message_id)
            if early is not None:
                self._received(message, read=early.read, at=early.at, record=record)
        elif message.in_doubt:
            early = desk.take_during(attempt_name(end.message_id, end.attempt))
            if early is not None:
                step = steps.settle(message, early.whatsapp_message_id, read=early.read, at=early.at)
                self._change(*step, record.envelope.id)

    def _receipt(self, receipt: ReceiptReceived, record: Record) -> None:
        desk = self._desks[record.partition]
        held = desk.held(receipt.session_id)
        for whatsapp_id in receipt.whatsapp_message_ids:
            message = desk.sent_as(receipt.session_id, whatsapp_id) or self._sent_as.get(whatsapp_id)
            if message is not None and message.session_id == receipt.session_id:
                self._received(message, read=receipt.read, at=receipt.received_at, record=record)
            elif (doubtful := held.doubtful_to(receipt.chat)) is not None:
                step = steps.settle(doubtful, whatsapp_id, read=receipt.read, at=receipt.received_at)
                self._change(*step, record.envelope.id)
            else:
                early = EarlyReceipt(
                    receipt.session_id,
                    record.partition,
                    whatsapp_id,
                    receipt.read,
                    receipt.received_at,
                    during=held.attempt_to(receipt.chat),
                )
                self.early[receipt.session_id, whatsapp_id] = desk.keep(early)

    def _session(self, event: SessionEvent, record: Record) -> None:
        held = self._desks[record.partition].held(event.session_id)
        before, held.session = held.session, follow(held.session, event)
        if held.session == before:
            return
        if before.connected and not held.session.connected:
            held.session = replace(held.session, with_owner=held.queue.with_owner)
        self._sessions_before.setdefault(event.session_id, before)
        self.sessions[event.session_id] = held.session
        if held.session.connected and not before.connected:
            held.queue.session_is_back()

    def _received(self, message: Message, *, read: bool, at: datetime, record: Record) -> None:
        received, events = steps.receive(message, read=read, at=at)
        if events:
            # That it was delivered is not worth a write: told again after a restart, it is the
            # same record again.
            self._change(received, events, record.envelope.id, store=read)

    def _message(self, held: Held, message_id: str) -> Message | None:
        """The message as it stands, changes of this batch included."""
        return self._changed.get(message_id) or held.queue.get(message_id) or self._known.get(message_id)

    def _make(self, body: DispatchMessage | CancelMessage | DeliveryEnd, record: Record) -> Message:
        self._unheard_of.add(body.message_id)
        return Message(body.message_id, body.session_id, body.account_id, record.partition)

    def _change(
        self, message: Message, events: Iterable[MessageEvent], cause_id: str | None, *, store: bool = True
    ) -> None:
        self._changed[message.message_id] = message
        if store:
            self._to_store.add(message.message_id)
        self._desks[message.partition].reflect(message)
        if not message.is_open:
            self._fetching.forget(message.message_id)
        self.outbox.tell(message, events, cause_id)
