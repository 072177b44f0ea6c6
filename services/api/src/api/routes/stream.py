"""A session as it happens: the event stream, and the code to scan."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api import examples, stream
from api.auth import KEYED, KeyedRoute, TicketedRoute
from api.keyring import Caller
from api.live import Ear
from api.parts import Parts, PartsOf
from api.problems import Problem, documented
from api.projector.projections import Document
from api.routes.lists import SessionId
from api.routes.sessions import Manager, own_session
from api.session_shapes import PairingCodeView, PairPhone, StreamTicketView
from api.stream import Seen
from api.tickets import GOOD_FOR
from griot_chassis.ids import new_id
from griot_contracts.sessions import (
    PairingCodeIssued,
    QrCodeIssued,
    RequestPairingCode,
    SessionDeleted,
)

router = APIRouter(tags=["sessions"], route_class=KeyedRoute)
stream_router = APIRouter(tags=["sessions"], route_class=TicketedRoute)


def routers() -> tuple[APIRouter, ...]:
    """All need a key; the stream takes a ticket for it."""
    return stream_router, router


async def _found(session_id: SessionId, caller: Manager, parts: PartsOf) -> Document:
    return await own_session(parts, caller, session_id)


LastEventId = Annotated[
    str | None,
    Header(
        alias="Last-Event-ID",
        description="The id of the last event that was seen: what came after it follows.",
    ),
]
Ticket = Annotated[
    str | None, Query(description="A ticket for this stream, in place of the key; see `stream-ticket`.")
]
Session = Annotated[Document, Depends(_found)]


@stream_router.get(
    "/sessions/{session_id}/stream",  # noqa: FAST003 - `Session` takes it
    response_class=EventSourceResponse,
    responses={
        200: {"content": {"text/event-stream": {"example": examples.STREAM_EVENT}}},
        **documented(*KEYED, "ticket_invalid", "session_not_found"),
    },
)
async def stream_session(
    session: Session,
    caller: Manager,
    parts: PartsOf,
    last_event_id: LastEventId = None,
    ticket: Ticket = None,  # noqa: ARG001  # the route has read it; here it is documented
) -> AsyncIterator[ServerSentEvent]:
    """Where the session stands, then what happens: `qr`, `connected`, `error`, and `status` for the rest.

    Each event has an id. After a break, `Last-Event-ID` gives what came after it and is still kept, and then
    what happens. A comment every 15 seconds keeps the connection open. Ends when the session is deleted, the
    key is revoked or expires, or the account is suspended.
    """
    session_id = session["_id"]
    with _ear(session_id, caller, parts) as ear:
        standing = await parts.reads.session(caller.account_id, session_id)
        if standing is None or not await parts.keyring.is_good(caller):  # since the door, before the ear
            return
        past = parts.live.past(session_id) if last_event_id else []
        seen = Seen.parse(last_event_id or "")
        for heard in past:
            event = await stream.of_heard(heard) if stream.is_news(heard, seen, parts.now()) else None
            if event is not None:
                seen = seen.after(heard)
                yield stream.numbered(event, seen)
        code = parts.live.code(session_id, parts.now())
        if not last_event_id or seen.standing(standing, code) != seen:
            seen = seen.standing(standing, code)
            yield stream.numbered(await stream.now_standing(standing, code), seen)
        async for heard in ear:
            event = await stream.of_heard(heard) if not seen.covers(heard) else None
            if event is not None:
                seen = seen.after(heard)
                yield stream.numbered(event, seen)
            if isinstance(heard.event, SessionDeleted):
                return


@contextmanager
def _ear(session_id: str, caller: Caller, parts: Parts) -> Iterator[Ear]:
    """Listen for as long as the caller's key is good."""
    with parts.live.ear(session_id, of=caller) as ear, ExitStack() as at_end:
        if caller.expires_at is not None:
            left_s = (caller.expires_at - parts.now()).total_seconds()
            at_end.callback(asyncio.get_running_loop().call_later(left_s, ear.tell, None).cancel)
        yield ear


@router.post(
    "/sessions/{session_id}/stream-ticket",  # noqa: FAST003 - `Session` takes it
    status_code=201,
    responses=documented(*KEYED, "session_not_found"),
)
async def issue_stream_ticket(session: Session, caller: Manager, parts: PartsOf) -> StreamTicketView:
    """A ticket for this session's stream, good for one minute.

    For a browser, whose `EventSource` can send no key: `new EventSource(stream + "?ticket=" + ticket)`.
    """
    ticket = parts.tickets.issue(caller, session["_id"])
    return StreamTicketView(ticket=ticket, expires_at=parts.now() + GOOD_FOR)


@router.get(
    "/sessions/{session_id}/qr.png",  # noqa: FAST003 - `Session` takes it
    response_class=Response,
    responses={
        200: {"content": {"image/png": {}}},
        **documented(*KEYED, "session_not_found", "no_code_to_scan"),
    },
)
async def picture_of_code(session: Session, parts: PartsOf) -> Response:
    """The code to scan at this moment, as a picture."""
    heard = parts.live.code(session["_id"], parts.now()) if session["status"] in stream.PAIRING else None
    if heard is None or not isinstance(heard.event, QrCodeIssued):
        raise Problem("no_code_to_scan")
    picture = await asyncio.to_thread(stream.png, heard.event.code)
    return Response(picture, media_type="image/png", headers={"Cache-Control": "no-store"})


@router.post(
    "/sessions/{session_id}/pairing-code",  # noqa: FAST003 - `Session` takes it
    status_code=201,
    responses=documented(
        *KEYED, "invalid_request", "invalid_json", "impossible_number", "body_too_large",
        "session_not_found", "session_not_pairing", "no_pairing_code",
    ),
)  # fmt: skip
async def request_pairing_code(body: PairPhone, session: Session, parts: PartsOf) -> PairingCodeView:
    """A code to enter on the phone: the way to link it without a camera.

    On the phone: Linked devices, Link a device, Link with phone number instead.
    """
    if session["status"] not in stream.PAIRING:
        raise Problem("session_not_pairing")
    command = RequestPairingCode(
        account_id=session["account_id"], at=parts.now(), session_id=session["_id"], phone=body.phone
    )
    id_ = new_id()
    with parts.live.ear(session["_id"]) as ear:
        await parts.ask.tell(command, id=id_)
        issued = await _issued_for(id_, ear, parts.settings.pairing_code_within)
    return PairingCodeView(code=issued.code, expires_at=issued.expires_at)


async def _issued_for(command_id: str, ear: Ear, within: timedelta) -> PairingCodeIssued:
    try:
        async with asyncio.timeout(within.total_seconds()):
            async for heard in ear:
                match heard.event:
                    case PairingCodeIssued(command_id=id_) as issued if id_ == command_id:
                        return issued
    except TimeoutError:
        pass
    raise Problem("no_pairing_code")
