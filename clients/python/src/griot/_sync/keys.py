"""API keys."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from griot import _calls
from griot._sync.line import Line
from griot.models import Key, NewKey, Scope


class Keys:
    """API keys. `griot.keys` is one."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def create(
        self,
        *,
        name: str | None = None,
        scopes: Sequence[Scope] | None = None,
        expires_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> NewKey:
        """Make a key. Without scopes it may do all that the asking key may."""
        return self._line.do(_calls.issue_key(name, scopes, expires_at, idempotency_key))

    def list(self, *, page_size: int | None = None) -> Iterator[Key]:
        """The account's keys, newest first; asks for the next part when it is needed."""
        return self._line.all(_calls.list_keys(page_size))

    def delete(self, key_id: str) -> None:
        """Revoke a key. It is refused everywhere within a second."""
        self._line.do(_calls.revoke_key(key_id))
