"""How fast one key may ask: over HTTP, with an api that allows one request a second."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.integration.api.conftest import Customer, Griot
from tests.support import eventually

LIMITS = {"too_many_requests", "session_limit_reached"}
AT_ONCE = 20
"""A machine would have to take as many seconds for none of them to be one too many."""


@pytest.fixture(scope="module")
async def griot(twins: Griot) -> AsyncIterator[Griot]:
    async with twins.instance("slow", GRIOT_REQUESTS_PER_SECOND="1") as slow:
        yield slow


async def test_a_key_that_asks_too_fast_is_told_when_to_come_again_and_then_answered(ada: Customer) -> None:
    answers = await asyncio.gather(*(ada.http.get("/account") for _ in range(AT_ONCE)))

    refused = [answer for answer in answers if answer.status_code != 200]
    assert 0 < len(refused) < AT_ONCE
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_requests")
        assert answer.headers["content-type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.headers["RateLimit-Reset"] == answer.headers["Retry-After"]
        assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("1", "0")
        assert answer.headers["RateLimit-Policy"] == "1;w=1"
    await eventually(lambda: is_answered(ada), what="it is answered again")


async def test_a_key_that_asks_too_fast_holds_up_no_other(ada: Customer, bob: Customer) -> None:
    await asyncio.gather(*(ada.http.get("/account") for _ in range(AT_ONCE)))

    assert await is_answered(bob)


async def test_a_request_that_is_refused_for_its_pace_does_nothing(ada: Customer) -> None:
    names = [f"s{number}" for number in range(AT_ONCE)]
    answers = await asyncio.gather(
        *(ada.http.post("/sessions", json={"session_key": name}) for name in names)
    )

    refused = {name for name, answer in zip(names, answers, strict=True) if answer.status_code == 429}
    assert refused
    assert {answer.json()["code"] for answer in answers if answer.status_code == 429} <= LIMITS
    made = await eventually(lambda: session_keys(ada), what="the list is answered")
    assert made
    assert not refused & set(made)


async def is_answered(customer: Customer) -> bool:
    return (await customer.http.get("/account")).status_code == 200


async def session_keys(customer: Customer) -> list[str]:
    answer = await customer.http.get("/sessions")
    assert answer.status_code == 200
    return [session["session_key"] for session in answer.json()["data"]]
