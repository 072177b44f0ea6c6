"""Who asks: what was looked up is kept, unless it changed while it was."""

from collections.abc import Callable
from typing import Any, cast

import pytest

from api.keyring import Keyring
from api.problems import Problem
from api.reads import Reads
from griot_contracts import ids
from griot_contracts.accounts import Scope
from tests.unit.api.events import ACCOUNT, KEY, NOON

SECRET = ids.format_key("0123456789abcdefghijABCDEFGHIJKL")


class OneKey:
    """Reads that know one key; `meanwhile` happens while the account is looked up."""

    def __init__(self) -> None:
        self.revoked = False
        self.meanwhile: Callable[[], None] = lambda: None

    async def key(self, key_hash: str) -> dict[str, Any]:
        return {
            "_id": KEY,
            "account_id": ACCOUNT,
            "scopes": [scope.value for scope in Scope],
            "expires_at": None,
            "revoked_at": NOON if self.revoked else None,
        }

    async def is_suspended(self, account_id: str) -> bool:
        self.meanwhile()
        return False


async def test_a_key_that_is_revoked_while_it_is_looked_up_is_refused_from_then_on() -> None:
    reads = OneKey()
    keyring = Keyring(cast("Reads", reads), now=lambda: NOON, monotonic=lambda: 0.0)

    def revoke() -> None:
        reads.revoked = True
        keyring.forget(ids.hash_key(SECRET))

    reads.meanwhile = revoke
    await keyring.caller(f"Bearer {SECRET}")

    with pytest.raises(Problem):
        await keyring.caller(f"Bearer {SECRET}")
