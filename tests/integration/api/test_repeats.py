"""The same Idempotency-Key: the same answer, whichever instance is asked, whatever crashed between."""

import asyncio
from typing import Any

import httpx
import pytest

from griot_chassis import ids
from griot_contracts.sessions import SessionStatus
from tests.integration.api.conftest import PASSWORD, RECIPIENT, Customer, Griot, sign_up
from tests.support import eventually

HELLO = {"to": RECIPIENT, "message": "Hello"}

pytestmark = pytest.mark.timeout(120)


async def ask(who: Customer, path: str, body: dict[str, Any], key: str) -> httpx.Response:
    return await who.http.post(path, json=body, headers={"Idempotency-Key": key})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sessions", {"session_key": "shop"}),
        ("/keys", {}),
        ("/keys", {"name": "shop", "scopes": ["messages:send"], "expiresAt": "2999-01-01T00:00:00Z"}),
        ("/messages", HELLO),
    ],
)
async def test_a_repeat_is_answered_as_the_first_was(eve: Customer, path: str, body: dict[str, Any]) -> None:
    await eve.connected_session()
    key = ids.new_id()

    answers = [await ask(eve, path, body, key) for _ in range(4)]

    assert {answer.status_code for answer in answers} <= {201, 202}, answers[0].text
    assert [answer.json() for answer in answers] == [answers[0].json()] * 4
    listed = (await eve.http.get(path)).json()["data"]
    assert [one["id"] for one in listed].count(answers[0].json()["id"]) == 1
    assert len(listed) == {"/messages": 1}.get(path, 2)  # beside the first key, or the connected session


async def test_an_account_is_opened_once_and_its_key_told_again(twins: Griot) -> None:
    body = {"email": f"{ids.new_id()}@example.com", "password": PASSWORD}
    headers = {"Idempotency-Key": ids.new_id()}
    async with twins.client() as stranger:
        first, second = [await stranger.post("/accounts", json=body, headers=headers) for _ in range(2)]
        other = await stranger.post("/accounts", json=body | {"password": "guessed it"}, headers=headers)

    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    async with twins.client(second.json()["key"]) as owner:
        assert (await owner.get("/account")).status_code == 200


async def test_another_request_under_the_same_key_is_refused(eve: Customer) -> None:
    await eve.connected_session()
    key = ids.new_id()
    assert (await ask(eve, "/messages", HELLO, key)).status_code == 202

    others = [
        await ask(eve, "/messages", HELLO | {"message": "Good bye"}, key),
        await ask(eve, "/sessions", {"session_key": "another"}, key),
        await ask(eve, "/keys", {}, key),
    ]

    for other in others:
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert (await ask(eve, "/messages", dict(reversed(HELLO.items())), key)).status_code == 202


async def test_two_accounts_may_have_the_same_key(twins: Griot, eve: Customer) -> None:
    other, key = await sign_up(twins), ids.new_id()

    made = [await ask(who, "/sessions", {"session_key": "shop"}, key) for who in (eve, other)]

    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]
    await other.http.aclose()


async def test_many_at_once_send_one_message(eve: Customer) -> None:
    await eve.connected_session()
    key = ids.new_id()

    answers = await asyncio.gather(*(ask(eve, "/messages", HELLO, key) for _ in range(40)))

    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len((await eve.http.get("/messages")).json()["data"]) == 1
    assert (await eve.http.get("/account")).json()["sentToday"] == 1


async def test_a_repeat_is_answered_though_it_would_be_refused_now(eve: Customer) -> None:
    session_id = await eve.connected_session()
    key = ids.new_id()
    first = await ask(eve, "/messages", HELLO, key)
    await eve.stands(session_id, SessionStatus.DISCONNECTED)

    again = await ask(eve, "/messages", HELLO, key)
    new = await ask(eve, "/messages", HELLO, ids.new_id())

    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["RateLimit-Remaining"] == first.headers["RateLimit-Remaining"]
    assert (new.status_code, new.json()["code"]) == (409, "session_not_connected")


