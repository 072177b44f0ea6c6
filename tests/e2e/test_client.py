"""The Python client against all of Griot: a phone is linked, a message gets there."""

import asyncio
from datetime import timedelta

import pytest

from fakewhatsapp.client import RemoteNetwork
from griot import (
    AsyncGriot,
    Griot,
    Message,
    NotFoundError,
    QrEvent,
    SessionNotConnectedError,
    ValidationError,
)
from griot_local.stack import Stack
from tests.e2e.people import LINKED_WITHIN, THROUGH_WITHIN, a_number, opened_account

WAY = ["pending", "queued", "sending", "sent", "delivered"]


async def test_the_async_client_links_a_phone_and_sees_its_message_delivered(
    stack: Stack, network: RemoteNetwork
) -> None:
    phone, recipient = network.phone(a_number()), network.phone(a_number())

    async def scan(qr: QrEvent) -> None:
        await phone.scan(qr.code)

    async with (
        opened_account(stack.api_url) as ada,
        AsyncGriot(ada.key, base_url=stack.api_url) as griot,
    ):
        session = await griot.sessions.create("shop")
        linked = await griot.sessions.wait_until_connected(session.id, on_qr=scan, within=LINKED_WITHIN)
        taken = await griot.messages.send(to=recipient.number, text="Hello", session_key="shop")
        message = await griot.messages.wait_for(taken.id, "delivered", within=THROUGH_WITHIN)
        listed = [one.id async for one in griot.messages.list(to=recipient.number)]
        account = await griot.account()

    assert (linked.status, linked.phone) == ("connected", phone.number)
    assert (await recipient.next_message()).text == "Hello"
    assert [step.status for step in message.timeline][: len(WAY)] == WAY
    assert (listed, account.sent_today) == ([taken.id], 1)


async def test_the_blocking_client_does_the_same(stack: Stack, network: RemoteNetwork) -> None:
    phone, recipient = network.phone(a_number()), network.phone(a_number())
    loop = asyncio.get_running_loop()

    def scan(qr: QrEvent) -> None:
        asyncio.run_coroutine_threadsafe(phone.scan(qr.code), loop).result()

    def link_and_send(key: str) -> Message:
        with Griot(key, base_url=stack.api_url) as griot:
            session = griot.sessions.create("shop")
            griot.sessions.wait_until_connected(session.id, on_qr=scan, within=LINKED_WITHIN)
            taken = griot.messages.send(to=recipient.number, text="Hello", session_id=session.id)
            return griot.messages.wait_for(taken.id, "delivered", within=THROUGH_WITHIN)

    async with opened_account(stack.api_url) as ada:
        message = await asyncio.to_thread(link_and_send, ada.key)

    assert (await recipient.next_message()).text == "Hello"
    assert [step.status for step in message.timeline][: len(WAY)] == WAY


async def test_a_deleted_session_ends_its_stream_and_is_not_found(stack: Stack) -> None:
    async with (
        opened_account(stack.api_url) as ada,
        AsyncGriot(ada.key, base_url=stack.api_url) as griot,
    ):
        session = await griot.sessions.create("shop")
        stream = griot.sessions.stream(session.id)
        await anext(stream)
        await griot.sessions.delete(session.id)
        rest = [event async for event in stream]

        assert getattr(rest[-1], "status", None) == "deleted"
        with pytest.raises(NotFoundError):
            await griot.sessions.get(session.id)


async def test_a_key_made_with_the_client_may_do_what_it_was_made_for(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada, AsyncGriot(ada.key, base_url=stack.api_url) as griot:
        made = await griot.keys.create(name="web shop", scopes=["messages:send"])
        assert made.id in [key.id async for key in griot.keys.list(page_size=1)]

        async with AsyncGriot(made.key, base_url=stack.api_url) as shop:
            with pytest.raises(SessionNotConnectedError):
                await shop.messages.send(to=a_number(), text="Hello")
            with pytest.raises(ValidationError) as refused:
                await shop.messages.send(to="nobody", text="Hello")

        await griot.keys.delete(made.id)
        assert made.id not in [key.id async for key in griot.keys.list()]
    assert refused.value.field == "to"


async def test_a_session_that_nobody_scans_is_not_waited_for_for_ever(stack: Stack) -> None:
    async with opened_account(stack.api_url) as ada, AsyncGriot(ada.key, base_url=stack.api_url) as griot:
        session = await griot.sessions.create("shop")

        with pytest.raises(TimeoutError, match="is connected: not within 2 s"):
            await griot.sessions.wait_until_connected(session.id, within=timedelta(seconds=2))
