"""A message on its way: what is known of it, and what each thing that happens makes of it.

Every function is total and gives the message after, with what is to be told of it. What was told before gives
nothing new: a record read twice changes nothing. Deliveries may even be read before the command that queued
the message (two topics have no order between them), so a message may begin as what a delivery says of it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, assert_never

from dispatcher.domain.retry import NOT_CONNECTED, Retry
from griot_contracts.deliveries import DeliveryFailed, DeliverySent, DeliveryUnknown
from griot_contracts.ids import derive
from griot_contracts.messages import (
    Content,
    DeliverMessage,
    DispatchMessage,
    MediaReference,
    MessageCancelled,
    MessageDelivered,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageSending,
    MessageSent,
    MessageStatus,
    MessageUnknown,
)
from griot_contracts.sessions import WhenUnknown

DeliveryEnd = DeliverySent | DeliveryFailed | DeliveryUnknown

SESSION_DELETED: Final = "session_deleted"
UNKNOWN_OUTCOME: Final = "unknown_outcome"


@dataclass(frozen=True, slots=True)
class Message:
    """A message as the log up to now tells it.

    Attributes:
        message_id: its id; `session_id` and `account_id` say whose it is.
        partition: the number of the partition, in every topic keyed by session, that it lies in.
        sequence: its place in its session's order; None until the command that queues it is read.
        to: the recipient's WhatsApp id, None as long as the sequence is.
        content: what it carries, kept until its end.
        status: QUEUED until its end is known, then only forward: CANCELLED, FAILED, SENT, DELIVERED, READ. An
        attempt under way is not a status here: which one it is follows from the order.
        attempt: how many attempts have ended.
        failures: how many of them count against the tries.
        open_since: nobody asked for the next attempt before this moment: it was queued then, or was to be
        sent then, or the last one ended; None after its end, and where an earlier Griot queued it.
        not_before: no attempt before this moment: when it was asked to be sent, then when it is tried again.
        reason: why the last attempt was not the last.
        in_doubt: an attempt ended in doubt, and nothing has settled it yet.
        whatsapp_message_id: WhatsApp's own id, once it took the message.
        ended_at: when it was first sent or given up.
        command_id: the id of the record that queued it; the cause of what is told of it later.
        correlation_id: the id of the command that all this began with.
        traceparent: the W3C trace context it came in.
    """

    message_id: str
    session_id: str
    account_id: str
    partition: int
    sequence: int | None = None
    to: str | None = None
    content: Content | None = None
    status: MessageStatus = MessageStatus.QUEUED
    attempt: int = 0
    failures: int = 0
    open_since: datetime | None = None
    not_before: datetime | None = None
    reason: str | None = None
    in_doubt: bool = False
    whatsapp_message_id: str | None = None
    ended_at: datetime | None = None
    command_id: str | None = None
    correlation_id: str | None = None
    traceparent: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether it waits for an attempt, or for the end of one."""
        return self.status is MessageStatus.QUEUED

    @property
    def progress(self) -> int:
        """How far it has come; grows with every change that is stored."""
        return self.status.rank * 1_000_000 + self.attempt * 2 + (self.sequence is not None)


Step = tuple[Message, list[MessageEvent]]


def take_in(known: Message, command: DispatchMessage, sequence: int, at: datetime) -> Step:
    """The message once its command is read: queued, unless it stands further already."""
    if known.sequence is not None:
        return known, []
    content = command.content if known.is_open else None
    message = replace(known, sequence=sequence, to=command.to, content=content)
    if known.status is MessageStatus.CANCELLED:
        return message, [_cancelled(message)]  # the log told it before it told that there is such a message
    if known.attempt or not known.is_open:
        return message, []  # a delivery was read before: that it was queued has been told long ago
    message = replace(message, open_since=max(at, command.send_at or at), not_before=command.send_at)
    return message, [MessageQueued(**_of(message), at=at, not_before=command.send_at)]


def begin(
    message: Message, at: datetime, media: MediaReference | None = None, *, again: bool = False
) -> tuple[MessageSending, DeliverMessage]:
    """The next attempt.

    It has the number that follows the last ended one, so asking again for one whose end is not known is the
    same attempt, which the session's owner never makes twice. With `again` it may be one: whoever is asked
    is told how far back to look for it.
    """
    assert message.to is not None
    assert message.content is not None
    attempt = message.attempt + 1
    return (
        MessageSending(**_of(message), at=at, attempt=attempt),
        DeliverMessage(
            **_of(message),
            at=at,
            attempt=attempt,
            to=message.to,
            content=message.content,
            media=media,
            open_since=message.open_since if again else None,
        ),
    )


def end_attempt(message: Message, end: DeliveryEnd, when_unknown: WhenUnknown, retry: Retry) -> Step:
    """What the end of an attempt makes of the message."""
    if isinstance(end, DeliverySent):
        return _sent(message, end.whatsapp_message_id, end.at, max(end.attempt, message.attempt))
    if not message.is_open or end.attempt <= message.attempt:
        return message, []
    match end:
        case DeliveryFailed():
            return _failed(replace(message, attempt=end.attempt), end, retry)
        case DeliveryUnknown():
            return _unknown(replace(message, attempt=end.attempt, in_doubt=True), end, when_unknown, retry)
        case _:
            assert_never(end)


