"""What goes in and out of sessions."""

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field, StrictBool

from api import examples
from api.fields import Name, PhoneNumber, Shown
from api.shapes import Answer, Asked, Reason
from griot_contracts.sessions import DesiredState, SessionStatus, WhenDisconnected, WhenUnknown


class NewSession(Asked):
    """The session to make."""

    session_key: Name = Field(
        alias="session_key", description="Your own name for it.", examples=["my-session"]
    )


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 20.0 is 20."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class NewPacing(Asked):
    """How fast the session may send. What is left out, or null, is as is usual with this Griot."""

    messages_per_minute: Annotated[int, Field(strict=True, ge=1, le=600), BeforeValidator(_whole)] | None = (
        Field(None, description="At most this many on average; null is as many as is usual.", examples=[20])
    )
    jitter: Annotated[float, Field(strict=True, ge=0, le=1)] | None = Field(
        None,
        description="By which part of itself the time between two messages varies, either way: 0 is as even "
        "as a machine, 1 anything up to twice as long. Null is as is usual.",
        examples=[0.3],
    )
    daily_cap: Annotated[int, Field(strict=True, ge=1, le=100_000), BeforeValidator(_whole)] | None = Field(
        None,
        description="The most messages that it sends in a day of UTC; the others wait for the next day. Null "
        "is as is usual: any number, unless this Griot spares young sessions.",
        examples=[50],
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
        description="How fast it may send. It replaces what was said before, as a whole.",
        examples=[{"messagesPerMinute": 20, "jitter": 0.3, "dailyCap": 50}],
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


class PacingView(Answer):
    """How fast a session may send."""

    messages_per_minute: int | None = Field(
        description="At most this many on average; null is as many as is usual."
    )
    jitter: float | None = Field(description="How uneven it is, from 0 to 1; null is as is usual.")
    daily_cap: int | None = Field(description="At most this many in a day of UTC; null is as is usual.")


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
