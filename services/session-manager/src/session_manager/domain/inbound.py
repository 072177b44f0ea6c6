"""What comes in on a connection and has to get into the log: receipts, and what others write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from griot_contracts.inbound import ReceivedMedia


def _nobody_waits() -> None:
    """What is called when nobody wants to know."""


@dataclass(frozen=True, slots=True)
class ReceiptSeen:
    """WhatsApp told that messages were delivered or read. It says nothing about where the session stands.

    `written` is to be called once it is in the log.
    """

    whatsapp_message_ids: tuple[str, ...]
    chat: str
    read: bool
    at: datetime
    written: Callable[[], None] = field(default=_nobody_waits, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """Somebody wrote to the session.

    What was written is no part of its `repr`. `written` is to be called once it is in the log.
    """

    whatsapp_message_id: str
    sender: str
    chat: str
    kind: str
    at: datetime
    sender_name: str | None = field(default=None, repr=False)
    text: str | None = field(default=None, repr=False)
    media: ReceivedMedia | None = field(default=None, repr=False)
    in_reply_to: str | None = None
    written: Callable[[], None] = field(default=_nobody_waits, compare=False, repr=False)


Fact = ReceiptSeen | MessageSeen
