"""Sessions: made, listed, read, given up."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.auth import KEYED, KeyedRoute, needs
from api.keyring import Caller
from api.live import Ear
from api.making import MAKING, MakingOf
from api.parts import Parts, PartsOf
from api.problems import Problem, documented
from api.projector.projections import NOT_IN_THE_LOG_YET, Document
from api.reads import page
from api.routes.deciding import decided
from api.routes.lists import Part, SessionId
from api.session_shapes import NewSession, SessionChange, SessionView
from api.shapes import Page
from api.views import page_view, place, session_view
from griot_chassis.ids import new_id
from griot_contracts.accounts import Scope
from griot_contracts.sessions import (
    CreateSession,
    DeleteSession,
    SessionCreated,
    SessionDeleted,
    SessionUpdated,
    UpdateSession,
)

router = APIRouter(tags=["sessions"], route_class=KeyedRoute)

Manager = Annotated[Caller, Depends(needs(Scope.SESSIONS_MANAGE))]


def routers() -> tuple[APIRouter, ...]:
    """All need a key."""
    return (router,)


@router.post(
    "/sessions",
    status_code=201,
    responses=documented(
        *KEYED, *MAKING, "invalid_request", "invalid_json", "body_too_large",
        "session_key_taken", "session_limit_reached", "not_decided_yet",
    ),
)  # fmt: skip
async def create_session(body: NewSession, caller: Manager, parts: PartsOf, making: MakingOf) -> SessionView:
    """Make a session. It is being connected to WhatsApp already: open its stream for the QR code."""
    command = CreateSession(
        account_id=caller.account_id,
        at=parts.now(),
        once=making.once(caller.account_id),
        session_id=making.session_id(caller.account_id),
        session_key=body.session_key,
    )
    decision = await decided(parts, command, id=new_id())
    made = command.model_copy(update={"at": decision.at})
    return session_view(parts.overlay.know(SessionCreated(**made.model_dump(by_alias=False))))


@router.get(
    "/sessions",
    responses=documented(*KEYED, "invalid_request", "invalid_cursor"),
)
async def list_sessions(caller: Manager, parts: PartsOf, part: Annotated[Part, Query()]) -> Page[SessionView]:
    """The account's sessions."""
    sessions = await parts.reads.sessions(caller.account_id)
    return page_view(page(sessions, limit=part.limit + 1, after=place(part.cursor)), part.limit, session_view)


@router.get("/sessions/{session_id}", responses=documented(*KEYED, "session_not_found"))
async def read_session(session_id: SessionId, caller: Manager, parts: PartsOf) -> SessionView:
    """One session, and where it stands."""
    return session_view(await own_session(parts, caller, session_id))


@router.patch(
    "/sessions/{session_id}",
    responses=documented(
        *KEYED, "invalid_request", "invalid_json", "body_too_large",
        "session_not_found", "session_key_taken", "not_decided_yet",
    ),
)  # fmt: skip
async def update_session(
    session_id: SessionId, body: SessionChange, caller: Manager, parts: PartsOf
) -> SessionView:
    """Change what you want of a session.

    A new `pacing`, `whenUnknown` or `whenDisconnected` holds for what waits already, too.
    """
    await own_session(parts, caller, session_id)
    wanted = body.model_dump(by_alias=False, exclude_unset=True)
    command = UpdateSession(account_id=caller.account_id, at=parts.now(), session_id=session_id, **wanted)
    if wanted:
        await decided(parts, command, id=new_id())
        await _know_update(parts, command)
    return session_view(await own_session(parts, caller, session_id))


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    responses=documented(*KEYED, "session_not_found", "not_decided_yet", "deletion_under_way"),
)
async def delete_session(session_id: SessionId, caller: Manager, parts: PartsOf) -> Response:
    """Give a session up.

    It is logged out of WhatsApp and its device's keys are destroyed. A repeat is safe.
    """
    await own_session(parts, caller, session_id)
    command = DeleteSession(account_id=caller.account_id, at=parts.now(), session_id=session_id)
    with parts.live.ear(session_id) as ear:
        try:
            await decided(parts, command, id=new_id())
        except Problem as problem:
            # It was given up before, and its owner has not said yet that it is gone.
            if problem.code != "session_not_found":
                raise
        await _until_deleted(parts, caller, session_id, ear)
    return Response(status_code=204)


async def own_session(parts: Parts, caller: Caller, session_id: str) -> Document:
    """The caller's session.

    Raises:
        Problem: `session_not_found`; another account's is not found either.
    """
    session = await parts.reads.session(caller.account_id, session_id)
    if session is None:
        raise Problem("session_not_found")
    return session


async def _know_update(parts: Parts, command: UpdateSession) -> None:
    """What was decided is in the log; know it here before it comes back from there."""
    if command.is_default:
        for other in await parts.reads.sessions(command.account_id):
            if other["is_default"] and other["_id"] != command.session_id:
                was = {"session_id": other["_id"], "is_default": False}
                update = SessionUpdated(account_id=command.account_id, at=command.at, **was)
                parts.overlay.learn(update, NOT_IN_THE_LOG_YET)
    parts.overlay.learn(SessionUpdated(**dict(command)), NOT_IN_THE_LOG_YET)


async def _until_deleted(parts: Parts, caller: Caller, session_id: str, ear: Ear) -> None:
    if await parts.reads.session(caller.account_id, session_id) is None:
        return
    try:
        async with asyncio.timeout(parts.settings.deletion_within.total_seconds()):
            async for heard in ear:
                if isinstance(heard.event, SessionDeleted):
                    return
    except TimeoutError:
        pass
    raise Problem("deletion_under_way")
