"""Which part of the network takes which kind of stanza."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fakewhatsapp import iq, messages, receipts

if TYPE_CHECKING:
    from fakewhatsapp.connection import Connection
    from fakewhatsapp.wire.nodes import Node

HANDLERS: dict[str, Callable[[Connection, Node], None]] = {
    "ack": receipts.acknowledged,
    "iq": iq.answer,
    "message": messages.take,
    "receipt": receipts.take,
}
"""By tag. What a client tells without wanting an answer (its presence, that it types) is not in here."""
