"""Messages go both ways, with everything that follows them."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fakewhatsapp.model import Kind
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from tests.integration.fakewhatsapp.neonize_process import (
    NeonizeClient,
    NeonizeError,
    NeonizeProcess,
    Reopened,
    text_of,
)
from tests.support import eventually

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001040100"
    "5fe5c34b0000000049454e44ae426082"
)


async def test_a_sent_text_is_read_on_the_phone(client: NeonizeClient, phone: Phone, other: Phone) -> None:
    message_id = await client.send(other.number, "Bonjour, ça va ? 🌍")

    message = await other.next_message()
    assert (message.id, message.kind, message.text) == (message_id, Kind.TEXT, "Bonjour, ça va ? 🌍")
    assert (message.sender, message.recipient) == (phone.number, other.number)


async def test_a_delivered_and_then_a_read_receipt_follow(client: NeonizeClient, other: Phone) -> None:
    message_id = await client.send(other.number, "hello")
    await client.receipt(message_id, "DELIVERED")

    await other.read(await other.next_message())

    await client.receipt(message_id, "READ")


async def test_a_phone_that_is_off_confirms_nothing_until_it_is_told_to(
    client: NeonizeClient, other: Phone
) -> None:
    other.auto_deliver = False
    message_id = await client.send(other.number, "hello")
    message = await other.next_message()
    assert client.count("Receipt") == 0

    await other.deliver(message)

    await client.receipt(message_id, "DELIVERED")


async def test_many_texts_arrive_in_the_order_they_were_sent(client: NeonizeClient, other: Phone) -> None:
    for number in range(50):
        await client.send(other.number, str(number))

    texts = [(await other.next_message()).text for _ in range(50)]
    assert texts == [str(number) for number in range(50)]


async def test_the_senders_own_phone_shows_what_its_device_sent(
    client: NeonizeClient, phone: Phone, other: Phone
) -> None:
    await client.send(other.number, "from my laptop")
    await other.next_message()

    assert [(one.recipient, one.text) for one in phone.sent] == [(other.number, "from my laptop")]


async def test_a_text_from_a_phone_arrives_at_the_client(
    client: NeonizeClient, phone: Phone, other: Phone
) -> None:
    message_id = await other.send(phone.number, "hello there")

    event = await client.message()
    assert event["Info"]["ID"] == message_id
    assert text_of(event) == "hello there"
    assert event["Info"]["MessageSource"]["Sender"]["Server"] == "lid"


async def test_a_conversation_goes_back_and_forth(client: NeonizeClient, phone: Phone, other: Phone) -> None:
    for turn in range(5):
        await client.send(other.number, f"question {turn}")
        assert (await other.next_message()).text == f"question {turn}"
        await other.send(phone.number, f"answer {turn}")
        assert await client.text() == f"answer {turn}"


async def test_what_the_phone_itself_writes_is_shown_to_its_device_as_its_own(
    client: NeonizeClient, phone: Phone, other: Phone
) -> None:
    await phone.send(other.number, "from my phone")

    source = (await client.message())["Info"]["MessageSource"]
    assert source["IsFromMe"]
    assert (await other.next_message()).text == "from my phone"


async def test_messages_for_a_device_that_is_away_come_when_it_is_back(
    network: Network, client: NeonizeClient, phone: Phone, other: Phone, store: Path
) -> None:
    await client.call("stop")
    sent = [await other.send(phone.number, f"while you were away {number}") for number in range(3)]

    async with NeonizeProcess.start(network) as process:
        again = await process.open("again", store)
        got = [(await again.message())["Info"]["ID"] for _ in sent]

        assert (await again.event("OfflineSyncCompleted"))["Count"] == len(sent)
    assert got == sent


async def test_what_was_acknowledged_is_not_sent_again_at_the_next_login(
    network: Network, client: NeonizeClient, phone: Phone, other: Phone, store: Path
) -> None:
    await other.send(phone.number, "hello")
    await client.message()
    await eventually(lambda: not phone.devices[1].undelivered, what="all is acknowledged")
    await client.call("stop")

    async with NeonizeProcess.start(network) as process:
        again = await process.open("again", store)

        assert (await again.event("OfflineSyncCompleted"))["Count"] == 0


async def test_a_message_that_a_phone_cannot_read_is_asked_for_again(
    network: Network, client: NeonizeClient, other: Phone
) -> None:
    await client.send(other.number, "hello")
    await other.next_message()
    other.lose_keys()

    message_id = await client.send(other.number, "once more, please")

    assert (await other.next_message()).text == "once more, please"
    entry = network.ledger.by_id(message_id)
    assert entry is not None
    assert (entry.text, entry.times, entry.reached) == ("once more, please", 1, True)


async def test_a_message_that_the_client_cannot_read_is_sent_again(
    client: NeonizeClient, phone: Phone, other: Phone, store: Path, reopened: Reopened
) -> None:
    await other.send(phone.number, "hello")
    await client.text()
    await client.send(
        other.number, "hello yourself"
    )  # from now on the phone does not begin a session any more
    await client.call("stop")
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("DELETE FROM whatsmeow_sessions")

    await other.send(phone.number, "encrypted for a session that is gone")
    again = await reopened()

    assert await again.text() == "encrypted for a session that is gone"


async def test_a_network_that_is_started_again_knows_its_clients(tmp_path: Path, number: str) -> None:
    async with Network(tmp_path, quick_pairing=True) as network, NeonizeProcess.start(network) as process:
        client = await process.open("before", tmp_path / "store.db")
        await network.phone(number).scan(await client.event("QR"))
        await client.event("Connected")
        await client.send("+4915112345678", "before")
        await network.phone("+4915112345678").next_message()

    async with Network(tmp_path, quick_pairing=True) as network, NeonizeProcess.start(network) as process:
        client = await process.open("after", tmp_path / "store.db")
        await client.event("Connected")
        await client.send("+4915112345678", "after")

        assert (await network.phone("+4915112345678").next_message()).text == "after"


async def test_a_picture_arrives_with_its_very_bytes(client: NeonizeClient, other: Phone) -> None:
    message_id = await client.send_image(other.number, PNG, "a dot")

    message = await other.next_message()
    assert (message.id, message.kind, message.text) == (message_id, Kind.IMAGE, "a dot")
    assert message.media == PNG


async def test_a_picture_from_a_phone_can_be_downloaded(
    client: NeonizeClient, phone: Phone, other: Phone
) -> None:
    message_id = await other.send_image(phone.number, PNG, caption="a dot", mimetype="image/png")
    event = await client.message()
    assert event["Message"]["imageMessage"]["caption"] == "a dot"

    assert await client.download(message_id) == PNG


async def test_a_number_without_a_phone_of_its_own_gets_messages_too(
    network: Network, client: NeonizeClient
) -> None:
    await client.send("+4915112345678", "hello")

    assert (await network.phone("+4915112345678").next_message()).text == "hello"


async def test_only_numbers_that_exist_are_on_whatsapp(network: Network, client: NeonizeClient) -> None:
    network.unknown_numbers.add("+33612345678")

    assert await client.call("is_on_whatsapp", number="+33612345679")
    assert not await client.call("is_on_whatsapp", number="+33612345678")
    assert not await client.call("is_on_whatsapp", number="+99912345678")


async def test_a_message_to_a_number_that_does_not_exist_is_refused(client: NeonizeClient) -> None:
    with pytest.raises(NeonizeError, match="no LID found"):
        await client.send("+99912345678", "hello")


async def test_two_clients_write_to_each_other(
    neonize: NeonizeProcess,
    client: NeonizeClient,
    phone: Phone,
    other: Phone,
    tmp_path: Path,
) -> None:
    theirs = await neonize.open(f"client {other.number}", tmp_path / "other.db")
    await other.scan(await theirs.event("QR"))
    await theirs.event("Connected")

    await client.send(other.number, "from device to device")
    assert await theirs.text() == "from device to device"
    await theirs.send(phone.number, "and back")
    assert await client.text() == "and back"
    await theirs.call("stop")
