"""A session's queue: its open messages in the order of intake, and at most one of them under way.

Of every message it holds the place; of the first ones also the message itself, so that the next is at hand
when one ends.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from dispatcher.domain.message import Message
from dispatcher.domain.retry import NOT_CONNECTED

AT_HAND: Final = 50
"""Messages of a session that are held in full: what is read at once when they run out."""

_SPARE: Final = 2


@dataclass(frozen=True, slots=True)
class Place:
    """A message's place in the queue.

    Attributes:
        message_id: which message.
        sequence: its order.
        attempt: attempts that have ended; a message with any holds up those behind it, so that no retry is
        overtaken.
        not_before: no attempt before this moment.
        waits_for_session: what it lacks is the session's connection; it need not wait any longer once that is
        back.
    """

    message_id: str
    sequence: int
    attempt: int = 0
    not_before: datetime | None = None
    waits_for_session: bool = False


class Queue:
    """The open messages of one session."""

    def __init__(self, places: Iterable[Place] = ()) -> None:
        ordered = sorted(places, key=lambda place: place.sequence)
        self._places = OrderedDict((place.message_id, place) for place in ordered)
        self._at_hand: dict[str, Message] = {}
        self._under_way: tuple[str, int] | None = None  # the message, and the number of its attempt

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._places

    @property
    def ids(self) -> list[str]:
        """The messages in their order."""
        return list(self._places)

    @property
    def under_way(self) -> Message | None:
        """The message that was given to the session's owner, and whose end is awaited."""
        return None if self._under_way is None else self._at_hand.get(self._under_way[0])

    def get(self, message_id: str) -> Message | None:
        """The message, if it is at hand."""
        return self._at_hand.get(message_id)

    def wanted(self) -> list[str]:
        """The messages to be read, so that the next ones are at hand; none while there are enough of them."""
        first = [id_ for id_, _ in zip(self._places, range(AT_HAND), strict=False)]
        missing = [id_ for id_ in first if id_ not in self._at_hand]
        return missing if any(id_ in missing for id_ in first[:_SPARE]) else []

    def first(self, count: int) -> list[Message]:
        """The first messages that were not given to the session's owner, those of them that are at hand."""
        given = None if self._under_way is None else self._under_way[0]
        ids = (id_ for id_, _ in zip(self._places, range(count), strict=False))
        return [self._at_hand[id_] for id_ in ids if id_ in self._at_hand and id_ != given]

    def hold(self, message: Message) -> None:
        """Have it at hand, if it still waits."""
        if message.message_id in self._places:
            self._at_hand[message.message_id] = message

    def reflect(self, message: Message) -> None:
        """Take in how the message stands now: put in line, waiting for its next attempt, or ended."""
        id_ = message.message_id
        if self._under_way is not None and self._under_way[0] == id_:
            ended = not message.is_open or message.attempt >= self._under_way[1]
            self._under_way = None if ended else self._under_way
        if not message.is_open or message.sequence is None:
            self._places.pop(id_, None)
            self._at_hand.pop(id_, None)
            return
        self._places[id_] = place_of(message, message.sequence)
        if id_ in self._at_hand or len(self._at_hand) < AT_HAND:
            self._at_hand[id_] = message

    def session_is_back(self) -> None:
        """What waited only for the session's connection need not wait any longer."""
        for id_, place in self._places.items():
            if place.attempt == 0:
                return  # it and those behind it were never tried
            if place.waits_for_session:
                self._places[id_] = replace(place, not_before=None)

    def next(self, now: datetime) -> Place | datetime | None:
        """The message to give to the session's owner now, or when to ask again.

        None while one is under way, or there is nothing to send.
        """
        if self._under_way is not None:
            return None
        soonest: datetime | None = None
        for place in self._places.values():
            if place.not_before is None or place.not_before <= now:
                return place
            soonest = min(soonest or place.not_before, place.not_before)
            if place.attempt:
                return soonest
        return soonest

    def give(self, place: Place) -> None:
        """The message of `place` is given to the session's owner.

        Nothing else goes until its attempt has an end.
        """
        self._under_way = (place.message_id, place.attempt + 1)


def place_of(message: Message, sequence: int) -> Place:
    """The place of an open message in its session's queue."""
    return Place(
        message_id=message.message_id,
        sequence=sequence,
        attempt=message.attempt,
        not_before=message.not_before,
        waits_for_session=message.reason == NOT_CONNECTED,
    )
