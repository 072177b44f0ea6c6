"""A device is linked to a phone, comes back, and is unlinked."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakewhatsapp.errors import UnknownPairingCodeError, UnknownQrCodeError
from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from tests.integration.fakewhatsapp.neonize_process import NeonizeClient, NeonizeProcess, seconds


async def test_a_scanned_qr_code_links_the_client_to_the_phone(shown: NeonizeClient, phone: Phone) -> None:
    device = await phone.scan(await shown.event("QR"))

    assert (await shown.event("PairStatus"))["ID"]["User"] == phone.number.lstrip("+")
    await shown.event("Connected")
    assert phone.devices == {device.index: device}


async def test_a_code_that_no_client_shows_links_nothing(shown: NeonizeClient, phone: Phone) -> None:
    shown_code = await shown.event("QR")
    reference, rest = shown_code.split(",", 1)

    with pytest.raises(UnknownQrCodeError):
        await phone.scan(f"{reference}x,{rest}")


async def test_the_pairing_code_links_the_client_to_the_phone(shown: NeonizeClient, phone: Phone) -> None:
    await shown.event("QR")
    code = await shown.call("pair", number=phone.number)

    await phone.enter(code)

    await shown.event("Connected")


async def test_a_wrong_pairing_code_links_nothing(shown: NeonizeClient, phone: Phone) -> None:
    await shown.event("QR")
    await shown.call("pair", number=phone.number)

    with pytest.raises(UnknownPairingCodeError):
        await phone.enter("AAAA-AAAA")

    assert not phone.devices


async def test_a_linked_client_logs_in_again_from_its_store_in_another_process(
    network: Network, client: NeonizeClient, other: Phone, store: Path
) -> None:
    await client.call("stop")

    async with NeonizeProcess.start(network) as process:
        again = await process.open("again", store)
        await again.event("Connected")
        message_id = await again.send(other.number, "from another process")

        assert (await other.next_message(within=seconds(10))).id == message_id


async def test_a_second_login_of_a_device_replaces_the_first(
    network: Network, client: NeonizeClient, store: Path
) -> None:
    async with NeonizeProcess.start(network) as process:
        await (await process.open("second", store)).event("Connected")

        await client.event("StreamReplaced")


async def test_an_unlinked_device_is_logged_out(client: NeonizeClient, phone: Phone) -> None:
    await phone.unlink(1)

    await client.event("LoggedOut")


async def test_a_device_unlinked_while_it_was_away_is_refused(
    network: Network, client: NeonizeClient, phone: Phone, store: Path
) -> None:
    await client.call("stop")
    await phone.unlink(1)

    async with NeonizeProcess.start(network) as process:
        refused = await (await process.open("again", store)).event("LoggedOut")

    assert refused["OnConnect"]


async def test_a_client_that_logs_itself_out_is_off_the_phones_list(
    client: NeonizeClient, phone: Phone
) -> None:
    await client.call("logout")

    assert not phone.devices


async def test_a_new_device_leaves_as_many_pre_keys_as_the_real_network_wants(
    number: str, tmp_path: Path
) -> None:
    async with Network(tmp_path / "real") as network, NeonizeProcess.start(network) as process:
        client = await process.open("thorough", tmp_path / "store.db")
        device = await network.phone(number).scan(await client.event("QR"))
        await client.event("Connected", within=30)

        assert len(device.pre_keys) > 800
