"""A network, a process with the real neonize in it, and clients linked to phones."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path

import pytest

from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from tests.integration.fakewhatsapp.neonize_process import NeonizeClient, NeonizeProcess, Reopened
from tests.support import eventually

_numbers = count(237600000001)


@pytest.fixture(scope="session")
async def network(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Network]:
    async with Network(tmp_path_factory.mktemp("network"), quick_pairing=True) as network:
        yield network


@pytest.fixture(scope="session")
async def neonize(network: Network) -> AsyncIterator[NeonizeProcess]:
    async with NeonizeProcess.start(network) as process:
        yield process


@pytest.fixture
def number() -> str:
    """A number that no other test uses."""
    return f"+{next(_numbers)}"


@pytest.fixture
def phone(network: Network, number: str) -> Phone:
    """The phone that this test's client is linked to."""
    return network.phone(number)


@pytest.fixture
def other(network: Network) -> Phone:
    """Somebody else's phone."""
    return network.phone(f"+{next(_numbers)}")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where this test's client keeps its keys."""
    return tmp_path / "store.db"


@pytest.fixture
async def shown(neonize: NeonizeProcess, number: str, store: Path) -> AsyncIterator[NeonizeClient]:
    """A client that shows a QR code."""
    client = await neonize.open(f"client {number}", store)
    yield client
    await client.call("stop")


@pytest.fixture
async def client(shown: NeonizeClient, phone: Phone) -> NeonizeClient:
    """A client linked to the phone, connected, and done with what the phone sends every new device."""
    device = await phone.scan(await shown.event("QR"))
    await shown.event("Connected")
    await eventually(lambda: device.active and not device.undelivered, what="the client has settled")
    return shown


@pytest.fixture
async def reopened(
    neonize: NeonizeProcess, client: NeonizeClient, number: str, store: Path
) -> AsyncIterator[Reopened]:
    """Stops the client when it is called, and opens another with the same keys."""
    opened: list[NeonizeClient] = []

    async def reopen() -> NeonizeClient:
        await client.call("stop")
        opened.append(await neonize.open(f"again {number}", store))
        return opened[0]

    yield reopen
    for one in opened:
        await one.call("stop")
