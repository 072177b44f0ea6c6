"""What is known of each attempt at a message, and what a command that asks for one leads to."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from griot_contracts.base import Contract
from griot_contracts.deliveries import DeliveryFailed, DeliverySent, DeliveryStarted, DeliveryUnknown

End = DeliverySent | DeliveryFailed | DeliveryUnknown
Attempt = tuple[str, int]
"""A message's id and the number of the attempt."""

ENOUGH: Final = 20_000
"""Ended attempts that are remembered: several times what a restart can ask for again."""


@dataclass(frozen=True, slots=True)
class Begun:
    """The hand-over was announced, and its end was not seen."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Nobody ever began it: begin it."""


@dataclass(frozen=True, slots=True)
class SayAgain:
    """It has ended; the same end is the answer, however often it is asked for."""

    end: End


@dataclass(frozen=True, slots=True)
class Doubt:
    """WhatsApp may have the message or not: it is told as unknown, never sent again under this attempt."""


_EVER: Final = datetime.min.replace(tzinfo=UTC)

Known = Begun | End | None
Decision = HandOver | SayAgain | Doubt


def what_to_do(known: Known) -> Decision:
    """What a command for an attempt leads to, given what is known of it."""
    match known:
        case None:
            return HandOver()
        case Begun():
            return Doubt()
        case _:
            return SayAgain(known)


def attempt_of(delivery: DeliveryStarted | End) -> Attempt:
    """Which attempt an event of the journal is about."""
    return delivery.message_id, delivery.attempt


@dataclass(slots=True)
class Journal:
    """What is known of the attempts of some sessions.

    The oldest ends are forgotten first, what is open never. Of what happened before `since` nothing is known.
    """

    enough: int = ENOUGH
    since: datetime = _EVER
    _open: set[Attempt] = field(default_factory=set)
    _ended: dict[Attempt, End] = field(default_factory=dict)

    def known(self, attempt: Attempt) -> Known:
        """What the journal knows of an attempt."""
        end = self._ended.get(attempt)
        return end if end is not None else Begun() if attempt in self._open else None

    def write(self, event: Contract) -> None:
        """Take an event into account.

        Others than the journal's own are passed over; an attempt has one end, its first.
        """
        match event:
            case DeliveryStarted():
                if attempt_of(event) not in self._ended:
                    self._open.add(attempt_of(event))
            case DeliverySent() | DeliveryFailed() | DeliveryUnknown():
                self._open.discard(attempt_of(event))
                self._ended.setdefault(attempt_of(event), event)
                if len(self._ended) > self.enough:
                    forgotten = self._ended.pop(next(iter(self._ended)))
                    self.since = max(self.since, forgotten.at)
            case _:
                pass
