"""How documents of the read side become answers, and how a list goes on."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from api import numbers
from api.problems import Problem
from api.projector.projections import Document
from api.reads import Place
from api.session_shapes import PacingView, SessionView
from api.shapes import AccountView, KeyView, MessageView, MessageWithTimelineView, Page
from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, SESSION_LIMITS, Plan

T = TypeVar("T")

_PACING: Final[dict[str, None]] = dict.fromkeys(PacingView.model_fields)
"""What an older document does not say is as is usual."""


def account_view(account: Document, *, sent_today: int, resets_at: datetime) -> AccountView:
    """The answer for an account."""
    plan = Plan(account["plan"])
    return AccountView(
        id=account["_id"],
        email=account["email"],
        name=account["name"],
        plan=plan,
        session_limit=SESSION_LIMITS[plan],
        daily_message_limit=DAILY_MESSAGE_LIMITS[plan],
        sent_today=sent_today,
        resets_at=resets_at,
        created_at=account["created_at"],
    )


def key_view(key: Document, last_used_at: datetime | None) -> KeyView:
    """The answer for a key."""
    return KeyView(
        id=key["_id"],
        name=key["name"],
        hint=key["hint"],
        scopes=key["scopes"],
        expires_at=key["expires_at"],
        created_at=key["created_at"],
        last_used_at=last_used_at,
    )


def session_view(session: Document) -> SessionView:
    """The answer for a session."""
    return SessionView(
        id=session["_id"],
        session_key=session["session_key"],
        status=session["status"],
        reason=session["reason"],
        phone=session["phone"],
        desired_state=session["desired_state"],
        is_default=session["is_default"],
        pacing=None if session["pacing"] is None else PacingView(**_PACING | session["pacing"]),
        when_disconnected=session["when_disconnected"],
        when_unknown=session["when_unknown"],
        created_at=session["created_at"],
        status_changed_at=session["status_at"],
    )


def message_view(message: Document) -> MessageView:
    """The answer for a message in a list."""
    return MessageView(**_message_fields(message))


def message_with_timeline_view(message: Document) -> MessageWithTimelineView:
    """The answer for one message."""
    return MessageWithTimelineView(**_message_fields(message), timeline=message["timeline"])


def page_view(documents: Sequence[Document], limit: int, view: Callable[[Document], T]) -> Page[T]:
    """The answer for a list, given one document more than fits if there are more."""
    shown = documents[:limit]
    more = len(documents) > limit
    return Page(data=[view(document) for document in shown], next_cursor=_cursor(shown[-1]) if more else None)


def place(cursor: str | None) -> Place | None:
    """Where a list goes on.

    Raises:
        Problem: `invalid_cursor`.
    """
    if cursor is None:
        return None
    try:
        at_ms, _, id_ = base64.urlsafe_b64decode(cursor.encode()).decode().partition(":")
        return datetime.fromtimestamp(int(at_ms) / 1000, UTC), id_
    except (ValueError, OverflowError, OSError, binascii.Error):
        raise Problem("invalid_cursor", field="cursor") from None


def _cursor(last: Document) -> str:
    at_ms = round(last["created_at"].timestamp() * 1000)
    return base64.urlsafe_b64encode(f"{at_ms}:{last['_id']}".encode()).decode()


def _message_fields(message: Document) -> dict[str, Any]:
    return {
        "id": message["_id"],
        "to_phone": numbers.shown(message["to"]),
        "type": message["type"],
        "status": message["status"],
        "session_id": message["session_id"],
        "message": message["content"].get("text"),
        "caption": message["content"].get("caption"),
        "ptt": message["content"].get("ptt"),
        "whatsapp_message_id": message["whatsapp_message_id"],
        "send_at": message.get("send_at"),
        "reason": message["reason"],
        "created_at": message["created_at"],
    }
