"""What a session's stream says: server-sent events, made of what happened to the session."""

import asyncio
import base64
import io
import re
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

import segno
from fastapi.sse import ServerSentEvent

from api.fields import Shown
from api.live import Heard
from api.projector.projections import Document
from api.shapes import Answer
from griot_contracts.sessions import QrCodeIssued, SessionDeleted, SessionStatus, SessionStatusChanged

PAIRING: Final = (SessionStatus.STARTING, SessionStatus.AWAITING_SCAN)
"""Where a session is while there may be a code to scan."""
_ERRORS: Final = (SessionStatus.LOGGED_OUT, SessionStatus.RESTRICTED, SessionStatus.FAILED)
_FINAL_REASONS: Final = frozenset({"client_outdated"})
"""Reasons that another try meets again; all others pass, or go away with a new scan."""

_PIXELS_A_MODULE: Final = 6


class QrEvent(Answer):
    """`qr`: a code for the phone to scan."""

    code: str
    expires_at: Shown
    image: str


class StatusEvent(Answer):
    """`connected`, and `status` for what is neither that nor an error."""

    status: SessionStatus
    phone: str | None
    reason: str | None
    detail: str | None
    at: Shown


class ErrorEvent(Answer):
    """`error`: why the session does not work, and whether it is worth another try."""

    code: str
    detail: str | None
    retryable: bool
    status: SessionStatus
    at: Shown


_ID: Final = re.compile(r"(?:s(\d{1,18}))?(?:q(\d{1,18}))?")


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a listener is: the id of the last event it was told is this, as text.

    Attributes:
        status: the offset of the last change of status.
        code: the offset of the last QR code.
    """

    status: int = -1
    code: int = -1

    @classmethod
    def parse(cls, event_id: str) -> "Seen":
        """What the id of an event says; of another's id, nothing."""
        found = _ID.fullmatch(event_id)
        status, code = found.groups() if found else (None, None)
        return cls(-1 if status is None else int(status), -1 if code is None else int(code))

    def __str__(self) -> str:
        status = "" if self.status < 0 else f"s{self.status}"
        return status + ("" if self.code < 0 else f"q{self.code}")

    def covers(self, heard: Heard) -> bool:
        """Whether it was told this already."""
        return heard.offset <= (self.code if isinstance(heard.event, QrCodeIssued) else self.status)

    def after(self, heard: Heard) -> "Seen":
        """How far it is once it is told this as well."""
        if isinstance(heard.event, QrCodeIssued):
            return replace(self, code=max(heard.offset, self.code))
        return replace(self, status=max(heard.offset, self.status))

    def standing(self, session: Document, code: Heard | None) -> "Seen":
        """How far it is once it is told where the session stands."""
        code_seen = self.code if code is None else max(code.offset, self.code)
        return Seen(max(int(session["offset"]), self.status), code_seen)


def is_news(heard: Heard, seen: Seen, now: datetime) -> bool:
    """Whether it says something: a code that no phone could scan any more does not."""
    ended = isinstance(heard.event, QrCodeIssued) and heard.event.expires_at <= now
    return not ended and not seen.covers(heard)


def numbered(event: ServerSentEvent, seen: Seen) -> ServerSentEvent:
    """The event under the id that resumes after it."""
    return event.model_copy(update={"id": str(seen) or None})


@lru_cache(maxsize=64)
def png(code: str) -> bytes:
    """The code as a picture that a phone can scan."""
    picture = io.BytesIO()
    segno.make(code, micro=False).save(picture, kind="png", scale=_PIXELS_A_MODULE)
    return picture.getvalue()


async def now_standing(session: Document, code: Heard | None) -> ServerSentEvent:
    """The event for where a session stands: the code to scan if there is one, else its status."""
    status = SessionStatus(session["status"])
    if code is not None and status in PAIRING:
        event = await of_heard(code)
        assert event is not None, "a code makes an event"
        return event
    reason = session["reason"] or {"code": None, "detail": None}
    standing = StatusEvent(
        status=status,
        phone=session["phone"],
        reason=reason["code"],
        detail=reason["detail"],
        at=session["status_at"],
    )
    return _of_status(standing, session["offset"])


async def of_heard(heard: Heard) -> ServerSentEvent | None:
    """The event for what was heard; None where it is none of the stream's."""
    match heard.event:
        case QrCodeIssued(code=code, expires_at=expires_at):
            picture = base64.b64encode(await asyncio.to_thread(png, code)).decode()
            body = QrEvent(code=code, expires_at=expires_at, image=f"data:image/png;base64,{picture}")
            return _event("qr", body, f"q{heard.offset}")
        case SessionStatusChanged() as changed:
            standing = StatusEvent(
                status=changed.status,
                phone=changed.phone,
                reason=changed.reason,
                detail=changed.detail,
                at=changed.at,
            )
            return _of_status(standing, heard.offset)
        case SessionDeleted(at=at):
            gone = StatusEvent(status=SessionStatus.DELETED, phone=None, reason=None, detail=None, at=at)
            return _of_status(gone, heard.offset)
        case _:
            return None


def _of_status(standing: StatusEvent, offset: int) -> ServerSentEvent:
    if standing.status in _ERRORS:
        code = standing.reason or standing.status.value
        error = ErrorEvent(
            code=code,
            detail=standing.detail,
            retryable=code not in _FINAL_REASONS,
            status=standing.status,
            at=standing.at,
        )
        return _event("error", error, f"s{offset}")
    name = "connected" if standing.status is SessionStatus.CONNECTED else "status"
    return _event(name, standing, f"s{offset}")


def _event(name: str, body: Answer, id_: str) -> ServerSentEvent:
    return ServerSentEvent(event=name, id=id_, raw_data=body.model_dump_json())
