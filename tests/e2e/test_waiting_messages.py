"""Messages that wait for their moment, their session or the next day; and those that are taken back."""

from datetime import UTC, datetime, timedelta

from fakewhatsapp.client import RemoteNetwork
from griot_local.stack import Stack
from tests.e2e.people import Account, a_number, opened_account
from tests.e2e.test_session_changes import stands
from tests.support import SOON, eventually


async def test_a_scheduled_message_is_sent_when_its_moment_has_come_and_holds_up_nobody(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        recipient = network.phone(a_number())
        await ada.connected_session(network.phone(a_number()))
        send_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=20)
        body = {"to": recipient.number, "message": "later", "sendAt": send_at.isoformat()}
        later = (await ada.api.post("/messages", body)).body
        assert later["status"] == "pending"
        await ada.send(recipient.number, "now")

        assert (await recipient.next_message(within=SOON)).text == "now"
        waiting = await ada.wait_for_status(later["id"], "queued")
        shown = send_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        assert (waiting["sendAt"], waiting["timeline"][-1]["notBefore"]) == (shown, shown)
        assert (await recipient.next_message(within=SOON)).text == "later"
        told = await ada.wait_for_status(later["id"], "delivered")
        assert (await ada.api.get("/account")).body["sentToday"] == 2

    sending = next(step for step in told["timeline"] if step["status"] == "sending")
    assert sending["at"] >= shown


async def test_a_message_that_waits_is_cancelled_for_good_and_the_others_go_in_order(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada, opened_account(stack.api_url) as bob:
        recipient, session_id = network.phone(a_number()), await waiting_session(ada, network)
        first, second, third = [await ada.send(recipient.number, text) for text in ("1", "2", "3")]

        assert await bob.delete(f"/messages/{second}") == 404
        assert await ada.delete(f"/messages/{second}") == 204
        cancelled = await ada.message(second)
        assert (cancelled["status"], cancelled["timeline"][-1]["status"]) == ("cancelled", "cancelled")
        assert await ada.delete(f"/messages/{second}") == 204
        listed = (await ada.api.get("/messages?status=cancelled")).body["data"]
        assert [message["id"] for message in listed] == [second]

        await ada.patch(f"/sessions/{session_id}", {"desiredState": "connected"})
        texts = [(await recipient.next_message(within=SOON)).text for _ in range(2)]
        assert texts == ["1", "3"]
        await ada.wait_for_status(third, "delivered")
        answer = await ada.ask("DELETE", f"/messages/{first}")
        assert (answer.status_code, answer.json()["code"]) == (409, "message_not_cancellable")
        assert (await ada.message(second))["status"] == "cancelled"


async def test_a_capped_sessions_message_says_why_it_waits_and_goes_when_the_cap_is_lifted(
    stack: Stack, network: RemoteNetwork
) -> None:
    async with opened_account(stack.api_url) as ada:
        recipient = network.phone(a_number())
        session_id = await ada.connected_session(network.phone(a_number()))
        url = f"/sessions/{session_id}"
        changed = await ada.patch(url, {"pacing": {"dailyCap": 1}})
        assert changed["pacing"] == {"messagesPerMinute": None, "jitter": None, "dailyCap": 1}
        await ada.send(recipient.number, "today")
        tomorrow = await ada.send(recipient.number, "tomorrow")

        async def capped() -> bool:
            message = await ada.message(tomorrow)
            return bool(message["reason"] == {"code": "daily_cap_reached", "detail": None})

        await eventually(capped, what="the message says why it waits")
        step = (await ada.message(tomorrow))["timeline"][-1]
        assert (step["status"], step["notBefore"][10:]) == ("queued", "T00:00:00.000Z")
        assert [message.text for message in await recipient.messages()] == ["today"]

        await ada.patch(url, {"pacing": {}})
        await ada.wait_for_status(tomorrow, "delivered")


async def test_a_deleted_sessions_waiting_messages_fail(stack: Stack, network: RemoteNetwork) -> None:
    async with opened_account(stack.api_url) as ada:
        session_id = await waiting_session(ada, network)
        soon = await ada.send(a_number(), "never", session_id=session_id)
        body = {"to": a_number(), "message": "never", "sendAt": in_days(29), "sessionId": session_id}
        later = (await ada.api.post("/messages", body)).body["id"]

        assert await ada.delete(f"/sessions/{session_id}") == 204

        for message_id in (soon, later):
            failed = await ada.wait_for_status(message_id, "failed")
            assert failed["reason"]["code"] == "session_deleted"


async def waiting_session(account: Account, network: RemoteNetwork) -> str:
    """A session that is linked and not connected, and queues."""
    session_id = await account.connected_session(network.phone(a_number()))
    change = {"desiredState": "disconnected", "whenDisconnected": "queue"}
    await account.patch(f"/sessions/{session_id}", change)
    await stands(account, session_id, "disconnected")
    return session_id


def in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
