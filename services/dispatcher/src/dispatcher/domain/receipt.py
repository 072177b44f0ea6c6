"""Receipts that came before it was known which message they are for."""

from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EarlyReceipt:
    """WhatsApp told that a message was delivered or read, and nobody knows that message.

    It is kept for a while: `DeliverySent` may be a moment behind. It may also be for a message that the owner
    of the phone sent by hand. `during` is the attempt at a message to the same chat that was under way: if
    nobody sees how that ends, this says it.
    """

    session_id: str
    partition: int
    whatsapp_message_id: str
    read: bool
    at: datetime
    during: str | None = None

    def joined(self, other: "EarlyReceipt | None") -> "EarlyReceipt":
        """Both in one: the furthest that was told."""
        if other is None:
            return self
        during = other.during or self.during
        return replace(self if self.read else other, during=during)
