"""The whole stack, once for the whole run: five processes, their servers, and a WhatsApp network."""

import os
from collections.abc import AsyncIterator

import pytest

from fakewhatsapp.client import RemoteNetwork
from griot_local.stack import Stack


@pytest.fixture(scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    """Griot, ready. A test that stops a part of it starts that part again."""
    async with Stack(
        tmp_path_factory.mktemp("stack"),
        own_whatsapp=True,
        kafka_bootstrap=os.environ.get("GRIOT_KAFKA_BOOTSTRAP"),
        mongo_url=os.environ.get("GRIOT_MONGO_URL"),
    ) as running:
        yield running


@pytest.fixture(scope="session")
async def network(stack: Stack) -> AsyncIterator[RemoteNetwork]:
    """The WhatsApp network of the stack: its phones, its faults, its ledger."""
    assert stack.network is not None
    async with RemoteNetwork(stack.network.control) as network:
        yield network
