"""API keys."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.auth import KEYED, KeyedRoute, needs
from api.keyring import Caller
from api.making import MAKING, MakingOf
from api.parts import PartsOf
from api.problems import Problem, documented
from api.projector.projections import NOT_IN_THE_LOG_YET, Document
from api.reads import page
from api.routes.deciding import decided
from api.routes.lists import KeyId, Part
from api.shapes import KeyView, NewKey, NewKeyView, Page
from api.views import key_view, page_view, place
from griot_chassis.ids import new_id
from griot_contracts import ids
from griot_contracts.accounts import IssueKey, KeyIssued, KeyRevoked, RevokeKey, Scope

router = APIRouter(tags=["keys"], route_class=KeyedRoute)

Manager = Annotated[Caller, Depends(needs(Scope.KEYS_MANAGE))]


def routers() -> tuple[APIRouter, ...]:
    """All need a key."""
    return (router,)


@router.post(
    "/keys",
    status_code=201,
    responses=documented(
        *KEYED,
        *MAKING,
        "invalid_request",
        "invalid_json",
        "body_too_large",
        "key_limit_reached",
        "not_decided_yet",
    ),
)
async def issue_key(body: NewKey, caller: Manager, parts: PartsOf, making: MakingOf) -> NewKeyView:
    """Make another key. The answer holds it in clear, this once."""
    now = parts.now()
    scopes = tuple(scope for scope in Scope if scope in (body.scopes or caller.scopes))
    if not caller.scopes.issuperset(scopes):
        raise Problem("insufficient_scope", detail="A key cannot make one that may do more than itself.")
    once = making.once(caller.account_id, *scopes)
    key = making.key(once)
    command = IssueKey(
        account_id=caller.account_id,
        at=now,
        once=once,
        key_id=making.key_id(caller.account_id),
        key_hash=ids.hash_key(key),
        key_hint=ids.key_hint(key),
        name=body.name,
        scopes=scopes,
        expires_at=body.expires_at,
    )
    if body.expires_at is not None and body.expires_at <= now:
        past = Problem("invalid_request", detail="expiresAt: is in the past", field="expiresAt")
        decision = await making.recalled(past, caller.account_id, once)
    else:
        decision = await decided(parts, command, id=new_id())
    made = command.model_copy(update={"at": decision.at})
    issued = parts.overlay.know(KeyIssued(**made.model_dump(by_alias=False)))
    return NewKeyView(**key_view(issued, None).model_dump(by_alias=False), key=key)


@router.get("/keys", responses=documented(*KEYED, "invalid_request", "invalid_cursor"))
async def list_keys(caller: Manager, parts: PartsOf, part: Annotated[Part, Query()]) -> Page[KeyView]:
    """The account's keys, without the keys themselves; revoked ones are gone."""
    keys = await parts.reads.keys(caller.account_id)
    told = await parts.reads.key_uses(caller.account_id)

    def view(key: Document) -> KeyView:
        return key_view(key, parts.uses.last(key["_id"]) or told.get(key["_id"]))

    return page_view(page(keys, limit=part.limit + 1, after=place(part.cursor)), part.limit, view)


@router.delete(
    "/keys/{key_id}", status_code=204, responses=documented(*KEYED, "key_not_found", "not_decided_yet")
)
async def revoke_key(key_id: KeyId, caller: Manager, parts: PartsOf) -> Response:
    """End a key. It is refused here at once and everywhere within a second."""
    keys = {key["_id"]: key for key in await parts.reads.keys(caller.account_id)}
    if key_id not in keys:
        raise Problem("key_not_found")
    key_hash = keys[key_id]["hash"]
    command = RevokeKey(account_id=caller.account_id, at=parts.now(), key_id=key_id)
    await decided(parts, command, id=new_id())
    revoked = KeyRevoked(account_id=caller.account_id, at=command.at, key_id=key_id, key_hash=key_hash)
    parts.overlay.learn(revoked, NOT_IN_THE_LOG_YET)
    parts.live.revoke(key_id, key_hash)
    return Response(status_code=204)
