import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from httpx_sse import EventSource, ServerSentEvent

from griot_chassis import clock
from griot_contracts.accounts import SuspendAccount
from griot_contracts.sessions import QrCodeIssued, SessionDeleted, SessionStatus
from tests.integration.api.conftest import Customer
from tests.support import SOON, eventually

PNG = b"\x89PNG"


class Stream:
    """A session's event stream, read one event at a time."""

    def __init__(self, response: httpx.Response) -> None:
        self._events = EventSource(response).aiter_sse()

    async def next(self) -> tuple[str, dict[str, Any]]:
        event = await self.next_event()
        return event.event, json.loads(event.data)

    async def next_event(self) -> ServerSentEvent:
        async with asyncio.timeout(SOON.total_seconds()):
            return await anext(self._events)


@asynccontextmanager
async def stream_of(customer: Customer, session_id: str, **headers: str) -> AsyncIterator[Stream]:
    path = f"/sessions/{session_id}/stream"
    async with customer.http.stream("GET", path, headers=headers) as response:
        assert response.status_code == 200
        yield Stream(response)


def code_of(customer: Customer, session_id: str, text: str, shown_for: float = 60) -> QrCodeIssued:
    now = clock.now()
    return QrCodeIssued(
        account_id=customer.account_id,
        at=now,
        session_id=session_id,
        code=text,
        expires_at=now + timedelta(seconds=shown_for),
    )


async def test_a_session_is_there_as_soon_as_it_was_made(ada: Customer) -> None:
    made = await ada.http.post("/sessions", json={"session_key": "my-session"})

    session = made.json()
    assert made.status_code == 201
    assert (session["session_key"], session["status"]) == ("my-session", "starting")
    assert (await ada.http.get(f"/sessions/{session['id']}")).json() == session
    assert (await ada.http.get("/sessions")).json() == {"data": [session], "nextCursor": None}


async def test_a_session_key_names_one_session(ada: Customer) -> None:
    await ada.session("one")

    answer = await ada.http.post("/sessions", json={"session_key": "one"})

    assert (answer.status_code, answer.json()["code"]) == (409, "session_key_taken")


async def test_the_eleventh_session_of_a_free_account_is_refused(ada: Customer) -> None:
    for number in range(10):
        await ada.session(f"s{number}")

    answer = await ada.http.post("/sessions", json={"session_key": "s10"})

    assert (answer.status_code, answer.json()["code"]) == (429, "session_limit_reached")
    assert (answer.headers["RateLimit-Limit"], answer.headers["RateLimit-Remaining"]) == ("10", "0")
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_list_goes_on_where_it_ended(ada: Customer) -> None:
    made = [await ada.session(f"s{number}") for number in range(3)]

    first = (await ada.http.get("/sessions", params={"limit": 2})).json()
    second = (await ada.http.get("/sessions", params={"limit": 2, "cursor": first["nextCursor"]})).json()

    assert [session["id"] for session in first["data"] + second["data"]] == made[::-1]
    assert second["nextCursor"] is None


@pytest.mark.parametrize("path", ["", "/stream", "/qr.png"])
async def test_another_accounts_session_is_not_found(ada: Customer, bob: Customer, path: str) -> None:
    session_id = await bob.session()

    answer = await ada.http.get(f"/sessions/{session_id}{path}")

    assert (answer.status_code, answer.json()["code"]) == (404, "session_not_found")
    assert (await ada.http.delete(f"/sessions/{session_id}")).status_code == 404
    assert (await ada.http.get("/sessions")).json()["data"] == []


async def test_the_stream_tells_the_code_and_then_that_it_is_connected(ada: Customer) -> None:
    session_id = await ada.session()
    async with stream_of(ada, session_id) as stream:
        assert (await stream.next())[1]["status"] == "starting"

        await ada.griot.happened(code_of(ada, session_id, "2@first"))
        name, code = await stream.next()
        assert (name, code["code"]) == ("qr", "2@first")
        assert code["image"].startswith("data:image/png;base64,")

        await ada.stands(session_id, SessionStatus.CONNECTED)
        assert (await stream.next())[0] == "connected"


async def test_after_connected_on_the_stream_a_message_is_taken(ada: Customer) -> None:
    session_id = await ada.session()
    async with stream_of(ada, session_id) as stream:
        await stream.next()
        standing = asyncio.create_task(ada.stands(session_id, SessionStatus.CONNECTED))
        assert (await stream.next())[0] == "connected"
        answer = await ada.send()
        await standing

    assert answer.status_code == 202


async def test_who_comes_late_sees_the_code_that_counts_now(ada: Customer) -> None:
    session_id = await ada.session()
    await ada.griot.happened(code_of(ada, session_id, "2@old"), code_of(ada, session_id, "2@new"))
    await ada.stands(session_id, SessionStatus.AWAITING_SCAN)
    await eventually(lambda: picture(ada, session_id), what="the code is heard")

    async with stream_of(ada, session_id) as stream:
        name, code = await stream.next()

    assert (name, code["code"]) == ("qr", "2@new")


