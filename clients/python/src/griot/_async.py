"""The client for asyncio and trio. It is `griot._sync` with `await`."""

import inspect
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any, Self

import anyio
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


class AsyncGriot:
    """Griot's API for one account.

    Requests that can succeed later are repeated for `retry_for`: after a lost connection, when Griot is away,
    and when a limit resets soon. A POST carries an Idempotency-Key, so that its repeat makes nothing twice.
    Every method may raise a `ProblemError`. It may be used by several tasks at once.

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
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._line = _Line(Target.of(key, base_url), retry_for, http)
        self.keys = AsyncKeys(self._line)
        self.sessions = AsyncSessions(self._line)
        self.messages = AsyncMessages(self._line)

    async def account(self) -> Account:
        """The account of the key: its plan, its limits, what is used today."""
        return await self._line.do(_calls.read_account())

    async def close(self) -> None:
        """Close the connections."""
        await self._line.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncKeys:
    """API keys. `griot.keys` is one."""

    def __init__(self, line: "_Line") -> None:
        self._line = line

    async def create(
        self,
        *,
        name: str | None = None,
        scopes: Sequence[Scope] | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> NewKey:
        """Make a key. Without scopes it may do all that the asking key may."""
        return await self._line.do(_calls.issue_key(name, scopes, expires_at, idempotency_key))

    def list(self, *, page_size: int | None = None) -> AsyncIterator[Key]:
        """The account's keys, newest first; asks for the next part when it is needed."""
        return self._line.all(_calls.list_keys(page_size))

    async def delete(self, key_id: str) -> None:
        """Revoke a key. It is refused everywhere within a second."""
        await self._line.do(_calls.revoke_key(key_id))


class AsyncSessions:
    """WhatsApp devices, each linked to a phone. `griot.sessions` is one."""

    def __init__(self, line: "_Line") -> None:
        self._line = line

    async def create(self, session_key: str, *, idempotency_key: str | None = None) -> Session:
        """Make a session; it is being connected already.

        Raises:
            ConflictError: another session of the account has this `session_key`.
            LimitReachedError: the plan's sessions are all held.
        """
        return await self._line.do(_calls.create_session(session_key, idempotency_key))

    async def get(self, session_id: str) -> Session:
        """One session, and where it stands."""
        return await self._line.do(_calls.read_session(session_id))

    def list(self, *, page_size: int | None = None) -> AsyncIterator[Session]:
        """The account's sessions, newest first; asks for the next part when it is needed."""
        return self._line.all(_calls.list_sessions(page_size))

    async def delete(self, session_id: str) -> None:
        """Give a session up: it is logged out of WhatsApp and its device's keys are destroyed."""
        await self._line.do(_calls.delete_session(session_id))

    def stream(self, session_id: str) -> AsyncGenerator[SessionEvent, None]:
        """Where the session stands, then what happens to it, until it is deleted or nobody listens.

        A connection that is lost is made again, and goes on after the last event heard.
        """
        return self._line.follow(Following(session_id))

    async def wait_until_connected(
        self,
        session_id: str,
        *,
        on_qr: Callable[[QrEvent], object] | None = None,
        within: timedelta = LINK_WITHIN,
    ) -> Session:
        """Wait until the session is connected. `on_qr` is called with each code that a phone may scan.

        What `on_qr` returns is awaited if it can be.

        Raises:
            SessionFailedError: it will not connect by itself.
            WaitTimeoutError: it did not in time.
        """
        async with aclosing(self._line.follow(Following(session_id, within))) as events:
            async for event in events:
                if isinstance(event, QrEvent) and on_qr is not None:
                    done = on_qr(event)
                    if inspect.isawaitable(done):
                        await done
                if is_connected(event):
                    break
        return await self.get(session_id)


class AsyncMessages:
    """Messages. `griot.messages` is one."""

    def __init__(self, line: "_Line") -> None:
        self._line = line

    async def send(
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
        return await self._line.do(call)

    async def cancel(self, message_id: str) -> None:
        """Cancel a message that still waits to be sent. A repeat is safe.

        Raises:
            ConflictError: it is too late: it is being sent, or has come to its end.
        """
        await self._line.do(_calls.cancel_message(message_id))

    async def get(self, message_id: str) -> Message:
        """One message with its timeline."""
        return await self._line.do(_calls.read_message(message_id))

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
    ) -> AsyncIterator[Message]:
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

    async def wait_for(
        self, message_id: str, status: MessageStatus = "delivered", *, within: timedelta = ARRIVE_WITHIN
    ) -> Message:
        """Wait until the message has this status, or one further on.

        Raises:
            MessageFailedError: it failed, or was rejected or cancelled.
            WaitTimeoutError: it did not in time.
        """
        waiting = Waiting(message_id, status, within)
        while True:
            message = await self.get(message_id)
            pause_s = waiting.pause_after(message)
            if pause_s is None:
                return message
            await anyio.sleep(pause_s)


class _Line:
    """Carries calls out."""

    def __init__(self, target: Target, retry_for: timedelta, http: httpx.AsyncClient | None) -> None:
        self._target = target
        self._retry_for = retry_for
        self._is_own = http is None
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)

    async def do(self, call: Call[T]) -> T:
        async for attempt in tries(self._retry_for):
            with attempt, unavailable_without_answer():
                answer = await self._http.send(self._http.build_request(**self._target.request(call)))
                return read(call, answer, repeated=attempt.num > 1)
        raise AssertionError("the last attempt returns or raises")

    async def all(self, first: Call[Page[T]]) -> AsyncIterator[T]:
        page = await self.do(first)
        for one in page.data:
            yield one
        while page.next_cursor:
            page = await self.do(first.after(page.next_cursor))
            for one in page.data:
                yield one

    async def follow(self, following: Following) -> AsyncGenerator[SessionEvent, None]:
        while True:
            answer = await self._open(following)
            async with aclosing(answer):
                with following.connection():
                    async for said in EventSource(answer).aiter_sse():
                        for event in following.heard(said):
                            yield event
            if following.over:
                return
            await anyio.sleep(following.pause_s)

    async def _open(self, following: Following) -> httpx.Response:
        async for attempt in tries(following.patience(self._retry_for)):
            with attempt, unavailable_without_answer():
                arguments: dict[str, Any] = self._target.request(following.call())
                request = self._http.build_request(**arguments, timeout=following.silence())
                answer = await self._http.send(request, stream=True)
                if answer.is_success:
                    return answer
                async with aclosing(answer):
                    await answer.aread()
                raise error_of(answer)
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        if self._is_own:
            await self._http.aclose()
