"""Quota's snapshots are a reading of the log: dropped under load, not one message more is accepted."""

import asyncio
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from griot_chassis.ids import new_id
from tests.integration.api.conftest import RECIPIENT, Customer, Griot, sign_up
from tests.integration.operator.conftest import Run
from tests.support import eventually

LIMIT = 100


@pytest.fixture
async def database(griot: Griot, mongo: str) -> Any:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongo, tz_aware=True)
    yield client[griot.database.name.replace("api-", "quota-")]
    await client.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_dropped_under_load_the_limit_is_exact_and_each_repeat_is_answered_as_before(
    griot: Griot, database: Any
) -> None:
    customer = await sign_up(griot)
    await customer.connected_session()
    key = new_id()
    first = await send_once(customer, key)
    assert first.status_code == 202

    async def some(count: int) -> list[int]:
        return [(await customer.send(f"m{number}")).status_code for number in range(count)]

    senders = [asyncio.create_task(some(16)) for _ in range(8)]
    for _ in range(3):
        await asyncio.wait(senders, timeout=0.7)  # in the middle of it, wherever that is
        await database.client.drop_database(database.name)
    answers = [status for sender in senders for status in await sender]

    repeated = await send_once(customer, key)
    assert (repeated.status_code, repeated.json()["id"]) == (202, first.json()["id"])
    await eventually(lambda: accepted(griot, customer), equals=LIMIT, what="the day is full")
    assert answers.count(202) >= LIMIT - 1  # what was not decided in time was taken all the same
    assert set(answers) <= {202, 429}
    assert (await customer.send("one more")).status_code == 429
    assert await accepted(griot, customer) == LIMIT
    assert "at_1" in await database["answers"].index_information(), "answers are forgotten in time again"
    await customer.http.aclose()


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_rebuilt_by_the_operator_the_snapshots_are_the_same(
    griot: Griot, database: Any, operator: Run
) -> None:
    customer = await sign_up(griot)
    for name in ("one", "two"):
        await customer.connected_session(name)
    default = await customer.connected_session("three")
    await customer.http.patch(f"/sessions/{default}", json={"isDefault": True})
    for number in range(5):
        assert (await send_once(customer, f"key {number}")).status_code == 202
    await eventually(lambda: sent(database, customer), equals=5, what="all is stored")
    before = await stored(database, customer)

    done = await operator("rebuild", "quota", GRIOT_QUOTA_DATABASE=database.name)

    assert "made from the log" in done
    after = await stored(database, customer)
    assert after["account"] == before["account"]
    assert after["answers"] == before["answers"]
    assert (await send_once(customer, "key 6")).status_code == 202
    await eventually(lambda: sent(database, customer), equals=6, what="it goes on from there")
    await customer.http.aclose()


async def send_once(customer: Customer, key: str) -> Any:
    body, headers = {"to": RECIPIENT, "message": "once"}, {"Idempotency-Key": key}
    return await customer.http.post("/messages", json=body, headers=headers)


async def stored(database: Any, customer: Customer) -> dict[str, Any]:
    snapshot = await database["accounts"].find_one({"_id": customer.account_id})
    answers = await database["answers"].find({"reply.accountId": customer.account_id}).sort("_id").to_list()
    return {"account": snapshot["account"], "answers": answers}


async def sent(database: Any, customer: Customer) -> int:
    return int((await stored(database, customer))["account"]["sent"])


async def accepted(griot: Griot, customer: Customer) -> int:
    mine = {"account_id": customer.account_id, "status": {"$ne": "rejected"}}
    return int(await griot.database["messages"].count_documents(mine))
