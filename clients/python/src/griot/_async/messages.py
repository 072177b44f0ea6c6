"""Messages: sent, listed, waited for."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta

from griot import _calls
from griot._async.line import AsyncLine
from griot._following import ARRIVE_WITHIN, Waiting
from griot._waiting import async_sleep
from griot.models import MediaType, Message, MessageStatus, MessageType, TakenMessage


class AsyncMessages:
    """Messages. `griot.messages` is one."""

    def __init__(self, line: AsyncLine) -> None:
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
        """Send a text. Without a session, the account's default or first connected one sends.

        With `send_at`, at most 30 days ahead, it is sent then; it counts against the limit of today.
        Give an `idempotency_key` of your own (such as an order's number) where your program may send the same
        message again after a crash.

        Raises:
            SessionNotConnectedError: there is no connected session.
            LimitReachedError: the day's messages are sent.
        """
        sending = _calls.Sending(to, session_id, session_key, send_at, idempotency_key)
        return await self._line.do(_calls.send_text(sending, text))

    async def send_media(
        self,
        *,
        to: str,
        media_url: str,
        media_type: MediaType,
        caption: str | None = None,
        session_id: str | None = None,
        session_key: str | None = None,
        send_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TakenMessage:
        """Send a picture or a video, which Griot fetches from the address once the message is taken.

        Pictures are JPEG, PNG, WebP or GIF to 16 MB, videos MP4, 3GPP, MOV or WebM to 64 MB. What cannot be
        fetched or sent makes the message `failed`, with a reason. It raises what `send` does.
        """
        sending = _calls.Sending(to, session_id, session_key, send_at, idempotency_key)
        return await self._line.do(_calls.send_media(sending, media_url, media_type, caption))

    async def send_audio(
        self,
        *,
        to: str,
        audio_url: str,
        ptt: bool = False,
        session_id: str | None = None,
        session_key: str | None = None,
        send_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> TakenMessage:
        """Send a sound, which Griot fetches as it does a picture: MP3, OGG, AAC, WAV or Opus to 16 MB.

        With `ptt` it is a voice note, and converted if need be; without, an audio file. It raises what `send`
        does.
        """
        sending = _calls.Sending(to, session_id, session_key, send_at, idempotency_key)
        return await self._line.do(_calls.send_audio(sending, audio_url, ptt=ptt))

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
        type: MessageType | None = None,  # noqa: A002 - it is the field's name
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
            await async_sleep(pause_s)
