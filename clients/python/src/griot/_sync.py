"""The client for code that blocks."""

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any, Self

import httpx
from httpx_sse import EventSource

from griot import _calls
from griot._answers import error_of, read, unavailable_without_answer
from griot._calls import Call, T
from griot._following import ARRIVE_WITHIN, LINK_WITHIN, Following, Waiting, is_connected
from griot._retries import RETRY_FOR, tries
from griot._target import TIMEOUT, Target
from griot.events import QrEvent, SessionEvent
from griot.models import (
    Account,
    Key,
    Message,
    MessageStatus,
    NewKey,
    Page,
    Scope,
    Session,
    TakenMessage,
)


class Griot:
    """Griot's API for one account.

    Requests that can succeed later are repeated for `retry_for`: after a lost connection, when Griot is away,
    and when a limit resets soon. A POST carries an Idempotency-Key, so that its repeat makes nothing twice.
    Every method may raise a `ProblemError`. It may be used by several threads at once.

    Args:
        key: The API key; GRIOT_KEY in the environment unless given.
        base_url: Where Griot is; GRIOT_URL unless given, and this machine without either.
        retry_for: How long a request may be repeated; zero is never.
        http: A client of your own, for a proxy or a certificate of your own; you close it.
    """

    def __init__(
        self,
        key: str | None = None,
        *,
        base_url: str | None = None,
        retry_for: timedelta = RETRY_FOR,
        http: httpx.Client | None = None,
    ) -> None:
        self._line = _Line(Target.of(key, base_url), retry_for, http)
        self.keys = Keys(self._line)
        self.sessions = Sessions(self._line)
        self.messages = Messages(self._line)

    def account(self) -> Account:
        """The account of the key: its plan, its limits, what is used today."""
        return self._line.do(_calls.read_account())

    def close(self) -> None:
        """Close the connections."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Keys:
    """API keys. `griot.keys` is one."""

    def __init__(self, line: "_Line") -> None:
        self._line = line

    def create(
        self,
        *,
        name: str | None = None,
        scopes: Sequence[Scope] | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> NewKey:
        """Make a key. Without scopes it may do all that the asking key may."""
        return self._line.do(_calls.issue_key(name, scopes, expires_at, idempotency_key))

    def list(self, *, page_size: int | None = None) -> Iterator[Key]:
        """The account's keys, newest first; asks for the next part when it is needed."""
        return self._line.all(_calls.list_keys(page_size))

    def delete(self, key_id: str) -> None:
        """Revoke a key. It is refused everywhere within a second."""
        self._line.do(_calls.revoke_key(key_id))


class Sessions:
    """WhatsApp devices, each linked to a phone. `griot.sessions` is one."""

    def __init__(self, line: "_Line") -> None:
        self._line = line

    def create(self, session_key: str, *, idempotency_key: str | None = None) -> Session:
        """Make a session; it is being connected already.

        Raises:
            ConflictError: another session of the account has this `session_key`.
            LimitReachedError: the plan's sessions are all held.
        """
        return self._line.do(_calls.create_session(session_key, idempotency_key))

    def get(self, session_id: str) -> Session:
        """One session, and where it stands."""
        return self._line.do(_calls.read_session(session_id))

    def list(self, *, page_size: int | None = None) -> Iterator[Session]:
        """The account's sessions, newest first; asks for the next part when it is needed."""
        return self._line.all(_calls.list_sessions(page_size))

    def delete(self, session_id: str) -> None:
        """Give a session up: it is logged out of WhatsApp and its device's keys are destroyed."""
        self._line.do(_calls.delete_session(session_id))

    def stream(self, session_id: str) -> Generator[SessionEvent, None, None]:
        """Where the session stands, then what happens to it, until it is deleted or nobody listens.

        A connection that is lost is made again, and goes on after the last event heard.
        """
        return self._line.follow(Following(session_id))

    def wait_until_connected(
        self,
        session_id: str,
        *,
        on_qr: Callable[[QrEvent], object] | None = None,
        within: timedelta = LINK_WITHIN,
    ) -> Session:
        """Wait until the session is connected. `on_qr` is called with each code that a phone may scan.

        Raises:
            SessionFailedError: it will not connect by itself.
            WaitTimeoutError: it did not in time.
        """
        with closing(self._line.follow(Following(session_id, within))) as events:
            for event in events:
                if isinstance(event, QrEvent) and on_qr is not None:
                    on_qr(event)
                if is_connected(event):
                    break
        return self.get(session_id)


