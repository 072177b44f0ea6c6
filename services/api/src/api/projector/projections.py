"""What each event makes of the documents of the read side.

Pure: a document is what the log up to its `offset` makes of it, and nothing else. So a repeat changes
nothing, a rebuild gives the same documents, and the api can lay the events it has just seen over what
MongoDB says, with these very functions.
"""

from dataclasses import dataclass
from typing import Any, Final

from api.projector.session import session_of, session_stands, session_updated
from api.projector.timeline import is_told, moment, timeline_step
from griot_contracts.accounts import (
    AccountOpened,
    AccountResumed,
    AccountSuspended,
    KeyIssued,
    KeyRevoked,
    KeyUsed,
    PlanChanged,
)
from griot_contracts.base import Contract, Sequenced
from griot_contracts.messages import (
    MessageAccepted,
    MessageCancelled,
    MessageDelivered,
    MessageEvent,
    MessageFailed,
    MessageQueued,
    MessageRead,
    MessageRejected,
    MessageSending,
    MessageSent,
    MessageStatus,
    MessageUnknown,
)
from griot_contracts.sessions import (
    SessionCreated,
    SessionDeleted,
    SessionStatus,
    SessionStatusChanged,
    SessionUpdated,
)

Document = dict[str, Any]

ACCOUNTS: Final = "accounts"
API_KEYS: Final = "api_keys"
SESSIONS: Final = "sessions"
MESSAGES: Final = "messages"
USAGE: Final = "usage"
KEY_USES: Final = "key_uses"

NOT_IN_THE_LOG_YET: Final = -1
"""The offset of an event that is known to be decided and was not read from the log.

It holds whatever was read so far.
"""

