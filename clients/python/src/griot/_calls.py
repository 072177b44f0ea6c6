"""Every request there is, as data: both clients send these, and neither knows a path."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from pydantic import TypeAdapter

from griot.models import (
    Account,
    DesiredState,
    Key,
    MediaType,
    Message,
    MessageStatus,
    MessageType,
    NewAccount,
    NewKey,
    Pacing,
    Page,
    PairingCode,
    Scope,
    Session,
    StreamTicket,
    TakenMessage,
    WhenDisconnected,
    WhenUnknown,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and how its answer is read.

    A POST has its Idempotency-Key from the start, so that a repeat of the call is the same request to Griot.
    """

    method: str
    path: str
    parse: Callable[[bytes], T]
    params: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)

    def after(self, cursor: str) -> "Call[T]":
        """The same list, further on."""
        return replace(self, params={**self.params, "cursor": cursor})


def open_account(
    email: str, password: str, name: str | None, idempotency_key: str | None
) -> Call[NewAccount]:
    body = {"email": email, "password": password, "name": name}
    return _post("/accounts", NewAccount, body, idempotency_key)


def read_account() -> Call[Account]:
    return _get("/account", Account)


def issue_key(
    name: str | None, scopes: Sequence[Scope] | None, expires_at: datetime | None, idempotency_key: str | None
) -> Call[NewKey]:
    scopes = None if scopes is None else list(scopes)
    body = {"name": name, "scopes": scopes, "expiresAt": _moment(expires_at)}
    return _post("/keys", NewKey, body, idempotency_key)


def list_keys(page_size: int | None) -> Call[Page[Key]]:
    return _get("/keys", Page[Key], {"limit": page_size})


def revoke_key(key_id: str) -> Call[None]:
    return _delete(f"/keys/{_part(key_id)}")


def create_session(session_key: str, idempotency_key: str | None) -> Call[Session]:
    return _post("/sessions", Session, {"session_key": session_key}, idempotency_key)


def list_sessions(page_size: int | None) -> Call[Page[Session]]:
    return _get("/sessions", Page[Session], {"limit": page_size})


def read_session(session_id: str) -> Call[Session]:
    return _get(f"/sessions/{_part(session_id)}", Session)


def update_session(
    session_id: str,
    *,
    session_key: str | None,
    desired_state: DesiredState | None,
    is_default: bool | None,
    when_disconnected: WhenDisconnected | None,
    when_unknown: WhenUnknown | None,
    pacing: Pacing | None,
) -> Call[Session]:
    body = {
        "session_key": session_key,
        "desiredState": desired_state,
        "isDefault": is_default,
        "whenDisconnected": when_disconnected,
        "whenUnknown": when_unknown,
        "pacing": None if pacing is None else pacing.model_dump(by_alias=True, exclude_unset=True),
    }
    return Call("PATCH", f"/sessions/{_part(session_id)}", _parser(Session), body=_given(body))


def delete_session(session_id: str) -> Call[None]:
    return _delete(f"/sessions/{_part(session_id)}")


def stream_session(session_id: str, last_event_id: str | None) -> Call[None]:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if last_event_id:
        headers["Last-Event-ID"] = last_event_id
    return Call("GET", f"/sessions/{_part(session_id)}/stream", _nothing, headers=headers)


def request_pairing_code(session_id: str, phone: str) -> Call[PairingCode]:
    return _post(f"/sessions/{_part(session_id)}/pairing-code", PairingCode, {"phone": phone})


def issue_stream_ticket(session_id: str) -> Call[StreamTicket]:
    return _post(f"/sessions/{_part(session_id)}/stream-ticket", StreamTicket, None)


def picture_of_code(session_id: str) -> Call[bytes]:
    return Call("GET", f"/sessions/{_part(session_id)}/qr.png", bytes)


@dataclass(frozen=True, slots=True)
class Sending:
    """What a message of every kind says."""

    to: str
    session_id: str | None
    session_key: str | None
    send_at: datetime | None
    idempotency_key: str | None

    def call(self, path: str, **content: Any) -> Call[TakenMessage]:
        body = {
            "to": self.to,
            **content,
            "sessionId": self.session_id,
            "session_key": self.session_key,
            "sendAt": _moment(self.send_at),
        }
        return _post(path, TakenMessage, body, self.idempotency_key)


def send_text(sending: Sending, text: str) -> Call[TakenMessage]:
    return sending.call("/messages", message=text)


def send_media(
    sending: Sending, media_url: str, media_type: MediaType, caption: str | None
) -> Call[TakenMessage]:
    return sending.call("/messages/media", mediaUrl=media_url, mediaType=media_type, caption=caption)


def send_audio(sending: Sending, audio_url: str, *, ptt: bool) -> Call[TakenMessage]:
    return sending.call("/messages/audio", audioUrl=audio_url, ptt=ptt)


def read_message(message_id: str) -> Call[Message]:
    return _get(f"/messages/{_part(message_id)}", Message)


def cancel_message(message_id: str) -> Call[None]:
    return _delete(f"/messages/{_part(message_id)}")


def list_messages(
    *,
    status: MessageStatus | None,
    session_id: str | None,
    type_: MessageType | None,
    to: str | None,
    since: datetime | None,
    until: datetime | None,
    page_size: int | None,
) -> Call[Page[Message]]:
    params = {
        "status": status,
        "sessionId": session_id,
        "type": type_,
        "to": to,
        "from": _moment(since),
        "until": _moment(until),
        "limit": page_size,
    }
    return _get("/messages", Page[Message], params)


def _get(path: str, kind: type[T], params: Mapping[str, str | int | None] | None = None) -> Call[T]:
    given = {name: str(value) for name, value in _given(params or {}).items()}
    return Call("GET", path, _parser(kind), params=given)


def _post(
    path: str, kind: type[T], body: Mapping[str, Any] | None, idempotency_key: str | None = None
) -> Call[T]:
    given = None if body is None else _given(body)
    headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
    return Call("POST", path, _parser(kind), body=given, headers=headers)


def _delete(path: str) -> Call[None]:
    return Call("DELETE", path, _nothing)


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _parser(kind: type[T]) -> Callable[[bytes], T]:
    return TypeAdapter(kind).validate_json


def _nothing(_: bytes) -> None:
    return None


def _part(value: str) -> str:
    """A value as one part of a path; an empty one would name the whole list."""
    if not value:
        raise ValueError("an id is missing")
    return quote(value, safe="")


def _moment(at: datetime | None) -> str | None:
    """A time with its zone. One without is taken as this machine's, as datetime itself does."""
    return None if at is None else at.astimezone(UTC).isoformat()
