"""A worker that may have lost its partitions looks before it uses what it has."""

import asyncio

import pytest

from griot_contracts.deliveries import DeliverySent, DeliveryStarted
from session_manager.handlers.lease import VALID_FOR_S, NotTheOwnerError
from tests.support import eventually
from tests.unit.session_manager.conftest import Worker
from tests.unit.session_manager.samples import deliver


async def test_a_worker_that_looked_lately_does_not_look_for_every_message(worker: Worker) -> None:
    await worker.connect()
    before = worker.leases.looks
    for number in range(5):
        await worker.do(deliver(f"m{number}"))

    assert worker.leases.looks == before


async def test_a_worker_that_stood_still_looks_before_it_hands_a_message_over(worker: Worker) -> None:
    connection = await worker.connect()
    worker.elapsed_s += VALID_FOR_S
    worker.leases.others = {3}
    with pytest.raises(NotTheOwnerError):
        await worker.do(deliver("m1"))

    assert connection.sent == []
    assert not any(isinstance(body, DeliveryStarted) for body in await worker.told())


async def test_a_worker_that_still_is_the_owner_goes_on(worker: Worker) -> None:
    await worker.connect()
    worker.elapsed_s += VALID_FOR_S
    await worker.do(deliver("m1"))

    assert isinstance((await worker.told())[-1], DeliverySent)


async def test_a_worker_that_stood_still_after_it_began_hands_nothing_over(worker: Worker) -> None:
    connection = await worker.connect()

    def stand_still() -> None:
        worker.elapsed_s += VALID_FOR_S
        worker.leases.others = {3}

    worker.publisher.meanwhile = stand_still
    with pytest.raises(NotTheOwnerError):
        await worker.do(deliver("m1"))

    assert connection.sent == []


async def test_nothing_is_handed_over_while_nobody_can_tell_who_the_owner_is(worker: Worker) -> None:
    connection = await worker.connect()
    worker.elapsed_s += VALID_FOR_S
    worker.leases.away = True
    asked = asyncio.create_task(worker.do(deliver("m1")))
    before = worker.leases.looks
    await eventually(lambda: worker.leases.looks > before + 1, what="it looks again and again")
    assert connection.sent == []
    worker.leases.away = False
    await asked

    assert len(connection.sent) == 1


async def test_a_worker_that_stood_still_looks_before_it_connects(worker: Worker) -> None:
    worker.whatsapp.unreachable = True
    asked = asyncio.create_task(worker.start())
    await eventually(lambda: worker.fleet.get("s1"), what="it is in the fleet")
    session = worker.fleet.get("s1")
    assert session is not None
    worker.elapsed_s += VALID_FOR_S
    worker.leases.others = {3}
    worker.whatsapp.unreachable = False
    await eventually(lambda: not session.alive, what="it has given up")
    asked.cancel()

    assert worker.whatsapp.connections == []
