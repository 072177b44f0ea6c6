"""A session's stream after a break, and from a browser."""

import json
from contextlib import aclosing

import httpx
from httpx_sse import EventSource, ServerSentEvent

from fakewhatsapp.client import RemoteNetwork
from griot_local.stack import Stack
from tests.e2e.people import Account, a_number, opened_account


async def test_after_a_break_the_stream_gives_what_came_after_and_nothing_twice(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        phone, session_id = network.phone(a_number()), await ada.create_session()
        seen = await heard(ada, session_id, until="qr")
        await phone.scan(json.loads(seen[-1].data)["code"])
        await heard(ada, session_id, until="connected")
        await ada.patch(f"/sessions/{session_id}", {"desiredState": "disconnected"})
        linked = await heard(ada, session_id, until="connected", after=seen[-1].id)
        stopped = await heard(ada, session_id, until="status", after=linked[-1].id)
        whole = await heard(ada, session_id, until=stopped[-1].id, after=seen[-1].id)

        names = [event.event for event in whole]
        assert names.index("connected") < len(names) - 1
        assert json.loads(whole[-1].data)["reason"] == "stopped"
        assert seen[-1].id not in [event.id for event in whole]
        assert len({event.id for event in whole}) == len(whole)

        rest = await heard(ada, session_id, until="status", after=whole[-2].id)
        assert [event.id for event in rest] == [whole[-1].id]


async def test_a_ticket_opens_its_own_stream_and_no_other(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada, opened_account(stack.api_url) as bob:
        session_id, other = await ada.create_session(), await ada.create_session()
        issued = await ada.api.post(f"/sessions/{session_id}/stream-ticket", {})
        ticket = issued.body["ticket"]

        assert issued.status == 201
        assert await status_with(ada, session_id, ticket) == 200
        assert await status_with(ada, other, ticket) == 401
        assert await status_with(bob, await bob.create_session(), ticket) == 401
        assert await status_with(ada, session_id, ticket + "x") == 401


async def test_a_ticket_ends_with_the_key_that_asked_for_it(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada:
        session_id = await ada.create_session()
        issued = (await ada.api.post("/keys", {})).body
        with_key = Account(ada.api.with_key(issued["key"]), {"id": ada.id, "key": issued["key"]}, ada.url)
        answer = await with_key.ask("POST", f"/sessions/{session_id}/stream-ticket")
        assert await ada.delete(f"/keys/{issued['id']}") == 204

        assert await status_with(ada, session_id, answer.json()["ticket"]) == 401


async def heard(
    account: Account, session_id: str, *, until: str, after: str | None = None
) -> list[ServerSentEvent]:
    """What the stream says up to the first event of this name or id that ends a part of the story."""
    headers = {"Authorization": f"Bearer {account.key}"} | ({"Last-Event-ID": after} if after else {})
    url = f"{account.url}/api/v1/sessions/{session_id}/stream"
    events: list[ServerSentEvent] = []
    async with (
        httpx.AsyncClient(headers=headers, timeout=40, trust_env=False) as http,
        http.stream("GET", url) as response,
        aclosing(EventSource(response).aiter_sse()) as told,
    ):
        async for event in told:
            events.append(event)
            if event.id == until or (event.event == until and '"starting"' not in event.data):
                break
    return events


async def status_with(account: Account, session_id: str, ticket: str) -> int:
    url = f"{account.url}/api/v1/sessions/{session_id}/stream"
    async with (
        httpx.AsyncClient(timeout=20, trust_env=False) as http,
        http.stream("GET", url, params={"ticket": ticket}) as response,
    ):
        return response.status_code
