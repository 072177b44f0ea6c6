"""Commands and events as examples."""

from datetime import UTC, datetime

from griot_chassis.records import Record
from griot_contracts import topics
from griot_contracts.base import Contract
from griot_contracts.cloudevents import Envelope
from griot_contracts.deliveries import DeliveryFailed, DeliverySent, DeliveryStarted
from griot_contracts.messages import DeliverMessage, TextContent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOB = "237650000002@s.whatsapp.net"


def now() -> datetime:
    return NOON


def deliver(
    message_id: str = "m1",
    *,
    attempt: int = 1,
    to: str = BOB,
    session_id: str = "s1",
    at: datetime = NOON,
    open_since: datetime | None = None,
) -> DeliverMessage:
    content = TextContent(text="hello")
    return DeliverMessage(
        account_id="a1",
        at=at,
        message_id=message_id,
        session_id=session_id,
        to=to,
        content=content,
        attempt=attempt,
        open_since=open_since,
    )


def started(message_id: str) -> DeliveryStarted:
    return DeliveryStarted(
        account_id="a1", at=NOON, session_id="s1", message_id=message_id, attempt=1, to=BOB
    )


def sent(message_id: str) -> DeliverySent:
    return DeliverySent(
        account_id="a1",
        at=NOON,
        session_id="s1",
        message_id=message_id,
        attempt=1,
        whatsapp_message_id="3EB0",
    )


def failed(message_id: str) -> DeliveryFailed:
    return DeliveryFailed(
        account_id="a1",
        at=NOON,
        session_id="s1",
        message_id=message_id,
        attempt=1,
        reason="session_not_connected",
        retryable=True,
    )


def record(body: Contract) -> Record:
    envelope = Envelope(body=body, id="r1", source="/test", subject="s1")
    return Record(envelope, topics.SESSION_COMMANDS.name, 3, 0, "s1", NOON)
