"""What Griot answers with. A newer Griot may say more than is named here; what is not known is left out."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SkipValidation
from pydantic.alias_generators import to_camel

T = TypeVar("T")

MessageStatus = Literal[
    "pending",
    "queued",
    "sending",
    "sent",
    "delivered",
    "read",
    "rejected",
    "cancelled",
    "failed",
    "unknown",
]
SessionStatus = Literal[
    "starting", "awaiting_scan", "connected", "disconnected", "logged_out", "restricted", "failed", "deleted"
]
MessageType = Literal["text", "image", "video", "audio"]
MediaType = Literal["image", "video"]
DesiredState = Literal["connected", "disconnected"]
WhenDisconnected = Literal["reject", "queue"]
WhenUnknown = Literal["resend", "fail"]
Scope = Literal["messages:send", "messages:read", "sessions:manage", "keys:manage"]


class Model(BaseModel):
    """Something Griot said. It does not change; ask again for how it is now."""

    # Literals are for whoever reads and checks the code that uses them: their values are not checked here, so
    # that a status that only a newer Griot knows breaks nobody.
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Page(Model, Generic[T]):
    """A part of a list."""

    data: tuple[T, ...]
    next_cursor: str | None = None


class Reason(Model):
    """Why: a stable code, and words where there are any."""

    code: str
    detail: str | None = None


class Account(Model):
    """An account, its plan, and what is left of it. `session_limit` is None where there is none."""

    id: str
    email: str
    name: str | None = None
    plan: str
    session_limit: int | None = None
    daily_message_limit: int
    sent_today: int
    resets_at: datetime
    created_at: datetime


class NewAccount(Account):
    """A new account: `key` is its first API key in clear, this once."""

    key: str = Field(repr=False)


class Key(Model):
    """An API key, without the key itself. `hint` is how it begins; `last_used_at` is to the minute."""

    id: str
    name: str | None = None
    hint: str
    scopes: Annotated[tuple[Scope, ...], SkipValidation]
    expires_at: datetime | None = None
    created_at: datetime
    last_used_at: datetime | None = None


class NewKey(Key):
    """A new API key: `key` is the key in clear, this once."""

    key: str = Field(repr=False)


class Pacing(Model):
    """How fast a session may send; what is None or left out is as is usual.

    `jitter`, from 0 to 1, is how uneven it is; `daily_cap` is of a day of UTC.
    """

    messages_per_minute: int | None = None
    jitter: float | None = None
    daily_cap: int | None = None


class Session(Model):
    """A WhatsApp device linked to a phone. `phone` is known once it was linked.

    `status` is where it stands, `desired_state` where you want it. `is_default` is whether it sends for a
    message that names no session.
    """

    id: str
    session_key: str = Field(alias="session_key")
    status: Annotated[SessionStatus, SkipValidation]
    reason: Reason | None = None
    phone: str | None = None
    desired_state: Annotated[DesiredState, SkipValidation]
    is_default: bool
    when_disconnected: Annotated[WhenDisconnected, SkipValidation]
    when_unknown: Annotated[WhenUnknown, SkipValidation]
    pacing: Pacing | None = None
    created_at: datetime
    status_changed_at: datetime


class PairingCode(Model):
    """What to enter on the phone, until `expires_at`: Linked devices, Link with phone number instead."""

    code: str = Field(repr=False)
    expires_at: datetime


class StreamTicket(Model):
    """What stands for the key in the address of one session's stream, until `expires_at`."""

    ticket: str = Field(repr=False)
    expires_at: datetime


class TakenMessage(Model):
    """A message that Griot took: it is in the log, and will come to an end that is told."""

    id: str
    to_phone: str
    type: Annotated[MessageType, SkipValidation]
    status: Annotated[MessageStatus, SkipValidation]


class Step(Model):
    """One step of a message's way.

    `resend` says of `unknown` whether it is sent again, `not_before` when the next attempt may be.
    """

    status: Annotated[MessageStatus, SkipValidation]
    at: datetime
    attempt: int | None = None
    reason: Reason | None = None
    resend: bool | None = None
    not_before: datetime | None = None


class Message(TakenMessage):
    """A message and where it stands.

    `text` is that of a text, `caption` a picture's or a video's; `ptt` says of audio if it is a voice note.

    `send_at` is when it was asked to be sent. `reason` says why it is `failed`, `rejected` or `unknown`.
    `timeline` is empty in a list.
    """

    session_id: str
    text: str | None = Field(None, alias="message", repr=False)
    caption: str | None = Field(None, repr=False)
    ptt: bool | None = None
    whatsapp_message_id: str | None = None
    send_at: datetime | None = None
    reason: Reason | None = None
    created_at: datetime
    timeline: tuple[Step, ...] = ()