class Messages:
    """Messages. `griot.messages` is one."""

    def __init__(self, line: "_Line") -> None:
        self._line = line

    def send(
        self,
        *,
        to: str,
        text: str,
        session_id: str | None = None,
        session_key: str | None = None,
        send_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TakenMessage:
        """Send a text. Without a session, the account's first connected one sends.

        With `send_at`, at most 30 days ahead, it is sent then; it counts against the limit of today.
        Give an `idempotency_key` of your own (such as an order's number) where your program may send the same
        message again after a crash.

        Raises:
            SessionNotConnectedError: there is no connected session.
            LimitReachedError: the day's messages are sent.
        """
        call = _calls.send_message(
            to, text, session_id, session_key, send_at=send_at, idempotency_key=idempotency_key
        )
        return self._line.do(call)

    def cancel(self, message_id: str) -> None:
        """Cancel a message that still waits to be sent. A repeat is safe.

        Raises:
            ConflictError: it is too late: it is being sent, or has come to its end.
        """
        self._line.do(_calls.cancel_message(message_id))

    def get(self, message_id: str) -> Message:
        """One message with its timeline."""
        return self._line.do(_calls.read_message(message_id))

    def list(
        self,
        *,
        status: MessageStatus | None = None,
        session_id: str | None = None,
        type: str | None = None,  # noqa: A002 - it is the field's name
        to: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int | None = None,
    ) -> Iterator[Message]:
        """The messages that fit, newest first; asks for the next part when it is needed."""
        call = _calls.list_messages(
            status=status,
            session_id=session_id,
            type_=type,
            to=to,
            since=since,
            until=until,
            page_size=page_size,
        )
        return self._line.all(call)

    def wait_for(
        self, message_id: str, status: MessageStatus = "delivered", *, within: timedelta = ARRIVE_WITHIN
    ) -> Message:
        """Wait until the message has this status, or one further on.

        Raises:
            MessageFailedError: it failed, or was rejected or cancelled.
            WaitTimeoutError: it did not in time.
        """
        waiting = Waiting(message_id, status, within)
        while True:
            message = self.get(message_id)
            pause_s = waiting.pause_after(message)
            if pause_s is None:
                return message
            time.sleep(pause_s)


class _Line:
    """Carries calls out."""

    def __init__(self, target: Target, retry_for: timedelta, http: httpx.Client | None) -> None:
        self._target = target
        self._retry_for = retry_for
        self._is_own = http is None
        self._http = http or httpx.Client(timeout=TIMEOUT)

    def do(self, call: Call[T]) -> T:
        for attempt in tries(self._retry_for):
            with attempt, unavailable_without_answer():
                answer = self._http.send(self._http.build_request(**self._target.request(call)))
                return read(call, answer, repeated=attempt.num > 1)
        raise AssertionError("the last attempt returns or raises")

    def all(self, first: Call[Page[T]]) -> Iterator[T]:
        page = self.do(first)
        yield from page.data
        while page.next_cursor:
            page = self.do(first.after(page.next_cursor))
            yield from page.data

    def follow(self, following: Following) -> Generator[SessionEvent, None, None]:
        while True:
            with closing(self._open(following)) as answer, following.connection():
                for said in EventSource(answer).iter_sse():
                    yield from following.heard(said)
            if following.over:
                return
            time.sleep(following.pause_s)

    def _open(self, following: Following) -> httpx.Response:
        for attempt in tries(following.patience(self._retry_for)):
            with attempt, unavailable_without_answer():
                arguments: dict[str, Any] = self._target.request(following.call())
                request = self._http.build_request(**arguments, timeout=following.silence())
                answer = self._http.send(request, stream=True)
                if answer.is_success:
                    return answer
                with closing(answer):
                    answer.read()
                raise error_of(answer)
        raise AssertionError("the last attempt returns or raises")

    def close(self) -> None:
        if self._is_own:
            self._http.close()
