"""What every list takes, and what names one thing in an address."""

from typing import Annotated

from fastapi import Path
from pydantic import Field

from api import examples
from api.fields import Moment, Recipient
from api.shapes import Asked, MessageType
from griot_contracts.messages import MessageStatus

SessionId = Annotated[str, Path(description="The session's id.", examples=[examples.SESSION_ID])]
KeyId = Annotated[str, Path(description="The key's id.", examples=[examples.KEY_ID])]
MessageId = Annotated[str, Path(description="The message's id.", examples=[examples.MESSAGE_ID])]


class Part(Asked):
    """Which part of a list is asked for."""

    limit: int = Field(50, ge=1, le=100, description="How many at most.")
    cursor: str | None = Field(
        None,
        max_length=200,
        description="`nextCursor` of the part before; without, from the newest.",
        json_schema_extra={"format": "cursor"},
    )


class MessagesPart(Part):
    """Which messages are asked for."""

    status: MessageStatus | None = Field(None, description="Only those that stand here.")
    session_id: str | None = Field(None, description="Only of this session.")
    type: MessageType | None = Field(None, description="Only of this kind.")
    to: Recipient | None = Field(None, description="Only to this recipient.")
    since: Moment | None = Field(None, alias="from", description="From this time on.")
    until: Moment | None = Field(None, description="Before this time.")
