"""What was told of messages in message.events.v1, folded: how whoever told it left them.

What the dispatcher makes of a delivery depends on more than the delivery: on what the session's owner wanted
at that moment, on how patient it was set, on a web server. To decide anew is to decide otherwise. So where
its database is gone, what was told stays so, and is read rather than decided again.
"""

from dataclasses import replace

from dispatcher.domain.message import UNKNOWN_OUTCOME, Message
from dispatcher.domain.retry import NOT_CONNECTED
from griot_contracts.messages import (
    MessageCancelled,
    MessageDelivered,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageSent,
    MessageStatus,
    MessageUnknown,
)


def begin(event: MessageEvent, partition: int) -> Message:
    """A message of which nothing was told before this event."""
    return Message(event.message_id, event.session_id, event.account_id, partition)


def evolve(message: Message, event: MessageEvent) -> Message:  # noqa: PLR0911 - one case an event
    """The message after what was told of it; the very same one when it is not news.

    Where its command stands in its session's order is not told, nor what it carries.
    """
    match event:
        case MessageQueued(attempt=int(attempt)) if message.is_open and attempt > message.attempt:
            tried = replace(
                message, attempt=attempt, failures=message.failures + (event.reason != NOT_CONNECTED)
            )
            return replace(tried, open_since=event.at, not_before=event.not_before, reason=event.reason)
        case MessageUnknown(resend=False) if message.is_open:
            return replace(
                message, in_doubt=True
            )  # no end yet: whoever tells it may have died before `failed`
        case MessageUnknown(attempt=attempt) if message.is_open and attempt > message.attempt:
            tried = replace(message, attempt=attempt, failures=message.failures + 1, in_doubt=True)
            return replace(tried, open_since=event.at, not_before=event.not_before, reason=event.reason)
        case MessageFailed(reason=reason) if reason == UNKNOWN_OUTCOME and message.is_open:
            tried = replace(
                message, attempt=message.attempt + 1, failures=message.failures + 1, in_doubt=True
            )
            return _ended(tried, MessageStatus.FAILED, event, reason=reason)
        case MessageFailed():
            return _ended(message, MessageStatus.FAILED, event, reason=event.reason)
        case MessageCancelled():
            return _ended(message, MessageStatus.CANCELLED, event, reason=None)
        case MessageSent(whatsapp_message_id=id_):
            sent = _ended(message, MessageStatus.SENT, event, reason=None)
            return message if sent is message else replace(sent, whatsapp_message_id=id_, in_doubt=False)
        case MessageDelivered():
            return _further(message, MessageStatus.DELIVERED)
        case MessageRead():
            return _further(message, MessageStatus.READ)
        case _:
            return message


def catch_up(known: Message, told: Message | None) -> Message:
    """The message as it was left by whoever told more of it than is known here."""
    if told is None or told.progress <= known.progress:
        return known
    return replace(
        told,
        sequence=known.sequence,
        to=known.to,
        content=known.content if told.is_open else None,
        command_id=known.command_id,
        correlation_id=known.correlation_id,
        traceparent=known.traceparent,
    )


def _ended(message: Message, status: MessageStatus, event: MessageEvent, reason: str | None) -> Message:
    after = _further(message, status)
    if after is message:
        return message
    ended_at = message.ended_at or event.at
    return replace(after, reason=reason, open_since=None, not_before=None, ended_at=ended_at)


def _further(message: Message, status: MessageStatus) -> Message:
    return message if status.rank <= message.status.rank else replace(message, status=status)
