"""Sign-up, and what an account has."""

import asyncio
from datetime import timedelta
from typing import Annotated, Final

from argon2 import PasswordHasher
from fastapi import APIRouter, Depends

from api.auth import KeyedRoute, needs
from api.keyring import Caller
from api.making import MAKING, MakingOf
from api.parts import Parts, PartsOf
from api.problems import Problem, documented
from api.projector.projections import Document
from api.projector.usage import midnight
from api.routes.deciding import decided
from api.shapes import AccountView, NewAccountView, SignUp
from api.views import account_view
from griot_chassis.ids import new_id
from griot_contracts import ids
from griot_contracts.accounts import AccountOpened, KeyIssued, OpenAccount

open_router = APIRouter(tags=["accounts"])
router = APIRouter(tags=["accounts"], route_class=KeyedRoute)

_hasher: Final = PasswordHasher()
_hashing: Final = asyncio.Semaphore(2)
"""Each hash takes 64 MiB for its time: sign-ups wait for each other rather than fill the memory."""


def routers() -> tuple[APIRouter, ...]:
    """With and without a key."""
    return open_router, router


@open_router.post(
    "/accounts",
    status_code=201,
    responses=documented(
        *MAKING, "email_taken", "invalid_request", "invalid_json", "body_too_large", "unavailable",
        "not_decided_yet",
    ),
)  # fmt: skip
async def open_account(body: SignUp, parts: PartsOf, making: MakingOf) -> NewAccountView:
    """Open an account on the free plan. The answer holds its first API key, in clear this once."""
    email = body.email.strip().lower()
    async with _hashing:
        password_hash = await asyncio.to_thread(_hasher.hash, body.password.get_secret_value())
    account_id = ids.account_id_for(email)
    once = making.once(account_id)
    key = making.key(once)
    command = OpenAccount(
        account_id=account_id,
        at=parts.now(),
        once=once,
        email=email,
        name=body.name,
        password_hash=password_hash,
        key_id=making.key_id(account_id),
        key_hash=ids.hash_key(key),
        key_hint=ids.key_hint(key),
    )
    decision = await decided(parts, command, id=new_id())
    opened = _know(parts, command.model_copy(update={"at": decision.at}))
    resets_at = midnight(decision.at.date() + timedelta(days=1))
    view = account_view(opened, sent_today=0, resets_at=resets_at)
    return NewAccountView(**view.model_dump(by_alias=False), key=key)


@router.get(
    "/account",
    responses=documented(
        "key_missing",
        "key_invalid",
        "account_suspended",
        "too_many_requests",
        "account_not_found",
        "unavailable",
    ),
)
async def read_account(caller: Annotated[Caller, Depends(needs())], parts: PartsOf) -> AccountView:
    """The account of the key: its plan, its limits, what is used today, and when that begins again."""
    account = await parts.reads.account(caller.account_id)
    if account is None:
        raise Problem("account_not_found")
    return await _view(parts, account)


def _know(parts: Parts, command: OpenAccount) -> Document:
    """What was decided is in the log; know it here before it comes back from there."""
    opened = AccountOpened(
        account_id=command.account_id,
        at=command.at,
        email=command.email,
        name=command.name,
        password_hash=command.password_hash,
    )
    issued = KeyIssued(
        account_id=command.account_id,
        at=command.at,
        key_id=command.key_id,
        key_hash=command.key_hash,
        key_hint=command.key_hint,
    )
    parts.overlay.know(issued)
    return parts.overlay.know(opened)


async def _view(parts: Parts, account: Document) -> AccountView:
    now = parts.now()
    today = now.date()
    sent = await parts.reads.sent_on(account["_id"], today)
    last = parts.allowances.last(account["_id"], now)
    if last is not None and last.limit is not None and last.remaining is not None:
        sent = max(sent, last.limit - last.remaining)  # the decision is ahead of the projection
    return account_view(account, sent_today=sent, resets_at=midnight(today + timedelta(days=1)))