_STATUS_OF: Final[dict[type[MessageEvent], MessageStatus]] = {
    MessageQueued: MessageStatus.QUEUED,
    MessageSending: MessageStatus.SENDING,
    MessageSent: MessageStatus.SENT,
    MessageDelivered: MessageStatus.DELIVERED,
    MessageRead: MessageStatus.READ,
    MessageUnknown: MessageStatus.UNKNOWN,
    MessageFailed: MessageStatus.FAILED,
    MessageCancelled: MessageStatus.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Ref:
    """A document: its collection and its id. All events that touch one lie in one partition of one topic."""

    collection: str
    id: str


def touched(event: Contract) -> Ref | None:
    """The document that the event changes.

    None where the read side has no use for it. Usage is counted apart.
    """
    match event:
        case AccountOpened() | PlanChanged() | AccountSuspended() | AccountResumed():
            return Ref(ACCOUNTS, event.account_id)
        case KeyIssued() | KeyRevoked():
            return Ref(API_KEYS, event.key_id)
        case KeyUsed():
            return Ref(KEY_USES, event.key_id)
        case SessionCreated() | SessionUpdated() | SessionStatusChanged() | SessionDeleted():
            return Ref(SESSIONS, event.session_id)
        case MessageEvent():
            return Ref(MESSAGES, event.message_id)
        case _:
            return None


def evolve(document: Document | None, event: Contract, offset: int) -> Document | None:
    """The document after the event.

    The very same one when it holds that offset already; None when its beginning is not known (it is older
    than the log).
    """
    if document is None:
        begun = _beginning(event)
        return None if begun is None else begun | _acceptance(None, event, offset) | {"offset": offset}
    if NOT_IN_THE_LOG_YET < offset <= document["offset"]:
        return document
    if offset == NOT_IN_THE_LOG_YET and _is_outdated(document, event):
        return document
    told = {"offset": max(offset, document["offset"])}
    if isinstance(event, Sequenced):
        last = document.get("sequence")
        if event.is_overtaken(last):
            return document | told
        told["sequence"] = event.latest(last)
    return _change(document, event) | _acceptance(document, event, offset) | told


def is_acceptance(document: Document | None, offset: int) -> bool:
    """Whether the record at this offset accepted the message: it counts, and a repeat does not."""
    return document is not None and document.get("accepted_offset") == offset


def _acceptance(before: Document | None, event: Contract, offset: int) -> Document:
    if not isinstance(event, MessageAccepted):
        return {}
    if before is None or before["offset"] == NOT_IN_THE_LOG_YET or is_asked_again(before, event):
        return {"accepted_offset": offset}
    return {}


def _is_outdated(document: Document, event: Contract) -> bool:
    """Whether what was known before it stood in the log has been overtaken by what was read from there."""
    return isinstance(event, SessionUpdated) and moment(event.at) < document["updated_at"]


def _beginning(event: Contract) -> Document | None:
    match event:
        case AccountOpened():
            return _account(event)
        case KeyIssued():
            return _key(event)
        case KeyUsed():
            return {"_id": event.key_id, "account_id": event.account_id, "at": moment(event.at)}
        case SessionCreated():
            return session_of(event)
        case MessageAccepted() | MessageRejected():
            return _message(event)
        case _:
            return None


def _change(document: Document, event: Contract) -> Document:  # noqa: PLR0911 - one case an event
    """Beginnings come again when their decider was stopped between writing and remembering.

    They change nothing then.
    """
    match event:
        case PlanChanged():
            return document | {"plan": event.plan.value}
        case AccountSuspended():
            return document | {"suspended_at": moment(event.at)}
        case AccountResumed():
            return document | {"suspended_at": None}
        case KeyRevoked():
            return document | {"revoked_at": document["revoked_at"] or moment(event.at)}
        case SessionUpdated():
            return session_updated(document, event)
        case KeyUsed():
            return document | {"at": max(document["at"], moment(event.at))}
        case SessionStatusChanged():
            return session_stands(document, event)
        case SessionDeleted():
            return document | {"status": SessionStatus.DELETED.value}
        case MessageEvent():
            return _message_changed(document, event)
        case _:
            return document


def _message_changed(message: Document, event: MessageEvent) -> Document:
    if isinstance(event, MessageAccepted) and is_asked_again(message, event):
        begun = _message(event)
        return begun | {"timeline": [*message["timeline"], *begun["timeline"]]}
    status = _STATUS_OF.get(type(event))
    return message if status is None else _step(message, event, status)


def is_asked_again(message: Document, event: MessageAccepted) -> bool:
    """Whether a message that was refused is accepted, because it was asked for again later.

    Under an Idempotency-Key it has the same id.
    """
    rejected = bool(message["status"] == MessageStatus.REJECTED.value)
    return rejected and moment(event.at) > message["created_at"]


def _account(event: AccountOpened) -> Document:
    return {
        "_id": event.account_id,
        "email": event.email,
        "name": event.name,
        "plan": event.plan.value,
        "created_at": moment(event.at),
    }


def _key(event: KeyIssued) -> Document:
    return {
        "_id": event.key_id,
        "account_id": event.account_id,
        "hash": event.key_hash,
        "hint": event.key_hint,
        "name": event.name,
        "scopes": [scope.value for scope in event.scopes],
        "created_at": moment(event.at),
        "expires_at": None if event.expires_at is None else moment(event.expires_at),
        "revoked_at": None,
    }


def _message(event: MessageAccepted | MessageRejected) -> Document:
    status, at, send_at = MessageStatus.REJECTED, moment(event.at), None
    if isinstance(event, MessageAccepted):
        status = MessageStatus.PENDING
        send_at = None if event.send_at is None else moment(event.send_at)
    step = timeline_step(event, status)
    return {
        "_id": event.message_id,
        "account_id": event.account_id,
        "session_id": event.session_id,
        "to": event.to,
        "type": event.content.type,
        "content": event.content.model_dump(mode="json", exclude={"type"}),
        "status": status.value,
        "reason": step.get("reason"),
        "whatsapp_message_id": None,
        "send_at": send_at,
        "created_at": at,
        "kept_from": max(at, send_at or at),
        "timeline": [step],
    }


def _step(message: Document, event: MessageEvent, status: MessageStatus) -> Document:
    step = timeline_step(event, status)
    if is_told(step, message["timeline"]):
        return message
    after = message | {"timeline": [*message["timeline"], step]}
    if isinstance(event, MessageSent):
        after["whatsapp_message_id"] = event.whatsapp_message_id
    if status.rank >= MessageStatus(message["status"]).rank:
        after |= {"status": status.value, "reason": step.get("reason")}
    return after
