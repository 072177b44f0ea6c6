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
    "failed",
    "unknown",
    "cancelled",
]
SessionStatus = Literal[
    "starting", "awaiting_scan", "connected", "disconnected", "logged_out", "restricted", "failed", "deleted"
]
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


class Key(Model):
    """An API key, without the key itself. `hint` is how it begins."""

    id: str
    name: str | None = None
    hint: str
    scopes: Annotated[tuple[Scope, ...], SkipValidation]
    expires_at: datetime | None = None
    created_at: datetime


class NewKey(Key):
    """A new API key: `key` is the key in clear, this once."""

    key: str = Field(repr=False)


class Session(Model):
    """A WhatsApp device linked to a phone. `phone` is known once it was linked."""

    id: str
    session_key: str = Field(alias="session_key")
    status: Annotated[SessionStatus, SkipValidation]
    reason: Reason | None = None
    phone: str | None = None
    created_at: datetime
    status_changed_at: datetime


class TakenMessage(Model):
    """A message that Griot took: it is in the log, and will come to an end that is told."""

    id: str
    to_phone: str
    type: str
    status: Annotated[MessageStatus, SkipValidation]


class Step(Model):
    """One step of a message's way."""

    status: Annotated[MessageStatus, SkipValidation]
    at: datetime
    attempt: int | None = None
    reason: Reason | None = None
    resend: bool | None = None
    not_before: datetime | None = None


class Message(TakenMessage):
    """A message and where it stands.

    `reason` says why it is `failed`, `rejected` or `unknown`. `timeline` is empty in a list.
    """

    session_id: str
    text: str | None = Field(None, alias="message", repr=False)
    whatsapp_message_id: str | None = None
    send_at: datetime | None = None
    reason: Reason | None = None
    created_at: datetime
    timeline: tuple[Step, ...] = ()
