"""What is kept of a partition between two owners."""

from dataclasses import dataclass, field

from dispatcher.domain.message import Message
from dispatcher.domain.queue import Place, place_of
from dispatcher.domain.receipt import EarlyReceipt
from dispatcher.domain.session import Session


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that is stored of one partition, but for the messages themselves.

    Attributes:
        sessions: the sessions that were heard of.
        waiting: the places of the open messages, by session, in no order.
        in_doubt: the messages in doubt.
        early: receipts that came before what they are for, and are still kept.
    """

    sessions: list[Session] = field(default_factory=list)
    waiting: dict[str, list[Place]] = field(default_factory=dict)
    in_doubt: list[Message] = field(default_factory=list)
    early: list[EarlyReceipt] = field(default_factory=list)

    def put(self, message: Message) -> None:
        """Put a message where it belongs; one without its content will do."""
        if message.in_doubt:
            self.in_doubt.append(message)
        if message.is_open and message.sequence is not None:
            place = place_of(message, message.sequence)
            self.waiting.setdefault(message.session_id, []).append(place)
