"""What a client gets wrong: a clear problem document each time, and nothing that is lost."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from fakewhatsapp.client import RemoteNetwork
from griot_local.client import GriotApi, RefusedError
from griot_local.stack import Stack
from tests.e2e.people import a_number, opened_account

FREE_MESSAGES_A_DAY = 100


async def test_a_request_without_a_key_is_401(stack: Stack) -> None:
    async with GriotApi(stack.api_url) as stranger:
        problem = await refused(stranger.get("/sessions"))

    assert (problem["status"], problem["code"]) == (401, "key_missing")


async def test_another_accounts_session_is_404(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada, opened_account(stack.api_url) as bob:
        session_id = await ada.create_session()

        assert (await ada.api.get(f"/sessions/{session_id}")).status == 200
        assert (await refused(bob.api.get(f"/sessions/{session_id}")))["status"] == 404


async def test_a_message_without_a_connected_session_is_409(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada:
        problem = await refused(ada.api.post("/messages", {"to": a_number(), "message": "hello"}))

    assert (problem["status"], problem["code"]) == (409, "session_not_connected")


@pytest.mark.parametrize(
    "body",
    [
        {"to": "not a number", "message": "hello"},
        {"to": "+237612345678"},
        {"to": "+237612345678", "message": "hello", "mesage": "a typo"},
        {"to": "+237612345678", "message": 7},
    ],
)
async def test_a_malformed_body_is_422(stack: Stack, body: dict[str, Any]) -> None:
    async with opened_account(stack.api_url) as ada:
        problem = await refused(ada.api.post("/messages", body))

    assert problem["status"] == 422


async def test_the_101st_message_of_a_free_day_is_429_and_says_when_to_come_again(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        await ada.connected_session(network.phone(a_number()))
        recipient = a_number()
        ids = [await ada.send(recipient, f"{n}") for n in range(FREE_MESSAGES_A_DAY)]

        with pytest.raises(RefusedError) as refusal:
            await ada.send(recipient, "one too many")
        answer = refusal.value.answer

        assert (answer.status_code, answer.json()["code"]) == (429, "daily_limit_reached")
        assert 0 < int(answer.headers["Retry-After"]) <= timedelta(days=1).total_seconds()
        await ada.wait_for_status(ids[-1], "delivered", within=timedelta(seconds=45))
        assert len({(await network.phone(recipient).next_message()).text for _ in ids}) == FREE_MESSAGES_A_DAY


async def test_a_message_to_a_number_that_is_not_on_whatsapp_fails_and_says_so(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        await ada.connected_session(network.phone(a_number()))
        nobody = a_number()
        await network.make_unknown(nobody)

        failed = await ada.wait_for_status(await ada.send(nobody, "hello"), "failed")

    assert failed["reason"]["code"] == "recipient_not_on_whatsapp"
    assert failed["timeline"][-1]["reason"] == failed["reason"]


async def refused(request: Any) -> dict[str, Any]:
    """The problem document with which a request is refused."""
    with pytest.raises(RefusedError) as refusal:
        await request
    answer: httpx.Response = refusal.value.answer
    assert answer.headers["content-type"].startswith("application/problem+json")
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "code"} <= problem.keys()
    return problem
