"""Messages: taken, listed, read."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from api import examples, numbers
from api.allowances import rate_limit_headers, seconds_until
from api.auth import KEYED, KeyedRoute, needs
from api.keyring import Caller
from api.making import MAKING, Making, MakingOf
from api.parts import Parts, PartsOf
from api.problems import Problem, documented
from api.projector.projections import NOT_IN_THE_LOG_YET, Document
from api.reads import MessageFilter
from api.routes.deciding import decided
from api.routes.lists import MessageId, MessagesPart
from api.sendings import NewAudio, NewMedia, NewMessage, Sending
from api.shapes import (
    MessageView,
    MessageWithTimelineView,
    Page,
    TakenMessageView,
)
from api.urls import is_inside
from api.views import message_view, message_with_timeline_view, page_view, place
from griot_chassis.ids import new_id
from griot_contracts.accounts import CommandDecided, Refusal, Scope
from griot_contracts.messages import (
    CancelMessage,
    Content,
    MessageAccepted,
    MessageCancelled,
    MessageStatus,
    SendMessage,
)
from griot_contracts.sessions import SessionStatus, WhenDisconnected

router = APIRouter(tags=["messages"], route_class=KeyedRoute)

Sender = Annotated[Caller, Depends(needs(Scope.MESSAGES_SEND))]
Reader = Annotated[Caller, Depends(needs(Scope.MESSAGES_READ))]
LONGEST_AHEAD: Final = timedelta(days=30)
"""How far ahead a message may be asked to be sent."""
_ENDED: Final = frozenset(
    {
        MessageStatus.REJECTED,
        MessageStatus.FAILED,
        MessageStatus.SENT,
        MessageStatus.DELIVERED,
        MessageStatus.READ,
    }
)
_SENT = (
    *KEYED, "invalid_request", "invalid_json", "impossible_number", "body_too_large",
    *MAKING, "session_not_found", "session_not_connected", "daily_limit_reached", "not_decided_yet",
)  # fmt: skip


_FETCHED = (*_SENT, "media_address_forbidden")


def _taken_as(example: dict[str, str]) -> dict[int | str, dict[str, Any]]:
    return {202: {"content": {"application/json": {"example": example}}}}


def routers() -> tuple[APIRouter, ...]:
    """All need a key."""
    return (router,)


@router.post("/messages", status_code=202, responses=documented(*_SENT))
async def send_message(
    body: NewMessage, caller: Sender, making: MakingOf, response: Response
) -> TakenMessageView:
    """Send a text.

    It is sent in the order of the session, or when `sendAt` says; `GET /messages/{id}` tells how it goes on.
    """
    return await _take(body, body.content(), caller, making, response)


@router.post(
    "/messages/media", status_code=202, responses=_taken_as(examples.TAKEN_IMAGE) | documented(*_FETCHED)
)
async def send_media(
    body: NewMedia, caller: Sender, making: MakingOf, response: Response
) -> TakenMessageView:
    """Send a picture or a video.

    It is fetched after this answer, and what it is is told from its bytes. What cannot be sent makes the
    message `failed`, with `media_unreachable`, `media_too_large`, `media_type_unsupported` or
    `media_address_forbidden`.
    """
    _check_address(making.parts, body.media_url, "mediaUrl")
    return await _take(body, body.content(), caller, making, response)


@router.post(
    "/messages/audio", status_code=202, responses=_taken_as(examples.TAKEN_AUDIO) | documented(*_FETCHED)
)
async def send_audio(
    body: NewAudio, caller: Sender, making: MakingOf, response: Response
) -> TakenMessageView:
    """Send a voice note or an audio file; `type` is `audio` for both.

    It is fetched as pictures are, and fails as they do.
    """
    _check_address(making.parts, body.audio_url, "audioUrl")
    return await _take(body, body.content(), caller, making, response)


@router.get(
    "/messages",
    responses=documented(*KEYED, "invalid_request", "invalid_cursor", "impossible_number"),
)
async def list_messages(
    caller: Reader, parts: PartsOf, part: Annotated[MessagesPart, Query()]
) -> Page[MessageView]:
    """The account's messages of the last 30 days."""
    wanted = MessageFilter(part.status, part.session_id, part.type, part.to, part.since, part.until)
    found = await parts.reads.messages(
        caller.account_id, wanted, limit=part.limit + 1, after=place(part.cursor)
    )
    return page_view(found, part.limit, message_view)


@router.get(
    "/messages/{message_id}",
    response_model_exclude_unset=True,
    responses=documented(*KEYED, "message_not_found"),
)
async def read_message(message_id: MessageId, caller: Reader, parts: PartsOf) -> MessageWithTimelineView:
    """One message with its timeline: every status it had, and when."""
    message = await parts.reads.message(caller.account_id, message_id)
    if message is None:
        raise Problem("message_not_found")
    return message_with_timeline_view(message)


