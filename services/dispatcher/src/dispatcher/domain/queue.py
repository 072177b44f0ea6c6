"""A session's queue: its open messages, and at most one of them under way.

Three lanes. What was tried goes first, so that no retry is overtaken; then what was asked to be sent at a
moment that has come; then the rest in the order of intake. What is to be sent later holds up nobody.

Of every message it holds the place; of the first ones also the message itself, so that the next is at hand
when one ends.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Final

from dispatcher.domain.message import Message
from dispatcher.domain.retry import NOT_CONNECTED
from dispatcher.domain.session import Session

AT_HAND: Final = 50
"""Messages of a lane that are held in full: what is read at once when they run out."""
AHEAD: Final = timedelta(minutes=1)
"""How long before its moment a scheduled message is held in full, and its media are fetched."""

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

    def is_due(self, now: datetime) -> bool:
        """Whether its moment has come."""
        return self.not_before is None or self.not_before <= now


class Queue:
    """The open messages of one session.

    A former owner of the session may have given a message away, and this one does not know of it before it
    gave one itself: `may_be_given` tells what can be under way. Where each was counted before it was given,
    that is the one counted last; and it goes before what has not been tried, as it has its place in the day.
    """

    def __init__(self, places: Iterable[Place] = ()) -> None:
        self._places: dict[str, Place] = {}
        self._tried: dict[str, Place] = {}
        self._scheduled: list[tuple[datetime, int, str]] = []
        self._fresh: dict[str, Place] = {}
        self._at_hand: dict[str, Message] = {}
        self._under_way: tuple[str, int] | None = None  # the message, and the number of its attempt
        self._now: datetime | None = None
        self._suspects: set[str] = set()
        self._unsure = False
        self._gave = False
        self._counted = False
        self._counted_last: str | None = None
        for place in sorted(places, key=lambda place: place.sequence):
            self._put(place)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, message_id: object) -> bool:
        return message_id in self._places

    @property
    def ids(self) -> list[str]:
        """The messages: tried, then scheduled, then the rest, each in their order."""
        return [*self._tried, *(id_ for _, _, id_ in self._scheduled), *self._fresh]

    @property
    def under_way(self) -> Message | None:
        """The message that was given to the session's owner, and whose end is awaited."""
        return None if self._under_way is None else self._at_hand.get(self._under_way[0])

    def attempt_to(self, chat: str) -> str | None:
        """The attempt under way, if it is at a message to this chat."""
        message = self.under_way
        if self._under_way is None or message is None or message.to != chat:
            return None
        return attempt_name(*self._under_way)

    @property
    def with_owner(self) -> tuple[str, ...]:
        """The attempts that may be under way."""
        given = set() if self._under_way is None else {attempt_name(*self._under_way)}
        return tuple(sorted(given | self._suspects | (self._next_ones() if self._unsure else set())))

    def get(self, message_id: str) -> Message | None:
        """The message, if it is at hand."""
        return self._at_hand.get(message_id)

    def take_over(self, session: Session, *, counted: bool) -> None:
        """Somebody else had it before, and `counted` each message before it gave that away, or did not.

        While the session is not connected, what it had when it last was still counts.
        """
        self._unsure = session.connected
        self._suspects = set() if session.connected else set(session.with_owner)
        self._counted, self._counted_last = counted, session.last_given

    def advance(self, now: datetime) -> None:
        """Let time pass: what is scheduled up to a moment from now counts among the next ones."""
        self._now = now

    def wanted(self) -> list[str]:
        """The messages to be read, so that the next ones are at hand; none while there are enough of them."""
        spare = [id_ for lane in self._lanes(_SPARE) for id_ in lane]
        if all(id_ in self._at_hand for id_ in spare):
            return []
        return [id_ for lane in self._lanes(AT_HAND) for id_ in lane if id_ not in self._at_hand]

    def first(self, count: int) -> list[Message]:
        """The first messages of each lane that are at hand, but for the one that is under way."""
        given = None if self._under_way is None else self._under_way[0]
        ids = (id_ for lane in self._lanes(count) for id_ in lane)
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
            self._drop(id_)
            self._at_hand.pop(id_, None)
            return
        place = place_of(message, message.sequence)
        if self._places.get(id_) != place:
            self._drop(id_)
            self._put(place)
        if id_ in self._at_hand or (len(self._at_hand) < AT_HAND and self._is_near(place)):
            self._at_hand[id_] = message

    def session_is_back(self) -> None:
        """What waited only for the session's connection need not wait any longer."""
        self._unsure = self._unsure or not self._gave
        for id_, place in self._tried.items():
            if place.waits_for_session:
                self._tried[id_] = self._places[id_] = replace(place, not_before=None)

    def next(self, now: datetime) -> Place | datetime | None:
        """The message to give to the session's owner now, or when to ask again.

        None while one is under way, or there is nothing to send.
        """
        if self._under_way is not None:
            return None
        self.advance(now)
        if self._tried:
            first = self._first_tried()
            return first if first.is_due(now) else first.not_before
        if not self._gave and (counted := self._place_counted()) and counted.message_id in self._at_hand:
            return counted
        if self._scheduled and self._scheduled[0][0] <= now:
            return self._places[self._scheduled[0][2]]
        return next(iter(self._fresh.values()), None) or self._next_moment(now)

    def give(self, place: Place) -> None:
        """The message of `place` is given to the session's owner.

        Nothing else goes until its attempt has an end.
        """
        if self._unsure:
            self._suspects |= self._next_ones()
        self._unsure, self._gave = False, True
        self._under_way = (place.message_id, place.attempt + 1)

    def may_be_given(self, message_id: str, *, inherited: bool) -> bool:
        """Whether an attempt at the message may be under way; one not inherited no former owner had."""
        place = self._places.get(message_id)
        if place is None or not inherited:
            return self._under_way is not None and self._under_way[0] == message_id
        return attempt_name(message_id, place.attempt + 1) in self.with_owner

    def _lanes(self, count: int) -> tuple[Iterator[str], ...]:
        until = None if self._now is None else self._now + AHEAD
        soon = takewhile(lambda one: until is not None and one[0] <= until, self._scheduled)
        return (
            islice(self._tried, count), islice((id_ for _, _, id_ in soon), count), islice(self._fresh, count)
        )  # fmt: skip

    def _next_ones(self) -> set[str]:
        """The attempts of which a former owner made one at most: which, depends on when it chose."""
        if self._counted:
            place = self._place_counted()
            ids = [] if place is None else [place.message_id]
        elif self._tried:
            ids = [self._first_tried().message_id]
        else:
            due = takewhile(lambda one: self._now is not None and one[0] <= self._now, self._scheduled)
            ids = [*islice(self._fresh, 1), *(id_ for _, _, id_ in due)]
        return {attempt_name(id_, self._places[id_].attempt + 1) for id_ in ids}

    def _place_counted(self) -> Place | None:
        """The place of what a former owner counted last, if it has no end."""
        if not self._counted or self._counted_last is None:
            return None
        return self._places.get(self._counted_last)

    def _first_tried(self) -> Place:
        return min(self._tried.values(), key=lambda place: place.sequence)

    def _next_moment(self, now: datetime) -> datetime | None:
        """When something scheduled is to be looked at: a while ahead of its moment, then at its moment."""
        moments = [at for at, _, _ in self._scheduled[:1]]
        ahead = bisect_right(self._scheduled, now + AHEAD, key=lambda one: one[0])
        moments += [at - AHEAD for at, _, _ in self._scheduled[ahead : ahead + 1]]
        return min(moments, default=None)

    def _is_near(self, place: Place) -> bool:
        if place.attempt or place.not_before is None:
            return True
        return self._now is not None and place.not_before <= self._now + AHEAD

    def _put(self, place: Place) -> None:
        id_ = place.message_id
        self._places[id_] = place
        if place.attempt:
            self._tried[id_] = place
        elif place.not_before is not None:
            insort(self._scheduled, (place.not_before, place.sequence, id_))
        else:
            self._line_up(place)

    def _line_up(self, place: Place) -> None:
        """In order, also where an older command is read after newer ones: their database was dropped."""
        later: list[Place] = []
        while self._fresh and next(reversed(self._fresh.values())).sequence > place.sequence:
            later.append(self._fresh.popitem()[1])
        self._fresh |= {one.message_id: one for one in (place, *reversed(later))}

    def _drop(self, message_id: str) -> None:
        place = self._places.pop(message_id, None)
        if place is None:
            return
        self._tried.pop(message_id, None)
        self._fresh.pop(message_id, None)
        if not place.attempt and place.not_before is not None:
            where = bisect_left(self._scheduled, (place.not_before, place.sequence, message_id))
            del self._scheduled[where]


def place_of(message: Message, sequence: int) -> Place:
    """The place of an open message in its session's queue."""
    return Place(
        message_id=message.message_id,
        sequence=sequence,
        attempt=message.attempt,
        not_before=message.not_before,
        waits_for_session=message.reason == NOT_CONNECTED,
    )


def attempt_name(message_id: str, attempt: int) -> str:
    """One attempt at one message, in a word."""
    return f"{message_id}/{attempt}"