@pytest.mark.slow
async def test_what_was_refused_at_the_limit_may_be_granted_later(twins: Griot) -> None:
    customer = await sign_up(twins)
    await customer.connected_session()
    for _ in range(100):
        assert (await customer.send()).status_code == 202
    key = ids.new_id()
    refused = [await ask(customer, "/messages", HELLO, key) for _ in range(2)]
    assert {answer.json()["code"] for answer in refused} == {"daily_limit_reached"}

    await customer.goes_pro()
    granted = await ask(customer, "/messages", HELLO, key)

    assert granted.status_code == 202, granted.text
    for _ in range(2):
        message = (await customer.http.get(f"/messages/{granted.json()['id']}")).json()
        assert message["status"] == "pending", message
    await eventually(lambda: counted(twins, customer), equals=101, what="it is counted")
    await customer.http.aclose()


@pytest.mark.slow
async def test_the_decider_dies_and_a_repeat_makes_nothing_twice(twins: Griot, eve: Customer) -> None:
    await eve.connected_session()
    keys = [ids.new_id() for _ in range(3)]
    shop = {"session_key": "shop"}

    await twins.processes["quota"].kill()
    first = await asyncio.gather(*(ask(eve, "/messages", HELLO, key) for key in keys))
    session = await ask(eve, "/sessions", shop, "s")
    again = await asyncio.gather(*(ask(eve, "/messages", HELLO, key) for key in keys))
    await twins.processes["quota"].start()
    last = await asyncio.gather(*(ask(eve, "/messages", HELLO, key) for key in keys))
    sessions = [await ask(eve, "/sessions", shop, "s") for _ in range(2)]

    assert {answer.status_code for answer in (*first, *again, *last)} == {202}
    for answers in (again, last):
        assert [answer.json() for answer in answers] == [answer.json() for answer in first]
    assert (session.status_code, session.json()["code"]) == (503, "not_decided_yet")
    assert [answer.status_code for answer in sessions] == [201, 201]
    assert sessions[0].json() == sessions[1].json()
    await eventually(lambda: counted(twins, eve), equals=3, what="each is counted once")
    assert len((await eve.http.get("/messages")).json()["data"]) == 3


@pytest.mark.slow
async def test_killed_in_the_middle_of_repeats_it_counts_each_message_once(
    twins: Griot, eve: Customer
) -> None:
    await eve.connected_session()
    keys = [ids.new_id() for _ in range(60)]

    async def insist(key: str) -> None:
        for _ in range(3):
            assert (await ask(eve, "/messages", HELLO, key)).status_code == 202

    asking = asyncio.gather(*(insist(key) for key in keys))
    for _ in range(2):
        twins.processes["quota"].crash()
        await twins.processes["quota"].wait_ready()
    await asking

    await eventually(lambda: counted(twins, eve), equals=60, what="each is counted once")
    remaining = (await ask(eve, "/messages", HELLO, ids.new_id())).headers["RateLimit-Remaining"]
    assert remaining == str(10_000 - 61)


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\u00e9"])
async def test_a_key_that_is_none_is_refused(eve: Customer, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode()}

    answer = await eve.http.post("/sessions", json={"session_key": "shop"}, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


async def counted(griot: Griot, customer: Customer) -> int:
    usage = await (await griot.live())["usage"].find({"account_id": customer.account_id}).to_list()
    return sum(document["sent"] for document in usage)


@pytest.mark.parametrize("body", [b"", b"{not json", b"\xff"])
async def test_a_body_that_is_not_json_is_refused_under_a_key_too(eve: Customer, body: bytes) -> None:
    headers = {"Idempotency-Key": "one", "Content-Type": "application/json"}

    answer = await eve.http.post("/sessions", content=body, headers=headers)

    assert answer.status_code == 422
