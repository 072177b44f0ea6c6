"""Receipts that came before it was known which message they are for."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EarlyReceipt:
    """WhatsApp told that a message was delivered or read, and nobody knows that message.

    It is kept for a while: `DeliverySent` may be a moment behind. It may also be for a message that the owner
    of the phone sent by hand.
    """

    session_id: str
    partition: int
    whatsapp_message_id: str
    read: bool
    at: datetime

    def joined(self, other: "EarlyReceipt | None") -> "EarlyReceipt":
        """Both in one: the furthest that was told."""
        if other is None or self.read:
            return self
        return replace(self, read=other.read, at=other.at)
