"""What makes a repeat the same: digests under the secret, the last use of keys, the pace, shared looks."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.freshness import Shared
from api.keyring import Caller
from api.pace import Pace
from api.problems import Problem
from api.seal import Seal
from api.uses import KeyUses
from griot_chassis.errors import BrokerUnavailableError
from griot_contracts import ids
from griot_contracts.accounts import KeyUsed, Scope
from griot_contracts.cloudevents import Envelope
from tests.unit.api.events import ACCOUNT, KEY, NOON, after

CALLER = Caller(ACCOUNT, KEY, frozenset(Scope), None)


class Log:
    """What was told, in memory. `away` makes the next telling fail."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.away = False

    def envelope(self, body: Any, *, id: str) -> Envelope[Any]:  # noqa: A002 - CloudEvents' own name
        return Envelope(body, id, "/api", "s")

    async def publish(self, envelopes: Sequence[Envelope[Any]]) -> None:
        if self.away:
            raise BrokerUnavailableError("away")
        self.told += [envelope.body for envelope in envelopes]


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_same_parts_make_the_same_under_the_same_secret_only() -> None:
    seal, same, other = Seal("s" * 32), Seal("s" * 32), Seal("t" * 32)

    assert seal.fingerprint("a", "b") == same.fingerprint("a", "b")
    assert len({seal.fingerprint("a", "b"), seal.fingerprint("ab"), other.fingerprint("a", "b")}) == 3
    assert seal.key_secret("a") == same.key_secret("a") != other.key_secret("a")


def test_a_secret_that_is_made_makes_an_api_key() -> None:
    seal = Seal("s" * 32)
    keys = {ids.format_key(seal.key_secret(str(number))) for number in range(1_000)}

    assert len(keys) == 1_000
    assert all(ids.is_key(key) for key in keys)


async def test_a_keys_last_use_is_told_once_a_minute(clock: Clock) -> None:
    log = Log()
    uses = KeyUses(log, now=clock)
    for seconds in range(0, 150, 10):
        clock.now = after(seconds)
        uses.note(CALLER)
        await uses.tell()

    assert log.told == [KeyUsed(account_id=ACCOUNT, at=after(s), key_id=KEY) for s in (0, 60, 120)]
    assert uses.last(KEY) == after(140)


async def test_a_use_that_could_not_be_told_is_told_later(clock: Clock) -> None:
    log = Log()
    uses = KeyUses(log, now=clock)
    uses.note(CALLER)
    log.away = True
    with pytest.raises(BrokerUnavailableError):
        await uses.tell()
    log.away = False

    await uses.tell()

    assert len(log.told) == 1
    assert uses.last(KEY) is None


async def test_a_key_that_asks_too_fast_is_told_when_it_may_again(clock: Clock) -> None:
    pace = Pace(3, now=clock)
    refused = None
    for _ in range(10):  # more than two seconds' worth, should a second end in between
        try:
            await pace.check(KEY)
        except Problem as problem:
            refused = problem
    await pace.check("another key")

    assert refused is not None
    assert (refused.code, refused.kind.status) == ("too_many_requests", 429)
    assert int(refused.headers["Retry-After"]) > 0
    assert (refused.headers["RateLimit-Limit"], refused.headers["RateLimit-Policy"]) == ("3", "3;w=1")


async def test_a_look_is_shared_by_those_who_asked_before_it_began() -> None:
    looks, began, release = 0, asyncio.Event(), asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1
        began.set()
        await release.wait()

    shared = Shared(look)
    first = asyncio.create_task(shared())
    await began.wait()
    others = [asyncio.create_task(shared()) for _ in range(5)]
    await asyncio.sleep(0)
    assert looks == 1

    release.set()
    async with asyncio.timeout(timedelta(seconds=5).total_seconds()):
        await asyncio.gather(first, *others)
    assert looks == 2
