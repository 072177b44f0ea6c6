"""One account's events, as the tests of the api speak of them."""

from datetime import UTC, datetime, timedelta

from griot_contracts.accounts import AccountOpened, KeyIssued, KeyRevoked, PlanChanged
from griot_contracts.messages import (
    MessageAccepted,
    MessageDelivered,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageRejected,
    MessageSending,
    MessageSent,
    MessageUnknown,
    TextContent,
)
from griot_contracts.sessions import SessionCreated, SessionDeleted, SessionStatus, SessionStatusChanged

ACCOUNT, SESSION, MESSAGE, KEY = "account-1", "session-1", "message-1", "key-1"
NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)
TO = "237612345678@s.whatsapp.net"


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def accepted(message_id: str = MESSAGE, at: datetime = NOON) -> MessageAccepted:
    return MessageAccepted(
        account_id=ACCOUNT,
        at=at,
        message_id=message_id,
        session_id=SESSION,
        to=TO,
        content=TextContent(text="hi"),
    )


def rejected(message_id: str = MESSAGE) -> MessageRejected:
    return MessageRejected(
        account_id=ACCOUNT,
        at=NOON,
        message_id=message_id,
        session_id=SESSION,
        to=TO,
        content=TextContent(text="hi"),
        reason="daily_limit_reached",
    )


def way_of_a_message(message_id: str = MESSAGE) -> list[MessageEvent]:
    common = {"account_id": ACCOUNT, "session_id": SESSION, "message_id": message_id}
    return [
        accepted(message_id),
        MessageQueued(**common, at=after(1)),
        MessageSending(**common, at=after(2), attempt=1),
        MessageSent(**common, at=after(3), whatsapp_message_id="3EB0"),
        MessageDelivered(**common, at=after(4)),
        MessageRead(**common, at=after(5)),
    ]


def failed(at: datetime = NOON) -> MessageFailed:
    return MessageFailed(
        account_id=ACCOUNT,
        at=at,
        message_id=MESSAGE,
        session_id=SESSION,
        reason="gone",
        detail="no such number",
    )


def unknown(at: datetime = NOON) -> MessageUnknown:
    return MessageUnknown(
        account_id=ACCOUNT,
        at=at,
        message_id=MESSAGE,
        session_id=SESSION,
        attempt=1,
        reason="no_ack",
        resend=True,
    )


def session_created(session_id: str = SESSION, at: datetime = NOON) -> SessionCreated:
    return SessionCreated(
        account_id=ACCOUNT, at=at, session_id=session_id, session_key=f"key of {session_id}"
    )


def stands(status: SessionStatus, at: datetime = NOON, *, epoch: int = 1, reason: str | None = None,
           phone: str | None = None) -> SessionStatusChanged:  # fmt: skip
    return SessionStatusChanged(
        account_id=ACCOUNT, at=at, session_id=SESSION, status=status, epoch=epoch, reason=reason, phone=phone
    )


def session_deleted(at: datetime = NOON) -> SessionDeleted:
    return SessionDeleted(account_id=ACCOUNT, at=at, session_id=SESSION)


def opened() -> AccountOpened:
    who = {"email": "ama@example.com", "name": "Ama", "password_hash": "secret"}
    return AccountOpened(account_id=ACCOUNT, at=NOON, **who)


def plan_changed(plan: str, sequence: int | None = None) -> PlanChanged:
    return PlanChanged(account_id=ACCOUNT, at=NOON, plan=plan, sequence=sequence)


def key_issued(key_id: str = KEY) -> KeyIssued:
    return KeyIssued(
        account_id=ACCOUNT,
        at=NOON,
        key_id=key_id,
        key_hash=f"hash of {key_id}",
        key_hint="grt_live_abcd",
    )


def key_revoked(key_id: str = KEY) -> KeyRevoked:
    return KeyRevoked(account_id=ACCOUNT, at=after(9), key_id=key_id, key_hash=f"hash of {key_id}")
