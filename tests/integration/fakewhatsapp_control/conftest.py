"""A running network, and what speaks to it from here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count

import pytest

from fakewhatsapp.client import RemoteNetwork, RemotePhone
from tests.integration.fakewhatsapp_control.running import RunningNetwork, running_network

_numbers = count(237670000001)


@pytest.fixture(scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RunningNetwork]:
    async with running_network(tmp_path_factory.mktemp("network")) as network:
        yield network


@pytest.fixture(scope="session")
async def network(running: RunningNetwork) -> AsyncIterator[RemoteNetwork]:
    async with RemoteNetwork(running.announcement.control) as network:
        yield network


@pytest.fixture
def phone(network: RemoteNetwork) -> RemotePhone:
    return network.phone(f"+{next(_numbers)}")


@pytest.fixture
def other(network: RemoteNetwork) -> RemotePhone:
    return network.phone(f"+{next(_numbers)}")
