"""Tickets for a stream, and how far a listener is."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from itsdangerous import TimestampSigner

from api.keyring import Caller
from api.problems import Problem
from api.stream import Seen
from api.tickets import Tickets
from griot_contracts.accounts import Scope

ADA = Caller("a1", "k1", frozenset(Scope), None)


NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


class OneKey:
    def __init__(self, expires_at: datetime | None = None) -> None:
        self.expires_at = expires_at

    async def keys(self, account_id: str) -> list[dict[str, Any]]:
        return [{"_id": "k1", "expires_at": self.expires_at}]

    async def is_suspended(self, account_id: str) -> bool:
        return False


def tickets_of(reads: Any) -> Tickets:
    return Tickets("a secret that is only for tests, and long", reads, now=lambda: NOON)


@pytest.fixture
def tickets() -> Tickets:
    return tickets_of(OneKey())


async def test_a_ticket_says_who_listens(tickets: Tickets) -> None:
    caller = await tickets.caller(tickets.issue(ADA, "s1"), "s1")

    assert (caller.account_id, caller.key_id) == ("a1", "k1")


async def test_a_ticket_is_good_for_a_minute(tickets: Tickets, monkeypatch: pytest.MonkeyPatch) -> None:
    ticket = tickets.issue(ADA, "s1")
    later = int(time.time()) + 62
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _: later)

    with pytest.raises(Problem, match="ticket_invalid"):
        await tickets.caller(ticket, "s1")


async def test_a_ticket_ends_with_its_key() -> None:
    tickets = tickets_of(OneKey(expires_at=NOON))

    with pytest.raises(Problem, match="ticket_invalid"):
        await tickets.caller(tickets.issue(ADA, "s1"), "s1")


@pytest.mark.parametrize("id_", ["s3q7", "s3", "q7", ""])
def test_an_id_says_how_far_a_listener_is(id_: str) -> None:
    assert str(Seen.parse(id_)) == id_


def test_an_id_that_is_not_ours_says_nothing() -> None:
    assert Seen.parse("42; drop") == Seen()
