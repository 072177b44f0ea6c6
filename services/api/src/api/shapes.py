"""The JSON that goes in and out."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    SecretStr,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from api import examples
from api.fields import Moment, Name, Shown
from griot_contracts.accounts import Plan, Scope
from griot_contracts.messages import MessageStatus

T = TypeVar("T")

MessageType = Literal["text", "image", "video", "audio"]


class Asked(BaseModel):
    """What a request asks: a field that is not known is refused, so that a typo is never silently ignored."""

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
    last_used_at: Shown | None = Field(description="To the minute; null when it was never used.")


class NewKeyView(KeyView):
    """A new API key."""

    model_config = examples.one(examples.KEY_VIEW | {"key": examples.KEY})

    key: str = Field(description="The key, in clear this once.", examples=["grt_live_…"])


class Reason(Answer):
    """Why: a stable code, and words where there are any."""

    code: str
    detail: str | None


class TakenMessageView(Answer):
    """A message that was taken."""

    model_config = examples.one(examples.TAKEN)

    id: str
    to_phone: str
    type: MessageType
    status: MessageStatus


class StepView(Answer):
    """One step of a message's way."""

    status: MessageStatus
    at: Shown
    attempt: int | None = Field(None, description="Which attempt to send it this tells of.")
    reason: Reason | None = None
    resend: bool | None = Field(None, description="Of `unknown`: whether it is sent again.")
    not_before: Shown | None = Field(None, description="No attempt, or none further, before this time.")


class MessageView(TakenMessageView):
    """A message and where it stands."""

    model_config = examples.one(examples.MESSAGE)

    session_id: str
    message: str | None = Field(description="The text of a text message.")
    caption: str | None = Field(description="The words below a picture or a video.")
    ptt: bool | None = Field(description="Of audio: whether it is a voice note.")
    whatsapp_message_id: str | None
    send_at: Shown | None = Field(description="When it was asked to be sent; null is as soon as it can be.")
    reason: Reason | None
    created_at: Shown


class MessageWithTimelineView(MessageView):
    """A message with every step of its way."""

    model_config = examples.one(examples.MESSAGE | {"timeline": examples.TIMELINE})

    timeline: list[StepView]