def receive(message: Message, *, read: bool, at: datetime) -> Step:
    """What a receipt makes of a message that was sent. `read` may come without delivered, and before it."""
    status = MessageStatus.READ if read else MessageStatus.DELIVERED
    if message.status.rank >= status.rank:
        return message, []
    event = MessageRead(**_of(message), at=at) if read else MessageDelivered(**_of(message), at=at)
    return replace(message, status=status), [event]


def settle(message: Message, whatsapp_message_id: str, *, read: bool, at: datetime) -> Step:
    """A receipt that can only be for this message in doubt: so WhatsApp took it, and under this id."""
    sent, told = _sent(message, whatsapp_message_id, at, message.attempt)
    received, more = receive(sent, read=read, at=at)
    return received, told + more


def give_up(message: Message, reason: str, at: datetime, detail: str | None = None) -> Step:
    """The end of a message that is not sent. One that has an end keeps it."""
    if not message.is_open:
        return message, []
    ended = replace(
        message, status=MessageStatus.FAILED, content=None, open_since=None, reason=reason, ended_at=at
    )
    return ended, [MessageFailed(**_of(message), at=at, reason=reason, detail=detail)]


def withdraw(message: Message, at: datetime, *, may_be_given: bool) -> Step | None:
    """What cancelling makes of a message; None where it is too late.

    It is while an attempt may be under way, after an attempt that may have reached WhatsApp, and after its
    end; and as long as attempts are known and the message is not. A repeat tells again what the first made
    of it.
    """
    if message.status is MessageStatus.CANCELLED:
        return message, [_cancelled(message)]
    is_half_known = message.sequence is None and message.attempt > 0
    if not message.is_open or message.in_doubt or may_be_given or is_half_known:
        return None
    cancelled = replace(
        message, status=MessageStatus.CANCELLED, content=None, open_since=None, reason=None, ended_at=at
    )
    return cancelled, [_cancelled(cancelled)]


def put_off(message: Message, reason: str, until: datetime, at: datetime) -> MessageQueued:
    """It goes on waiting, for something that is no lack of its own."""
    return MessageQueued(**_of(message), at=at, not_before=until, reason=reason)


def record_id(body: MessageEvent | DeliverMessage) -> str:
    """The id under which `body` is published, however often that happens."""
    name = type(body).__name__
    match body:
        case MessageQueued(reason=str(), attempt=int(attempt)):
            return derive(body.message_id, name, str(attempt))
        case MessageQueued(reason=str(reason), not_before=datetime() as until):
            return derive(body.message_id, name, reason, until.isoformat())
        case MessageSending() | MessageUnknown() | DeliverMessage():
            return derive(body.message_id, name, str(body.attempt))
        case _:
            return derive(body.message_id, name)


def _sent(message: Message, whatsapp_message_id: str, at: datetime, attempt: int) -> Step:
    # One given up may have been sent after all: the truth wins, as it lies further on.
    if message.status.rank >= MessageStatus.SENT.rank:
        known = (
            message.attempt >= attempt
        )  # what is told of a message does not say by which attempt it was sent
        return (message if known else replace(message, attempt=attempt)), []
    sent = replace(
        message,
        status=MessageStatus.SENT,
        attempt=attempt,
        content=None,
        in_doubt=False,
        open_since=None,
        not_before=None,
        reason=None,
        whatsapp_message_id=whatsapp_message_id,
        ended_at=at,
    )
    return sent, [MessageSent(**_of(message), at=at, whatsapp_message_id=whatsapp_message_id)]


def _failed(message: Message, end: DeliveryFailed, retry: Retry) -> Step:
    failures = message.failures + (end.reason != NOT_CONNECTED)
    if not end.retryable or retry.is_over(failures):
        return give_up(replace(message, failures=failures), end.reason, end.at, end.detail)
    waiting = _again(message, end.reason, end.at, failures, retry)
    why = {"attempt": end.attempt, "reason": end.reason, "detail": end.detail}
    return waiting, [MessageQueued(**_of(message), at=end.at, not_before=waiting.not_before, **why)]


def _unknown(message: Message, end: DeliveryUnknown, when_unknown: WhenUnknown, retry: Retry) -> Step:
    failures = message.failures + 1
    what = {**_of(message), "at": end.at, "attempt": end.attempt, "reason": end.reason}
    if when_unknown is WhenUnknown.RESEND and not retry.is_over(failures):
        waiting = _again(message, end.reason, end.at, failures, retry)
        return waiting, [MessageUnknown(**what, resend=True, not_before=waiting.not_before)]
    given_up, events = give_up(replace(message, failures=failures), UNKNOWN_OUTCOME, end.at, end.reason)
    return given_up, [MessageUnknown(**what, resend=False), *events]


def _again(message: Message, reason: str, at: datetime, failures: int, retry: Retry) -> Message:
    not_before = at + retry.wait_after(message.attempt)
    return replace(message, failures=failures, reason=reason, open_since=at, not_before=not_before)


def _cancelled(message: Message) -> MessageCancelled:
    assert message.ended_at is not None
    return MessageCancelled(**_of(message), at=message.ended_at)


def _of(message: Message) -> dict[str, str]:
    return {
        "account_id": message.account_id,
        "message_id": message.message_id,
        "session_id": message.session_id,
    }
