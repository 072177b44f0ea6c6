"""A real client in one process, its network in another, and this test in a third."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from fakewhatsapp.faults import Fault, FaultKind
from fakewhatsapp.ledger import Entry, Filter
from tests.integration.fakewhatsapp.neonize_process import NeonizeClient, NeonizeError, NeonizeProcess
from tests.support import eventually

if TYPE_CHECKING:
    from fakewhatsapp.network import Network


@pytest.fixture(scope="module")
async def neonize(network: RemoteNetwork) -> AsyncIterator[NeonizeProcess]:
    like_a_network = cast("Network", network)  # what is needed of it, a library and an environment, it has
    async with NeonizeProcess.start(like_a_network) as process:
        yield process


@pytest.fixture
async def client(neonize: NeonizeProcess, phone: RemotePhone, tmp_path: Path) -> AsyncIterator[NeonizeClient]:
    """A client linked to the phone."""
    client = await neonize.open(f"client {phone.number}", tmp_path / "store.db")
    await phone.scan(await client.event("QR"))
    await client.event("Connected")
    yield client
    await client.call("stop")


async def test_a_message_goes_there_and_back(
    network: RemoteNetwork, client: NeonizeClient, phone: RemotePhone, other: RemotePhone
) -> None:
    message_id = await client.send(other.number, "there")
    shown = await other.next_message()
    assert (shown.id, shown.text, shown.sender) == (message_id, "there", phone.number)
    await other.read(shown)
    await client.receipt(message_id, "READ")

    async def read() -> Entry:
        entry = await network.ledger.by_id(message_id)
        assert entry
        assert entry.read_at
        return entry

    entry = await eventually(read, what="the ledger says that it was read")
    assert (entry.sender, entry.recipient, entry.text) == (phone.number, other.number, "there")
    assert (entry.times, entry.acked, len(entry.devices)) == (1, True, 1)
    assert entry.delivered_at is not None

    await other.send(phone.number, "back")
    assert await client.text() == "back"


async def test_a_refused_message_is_an_error_for_the_client_and_in_the_ledger(
    network: RemoteNetwork, client: NeonizeClient, phone: RemotePhone, other: RemotePhone
) -> None:
    await network.faults.add(Fault(FaultKind.REFUSE_MESSAGE, phone.number, code=463))

    with pytest.raises(NeonizeError, match="463"):
        await client.send(other.number, "refused")
    entries = await network.ledger.entries(Filter(sender=phone.number))
    assert [(entry.error, entry.acked) for entry in entries] == [(463, False)]
    assert not [entry for entry in await network.ledger.unreached() if entry.sender == phone.number]


async def test_a_device_that_is_unlinked_is_logged_out(client: NeonizeClient, phone: RemotePhone) -> None:
    (device,) = (await phone.state()).devices
    assert device.connected
    await phone.unlink(device)

    await client.event("LoggedOut")
    assert (await phone.state()).devices == []
