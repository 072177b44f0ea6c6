"""What a session's stream says, as it happens."""

import base64
from datetime import datetime
from typing import Annotated, Final

from httpx_sse import ServerSentEvent
from pydantic import Field, SkipValidation

from griot.models import Model, SessionStatus


class QrEvent(Model):
    """`qr`: a code for the phone to scan until `expires_at`. It is a secret while it lives."""

    code: str = Field(repr=False)
    expires_at: datetime
    image: str = Field(repr=False)
    """The code as a picture, a PNG in a data URL."""

    @property
    def png(self) -> bytes:
        """The code as a picture, for a file."""
        return base64.b64decode(self.image.partition(",")[2])


class StatusEvent(Model):
    """`status`: the session stands elsewhere now."""

    status: Annotated[SessionStatus, SkipValidation]
    phone: str | None = None
    reason: str | None = None
    detail: str | None = None
    at: datetime


class ConnectedEvent(StatusEvent):
    """`connected`: from now on it sends."""


class ErrorEvent(Model):
    """`error`: why the session does not work, and whether another try may help."""

    code: str
    detail: str | None = None
    retryable: bool
    status: Annotated[SessionStatus, SkipValidation]
    at: datetime


SessionEvent = QrEvent | ConnectedEvent | StatusEvent | ErrorEvent

_KINDS: Final[dict[str, type[QrEvent | ConnectedEvent | StatusEvent | ErrorEvent]]] = {
    "qr": QrEvent,
    "connected": ConnectedEvent,
    "status": StatusEvent,
    "error": ErrorEvent,
}


def event_of(heard: ServerSentEvent) -> SessionEvent | None:
    """The event; None for a kind that only a newer Griot knows."""
    kind = _KINDS.get(heard.event)
    return kind.model_validate_json(heard.data) if kind is not None else None
