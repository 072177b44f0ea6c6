"""What a session's events make of its document."""

from typing import Any, Final

from api.projector.timeline import moment
from griot_contracts.sessions import (
    DesiredState,
    SessionCreated,
    SessionStatus,
    SessionStatusChanged,
    SessionUpdated,
)

Document = dict[str, Any]

_WANTED: Final = {"session_key", "desired_state", "is_default", "when_disconnected", "when_unknown"}
"""What an account says of its session, by the same names in the event and in the document."""


def session_of(event: SessionCreated) -> Document:
    """A session that has just been made."""
    return {
        "_id": event.session_id,
        "account_id": event.account_id,
        "session_key": event.session_key,
        "status": SessionStatus.STARTING.value,
        "status_at": moment(event.at),
        "epoch": 0,
        "reason": None,
        "phone": None,
        "when_disconnected": event.when_disconnected.value,
        "when_unknown": event.when_unknown.value,
        "desired_state": DesiredState.CONNECTED.value,
        "is_default": False,
        "pacing": None,
        "updated_at": moment(event.at),
        "created_at": moment(event.at),
    }


def session_updated(session: Document, event: SessionUpdated) -> Document:
    """The session as its account wants it now."""
    changed = event.model_dump(mode="json", by_alias=False, exclude_none=True, include=_WANTED)
    if event.pacing is not None:
        changed["pacing"] = event.pacing.model_dump(by_alias=False)
    return session | changed | {"updated_at": moment(event.at)}


def session_stands(session: Document, event: SessionStatusChanged) -> Document:
    """The later owner's status holds: a worker that lost the session may not know it yet.

    Of one owner's the last holds, whatever its clock says.
    """
    if event.epoch < session["epoch"] or session["status"] == SessionStatus.DELETED.value:
        return session
    return session | {
        "status": event.status.value,
        "status_at": moment(event.at),
        "epoch": event.epoch,
        "reason": None if event.reason is None else {"code": event.reason, "detail": event.detail},
        "phone": event.phone or session["phone"],
    }
