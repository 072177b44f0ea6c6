"""The Python client against all of Griot: a phone is linked, a message gets there."""

import asyncio
import secrets
from datetime import timedelta

import httpx
import pytest

from fakewhatsapp.client import RemoteNetwork
from griot import (
    AsyncGriot,
    ConflictError,
    Griot,
    Message,
    NotFoundError,
    Pacing,
    QrEvent,
    SessionNotConnectedError,
    ValidationError,
)
from griot_local.stack import Stack
from tests import samples_of_media as samples
from tests.e2e.people import a_number, opened_account
from tests.e2e.test_docs_lines import shown_in
from tests.support import SOON, eventually
from tests.web import Web

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
        linked = await griot.sessions.wait_until_connected(session.id, on_qr=scan, within=SOON)
        taken = await griot.messages.send(to=recipient.number, text="Hello", session_key="shop")
        message = await griot.messages.wait_for(taken.id, "delivered", within=SOON)
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
            griot.sessions.wait_until_connected(session.id, on_qr=scan, within=SOON)
            taken = griot.messages.send(to=recipient.number, text="Hello", session_id=session.id)
            return griot.messages.wait_for(taken.id, "delivered", within=SOON)

    async with opened_account(stack.api_url) as ada:
        message = await asyncio.to_thread(link_and_send, ada.key)

    assert (await recipient.next_message()).text == "Hello"
    assert [step.status for step in message.timeline][: len(WAY)] == WAY


async def test_whoever_signs_up_links_a_phone_by_a_code_and_changes_the_session(
    stack: Stack, network: RemoteNetwork
) -> None:
    phone, email = network.phone(a_number()), f"{secrets.token_hex(6)}@example.com"
    account = await AsyncGriot.sign_up(email, "correct horse", name="Ama", base_url=stack.api_url)

    async with AsyncGriot(account.key, base_url=stack.api_url) as griot:
        session = await griot.sessions.create("shop")

        async def picture() -> bytes | None:
            try:
                return await griot.sessions.qr_png(session.id)
            except ConflictError:
                return None

        png = await eventually(picture, what="there is a code to scan")
        pairing = await griot.sessions.request_pairing_code(session.id, phone=phone.number)
        await phone.enter(pairing.code)
        linked = await griot.sessions.wait_until_connected(session.id, within=SOON)
        with pytest.raises(ConflictError, match="session_not_pairing"):
            await griot.sessions.request_pairing_code(session.id, phone=phone.number)

        changed = await griot.sessions.update(
            session.id,
            session_key="shop 2",
            is_default=True,
            when_disconnected="queue",
            when_unknown="fail",
            pacing=Pacing(messages_per_minute=60),
        )
        found = await griot.sessions.get(session.id)
        [key] = [key async for key in griot.keys.list()]

    assert (account.email, account.plan, account.sent_today) == (email, "free", 0)
    assert png is not None
    assert shown_in(png) is not None
    assert (linked.phone, linked.is_default, linked.pacing) == (phone.number, False, None)
    assert (changed.session_key, changed.is_default, changed.desired_state) == ("shop 2", True, "connected")
    assert (changed.when_disconnected, changed.when_unknown) == ("queue", "fail")
    assert changed.pacing == Pacing(messages_per_minute=60)
    assert found == changed
    assert account.key.startswith(key.hint)


async def test_a_ticket_of_the_client_opens_the_stream_without_the_key(stack: Stack) -> None:
    async with (
        opened_account(stack.api_url) as ada,
        AsyncGriot(ada.key, base_url=stack.api_url) as griot,
        httpx.AsyncClient(trust_env=False) as browser,
    ):
        session = await griot.sessions.create("shop")
        issued = await griot.sessions.issue_stream_ticket(session.id)
        url = f"{stack.api_url}/api/v1/sessions/{session.id}/stream"

        async with browser.stream("GET", url, params={"ticket": issued.ticket}) as answer:
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/event-stream")


async def test_pictures_and_sounds_are_sent_and_found_by_their_kind(
    stack: Stack, network: RemoteNetwork
) -> None:
    recipient = network.phone(a_number())

    def send_and_list(key: str, picture: str, sound: str) -> list[Message]:
        with Griot(key, base_url=stack.api_url) as griot:
            send = griot.messages
            image = send.send_media(
                to=recipient.number, media_url=picture, media_type="image", caption="Goat"
            )
            send.wait_for(image.id, within=SOON)
            voice = send.send_audio(to=recipient.number, audio_url=sound, ptt=True)
            send.wait_for(voice.id, within=SOON)
            return [*griot.messages.list(type="image"), *griot.messages.list(type="audio")]

    async with opened_account(stack.api_url) as ada, Web() as web:
        await ada.connected_session(network.phone(a_number()))
        picture = web.put("/goat.png", samples.image("PNG"))
        sound = web.put("/hello.opus", await samples.made(samples.SOUNDS["Opus"]))
        image, voice = await asyncio.to_thread(send_and_list, ada.key, picture, sound)

    shown = [await recipient.next_message() for _ in range(2)]
    assert [one.kind for one in shown] == ["image", "voice"]
    assert (image.type, image.caption, image.text) == ("image", "Goat", None)
    assert (voice.type, voice.ptt) == ("audio", True)


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
