"""A message: what is sent, and every step of its way."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from griot_contracts.base import Command, Creation, Event, Model, Time


class MessageStatus(StrEnum):
    """Where a message stands, in the order in which it moves: a later one never gives way to an earlier one.

    `failed` stands before `sent` because a receipt may still prove that a message given up was delivered
    after all. `cancelled` stands behind `sending` because a message may be cancelled between two attempts.
    """

    PENDING = "pending"
    REJECTED = "rejected"
    QUEUED = "queued"
    SENDING = "sending"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"

    @property
    def rank(self) -> int:
        """The place in the order, for comparing."""
        return list(MessageStatus).index(self)


class TextContent(Model):
    """Plain text, as the sender wrote it."""

    type: Literal["text"] = "text"
    text: str


class MediaContent(Model):
    """A picture or a video that lies at `url`, with words below it. The address may hold a secret."""

    type: Literal["image", "video"]
    url: str
    caption: str | None = None


class AudioContent(Model):
    """A sound that lies at `url`: a voice note with `ptt` ("push to talk"), else an audio file."""

    type: Literal["audio"] = "audio"
    url: str
    ptt: bool = False


Content = Annotated[TextContent | MediaContent | AudioContent, Field(discriminator="type")]
"""What a message carries; `type` tells the kinds apart. Other kinds join the union."""


class MediaReference(Model):
    """Where the bytes of a message's media lie: in the claim-check store, for a day.

    `kind` and `mime_type` are read from the bytes themselves, `size` is in bytes, `sha256` in hex.
    """

    id: str
    kind: Literal["image", "video", "audio"]
    mime_type: str
    size: int
    sha256: str


class SendMessage(Creation):
    """Accept a message for sending, if the day's limit allows.

    `to` is a WhatsApp id such as `237612345678@s.whatsapp.net`. `key_id` is the API key it was asked with:
    one that is revoked by then sends nothing. With `send_at` it is accepted now, counts against the day it
    is accepted on, and is sent then.
    """

    message_id: str
    session_id: str
    to: str
    content: Content
    key_id: str | None = None
    send_at: Time | None = None


class DispatchMessage(Command):
    """To the dispatcher: queue an accepted message and see it through to its end; not before `send_at`."""

    message_id: str
    session_id: str
    to: str
    content: Content
    send_at: Time | None = None


class CancelMessage(Command):
    """To the dispatcher: do not send a message that still waits.

    The reply is a `CommandDecided`. Refused with `message_not_cancellable` once an attempt is under way, or
    after the message's end. A repeat is granted again, and the reply's `at` is that of the first.
    """

    message_id: str
    session_id: str


class DeliverMessage(Command):
    """To the session's owner.

    Hand this message to WhatsApp. `attempt` counts from 1; each attempt is made at most once. `media` is
    there when the content is more than text. `open_since` is there when the same attempt may have been asked
    for before: not before this moment; without it, not before `at`.
    """

    message_id: str
    session_id: str
    to: str
    content: Content
    attempt: int
    media: MediaReference | None = None
    open_since: Time | None = None


class MessageEvent(Event):
    """What every step of a message says of itself."""

    message_id: str
    session_id: str


class MessageAccepted(MessageEvent):
    """The message counts against the limit of `day` and will come to an end that is told: `pending`.

    `day` is UTC's; without it, the day of `at`. Around midnight it may be the day after: an account's day
    never turns back. With `send_at` it is sent then, and counts against the day it was accepted on.
    """

    to: str
    content: Content
    day: date | None = None
    send_at: Time | None = None


class MessageRejected(MessageEvent):
    """The message was refused, at the limit or because its account, key or session may not send: `rejected`.

    It counts against nothing.
    """

    to: str
    content: Content
    reason: str
    limit: int | None = None
    resets_at: Time | None = None


class MessageQueued(MessageEvent):
    """The dispatcher holds the message: `queued`; it makes no attempt before `not_before`.

    Told again, with a reason, whenever it goes on waiting: after an `attempt` that failed and is not the
    last, and when the session has sent all that it may on a day. That moves no status back.
    """

    not_before: Time | None = None
    attempt: int | None = None
    reason: str | None = None
    detail: str | None = None


class MessageSending(MessageEvent):
    """The message was given to the session's owner: `sending`."""

    attempt: int


class MessageSent(MessageEvent):
    """WhatsApp's server took the message: `sent`."""

    whatsapp_message_id: str


class MessageDelivered(MessageEvent):
    """The recipient's device has the message: `delivered`."""


class MessageRead(MessageEvent):
    """The recipient opened the message: `read`. It may come without `MessageDelivered`."""


class MessageUnknown(MessageEvent):
    """Nobody knows whether WhatsApp took this attempt.

    `unknown`. `resend` says whether another attempt follows, and `not_before` when at the earliest.
    """

    attempt: int
    reason: str
    resend: bool
    not_before: Time | None = None


class MessageCancelled(MessageEvent):
    """The message was cancelled before it was sent: `cancelled`. `at` is when it was asked for."""


class MessageFailed(MessageEvent):
    """The message is given up: `failed`, with a stable code and words that say why."""

    reason: str
    detail: str | None = None
