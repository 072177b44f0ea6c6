"""A dispatcher that stood still is not the owner any more, and does nothing as if it were."""

import asyncio
from pathlib import Path

import pytest

from dispatcher.settings import DispatcherSettings
from griot_chassis import ids
from griot_contracts.messages import DispatchMessage
from griot_contracts.sessions import SessionStatus
from griot_local.processes import Process
from tests.integration.dispatcher.conftest import (
    World,
    cancel,
    connected,
    dispatch,
    make_process,
    status,
)
from tests.support import eventually

"""Until whoever stands still is missed, and somebody else has its partitions."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


async def test_it_sends_nothing_that_another_has_cancelled_meanwhile(
    world: World, process: Process, session: str, settings: DispatcherSettings, tmp_path: Path
) -> None:
    message, later, last = (dispatch(session, ids.new_id()) for _ in range(3))
    await world.tell(status(session, SessionStatus.DISCONNECTED), message)
    await told(world, message, "MessageQueued")

    process.pause()
    async with make_process(settings, "another", tmp_path):
        while "MessageCancelled" not in world.told(message.message_id):
            await world.tell(cancel(message))  # not answered before all is read that it depends on
            await asyncio.sleep(0.2)
        await world.tell(connected(session), later)
        await told(world, later, "MessageSent")
        restarts = process.restarts
        process.resume()
        await eventually(lambda: process.restarts > restarts, what="it begins a new life")

    await world.tell(last)
    await told(world, last, "MessageSent")
    assert [command.message_id for command in world.asked(session)] == [later.message_id, last.message_id]
    assert "stood still" in await asyncio.to_thread(process.log.read_text)


async def told(world: World, message: DispatchMessage, what: str) -> None:
    await eventually(lambda: what in world.told(message.message_id), what=f"{what} is told")
