import asyncio
from datetime import timedelta

import pytest

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from fakewhatsapp.errors import (
    UnknownDeviceError,
    UnknownMessageError,
    UnknownPairingCodeError,
    UnknownQrCodeError,
)
from fakewhatsapp.model import Kind

MOMENT = timedelta(milliseconds=200)


async def test_a_phone_shows_what_another_one_wrote(phone: RemotePhone, other: RemotePhone) -> None:
    message_id = await phone.send(other.number, "hello, é")

    message = await other.next_message()
    assert (message.id, message.sender, message.recipient) == (message_id, phone.number, other.number)
    assert (message.kind, message.text, message.media) == (Kind.TEXT, "hello, é", None)


async def test_each_message_is_taken_once_and_in_order(phone: RemotePhone, other: RemotePhone) -> None:
    for text in ("one", "two", "three"):
        await phone.send(other.number, text)

    assert [(await other.next_message()).text for _ in range(3)] == ["one", "two", "three"]
    with pytest.raises(TimeoutError):
        await other.next_message(within=MOMENT)
    assert [message.text for message in await other.messages()] == ["one", "two", "three"]


async def test_a_message_wakes_whoever_waits_for_it(phone: RemotePhone, other: RemotePhone) -> None:
    waiting = [asyncio.create_task(other.next_message()) for _ in range(2)]
    await asyncio.sleep(0)
    await phone.send(other.number, "one")
    await phone.send(other.number, "two")

    assert {(await one).text for one in waiting} == {"one", "two"}


async def test_a_phone_that_two_ask_for_at_the_same_moment_is_one_phone(
    network: RemoteNetwork, phone: RemotePhone
) -> None:
    nobody_yet = [network.phone(f"+23769{number:07}") for number in range(200)]

    async def write_and_look(other: RemotePhone) -> str:
        shown, _ = await asyncio.gather(other.next_message(), phone.send(other.number, other.number))
        return shown.text

    assert await asyncio.gather(*map(write_and_look, nobody_yet)) == [other.number for other in nobody_yet]


async def test_a_wait_that_is_given_up_loses_no_message(phone: RemotePhone, other: RemotePhone) -> None:
    with pytest.raises(TimeoutError):
        await other.next_message(within=MOMENT)
    given_up = asyncio.create_task(other.next_message())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(given_up, MOMENT.total_seconds())
    await phone.send(other.number, "not lost")

    assert (await other.next_message()).text == "not lost"


async def test_a_wait_that_is_given_up_leaves_its_message_to_the_next(
    phone: RemotePhone, other: RemotePhone
) -> None:
    given_up = asyncio.create_task(other.next_message())
    patient = asyncio.create_task(other.next_message())
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(given_up, MOMENT.total_seconds())
    await phone.send(other.number, "first")

    assert (await patient).text == "first"


async def test_each_process_has_its_own_place(
    network: RemoteNetwork, phone: RemotePhone, other: RemotePhone
) -> None:
    await phone.send(other.number, "for both")
    async with RemoteNetwork(network.control) as another_process:
        assert (await another_process.phone(other.number).next_message()).text == "for both"

    assert (await other.next_message()).text == "for both"


async def test_a_picture_arrives_with_its_bytes(phone: RemotePhone, other: RemotePhone) -> None:
    picture = bytes(range(256)) * 100
    await phone.send_image(other.number, picture, caption="look", mimetype="image/png")

    message = await other.next_message()
    assert (message.kind, message.text, message.mimetype) == (Kind.IMAGE, "look", "image/png")
    assert message.media == picture


async def test_how_a_phone_confirms_is_switched(phone: RemotePhone) -> None:
    await phone.switch(auto_deliver=False, auto_read=True)

    state = await phone.state()
    assert (state.auto_deliver, state.auto_read) == (False, True)
    await phone.switch(auto_read=False)
    state = await phone.state()
    assert (state.auto_deliver, state.auto_read) == (False, False)


async def test_what_the_phone_refuses_is_raised_here(phone: RemotePhone) -> None:
    with pytest.raises(UnknownQrCodeError):
        await phone.scan("no QR code")
    with pytest.raises(UnknownPairingCodeError):
        await phone.enter("ABCD-EFGH")
    with pytest.raises(UnknownDeviceError):
        await phone.unlink(7)
    with pytest.raises(UnknownMessageError):
        await phone.read("A1")


async def test_phones_that_were_written_to_are_listed(
    network: RemoteNetwork, phone: RemotePhone, other: RemotePhone
) -> None:
    await phone.send(other.number, "hello")

    states = {state.number: state for state in await network.phones()}
    assert states[other.number].messages == 1
    assert states[phone.number].devices == []
