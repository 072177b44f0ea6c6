"""API keys."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from griot import _calls
from griot._async.line import AsyncLine
from griot.models import Key, NewKey, Scope


class AsyncKeys:
    """API keys. `griot.keys` is one."""

    def __init__(self, line: AsyncLine) -> None:
        self._line = line

    async def create(
        self,
        *,
        name: str | None = None,
        scopes: Sequence[Scope] | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> NewKey:
        """Make a key. Without scopes it may do all that the asking key may."""
        return await self._line.do(_calls.issue_key(name, scopes, expires_at, idempotency_key))

    def list(self, *, page_size: int | None = None) -> AsyncIterator[Key]:
        """The account's keys, newest first; asks for the next part when it is needed."""
        return self._line.all(_calls.list_keys(page_size))

    async def delete(self, key_id: str) -> None:
        """Revoke a key. It is refused everywhere within a second."""
        await self._line.do(_calls.revoke_key(key_id))