@router.delete(
    "/messages/{message_id}",
    status_code=204,
    responses=documented(*KEYED, "message_not_found", "message_not_cancellable", "not_decided_yet"),
)
async def cancel_message(message_id: MessageId, caller: Sender, parts: PartsOf) -> Response:
    """Cancel a message that still waits to be sent.

    It becomes `cancelled`, for good; it stays counted against the day's limit. A repeat is safe. Once an
    attempt is under way, or may have reached WhatsApp, it is too late.
    """
    message = await parts.reads.message(caller.account_id, message_id)
    if message is None:
        raise Problem("message_not_found")
    if message["status"] in _ENDED:
        raise Problem("message_not_cancellable")
    command = CancelMessage(
        account_id=caller.account_id,
        at=parts.now(),
        message_id=message_id,
        session_id=message["session_id"],
    )
    decision = await decided(parts, command, id=new_id())
    cancelled = MessageCancelled(**dict(command) | {"at": decision.at})
    parts.overlay.learn(cancelled, NOT_IN_THE_LOG_YET)
    return Response(status_code=204)


async def _take(
    body: Sending, content: Content, caller: Caller, making: Making, response: Response
) -> TakenMessageView:
    parts, account_id, once = making.parts, caller.account_id, making.once(caller.account_id)
    message_id = making.message_id(account_id)
    try:
        _check_moment(body.send_at, parts.now())
        session = await _sending_session(parts, caller, body)
        await _check_allowance(parts, caller)
    except Problem as problem:
        first = await making.recalled(problem, account_id, once)
        response.headers.update(rate_limit_headers(first, parts.now()))
        return _taken(message_id, body, content)
    command = SendMessage(
        account_id=account_id,
        at=parts.now(),
        once=once,
        message_id=message_id,
        session_id=session["_id"],
        to=body.to,
        content=content,
        key_id=caller.key_id,
        send_at=body.send_at,
    )
    decision = await parts.ask(command, id=new_id(), within=parts.settings.decision_within)
    if decision is not None:
        _heed(parts, decision)
        response.headers.update(rate_limit_headers(decision, parts.now()))
    if decision is None or decision.at == command.at:  # else it was decided before, maybe otherwise
        parts.overlay.know(MessageAccepted(**dict(command)))
    return _taken(message_id, body, content)


def _taken(message_id: str, body: Sending, content: Content) -> TakenMessageView:
    to_phone = numbers.shown(body.to)
    return TakenMessageView(id=message_id, to_phone=to_phone, type=content.type, status=MessageStatus.PENDING)


async def _check_allowance(parts: Parts, caller: Caller) -> None:
    if parts.allowances.exhausted(caller.account_id, parts.now()) is None:
        return
    await parts.fresh.heard()  # another instance may have told of another plan
    exhausted = parts.allowances.exhausted(caller.account_id, parts.now())
    if exhausted is not None:
        raise _refused(exhausted, parts.now())


def _check_moment(send_at: datetime | None, now: datetime) -> None:
    if send_at is not None and not now < send_at <= now + LONGEST_AHEAD:
        detail = "sendAt: give a time to come, at most 30 days ahead"
        raise Problem("invalid_request", detail=detail, field="sendAt")


def _check_address(parts: Parts, url: str, field: str) -> None:
    if is_inside(url, parts.settings.media_allowed_networks):
        raise Problem("media_address_forbidden", field=field)


async def _sending_session(parts: Parts, caller: Caller, body: Sending) -> Document:
    """The session named in the body, else the default one, else the one that was connected first.

    Raises:
        Problem: `session_not_found`, or `session_not_connected` and it does not queue.
    """
    try:
        return await _known_session(parts, caller, body)
    except Problem:
        # Another instance may have told that it is there, or connected; or what was known here was not all.
        await parts.reads.sessions(caller.account_id)
        return await _known_session(parts, caller, body)


async def _known_session(parts: Parts, caller: Caller, body: Sending) -> Document:
    held = await parts.reads.sessions(caller.account_id, cached=True)
    sessions = [session for session in held if not parts.live.is_given_up(session["_id"])]
    named = body.session_id or body.session_key
    if named is not None:
        field = "_id" if body.session_id is not None else "session_key"
        sessions = [session for session in sessions if session[field] == named]
        if not sessions:
            raise Problem("session_not_found", field="sessionId" if field == "_id" else field)
    elif default := [session for session in sessions if session["is_default"]]:
        sessions = default  # what was asked to come from one number never comes from another
    able = [session for session in sessions if _takes_messages(session)]
    if not able:
        raise Problem("session_not_connected")
    return min(able, key=lambda session: (not _is_connected(session), session["created_at"], session["_id"]))


def _is_connected(session: Document) -> bool:
    return bool(session["status"] == SessionStatus.CONNECTED)


def _takes_messages(session: Document) -> bool:
    return _is_connected(session) or session["when_disconnected"] == WhenDisconnected.QUEUE


def _heed(parts: Parts, decision: CommandDecided) -> None:
    parts.allowances.learn(decision)
    if decision.refusal is not None:
        raise _refused(decision, parts.now())


def _refused(decision: CommandDecided, now: datetime) -> Problem:
    if decision.refusal is Refusal.NO_SUCH_KEY:  # revoked, and not heard of here when the request came in
        return Problem("key_invalid")
    headers = rate_limit_headers(decision, now)
    if decision.refusal is Refusal.DAILY_LIMIT_REACHED and decision.resets_at is not None:
        headers["Retry-After"] = str(seconds_until(decision.resets_at, now))
    return Problem.of_refusal(decision.refusal or Refusal.DAILY_LIMIT_REACHED, headers)
