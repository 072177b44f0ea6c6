"""The door: a key on every route that needs one, and the scopes it must have."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from api.keyring import Caller
from api.parts import parts_of
from api.problems import Problem
from griot_contracts.accounts import Scope

_bearer: Final = HTTPBearer(
    auto_error=False,
    bearerFormat="grt_live_…",
    description="Your API key, as sign-up or `POST /keys` gave it.",
)
KEYED: Final = (
    "key_missing",
    "key_invalid",
    "account_suspended",
    "insufficient_scope",
    "too_many_requests",
    "unavailable",
)
"""What can go wrong wherever a key with a scope is needed, for the documentation."""


class KeyedRoute(APIRoute):
    """A route that asks for the key before it looks at the body.

    A stranger learns nothing from what is wrong with it.
    """

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        """The route's handler, behind the key."""
        handle = super().get_route_handler()

        async def behind_the_key(request: Request) -> Response:
            parts = parts_of(request)
            caller = request.state.caller = await self.caller(request)
            await parts.pace.check(caller.key_id)
            parts.uses.note(caller)
            return await handle(request)

        return behind_the_key

    async def caller(self, request: Request) -> Caller:
        """Who asks, by the key in the header."""
        return await parts_of(request).keyring.caller(request.headers.get("authorization"))


class TicketedRoute(KeyedRoute):
    """A route of one session that takes a ticket in the address in place of the key in the header."""

    async def caller(self, request: Request) -> Caller:
        """Who asks, by the ticket if there is no key."""
        ticket = request.query_params.get("ticket")
        if ticket is None or "authorization" in request.headers:
            return await super().caller(request)
        return await parts_of(request).tickets.caller(ticket, request.path_params["session_id"])


def needs(*scopes: Scope) -> Callable[..., Awaitable[Caller]]:
    """The caller, on a `KeyedRoute`, if the key has these scopes."""

    async def caller(request: Request, _key: Annotated[object, Security(_bearer)]) -> Caller:
        found: Caller = request.state.caller
        missing = [scope.value for scope in scopes if scope not in found.scopes]
        if missing:
            raise Problem("insufficient_scope", detail=f"The key lacks the scope {missing[0]}.")
        return found

    return caller
