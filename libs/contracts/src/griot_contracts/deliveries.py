"""The session manager's journal: what was handed to WhatsApp, and what became of it."""

from griot_contracts.base import Event, Time


class Delivery(Event):
    """One attempt at one message."""

    session_id: str
    message_id: str
    attempt: int


class DeliveryStarted(Delivery):
    """The next thing that happens is the hand-over to WhatsApp.

    In the log before it, so that a crash leaves a trace.
    """

    to: str


class DeliverySent(Delivery):
    """WhatsApp's server acknowledged the message."""

    whatsapp_message_id: str


class DeliveryFailed(Delivery):
    """The attempt reached nobody, for this reason.

    `retryable` says whether another attempt could end otherwise.
    """

    reason: str
    detail: str | None = None
    retryable: bool


class DeliveryUnknown(Delivery):
    """The attempt was begun and its end was not seen: the worker died, or WhatsApp never answered."""

    reason: str


class ReceiptReceived(Event):
    """WhatsApp told that messages were delivered or read. The ids are WhatsApp's; some may not be Griot's.

    `chat` is whom they were sent to. Comes in any order, and again after a reconnect.
    """

    session_id: str
    whatsapp_message_ids: tuple[str, ...]
    chat: str
    read: bool
    received_at: Time
