"""Who asks: API keys, told by their hash."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.problems import Problem
from api.reads import Reads
from griot_contracts import ids
from griot_contracts.accounts import Scope

_CACHED_S: Final = 30.0
_MOST_CACHED: Final = 20_000


@dataclass(frozen=True, slots=True)
class Caller:
    """The account that asks, by one of its keys."""

    account_id: str
    key_id: str
    scopes: frozenset[Scope]
    expires_at: datetime | None
    suspended: bool = False

    def is_over(self, now: datetime) -> bool:
        """Whether the key has expired."""
        return self.expires_at is not None and self.expires_at <= now


class Keyring:
    """Tells callers by their keys.

    What it found it keeps for half a minute; a revoked key is dropped at once, when heard.
    """

    def __init__(
        self, reads: Reads, *, now: Callable[[], datetime], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._reads = reads
        self._now = now
        self._monotonic = monotonic
        self._callers: dict[str, tuple[float, Caller]] = {}
        self._forgotten = 0

    async def caller(self, authorization: str | None) -> Caller:
        """Who the `Authorization` header says is asking.

        Raises:
            Problem: `key_missing`, `key_invalid` or `account_suspended`.
        """
        scheme, _, key = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise Problem("key_missing")
        if not ids.is_key(key.strip()):
            raise Problem("key_invalid")
        key_hash = ids.hash_key(key.strip())
        caller = self._cached(key_hash) or await self._look_up(key_hash)
        if caller.is_over(self._now()):
            raise Problem("key_invalid")
        if caller.suspended:
            raise Problem("account_suspended")
        return caller

    async def is_good(self, caller: Caller) -> bool:
        """Whether the caller's key was not revoked nor the account suspended, as far as anybody was told."""
        keys = {key["_id"] for key in await self._reads.keys(caller.account_id)}
        return caller.key_id in keys and not await self._reads.is_suspended(caller.account_id)

    def forget_account(self, account_id: str) -> None:
        """Look the account's keys up anew next time: it was suspended, or goes on."""
        self._forgotten += 1
        self._callers = {
            key_hash: found for key_hash, found in self._callers.items() if found[1].account_id != account_id
        }

    def forget(self, key_hash: str) -> None:
        """Look the key up anew next time, also where that is being done."""
        self._callers.pop(key_hash, None)
        self._forgotten += 1

    def _cached(self, key_hash: str) -> Caller | None:
        valid_until, caller = self._callers.get(key_hash, (0.0, None))
        return caller if valid_until > self._monotonic() else None

    async def _look_up(self, key_hash: str) -> Caller:
        forgotten = self._forgotten
        key = await self._reads.key(key_hash)
        if key is None or key["revoked_at"] is not None:
            raise Problem("key_invalid")
        scopes = frozenset(Scope(scope) for scope in key["scopes"])
        suspended = await self._reads.is_suspended(key["account_id"])
        caller = Caller(key["account_id"], key["_id"], scopes, key["expires_at"], suspended)
        if self._forgotten == forgotten:  # else it may be this key that was revoked while it was looked up
            self._remember(key_hash, caller)
        return caller

    def _remember(self, key_hash: str, caller: Caller) -> None:
        if len(self._callers) >= _MOST_CACHED:
            self._callers.clear()
        self._callers[key_hash] = (self._monotonic() + _CACHED_S, caller)
