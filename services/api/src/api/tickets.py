"""Tickets for a stream, for browsers: their EventSource can send no header.

A ticket is signed and nothing of it is kept, so every instance that has the secret takes it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from itsdangerous import BadSignature, URLSafeTimedSerializer

from api.keyring import Caller
from api.problems import Problem
from api.reads import Reads
from griot_contracts.accounts import Scope

GOOD_FOR: Final = timedelta(minutes=1)


class Tickets:
    """Issues tickets, and tells whose they are."""

    def __init__(self, secret: str, reads: Reads, *, now: Callable[[], datetime]) -> None:
        self._signed = URLSafeTimedSerializer(secret, salt="stream-ticket")
        self._reads = reads
        self._now = now

    def issue(self, caller: Caller, session_id: str) -> str:
        """A ticket for the stream of this session, with which the caller's key listens."""
        return str(self._signed.dumps([session_id, caller.account_id, caller.key_id]))

    async def caller(self, ticket: str, session_id: str) -> Caller:
        """Who may listen to this session's stream with it.

        Raises:
            Problem: `ticket_invalid`; so it is too when its key has ended meanwhile. Or `account_suspended`.
        """
        try:
            signed_for, account_id, key_id = self._signed.loads(ticket, max_age=int(GOOD_FOR.total_seconds()))
        except BadSignature:
            raise Problem("ticket_invalid") from None
        keys = {key["_id"]: key for key in await self._reads.keys(account_id)}
        if signed_for != session_id or key_id not in keys:
            raise Problem("ticket_invalid")
        scopes = frozenset({Scope.SESSIONS_MANAGE})
        caller = Caller(account_id, key_id, scopes, keys[key_id]["expires_at"])
        if caller.is_over(self._now()):
            raise Problem("ticket_invalid")
        if await self._reads.is_suspended(account_id):
            raise Problem("account_suspended")
        return caller
