"""The JSON that goes in and out, and how documents of the read side become it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    EmailStr,
    Field,
    PlainSerializer,
    SecretStr,
    StringConstraints,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from api import examples, numbers
from griot_contracts.accounts import Plan, Scope
from griot_contracts.messages import MessageStatus

T = TypeVar("T")

_RFC3339: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
LONGEST_TEXT = 65_536
"""WhatsApp takes no longer text."""


def _recipient(to: str) -> str:
    try:
        return numbers.whatsapp_id(to)
    except numbers.ImpossibleNumberError as error:
        raise PydanticCustomError("impossible_number", "{reason}", {"reason": str(error)}) from None


def _phone(number: str) -> str:
    to = _recipient(number)
    if "@" in number or not to.endswith("@s.whatsapp.net"):
        raise PydanticCustomError("impossible_number", "give a number with its country code")
    return numbers.shown(to)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise PydanticCustomError("blank", "must not be blank")
    return text


def _in_milliseconds(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _rfc3339(at: Any) -> Any:
    """Nothing else is a time: a bare number would be read as seconds of an epoch that nobody named."""
    if isinstance(at, str) and _RFC3339.fullmatch(at) is None:
        raise PydanticCustomError("not_a_time", "a time looks like 2026-03-14T08:00:00Z")
    if not isinstance(at, str | datetime):
        raise PydanticCustomError("not_a_time", "a time is text such as 2026-03-14T08:00:00Z")
    return at


def _zoned(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("no_such_time", "no calendar has this time in UTC") from None


Recipient = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(_recipient),
    Field(json_schema_extra={"format": "whatsapp-recipient"}),
]
PhoneNumber = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(_phone),
    Field(json_schema_extra={"format": "phone"}),
]
Moment = Annotated[datetime, BeforeValidator(_rfc3339), AfterValidator(_zoned)]
Shown = Annotated[
    datetime,
    PlainSerializer(_in_milliseconds, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""A time in an answer: UTC, in milliseconds."""

NotBlank = Annotated[str, AfterValidator(_not_blank), Field(json_schema_extra={"pattern": r"\S"})]
Name = Annotated[NotBlank, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Asked(BaseModel):
    """A request's body: a field that is not known is refused, so that a typo is never silently ignored."""

    model_config = ConfigDict(
        extra="forbid", alias_generator=to_camel, validate_by_alias=True, validate_by_name=False
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_unicode(cls, value: Any) -> Any:
        """JSON can escape half a character, and then nothing can encode it."""
        try:
            if isinstance(value, str):
                value.encode()
        except UnicodeEncodeError:
            raise PydanticCustomError("not_unicode", "holds half of a character") from None
        return value


class Answer(BaseModel):
    """An answer's body, in camelCase."""

    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, validate_by_alias=True, serialize_by_alias=True
    )


class Page(Answer, Generic[T]):
    """A part of a list, newest first."""

    model_config = ConfigDict(json_schema_extra={"description": "A part of a list, newest first."})

    data: list[T]
    next_cursor: str | None = Field(description="The `cursor` of the part that follows; null at the end.")


class SignUp(Asked):
    """Who opens an account."""

    email: EmailStr = Field(examples=["ama@example.com"])
    password: SecretStr = Field(min_length=8, max_length=1_000, examples=["correct horse battery staple"])
    name: Name | None = Field(None, examples=["Ama's shop"])


class AccountView(Answer):
    """An account, its plan, and what is left of it."""

    model_config = examples.one(examples.ACCOUNT)

    id: str
    email: str
    name: str | None
    plan: Plan
    session_limit: int | None = Field(description="Sessions it may hold at once; null is no limit.")
    daily_message_limit: int
    sent_today: int = Field(description="Messages of this day of UTC that count against the limit.")
    resets_at: Shown = Field(description="When the count begins again.")
    created_at: Shown


class NewAccountView(AccountView):
    """A new account with its first key."""

    model_config = examples.one(examples.ACCOUNT | {"key": examples.KEY})

    key: str = Field(description="The first API key, in clear this once.", examples=["grt_live_…"])


class NewKey(Asked):
    """What the key is for."""

    name: Name | None = Field(None, examples=["web shop"])
    scopes: Annotated[list[Scope], Field(min_length=1)] | None = Field(
        None,
        description="What it may do; without, all that the asking key may.",
        examples=[["messages:send", "messages:read"]],
    )
    expires_at: Moment | None = Field(
        None,
        description="When it ends, a time to come; without, when it is revoked.",
        examples=["2036-03-14T08:00:00Z"],
    )


class KeyView(Answer):
    """An API key, without the key itself."""

    model_config = examples.one(examples.KEY_VIEW)

    id: str
    name: str | None
    hint: str = Field(description="How the key begins.", examples=["grt_live_9fQz"])
    scopes: list[Scope]
    expires_at: Shown | None
    created_at: Shown


class NewKeyView(KeyView):
    """A new API key."""

    model_config = examples.one(examples.KEY_VIEW | {"key": examples.KEY})

    key: str = Field(description="The key, in clear this once.", examples=["grt_live_…"])


class Reason(Answer):
    """Why: a stable code, and words where there are any."""

    code: str
    detail: str | None


_NOT_BOTH: Final[dict[str, Any]] = {
    "not": {
        "required": ["sessionId", "session_key"],
        "properties": {"sessionId": {"type": "string"}, "session_key": {"type": "string"}},
    }
}


class NewMessage(Asked):
    """A text message. Without a session, the default one sends, or the one that was connected first."""

    model_config = ConfigDict(json_schema_extra=_NOT_BOTH)

    to: Recipient = Field(
        description="A number with its country code, or a WhatsApp id.", examples=["+237612345678"]
    )
    message: Annotated[NotBlank, StringConstraints(max_length=LONGEST_TEXT)] = Field(examples=["Hello"])
    session_id: str | None = Field(None, description="Which session sends.")
    session_key: str | None = Field(
        None, alias="session_key", description="The same, by your own name for it."
    )

    @model_validator(mode="after")
    def _one_session(self) -> "NewMessage":
        if self.session_id is not None and self.session_key is not None:
            raise PydanticCustomError("two_sessions", "give sessionId or session_key, not both")
        return self


class TakenMessageView(Answer):
    """A message that was taken."""

    model_config = examples.one(examples.TAKEN)

    id: str
    to_phone: str
    type: str
    status: MessageStatus


class StepView(Answer):
    """One step of a message's way."""

    status: MessageStatus
    at: Shown
    attempt: int | None = None
    reason: Reason | None = None


class MessageView(TakenMessageView):
    """A message and where it stands."""

    model_config = examples.one(examples.MESSAGE)

    session_id: str
    message: str
    whatsapp_message_id: str | None
    reason: Reason | None
    created_at: Shown


class MessageWithTimelineView(MessageView):
    """A message with every step of its way."""

    model_config = examples.one(examples.MESSAGE | {"timeline": examples.TIMELINE})

    timeline: list[StepView]
