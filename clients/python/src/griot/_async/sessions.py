"""Sessions: made, linked to a phone, followed, changed."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import timedelta

from griot import _calls
from griot._async.line import AsyncLine
from griot._following import LINK_WITHIN, Following, is_connected
from griot._waiting import AsyncEvents, async_done
from griot.events import QrEvent
from griot.models import (
    DesiredState,
    Pacing,
    PairingCode,
    Session,
    StreamTicket,
    WhenDisconnected,
    WhenUnknown,
)


class AsyncSessions:
    """WhatsApp devices, each linked to a phone. `griot.sessions` is one."""

    def __init__(self, line: AsyncLine) -> None:
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

    async def update(
        self,
        session_id: str,
        *,
        session_key: str | None = None,
        desired_state: DesiredState | None = None,
        is_default: bool | None = None,
        when_disconnected: WhenDisconnected | None = None,
        when_unknown: WhenUnknown | None = None,
        pacing: Pacing | None = None,
    ) -> Session:
        """Change what you want of a session; what is not given stays as it is.

        Args:
            session_id: Which.
            session_key: Your own name for it.
            desired_state: `disconnected` closes the connection and keeps the link to the phone; `connected`
                starts it again, also after nobody scanned the code in time.
            is_default: Whether it sends for a message that names no session.
            when_disconnected: A message while it is not connected is refused, or waits.
            when_unknown: A message of which nobody knows whether WhatsApp took it is sent again, or failed.
            pacing: How fast it may send; `Pacing()` is as fast as is usual.

        Raises:
            ConflictError: another session of the account has this `session_key`.
        """
        call = _calls.update_session(
            session_id,
            session_key=session_key,
            desired_state=desired_state,
            is_default=is_default,
            when_disconnected=when_disconnected,
            when_unknown=when_unknown,
            pacing=pacing,
        )
        return await self._line.do(call)

    async def delete(self, session_id: str) -> None:
        """Give a session up: it is logged out of WhatsApp and its device's keys are destroyed."""
        await self._line.do(_calls.delete_session(session_id))

    async def request_pairing_code(self, session_id: str, *, phone: str) -> PairingCode:
        """A code to enter on the phone: the way to link it without a camera. Then `wait_until_connected`.

        Raises:
            ConflictError: the session is not waiting for a phone.
        """
        return await self._line.do(_calls.request_pairing_code(session_id, phone))

    async def qr_png(self, session_id: str) -> bytes:
        """The code to scan at this moment, as a picture.

        Raises:
            ConflictError: there is none now.
        """
        return await self._line.do(_calls.picture_of_code(session_id))

    async def issue_stream_ticket(self, session_id: str) -> StreamTicket:
        """A ticket with which a browser, that can send no key, may hear this session's stream.

        It goes into the query: `new EventSource(stream + "?ticket=" + ticket)`.
        """
        return await self._line.do(_calls.issue_stream_ticket(session_id))

    def stream(self, session_id: str) -> AsyncEvents:
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

        For `AsyncGriot` it may be a coroutine function.

        Raises:
            SessionFailedError: it will not connect by itself.
            WaitTimeoutError: it did not in time.
        """
        async with aclosing(self._line.follow(Following(session_id, within))) as events:
            async for event in events:
                if isinstance(event, QrEvent) and on_qr is not None:
                    await async_done(on_qr(event))
                if is_connected(event):
                    break
        return await self.get(session_id)
