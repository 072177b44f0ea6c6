"""What came in while the log takes nothing is not lost by a worker that is told to stop."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from fakewhatsapp.network import Network
from fakewhatsapp.phone import Phone
from griot_contracts.inbound import MessageReceived
from griot_local.kafka import KafkaServer
from tests.integration.session_manager.conftest import Dispatcher, SessionManager, a_number
from tests.support import eventually

MESSAGES = 120
"""More than wait for the log, fewer than wait for that in the library besides."""
STANDS_STILL_S = 1.5
"""Less than a worker that stops waits for the log."""


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[KafkaServer]:
    async with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        yield server


@pytest.fixture(scope="module")
def kafka(server: KafkaServer) -> str:
    return server.bootstrap


async def test_all_that_whatsapp_was_told_is_here_is_in_the_log_though_that_is_slow(
    server: KafkaServer,
    network: Network,
    dispatcher: Dispatcher,
    worker: SessionManager,
    phone: Phone,
    *,
    session_id: str,
) -> None:
    bob, texts = network.phone(a_number()), {f"{number}" for number in range(MESSAGES)}
    server.process.pause()
    for text in sorted(texts):
        await bob.send(phone.number, text)
    stopping = asyncio.create_task(worker.stop())
    await asyncio.sleep(STANDS_STILL_S)
    server.process.resume()
    await stopping
    await worker.start()

    await eventually(
        lambda: {message.text for message in dispatcher.told(session_id, MessageReceived)},
        equals=texts,
        what="all that was written is told",
    )
