"""Tickets for a stream, and how far a listener is."""

import time
from typing import Any

import pytest
from itsdangerous import TimestampSigner

from api.keyring import Caller
from api.problems import Problem
from api.stream import Seen
from api.tickets import Tickets
from griot_contracts.accounts import Scope

ADA = Caller("a1", "k1", frozenset(Scope), None)


class OneKey:
    async def keys(self, account_id: str) -> list[dict[str, Any]]:
        return [{"_id": "k1", "expires_at": None}]

    async def is_suspended(self, account_id: str) -> bool:
        return False


@pytest.fixture
def tickets() -> Tickets:
    reads: Any = OneKey()
    return Tickets("a secret that is only for tests, and long", reads)


async def test_a_ticket_says_who_listens(tickets: Tickets) -> None:
    caller = await tickets.caller(tickets.issue(ADA, "s1"), "s1")

    assert (caller.account_id, caller.key_id) == ("a1", "k1")


async def test_a_ticket_is_good_for_a_minute(tickets: Tickets, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = tickets.issue(ADA, "s1")
    later = int(time.time()) + 62
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: later)

    with pytest.raises(Problem, match="ticket_invalid"):
        await tickets.caller(ticket, "s1")


@pytest.mark.parametrize("id_", ["s3q7", "s3", "q7", ""])
def test_an_id_says_how_far_a_listener_is(id_: str) -> None:
    assert str(Seen.parse(id_)) == id_


def test_an_id_that_is_not_ours_says_nothing() -> None:
    assert Seen.parse("42; drop") == Seen()