async def test_a_code_that_has_ended_is_not_shown(ada: Customer) -> None:
    session_id = await ada.session()
    await ada.griot.happened(code_of(ada, session_id, "2@ended", shown_for=-1))
    await ada.stands(session_id, SessionStatus.AWAITING_SCAN)

    async with stream_of(ada, session_id) as stream:
        name, standing = await stream.next()
    answer = await ada.http.get(f"/sessions/{session_id}/qr.png")

    assert (name, standing["status"]) == ("status", "awaiting_scan")
    assert (answer.status_code, answer.json()["code"]) == (409, "no_code_to_scan")


async def test_an_instance_that_starts_later_shows_no_code_that_was_scanned(ada: Customer) -> None:
    session_id = await ada.session()
    await ada.griot.happened(code_of(ada, session_id, "2@scanned"))
    await eventually(lambda: picture(ada, session_id), what="the code is heard")
    await ada.stands(session_id, SessionStatus.CONNECTED)

    async with ada.griot.instance("later") as later, later.client(ada.key) as http:
        answer = await http.get(f"/sessions/{session_id}/qr.png")

    assert (answer.status_code, answer.json()["code"]) == (409, "no_code_to_scan")


async def test_a_stream_that_goes_on_leaves_out_what_was_seen(ada: Customer) -> None:
    session_id = await ada.connected_session()
    async with stream_of(ada, session_id) as stream:
        seen = await stream.next_event()
    async with stream_of(ada, session_id, **{"Last-Event-ID": seen.id}) as stream:
        await ada.stands(session_id, SessionStatus.DISCONNECTED)
        name, standing = await stream.next()

    assert (name, standing["status"]) == ("status", "disconnected")


@pytest.mark.slow
@pytest.mark.timeout(90)
async def test_a_stream_with_nothing_to_tell_says_so_to_keep_the_connection_open(ada: Customer) -> None:
    session_id = await ada.session()

    async with ada.http.stream("GET", f"/sessions/{session_id}/stream") as response:
        lines = response.aiter_lines()
        async with asyncio.timeout(60):
            said = [line async for line in _until_comment(lines)]

    assert said[0] == "event: status"
    assert said[-1].startswith(":")


async def test_a_stream_ends_when_its_key_is_revoked(ada: Customer) -> None:
    session_id = await ada.session()
    made = (await ada.http.post("/keys", json={})).json()
    guest = ada.griot.client(made["key"])
    async with guest, guest.stream("GET", f"/sessions/{session_id}/stream") as response:
        stream = Stream(response)
        await stream.next()
        await ada.http.delete(f"/keys/{made['id']}")
        with pytest.raises(StopAsyncIteration):
            await stream.next_event()


async def test_a_stream_ends_when_its_key_expires(ada: Customer) -> None:
    session_id = await ada.session()
    soon = clock.now() + timedelta(seconds=3)
    made = (await ada.http.post("/keys", json={"expiresAt": soon.isoformat()})).json()
    guest = ada.griot.client(made["key"])
    async with guest, guest.stream("GET", f"/sessions/{session_id}/stream") as response:
        stream = Stream(response)
        await stream.next()
        with pytest.raises(StopAsyncIteration):
            await stream.next_event()
    assert clock.now() >= soon


async def test_a_stream_ends_when_its_account_is_suspended(ada: Customer) -> None:
    session_id = await ada.session()
    async with ada.http.stream("GET", f"/sessions/{session_id}/stream") as response:
        stream = Stream(response)
        await stream.next()
        await ada.griot.happened(SuspendAccount(account_id=ada.account_id, at=clock.now(), reason="unpaid"))
        with pytest.raises(StopAsyncIteration):
            await stream.next_event()
    assert (await ada.http.get("/account")).json()["code"] == "account_suspended"


async def test_a_deleted_session_is_gone_once_its_owner_says_so(ada: Customer) -> None:
    session_id = await ada.session()
    deleting = asyncio.create_task(ada.http.delete(f"/sessions/{session_id}"))
    # The session manager's part: it is told by the log, and this test does not wait for that.
    gone = SessionDeleted(account_id=ada.account_id, at=clock.now(), session_id=session_id)
    await eventually(lambda: released(ada), what="the account gave it up")
    await ada.griot.happened(gone)

    assert (await deleting).status_code == 204
    assert (await ada.http.get(f"/sessions/{session_id}")).status_code == 404
    assert (await ada.http.delete(f"/sessions/{session_id}")).json()["code"] == "session_not_found"
    listed = (await ada.http.get("/sessions")).json()["data"]
    assert session_id not in [session["id"] for session in listed]


async def _until_comment(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    async for line in lines:
        yield line
        if line.startswith(":"):
            return


async def picture(customer: Customer, session_id: str) -> bool:
    answer = await customer.http.get(f"/sessions/{session_id}/qr.png")
    return answer.status_code == 200 and answer.content.startswith(PNG)


async def released(customer: Customer) -> bool:
    """Whether the name of the session is free again: the quota service has decided."""
    return (await customer.http.post("/sessions", json={"session_key": "my-session"})).status_code == 201
