"""Waiting for something to happen, without doing any of the waiting: both clients ask these what is next."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import httpx
import pydantic
from httpx_sse import ServerSentEvent, SSEError

from griot._calls import Call, stream_session
from griot.errors import (
    MessageFailedError,
    Problem,
    SessionFailedError,
    UnexpectedAnswerError,
    WaitTimeoutError,
)
from griot.events import ConnectedEvent, ErrorEvent, SessionEvent, StatusEvent, event_of
from griot.models import Message, MessageStatus

_SILENT_S: Final = 45.0
"""A stream says something every 15 s; one that does not is lost."""

_SILENT_WITH_DEADLINE_S: Final = 10.0
"""Less than those 15 s, so that whoever waits looks at the time before something is said."""

_SHORTEST_S: Final = 1.0
"""An answer has to have the time to come."""

LINK_WITHIN: Final = timedelta(minutes=5)
ARRIVE_WITHIN: Final = timedelta(minutes=1)
_RECONNECT_S: Final = 1.0
_WAY: Final = ("pending", "queued", "sending", "sent", "delivered", "read")
_NO_WAY_ON: Final = ("rejected", "cancelled", "failed")


class Deadline:
    """Until when somebody waits, and for what."""

    def __init__(self, what: str, within: timedelta) -> None:
        self._what = what
        self._within = within
        self._at = time.monotonic() + within.total_seconds()

    def left(self) -> timedelta:
        """The time that is left.

        Raises:
            WaitTimeoutError: there is none.
        """
        left = self._at - time.monotonic()
        if left <= 0:
            seconds = self._within.total_seconds()
            raise WaitTimeoutError(f"{self._what}: not within {seconds:g} s")
        return timedelta(seconds=left)


class Following:
    """One session's stream over all the connections that it takes.

    Attributes:
        over: Nothing more will be said, because the session is deleted.
        pause_s: How long to wait before the next connection, once one has ended.
    """

    def __init__(self, session_id: str, within: timedelta | None = None) -> None:
        self.over = False
        self.pause_s = 0.0
        self._session_id = session_id
        what = f"session {session_id} is connected"
        self._deadline = None if within is None else Deadline(what, within)
        self._last_event_id: str | None = None

    def call(self) -> Call[None]:
        """The request for the next connection: it goes on after what was heard last."""
        return stream_session(self._session_id, self._last_event_id)

    def silence(self) -> httpx.Timeout:
        """How long the next connection may say nothing.

        Raises:
            WaitTimeoutError: nobody waits any more.
        """
        if self._deadline is None:
            return httpx.Timeout(_SILENT_S)
        left_s = self._deadline.left().total_seconds()
        return httpx.Timeout(max(_SHORTEST_S, min(_SILENT_WITH_DEADLINE_S, left_s)))

    def patience(self, retry_for: timedelta) -> timedelta:
        """How long to try for the next connection."""
        return retry_for if self._deadline is None else min(retry_for, self._deadline.left())

    def heard(self, said: ServerSentEvent) -> Iterator[SessionEvent]:
        """The event that was said, if it is one that this client knows."""
        self._last_event_id = said.id or self._last_event_id
        event = event_of(said)
        if event is not None:
            self.over = isinstance(event, StatusEvent) and event.status == "deleted"
            yield event

    @contextmanager
    def connection(self) -> Iterator[None]:
        """Around the reading of one connection: when it is lost, the next one goes on."""
        self.pause_s = _RECONNECT_S
        try:
            yield
        except httpx.ReadTimeout:
            self.pause_s = 0.0
        except httpx.TransportError:
            pass
        except (SSEError, pydantic.ValidationError) as error:
            detail = "The stream said something that is no event."
            raise UnexpectedAnswerError(Problem("unexpected_answer", detail)) from error


def is_connected(event: SessionEvent) -> bool:
    """Whether the session is connected now.

    Raises:
        SessionFailedError: it will not be, without somebody doing something.
    """
    if isinstance(event, ErrorEvent):
        raise SessionFailedError(event)
    if isinstance(event, StatusEvent) and event.status == "deleted":
        detail = "the session was deleted"
        raise SessionFailedError(
            ErrorEvent(code="deleted", detail=detail, retryable=False, status="deleted", at=event.at)
        )
    return isinstance(event, ConnectedEvent)


class Waiting:
    """Waiting for a message to get somewhere."""

    _FIRST_S: Final = 0.1
    _LONGEST_S: Final = 2.0

    def __init__(self, message_id: str, status: MessageStatus, within: timedelta) -> None:
        self._status = status
        self._deadline = Deadline(f"message {message_id} is {status}", within)
        self._pause_s = self._FIRST_S

    def pause_after(self, message: Message) -> float | None:
        """How long to wait before looking again; None when it is there, or further on.

        Raises:
            MessageFailedError: it will not get there.
            WaitTimeoutError: it did not in time.
        """
        if _has_reached(message.status, self._status):
            return None
        if message.status in _NO_WAY_ON:
            raise MessageFailedError(message)
        pause_s = min(self._pause_s, self._deadline.left().total_seconds())
        self._pause_s = min(self._pause_s * 1.5, self._LONGEST_S)
        return pause_s


def _has_reached(status: str, wanted: str) -> bool:
    if status in _WAY and wanted in _WAY:
        return _WAY.index(status) >= _WAY.index(wanted)
    return status == wanted
