"""What an account may change of its sessions, and linking without a camera."""

from typing import Any

from fakewhatsapp.client import RemoteNetwork
from griot_local.client import RefusedError
from griot_local.stack import Stack
from tests.e2e.people import Account, a_number, opened_account
from tests.support import eventually


async def test_a_code_entered_on_the_phone_links_it_without_a_camera(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        phone, session_id = network.phone(a_number()), await ada.create_session()
        await stands(ada, session_id, "awaiting_scan")

        answer = await ada.api.post(f"/sessions/{session_id}/pairing-code", {"phone": phone.number})
        await phone.enter(answer.body["code"])

        assert answer.status == 201
        await stands(ada, session_id, "connected")
        again = f"/sessions/{session_id}/pairing-code"
        assert await refusal(ada, again, {"phone": phone.number}) == (409, "session_not_pairing")


async def test_a_session_is_stopped_and_started_again_without_a_new_scan(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        phone = network.phone(a_number())
        session_id = await ada.connected_session(phone)
        url = f"/sessions/{session_id}"

        stopped = await ada.patch(url, {"desiredState": "disconnected", "whenDisconnected": "queue"})
        assert (stopped["desiredState"], stopped["whenDisconnected"]) == ("disconnected", "queue")
        told = await stands(ada, session_id, "disconnected")
        assert told["reason"]["code"] == "stopped"
        waiting = await ada.send(a_number(), "when you are back", session_id=session_id)

        await ada.patch(url, {"desiredState": "connected"})
        await stands(ada, session_id, "connected")
        await ada.wait_for_status(waiting, "delivered")


async def test_a_stopped_session_that_is_deleted_is_unlinked_from_its_phone(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        phone = network.phone(a_number())
        session_id = await ada.connected_session(phone)
        await ada.patch(f"/sessions/{session_id}", {"desiredState": "disconnected"})
        await stands(ada, session_id, "disconnected")

        assert await ada.delete(f"/sessions/{session_id}") == 204
        assert (await phone.state()).devices == []


async def test_the_session_that_was_made_the_default_sends(stack: Stack, network: RemoteNetwork) -> None:
    async with opened_account(stack.api_url) as ada:
        first = await ada.connected_session(network.phone(a_number()))
        second = await ada.connected_session(network.phone(a_number()))
        assert await sender(ada) == first

        await ada.patch(f"/sessions/{second}", {"isDefault": True})
        assert await sender(ada) == second
        await ada.patch(f"/sessions/{first}", {"isDefault": True})
        assert await sender(ada) == first

        sessions = (await ada.api.get("/sessions")).body["data"]
        assert {one["id"]: one["isDefault"] for one in sessions} == {first: True, second: False}


async def test_a_change_is_shown_at_once_and_what_is_left_out_stays(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada:
        session_id, other = await ada.create_session(), await ada.create_session()
        taken = (await ada.api.get(f"/sessions/{other}")).body["session_key"]
        url = f"/sessions/{session_id}"
        change = {
            "session_key": "shop", "desiredState": "connected", "isDefault": True,
            "whenDisconnected": "queue", "whenUnknown": "fail",
            "pacing": {"messagesPerMinute": 20, "jitter": 0.3, "dailyCap": 50},
        }  # fmt: skip

        changed = await ada.patch(url, change)
        assert {name: changed[name] for name in change} == change
        assert await ada.patch(url, {"isDefault": False}) | {"statusChangedAt": 0, "status": 0} == changed | {
            "isDefault": False, "statusChangedAt": 0, "status": 0,
        }  # fmt: skip
        answer = await ada.ask("PATCH", url, json={"session_key": taken})
        assert (answer.status_code, answer.json()["code"]) == (409, "session_key_taken")


async def stands(account: Account, session_id: str, status: str) -> dict[str, Any]:
    """The session once it stands there."""

    async def there() -> dict[str, Any] | None:
        session = dict((await account.api.get(f"/sessions/{session_id}")).body)
        return session if session["status"] == status else None

    found: dict[str, Any] | None = await eventually(there, what=f"the session is {status}")
    assert found is not None
    return found


async def sender(account: Account) -> str:
    """Which session sends a message that names none."""
    message = await account.message(await account.send(a_number(), "hello"))
    return str(message["sessionId"])


async def refusal(account: Account, path: str, body: dict[str, Any]) -> tuple[int, str]:
    try:
        await account.api.post(path, body)
    except RefusedError as refused:
        return refused.answer.status_code, refused.answer.json()["code"]
    raise AssertionError("it was not refused")
