"""The JSON that goes in and out, and how documents of the read side become it."""

from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    SecretStr,
    StrictBool,
    field_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from api import examples
from api.fields import Moment, Name, PhoneNumber, Shown
from griot_contracts.accounts import Plan, Scope
from griot_contracts.messages import MessageStatus
from griot_contracts.sessions import DesiredState, SessionStatus, WhenDisconnected, WhenUnknown

T = TypeVar("T")


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


class NewSession(Asked):
    """The session to make."""

    session_key: Name = Field(
        alias="session_key", description="Your own name for it.", examples=["my-session"]
    )


class NewPacing(Asked):
    """How fast the session may send.

    It is kept and shown from now on; the dispatcher does not slow down by it before a later release.
    """

    messages_per_minute: Annotated[int, Field(strict=True, ge=1, le=600)] | None = Field(
        None, description="At most this many; null is as many as is usual.", examples=[20]
    )


def _without_defaults(schema: dict[str, Any]) -> None:
    """What is left out stays as it is: the defaults stand for nothing."""
    for part in schema["properties"].values():
        part.pop("default", None)


class SessionChange(Asked):
    """What to change of a session; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    session_key: Name = Field(
        "-",
        alias="session_key",
        description="Your own name for it.",
        examples=["my-session"],
    )
    desired_state: DesiredState = Field(
        DesiredState.CONNECTED,
        description="`disconnected` closes the connection and keeps the link to the phone; `connected` "
        "starts it again, also after nobody scanned the code in time.",
        examples=["connected"],
    )
    is_default: StrictBool = Field(
        default=False,
        description="Whether it sends for a request that names no session. True makes every other not so.",
        examples=[True],
    )
    when_disconnected: WhenDisconnected = Field(
        WhenDisconnected.REJECT,
        description="A message while it is not connected: refused with 409, or taken and kept waiting.",
        examples=["queue"],
    )
    when_unknown: WhenUnknown = Field(
        WhenUnknown.RESEND,
        description="A message of which nobody knows whether WhatsApp took it: sent again, or failed.",
        examples=["resend"],
    )
    pacing: NewPacing = Field(
        NewPacing(),
        description="How fast it may send. It is kept and shown now, and carried out by a later release.",
        examples=[{"messagesPerMinute": 20}],
    )


class PairPhone(Asked):
    """Which phone is to be linked."""

    phone: PhoneNumber = Field(description="Its number with the country code.", examples=["+237699000111"])


class PairingCodeView(Answer):
    """The code to enter on the phone."""

    model_config = examples.one(examples.PAIRING_CODE)

    code: str = Field(description="Under Linked devices, Link with phone number instead.")
    expires_at: Shown


class StreamTicketView(Answer):
    """A ticket for one stream."""

    model_config = examples.one(examples.TICKET)

    ticket: str = Field(description="For the query parameter `ticket` of this session's stream.")
    expires_at: Shown


class Reason(Answer):
    """Why: a stable code, and words where there are any."""

    code: str
    detail: str | None


class PacingView(Answer):
    """How fast a session may send."""

    messages_per_minute: int | None = Field(description="At most this many; null is as many as is usual.")


class SessionView(Answer):
    """A session: one WhatsApp device linked to a phone."""

    model_config = examples.one(examples.SESSION)

    id: str
    session_key: str = Field(alias="session_key")
    status: SessionStatus
    reason: Reason | None = Field(description="Why it stands there, where the status alone does not say.")
    phone: str | None = Field(
        description="The linked phone's number, once known.", examples=["+237612345678"]
    )
    desired_state: DesiredState = Field(description="Where you want it; `status` is where it stands.")
    is_default: bool = Field(
        description="Whether PATCH made it the one that sends for a request naming none."
    )
    when_disconnected: WhenDisconnected
    when_unknown: WhenUnknown
    pacing: PacingView | None = Field(description="How fast it may send; null is as fast as is usual.")
    created_at: Shown
    status_changed_at: Shown


class TakenMessageView(Answer):
    """A message that was taken."""

    model_config = examples.one(examples.TAKEN)

    id: str
    to_phone: str
    type: Literal["text", "image", "video", "audio"]
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
    message: str | None = Field(description="The text of a text message.")
    caption: str | None = Field(description="The words below a picture or a video.")
    ptt: bool | None = Field(description="Of audio: whether it is a voice note.")
    whatsapp_message_id: str | None
    reason: Reason | None
    created_at: Shown


class MessageWithTimelineView(MessageView):
    """A message with every step of its way."""

    model_config = examples.one(examples.MESSAGE | {"timeline": examples.TIMELINE})

    timeline: list[StepView]
