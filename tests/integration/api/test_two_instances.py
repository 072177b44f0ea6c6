"""Two instances behind one address, asked in turn: what one told, the other knows."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import httpx
import pytest

from griot_chassis import clock
from griot_contracts.accounts import DAILY_MESSAGE_LIMITS, ChangePlan, Plan
from griot_contracts.base import Contract
from griot_contracts.messages import MessageAccepted, MessageRejected
from griot_contracts.sessions import SessionStatus, SessionStatusChanged
from griot_contracts.topics import MESSAGE_EVENTS
from tests.integration.api.conftest import RECIPIENT, Customer, Griot, sign_up, status_of
from tests.integration.api.test_sessions import Stream
from tests.support import eventually
from tests.topics import records_in

THOUSAND = 1_000
AT_ONCE = 4
"""Turns that are taken beside each other, for the machine not to wait for the log."""
HELLO = {"to": RECIPIENT, "message": "Hello"}
A_SECOND_S = 1.0

pytestmark = pytest.mark.timeout(900)  # a thousand requests take as long as the machine takes


def turns(usual: int) -> int:
    """How often: GRIOT_TEST_TURNS is for all of them, where it is more than is usual."""
    return max(usual, int(os.environ.get("GRIOT_TEST_TURNS", usual)))


@pytest.mark.slow
async def test_a_message_taken_by_one_is_found_by_the_other_a_thousand_times(eve: Customer) -> None:
    await eve.connected_session()
    async with doors(eve.griot, eve.key) as both:

        async def turn(number: int) -> None:
            one, other = both if number % 2 else reversed(both)
            taken = await one.post("/messages", json={"to": RECIPIENT, "message": f"message {number}"})
            assert taken.status_code == 202, taken.text
            found = await other.get(f"/messages/{taken.json()['id']}")
            assert found.status_code == 200, number

        for first in range(0, turns(THOUSAND), AT_ONCE):
            await asyncio.gather(*(turn(first + number) for number in range(AT_ONCE)))


@pytest.mark.slow
async def test_a_message_that_is_not_projected_yet_is_not_denied_by_the_other(eve: Customer) -> None:
    await eve.connected_session()
    projector = eve.griot.processes["projector"]
    async with doors(eve.griot, eve.key) as (one, other):
        taken = (await one.post("/messages", json=HELLO)).json()
        found = partial(status_of, other, f"/messages/{taken['id']}")
        await eventually(found, equals=200, what="its key is projected")
        await projector.stop()
        taken = (await one.post("/messages", json=HELLO)).json()
        found = partial(status_of, other, f"/messages/{taken['id']}")

        assert await found() == 503
        await projector.start()
        await eventually(found, equals=200, what="it is projected")


@pytest.mark.slow
async def test_a_message_taken_by_one_is_listed_by_the_other(eve: Customer) -> None:
    await eve.connected_session()
    for number in range(turns(100)):
        taken = (await eve.send(f"message {number}")).json()
        newest = (await eve.http.get("/messages", params={"limit": 1})).json()["data"][0]
        assert newest["id"] == taken["id"], number


@pytest.mark.slow
async def test_who_was_told_connected_by_one_may_send_by_the_other(twins: Griot, eve: Customer) -> None:
    session_id = await eve.session()
    first, second = (httpx.AsyncClient(base_url=f"{url}/api/v1", headers=eve.http.headers, timeout=20,
                                       trust_env=False) for url in twins.urls)  # fmt: skip
    async with first, second, first.stream("GET", f"/sessions/{session_id}/stream") as response:
        stream = Stream(response)
        await stream.next()
        for number in range(turns(300)):
            await says(eve, session_id, SessionStatus.CONNECTED)
            assert (await stream.next())[0] == "connected"
            answer = await second.post("/messages", json=HELLO)
            assert answer.status_code == 202, (number, answer.text)
            await says(eve, session_id, SessionStatus.DISCONNECTED)
            assert (await stream.next())[0] == "status"


async def test_a_session_made_by_one_is_found_by_the_other(eve: Customer) -> None:
    for number in range(50):
        session_id = await eve.session(f"s{number}")
        assert (await eve.http.get(f"/sessions/{session_id}")).status_code == 200, number
        await eve.session(f"t{number}")  # so that the next one is asked of the other
        listed = (await eve.http.get("/sessions", params={"limit": 100})).json()["data"]
        assert len(listed) == 2 * number + 2


async def test_a_key_made_by_one_opens_the_other_and_a_revoked_one_neither_within_a_second(
    twins: Griot, eve: Customer
) -> None:
    for _ in range(turns(50)):
        made = (await eve.http.post("/keys", json={"name": "shop"})).json()
        async with doors(twins, made["key"]) as (first, second):
            assert (await second.get("/account")).status_code == 200
            assert (await first.get("/account")).status_code == 200

            assert (await eve.http.delete(f"/keys/{made['id']}")).status_code == 204

            await is_refused(first, second)


@pytest.mark.slow
async def test_who_was_told_of_another_plan_by_one_may_send_by_the_other(twins: Griot) -> None:
    customer = await sign_up(twins)
    await customer.connected_session()
    for _ in range(DAILY_MESSAGE_LIMITS[Plan.FREE]):
        assert (await customer.send()).status_code == 202
    async with doors(twins, customer.key) as (first, second):
        for _ in range(20):
            for door in (first, second):
                answer = await door.post("/messages", json=HELLO)
                assert (answer.status_code, answer.json()["code"]) == (429, "daily_limit_reached")

            await changes(customer, Plan.PRO)
            await eventually(partial(plan, first), equals="pro", what="it is on pro")
            granted = await second.post("/messages", json=HELLO)
            assert granted.status_code == 202, granted.text

            await changes(customer, Plan.FREE)
            await eventually(partial(plan, first), equals="free", what="it is on free")
    await customer.http.aclose()


async def test_32_clients_race_for_the_last_10_messages_of_a_day_and_10_are_accepted(twins: Griot) -> None:
    customer = await sign_up(twins)
    await customer.connected_session()
    for _ in range(DAILY_MESSAGE_LIMITS[Plan.FREE] - 10):
        assert (await customer.send()).status_code == 202

    answers = await asyncio.gather(*(customer.send(f"racer {number}") for number in range(32)))
    granted = [answer for answer in answers if answer.status_code == 202]
    assert len(granted) == 10, Counter(answer.status_code for answer in answers)
    assert {answer.headers["RateLimit-Remaining"] for answer in granted} == {str(n) for n in range(10)}
    refused = {answer.json()["code"] for answer in answers if answer.status_code != 202}
    assert refused == {"daily_limit_reached"}

    assert (await customer.send()).status_code == 429
    await eventually(partial(sent_today, customer), equals=100, what="they are counted")
    # An api that has heard of the limit refuses by itself, and nothing of that is written.
    log = await records_in(twins.environment["GRIOT_KAFKA_BOOTSTRAP"], MESSAGE_EVENTS)
    mine = [one.body for one in log if getattr(one.body, "account_id", None) == customer.account_id]
    decided = {"pending": kinds(mine, MessageAccepted), "rejected": kinds(mine, MessageRejected)}
    assert decided["pending"] == 100
    assert 0 < decided["rejected"] <= 22
    assert await statuses(customer) == decided
    await customer.http.aclose()


async def test_what_a_revoked_key_asks_is_refused_by_every_instance_from_the_next_message_on(
    twins: Griot, eve: Customer
) -> None:
    await eve.connected_session()
    for _ in range(50):
        made = (await eve.http.post("/keys", json={"name": "shop"})).json()
        async with doors(twins, made["key"]) as (first, second):
            assert (await first.post("/messages", json=HELLO)).status_code == 202
            assert (await second.post("/messages", json=HELLO)).status_code == 202

            assert (await eve.http.delete(f"/keys/{made['id']}")).status_code == 204

            for door in (first, second):
                refused = await door.post("/messages", json=HELLO)
                assert (refused.status_code, refused.json()["code"]) == (401, "key_invalid")


async def test_a_stream_ends_at_once_when_its_instance_is_told_to_stop(twins: Griot, eve: Customer) -> None:
    session_id = await eve.session()
    api = twins.processes["api-2"]
    async with httpx.AsyncClient(headers=eve.http.headers, trust_env=False, timeout=20) as client:
        path = f"{twins.urls[1]}/api/v1/sessions/{session_id}/stream"
        async with client.stream("GET", path) as response:
            stream = Stream(response)
            await stream.next()
            stopping = asyncio.create_task(api.stop())
            async with asyncio.timeout(3):
                with pytest.raises(StopAsyncIteration):
                    await stream.next_event()
            await stopping
    await api.start()
    await eventually(lambda: answers(twins.urls[1]), what="it is back")


@asynccontextmanager
async def doors(griot: Griot, key: str) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient]]:
    headers = {"Authorization": f"Bearer {key}"}
    one, two = (httpx.AsyncClient(base_url=f"{url}/api/v1", headers=headers, timeout=20, trust_env=False)
                for url in griot.urls)  # fmt: skip
    async with one, two:
        yield one, two


async def is_refused(*doors: httpx.AsyncClient) -> None:
    """Each refuses whatever is asked from a second after this on, however long an answer takes."""
    revoked = time.monotonic()
    for door in doors:
        asked = time.monotonic()
        while (await door.get("/account")).status_code != 401:
            assert asked - revoked < A_SECOND_S, "it was accepted"
            asked = time.monotonic()


async def sent_today(customer: Customer) -> int:
    return int((await customer.http.get("/account")).json()["sentToday"])


def kinds(bodies: Iterable[Contract], kind: type[Contract]) -> int:
    return sum(isinstance(body, kind) for body in bodies)


async def statuses(customer: Customer) -> Counter[str]:
    return Counter([one["status"] async for one in all_messages(customer)])


async def plan(door: httpx.AsyncClient) -> str:
    return str((await door.get("/account")).json()["plan"])


async def changes(customer: Customer, to: Plan) -> None:
    change = ChangePlan(account_id=customer.account_id, at=clock.now(), plan=to)
    await customer.griot.happened(change)


async def all_messages(customer: Customer) -> AsyncIterator[dict[str, Any]]:
    params: dict[str, Any] = {"limit": 100}
    while "cursor" not in params or params["cursor"] is not None:
        page = (await customer.http.get("/messages", params=params)).json()
        for message in page["data"]:
            yield message
        params["cursor"] = page["nextCursor"]


async def answers(url: str) -> bool:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{url}/readyz")).status_code == 200


async def says(customer: Customer, session_id: str, status: SessionStatus) -> None:
    await customer.griot.happened(
        SessionStatusChanged(
            account_id=customer.account_id, at=clock.now(), session_id=session_id, status=status, epoch=1
        )
    )
