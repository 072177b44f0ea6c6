"""What a position speaks for is kept by a database that is killed: else nobody would do it again."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from api.projector.adapters import Documents, Projector
from api.projector.projections import Ref
from dispatcher.adapters.store import MongoStore
from dispatcher.domain.message import Message
from griot_chassis import clock
from griot_chassis.errors import PositionsForgottenError
from griot_chassis.mongo import connect
from griot_chassis.positions import Positions
from griot_chassis.records import Partition, Record
from griot_contracts.cloudevents import Envelope
from griot_contracts.messages import MessageEvent
from griot_contracts.topics import MESSAGE_EVENTS
from griot_local.mongo import MongoServer
from quota.adapters import MongoAnswers, MongoSnapshots
from quota.domain import Snapshot
from tests.unit.api import events
from tests.unit.quota import samples
from tests.unit.quota.answers_suite import FIRST

WRITES = 50
A_DAY = timedelta(days=20_000)

Effect = Callable[[int], Awaitable[None]]


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[MongoServer]:
    async with MongoServer(tmp_path) as server:
        yield server


def accepted(number: int) -> Record:
    """A message of one session, at this offset."""
    return told(events.accepted(f"m{number}"), number)


def told(body: MessageEvent, offset: int) -> Record:
    envelope = Envelope(body=body, id=f"e{offset}", source="/test", subject=body.message_id)
    return Record(envelope, MESSAGE_EVENTS.name, 0, offset, events.SESSION, events.NOON)


async def killed_after_writing(server: MongoServer, effect: Effect) -> None:
    for number in range(WRITES):
        await effect(number)
    await server.kill()
    await server.start()


async def test_the_decisions_of_the_quota_service(server: MongoServer) -> None:
    client = connect(server.url, "test")
    snapshots = MongoSnapshots(client["quota"]["accounts"])
    answers = MongoAnswers(client["quota"]["answers"])
    account = samples.account_after(*samples.HISTORY)

    async def decided(number: int) -> None:
        await answers.save({f"once-{number}": FIRST})
        await snapshots.save({samples.ACCOUNT: Snapshot(account, number)})

    await killed_after_writing(server, decided)

    assert (await snapshots.load({samples.ACCOUNT}))[samples.ACCOUNT].decided_to == WRITES - 1
    assert len(await answers.load({f"once-{number}" for number in range(WRITES)})) == WRITES
    client.close()


async def test_the_documents_of_the_read_side(server: MongoServer) -> None:
    client: Any = connect(server.url, "test")
    project = Projector(client["api"])

    async def projected(number: int) -> None:
        await project([accepted(number)])

    await killed_after_writing(server, projected)

    assert await client["api"]["messages"].count_documents({}) == WRITES
    [usage] = await client["api"]["usage"].find().to_list()
    assert usage["sent"] == WRITES
    client.close()


async def test_no_count_of_the_read_side_begins_in_the_middle_of_a_log_that_is_to_be_read_again(
    server: MongoServer,
) -> None:
    client: Any = connect(server.url, "test")
    positions, where = Positions(client["api"], "projector"), Partition(MESSAGE_EVENTS.name, 0)
    project = Projector(client["api"], positions)
    await project([accepted(0)])
    await positions.save({where: 1})

    await client.drop_database("api")
    with pytest.raises(PositionsForgottenError):
        await project([accepted(1)])

    assert await client["api"]["usage"].count_documents({}) == 0
    await positions.load({where})
    await project([accepted(0), accepted(1)])
    [usage] = await client["api"]["usage"].find().to_list()
    assert usage["sent"] == 2
    client.close()


@pytest.mark.parametrize("lost", ["messages", "usage"])
async def test_each_message_is_counted_once_though_it_and_its_count_were_not_dropped_together(
    server: MongoServer, lost: str
) -> None:
    """A database is dropped between two writes of one batch; the log is read again from its beginning."""
    client: Any = connect(server.url, "test")
    project = Projector(client["api"])
    log = [accepted(number) for number in range(3)]
    log.append(replace(log[1], offset=3))  # its decider died before it remembered, and decided again
    await project(log)

    await client["api"][lost].drop()
    await project(log)

    [usage] = await client["api"]["usage"].find().to_list()
    assert usage["sent"] == 3
    client.close()


@pytest.mark.parametrize(("stored", "late"), [([0, 1], [0]), ([0], [0, 1])])
async def test_a_document_that_another_projector_made_meanwhile_is_replaced_by_a_later_one_alone(
    server: MongoServer, monkeypatch: pytest.MonkeyPatch, stored: list[int], late: list[int]
) -> None:
    """A projector that was paused has read that there is no such document."""
    client: Any = connect(server.url, "test")
    log = [told(events.accepted(), 0), told(events.unknown(), 1)]
    await Projector(client["api"])([log[number] for number in stored])

    async def nothing(refs: set[Ref]) -> Documents:
        return dict.fromkeys(refs)

    paused = Projector(client["api"])
    monkeypatch.setattr(paused, "_load", nothing)
    await paused([log[number] for number in late])

    [message] = await client["api"]["messages"].find().to_list()
    assert (message["offset"], message["status"]) == (1, "unknown")
    client.close()


async def test_the_queue_of_the_dispatcher(server: MongoServer) -> None:
    client = connect(server.url, "test")
    store = MongoStore(client["dispatcher"], clock.now, ended_kept=A_DAY, receipts_kept=A_DAY)

    async def queued(number: int) -> None:
        await store.save([Message(f"m{number}", "s1", "a", 0, sequence=number)], [], [], [])

    await killed_after_writing(server, queued)

    assert len(await store.messages({f"m{number}" for number in range(WRITES)})) == WRITES
    client.close()
