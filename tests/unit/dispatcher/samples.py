"""The commands and events that the dispatcher's tests are told in."""

from datetime import UTC, datetime, timedelta

from dispatcher.domain.message import Message, take_in
from dispatcher.domain.retry import Retry
from griot_contracts.deliveries import DeliveryFailed, DeliverySent, DeliveryUnknown, ReceiptReceived
from griot_contracts.messages import CancelMessage, DispatchMessage, MediaContent, TextContent
from griot_contracts.sessions import (
    Pacing,
    SessionCreated,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
    SessionUpdated,
    WhenUnknown,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ACCOUNT = "6a2f41a3-c54c-5c1c-a9f3-000000000001"
ABA = "237612345678@s.whatsapp.net"
BEN = "237698765432@s.whatsapp.net"
RETRY = Retry(tries=3, first=timedelta(seconds=2), longest=timedelta(minutes=1))
PARTITION = 7


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


def dispatch(
    message_id: str, *, to: str = ABA, session_id: str = "s1", send_at: datetime | None = None
) -> DispatchMessage:
    return DispatchMessage(
        account_id=ACCOUNT,
        at=NOON,
        message_id=message_id,
        session_id=session_id,
        to=to,
        content=TextContent(text=f"text of {message_id}"),
        send_at=send_at,
    )


def picture(message_id: str) -> DispatchMessage:
    content = MediaContent(type="image", url="https://example.com/goat.png")
    return dispatch(message_id).model_copy(update={"content": content})


def cancel(message_id: str, *, at: datetime = NOON, session_id: str = "s1") -> CancelMessage:
    return CancelMessage(account_id=ACCOUNT, at=at, message_id=message_id, session_id=session_id)


def sent(message_id: str, attempt: int = 1, *, wa: str | None = None, session_id: str = "s1") -> DeliverySent:
    return DeliverySent(
        account_id=ACCOUNT,
        at=NOON,
        session_id=session_id,
        message_id=message_id,
        attempt=attempt,
        whatsapp_message_id=wa or f"3EB0{message_id}",
    )


def failed(
    message_id: str, attempt: int = 1, *, reason: str = "whatsapp_unavailable", retryable: bool = True
) -> DeliveryFailed:
    return DeliveryFailed(
        account_id=ACCOUNT,
        at=NOON,
        session_id="s1",
        message_id=message_id,
        attempt=attempt,
        reason=reason,
        detail="in words",
        retryable=retryable,
    )


def unknown(message_id: str, attempt: int = 1) -> DeliveryUnknown:
    return DeliveryUnknown(
        account_id=ACCOUNT,
        at=NOON,
        session_id="s1",
        message_id=message_id,
        attempt=attempt,
        reason="worker_restarted",
    )


def receipt(
    *whatsapp_ids: str, read: bool = False, chat: str = ABA, session_id: str = "s1"
) -> ReceiptReceived:
    return ReceiptReceived(
        account_id=ACCOUNT,
        at=NOON,
        session_id=session_id,
        whatsapp_message_ids=whatsapp_ids,
        chat=chat,
        read=read,
        received_at=NOON,
    )


def created(when_unknown: WhenUnknown = WhenUnknown.RESEND, session_id: str = "s1") -> SessionCreated:
    return SessionCreated(
        account_id=ACCOUNT, at=NOON, session_id=session_id, session_key="shop", when_unknown=when_unknown
    )


def paced(*, session_id: str = "s1", **pacing: float | None) -> SessionUpdated:
    return SessionUpdated(account_id=ACCOUNT, at=NOON, session_id=session_id, pacing=Pacing(**pacing))


def updated(when_unknown: WhenUnknown, session_id: str = "s1") -> SessionUpdated:
    return SessionUpdated(account_id=ACCOUNT, at=NOON, session_id=session_id, when_unknown=when_unknown)


def status(
    value: SessionStatus, at: datetime = NOON, epoch: int = 0, session_id: str = "s1"
) -> SessionStatusChanged:
    return SessionStatusChanged(account_id=ACCOUNT, at=at, session_id=session_id, status=value, epoch=epoch)


def connected(session_id: str = "s1", at: datetime = NOON) -> SessionStatusChanged:
    return status(SessionStatus.CONNECTED, at, session_id=session_id)


def disconnected(session_id: str = "s1", at: datetime = NOON) -> SessionStatusChanged:
    return status(SessionStatus.DISCONNECTED, at, session_id=session_id)


def deleted(session_id: str = "s1") -> SessionDeleted:
    return SessionDeleted(account_id=ACCOUNT, at=NOON, session_id=session_id)


def unheard_of(message_id: str = "m1") -> Message:
    return Message(message_id, "s1", ACCOUNT, PARTITION)


def queued(message_id: str = "m1", sequence: int = 0, *, send_at: datetime | None = None) -> Message:
    return take_in(unheard_of(message_id), dispatch(message_id, send_at=send_at), sequence, NOON)[0]
